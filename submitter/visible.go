package submitter

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// seenAfter is when an accepted transaction should be visible elsewhere.
const seenAfter = time.Second

// visible looks once for an accepted transaction at endpoints other than the
// one that accepted it: some nodes answer with a hash and drop the transaction.
// Not being found is no evidence about the nonce; it only raises the bid early.
func (w *watcher) visible(ctx context.Context) {
	b, acker, ok := w.intent.unchecked(w.s.o.Now())
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, seenAfter)
	defer cancel()
	cost := b.price.feeCap.Times(w.call.Gas)
	others := slices.DeleteFunc(w.net.asked(), func(e *node) bool {
		return e.Name == acker && len(w.net.readers) > 1 || !w.net.takes(e, cost) // who was not given it need not have it
	})
	var nulls, found atomic.Int32
	var wg sync.WaitGroup
	for _, e := range others {
		wg.Go(func() {
			tx, err := ask[*struct{}](ctx, e, "eth_getTransactionByHash", b.hash)
			switch {
			case err != nil: // it cannot say
			case tx == nil:
				nulls.Add(1)
			default:
				found.Add(1)
			}
		})
	}
	wg.Wait()
	unseen := nulls.Load() > 0 && found.Load() == 0
	w.intent.check(b, unseen)
	if unseen {
		w.s.o.Observe(Event{What: Unseen, ChainID: w.net.ID, Endpoint: acker, Nonce: b.nonce})
		w.s.o.Log.Warn("an accepted transaction is not visible elsewhere", "incident", w.state.ID, "step", w.call.Step,
			"chain", w.net.ID, "tx", b.hash, "endpoint", acker)
	}
}

// unchecked returns an accepted bid that nobody has looked for yet.
func (in *intent) unchecked(now time.Time) (b bid, acker string, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	st := in.standing
	ok = st.fastest != "" && !st.checked && now.Sub(st.since) >= seenAfter
	return in.newestLocked(), st.fastest, ok
}

// check notes whether a bid was found at another endpoint.
func (in *intent) check(b bid, unseen bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.standing.attempt == b.attempt {
		in.standing.checked, in.standing.unseen = true, unseen
	}
}
