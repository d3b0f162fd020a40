// Package sendertest is a receiver for tests that let other systems' own code
// send: the real doors on loopback, before a real journal on disk.
package sendertest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// Vault is the address of the one contract that is known, lab-vault on chain lab
// with the id 1337.
var Vault = common.HexToAddress("0x1111111111111111111111111111111111111111")

// Receiver takes deliveries for one source.
type Receiver struct {
	URL string // to post to
	// Failing is how many more deliveries meet a journal that fails.
	Failing atomic.Int32
	// Refused counts deliveries that were turned away.
	Refused atomic.Int32

	journal *sqlite.Journal
}

// Start listens until the test ends.
func Start(t *testing.T, source alerts.Source) *Receiver {
	t.Helper()
	j, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "firebreak.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, j.Close()) })
	r := &Receiver{journal: j}
	doors, err := alerts.Handler(alerts.Config{Inbox: r, Sources: []alerts.Source{source}, Names: names(),
		Refused: func(alerts.Refusal) { r.Refused.Add(1) }})
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &http.Server{Handler: doors, ReadHeaderTimeout: 3 * time.Second}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	r.URL = "http://" + l.Addr().String() + "/v1/alerts/" + source.Name
	return r
}

func names() alerts.Names {
	return alerts.Names{
		ChainByID:  func(id uint64) (string, bool) { return "lab", id == 1337 },
		KnownChain: func(name string) bool { return name == "lab" },
		ContractAt: func(chain string, a common.Address) (string, bool) { return "lab-vault", chain == "lab" && a == Vault },
		Contract:   func(name string) (string, common.Address, bool) { return "lab", Vault, name == "lab-vault" },
		Decimals:   func(string) (uint8, bool) { return 0, false },
	}
}

// Receive implements alerts.Inbox as the engine does: one durable fact in the
// inbox, or the number of the one that is there.
func (r *Receiver) Receive(ctx context.Context, received incident.Received) (uint64, bool, error) {
	if r.Failing.Add(-1) >= 0 {
		return 0, false, errors.New("the disk is full")
	}
	facts, err := r.journal.Append(ctx, incident.Entry{Stream: incident.Inbox, After: journal.Anywhere,
		Drafts: []incident.Draft{{Body: received, Happened: received.Alert.Occurred, Seen: time.Now()}}})
	if claimed := (*incident.ClaimedError)(nil); errors.As(err, &claimed) {
		return claimed.Seq, true, nil
	}
	if err != nil {
		return 0, false, err
	}
	return facts[0].Seq, false, nil
}

// Stored are the alerts in the journal, in their order.
func (r *Receiver) Stored(t *testing.T) (all []incident.Received) {
	t.Helper()
	for f, err := range r.journal.Read(t.Context(), incident.Inbox, 0) {
		require.NoError(t, err)
		body, err := f.Body()
		require.NoError(t, err)
		all = append(all, body.(incident.Received))
	}
	return all
}

// Until waits for so many alerts, as long as the test may run.
func (r *Receiver) Until(t *testing.T, n int) []incident.Received {
	t.Helper()
	require.Eventually(t, func() bool { return len(r.Stored(t)) >= n }, 60*time.Second, 20*time.Millisecond)
	return r.Stored(t)
}
