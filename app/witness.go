package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/witness"
)

// witnessLook is how often every key is held against the journal. It is also
// the time in which a signature has to reach the journal before it counts as a
// stranger's.
const witnessLook = time.Minute

// watch holds what the keys say about themselves against the journal, which
// has the receipt of every signature that was given to this daemon. An alarm is
// logged, counted and paged; it stops nothing, because the transaction that
// contains is no worse for it, and people have to decide about the key.
type watch struct {
	seen   witness.Witness
	names  []string
	key    func(ctx context.Context, name string) (signer.KeyInfo, error)
	page   func(ctx context.Context, lines []string, names ...string) error
	log    *slog.Logger
	alarms *prometheus.CounterVec

	before map[string]signer.KeyInfo // what each key said a round ago; of look alone

	mu     sync.Mutex
	untold []witness.Alarm
}

// watchReceipts makes the watch a part of the app.
func (a *App) watchReceipts() {
	w := &watch{names: a.first.Inventory().Signers(), key: a.signer.Key, page: a.page, log: a.o.Log, before: map[string]signer.KeyInfo{},
		alarms: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "firebreak", Name: "key_alarms_total",
			Help: "Contradictions between a key and the journal, by kind: rollback, fork, stranger."}, []string{"kind"})}
	for _, kind := range []witness.Kind{witness.Rollback, witness.Fork, witness.Stranger} {
		w.alarms.WithLabelValues(string(kind))
	}
	a.metrics.registry.MustRegister(w.alarms)
	a.watch = w
	a.background("watch over the receipts", func(ctx context.Context) error {
		if err := w.remember(ctx, a.journal); err != nil {
			return fmt.Errorf("read the receipts in the journal: %w", err)
		}
		return w.run(ctx)
	})
}

// remember reads every receipt that the journal has.
func (w *watch) remember(ctx context.Context, archive journal.Archive) error {
	streams, err := archive.All(ctx)
	if err != nil {
		return err
	}
	for _, stream := range streams {
		for fact, err := range archive.Read(ctx, stream, 0) {
			if err != nil {
				return err
			}
			w.see(fact)
		}
	}
	return nil
}

// see takes the facts of this daemon as they become durable.
func (w *watch) see(facts ...incident.Fact) {
	for _, fact := range facts {
		body, err := fact.Body()
		signed, ok := body.(incident.Signed)
		if err != nil || !ok || signed.Seq == 0 {
			continue
		}
		from, err := senderOf(signed.Raw)
		if err != nil {
			w.log.Error("a signed transaction in the journal cannot be read", "incident", fact.Stream, "err", err)
			continue
		}
		w.raise(w.seen.Saw(from, witness.Link{Seq: signed.Seq, Prev: signed.PrevReceipt, Receipt: signed.Receipt}))
	}
}

func senderOf(raw []byte) (common.Address, error) {
	var tx types.Transaction
	if err := tx.UnmarshalBinary(raw); err != nil {
		return common.Address{}, err
	}
	return types.Sender(types.LatestSignerForChainID(tx.ChainId()), &tx)
}

func (w *watch) run(ctx context.Context) error {
	for ctx.Err() == nil {
		w.look(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(witnessLook):
		}
	}
	return nil
}

// look is one round over the keys. A key that cannot be read is the outage
// watch's business.
func (w *watch) look(ctx context.Context) {
	for _, name := range w.names {
		old, known := w.before[name]
		since := w.seen.Seen(old.Address)
		info, err := w.key(ctx, name)
		if err != nil {
			continue
		}
		if known && old.Address == info.Address {
			w.raise(w.seen.Missing(old))
			w.raise(w.seen.Compare(info, since))
		}
		w.before[name] = info
	}
	w.tell(ctx)
}

func (w *watch) raise(alarms []witness.Alarm) {
	for _, a := range alarms {
		w.log.Error("a key contradicts the journal", "kind", a.Kind, "key", a.Key, "err", a.Text)
		w.alarms.WithLabelValues(string(a.Kind)).Inc()
		w.mu.Lock()
		w.untold = append(w.untold, a)
		w.mu.Unlock()
	}
}

// tell pages what was raised. What could not be told is told in the next round.
func (w *watch) tell(ctx context.Context) {
	w.mu.Lock()
	alarms := w.untold
	w.untold = nil
	w.mu.Unlock()
	for i, a := range alarms {
		lines := []string{fmt.Sprintf("Alarm: a key contradicts the journal (%s).", a.Kind), a.Text,
			"What to do: firebreak key freeze stops it; docs/CUSTODY.md says what to look at."}
		if err := w.page(ctx, lines); err != nil {
			w.log.Error("the alarm of a key could not be told", "err", err)
			w.mu.Lock()
			w.untold = append(alarms[i:], w.untold...)
			w.mu.Unlock()
			return
		}
	}
}
