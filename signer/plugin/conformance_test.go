package plugin_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/plugin"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// brittle is storage whose writes can be made to fail.
type brittle struct {
	logical.Storage
	failing   atomic.Bool
	failState atomic.Bool // of the state entry alone
	writes    atomic.Int64
}

func newBrittle() *brittle { return &brittle{Storage: &logical.InmemStorage{}} }

func (b *brittle) Put(ctx context.Context, entry *logical.StorageEntry) error {
	if b.failing.Load() || b.failState.Load() && strings.HasPrefix(entry.Key, "state/") {
		return errors.New("storage is read-only")
	}
	b.writes.Add(1)
	return b.Storage.Put(ctx, entry)
}

func inProcess(t *testing.T) signertest.Harness {
	storage := newBrittle()
	local, err := plugin.InProcess(t.Context(), storage)
	require.NoError(t, err)
	return signertest.Harness{
		Signer: local, Custody: local, Receipt: local.Receipt,
		FailWrites: storage.failing.Store,
	}
}

func TestTheInProcessKeyConforms(t *testing.T) { signertest.Run(t, inProcess) }

func TestTheInProcessKeyRefusesAHostileBot(t *testing.T) { signertest.RunHostile(t, inProcess) }
