package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/plugin"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// post is a watch over the real plugin, with pages that land here.
type post struct {
	t       *testing.T
	watch   *watch
	key     *plugin.Local
	storage *logical.InmemStorage
	pages   []string
	deaf    bool
}

func newPost(t *testing.T) *post {
	p := &post{t: t, storage: &logical.InmemStorage{}}
	var err error
	p.key, err = plugin.InProcess(t.Context(), p.storage)
	require.NoError(t, err)
	_, err = p.key.Create(t.Context(), signer.NewKey{
		Name: signertest.Name, Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: signertest.Guardians(signertest.Name),
	})
	require.NoError(t, err)
	p.watch = &watch{
		names: []string{signertest.Name}, key: p.key.Key, before: map[string]signer.KeyInfo{}, log: slog.New(slog.DiscardHandler),
		alarms: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "alarms"}, []string{"kind"}),
		page: func(_ context.Context, lines []string, _ ...string) error {
			if p.deaf {
				return errors.New("slack is away")
			}
			p.pages = append(p.pages, strings.Join(lines, "\n"))
			return nil
		},
	}
	return p
}

// sign signs, and lets the fact reach the watch if it is of this daemon.
func (p *post) sign(r signer.Request, ours bool) {
	p.t.Helper()
	got, err := p.key.Sign(p.t.Context(), r)
	require.NoError(p.t, err)
	if !ours {
		return
	}
	p.see(incident.Signed{Step: "pause", Attempt: 1, Raw: got.Raw, Hash: got.Hash, Seq: got.Seq, Receipt: got.Receipt.Hash(), PrevReceipt: got.Prev})
}

func (p *post) see(body incident.Body) {
	p.t.Helper()
	fact, err := incident.Draft{Body: body, Seen: time.Now()}.Seal(incident.Position{Stream: "i1", Seq: 1}, time.Now())
	require.NoError(p.t, err)
	p.watch.see(fact)
}

func (p *post) snapshot() *logical.StorageEntry {
	entry, err := p.storage.Get(p.t.Context(), "state/"+signertest.Name)
	require.NoError(p.t, err)
	return entry
}

func (p *post) look() { p.watch.look(p.t.Context()) }

func (p *post) counted(kind string) float64 {
	return testutil.ToFloat64(p.watch.alarms.WithLabelValues(kind))
}

func TestAnHonestKeyIsNeverPaged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		ctx, stop := context.WithCancel(t.Context())
		go func() { _ = p.watch.run(ctx) }()
		for nonce, to := range []string{signertest.Core, signertest.Core, signertest.Vault, signertest.Vault} {
			p.sign(signertest.Pause(to, uint64(nonce)), true)
			time.Sleep(10 * time.Minute)
		}
		stop()
		synctest.Wait()
		assert.Empty(t, p.pages)
	})
}

func TestASnapshotThatWasRestoredIsPagedOnce(t *testing.T) {
	p := newPost(t)
	old := p.snapshot()
	p.look()
	p.sign(signertest.Pause(signertest.Core, 0), true)
	p.look()
	require.NoError(t, p.storage.Put(t.Context(), old))
	p.deaf = true
	p.look()
	assert.Empty(t, p.pages)
	p.deaf = false
	for range 3 {
		p.look()
	}
	require.Len(t, p.pages, 1, "told when somebody hears it, and once")
	assert.Contains(t, p.pages[0], "rollback")
	assert.EqualValues(t, 1, p.counted("rollback"))
}

func TestASignatureWithANumberThatWasSeenIsPaged(t *testing.T) {
	p := newPost(t)
	old := p.snapshot()
	p.look()
	p.sign(signertest.Pause(signertest.Core, 0), true)
	require.NoError(t, p.storage.Put(t.Context(), old))
	p.sign(signertest.Pause(signertest.Vault, 0), true)
	p.look()
	require.NotEmpty(t, p.pages)
	assert.Contains(t, p.pages[0], "fork")
}

func TestAStrangersSignatureIsPagedWhenItHadTimeToArrive(t *testing.T) {
	p := newPost(t)
	p.sign(signertest.Pause(signertest.Core, 0), true)
	p.look()
	p.sign(signertest.Pause(signertest.Core, 1), false)
	p.look()
	assert.Empty(t, p.pages, "it may be on its way")
	p.look()
	require.Len(t, p.pages, 1)
	assert.Contains(t, p.pages[0], "stranger")
}

func TestAKeyThatCannotBeReadIsSomebodyElsesBusiness(t *testing.T) {
	p := newPost(t)
	p.watch.key = func(context.Context, string) (signer.KeyInfo, error) { return signer.KeyInfo{}, signer.ErrUnavailable }
	p.sign(signertest.Pause(signertest.Core, 0), true)
	p.look()
	p.look()
	assert.Empty(t, p.pages)
}

func TestASignedTransactionThatCannotBeReadIsNoReceipt(t *testing.T) {
	p := newPost(t)
	p.see(incident.Signed{Step: "x", Attempt: 1, Raw: []byte{2}, Hash: common.Hash{1}, Seq: 1})
	p.look()
	assert.Empty(t, p.pages)
}
