package submitter

import (
	"context"
	"sync"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// watcher is one Watch under way.
type watcher struct {
	job
	s *Submitter
	// lone counts looks in a row in which one endpoint alone had a receipt.
	lone int
	// superseded counts looks in a row that closed the nonce against us.
	superseded int
	clashed    bool // said that another step has our nonce; of offerAgain
	// early is a look between ticks, because an endpoint has a new block. It
	// may find a receipt; it counts for nothing that takes several looks, which
	// must not be one right after the other.
	early bool
}

// Watch follows a sent step until a block settles it (Included, Reverted), the
// nonce is spent by a transaction that is not ours (Preempted), higher fees are
// due (Priced, at the same nonce and inside the approved cost), they are due and
// cannot be (Stalled, once for each bid), or the goal holds without it
// (AlreadySo). It is called again after each of these but the first three.
// Meanwhile it offers the newest bytes again, at once when this process has not
// offered them yet, and for ever: neither a ceiling nor any answer ends it. It
// returns an error only for a step it cannot find and at the end of ctx. It may
// run on a state that newer bids have left behind: it watches those too.
func (s *Submitter) Watch(ctx context.Context, st incident.State, step string) (incident.Body, error) {
	j, err := s.job(st, step)
	if err != nil {
		return nil, err
	}
	w := &watcher{job: j, s: s}
	defer w.offerAgain(ctx)()
	tick := time.NewTicker(j.net.tick())
	defer tick.Stop()
	for {
		block := j.net.fresh.wait() // taken before the look, which may be too early for it
		if body := w.look(ctx); body != nil {
			return body, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
			w.early = false
		case <-block:
			w.early = true
		}
	}
}

// tick is how often a transaction is looked for: twice per block, every two
// seconds at least.
func (n *network) tick() time.Duration {
	return min(max(n.BlockTime/2, 100*time.Millisecond), 2*time.Second)
}

// offerAgain offers the newest bytes as often as the chain wants, beside the
// reads, which may take as long as their timeouts: no read holds up a send. It
// ends when what it returns is called.
func (w *watcher) offerAgain(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(min(w.net.tick(), w.net.Rebroadcast))
		defer tick.Stop()
		for {
			w.offer(ctx)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

// offer sends the newest bytes when they are due.
func (w *watcher) offer(ctx context.Context) {
	w.keep()
	b, ok := w.intent.due(w.s.o.Now(), w.net.Rebroadcast)
	if to := w.net.usable(); ok && len(to) > 0 {
		w.s.dispatch(ctx, []parcel{newParcel(w.job, b, to)})
	}
}

// look is one round of reads and what follows from them.
func (w *watcher) look(ctx context.Context) incident.Body {
	found := w.poll(ctx)
	if body := w.settle(ctx, found); body != nil {
		return body
	}
	if ctx.Err() != nil {
		return nil
	}
	if body := w.close(ctx, found); body != nil {
		return body
	}
	w.visible(ctx)
	return w.outbid(ctx)
}

// keep holds the nonce: a reorganisation can bring one back that was mined.
func (w *watcher) keep() {
	nonce, ok := w.intent.open()
	if !ok {
		return
	}
	if err := w.lane.hold(w.owner(w.intent.current()), nonce, signed); err != nil && !w.clashed {
		w.clashed = true
		w.s.o.Log.Error("two steps have bytes at one nonce", "incident", w.state.ID, "step", w.call.Step, "chain", w.net.ID, "err", err)
	}
}
