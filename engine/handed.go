package engine

import (
	"context"
	"iter"
	"sync"

	"github.com/firebreak-project/firebreak/incident"
)

// What may wait in memory for the router: so many receipts, that came in so many
// bytes.
const (
	maxHanded      = 4096
	maxHandedBytes = 16 << 20
)

// handed are receipts on their way from the door to the router, so that it need
// not read back from the journal what was just written there. What is missing
// here it reads there. Safe for concurrent use.
type handed struct {
	mu     sync.Mutex
	all    map[uint64]handover
	bytes  int
	top    uint64 // the highest number that was put
	passed uint64 // the highest that was asked for
}

type handover struct {
	got   incident.Received
	bytes int // that it came in
}

// put hands over a receipt that is on disk.
func (h *handed) put(receipt uint64, got incident.Received) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.top = max(h.top, receipt)
	if receipt <= h.passed || len(h.all) >= maxHanded || h.bytes+len(got.Raw) > maxHandedBytes {
		return // it was read already, or will be
	}
	if h.all == nil {
		h.all = map[uint64]handover{}
	}
	h.all[receipt] = handover{asRead(got), len(got.Raw)}
	h.bytes += len(got.Raw)
}

// take gives a receipt once.
func (h *handed) take(receipt uint64) (incident.Received, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	over, ok := h.all[receipt]
	if ok {
		h.drop(receipt)
	}
	return over.got, ok
}

// drop lets go of a receipt that the router has.
func (h *handed) drop(receipt uint64) {
	h.bytes -= h.all[receipt].bytes
	delete(h.all, receipt)
	h.passed = max(h.passed, receipt)
}

// pass drops a receipt that was read from the journal, and says whether the
// next one is here, and whether there is any after it.
func (h *handed) pass(receipt uint64) (next, more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(receipt)
	_, next = h.all[receipt+1]
	return next, h.top > receipt
}

// asRead is what the router would have read of it: a decision may not depend on
// whether there was a crash in between. The raw body is left out, for it decides
// nothing.
func asRead(got incident.Received) incident.Received {
	got.Raw = nil
	if len(got.Headers) == 0 {
		got.Headers = nil
	}
	if len(got.Alert.Suspects) == 0 {
		got.Alert.Suspects = nil
	}
	if len(got.Alert.Labels) == 0 {
		got.Alert.Labels = nil
	}
	got.Alert.Occurred, got.Alert.Sent = got.Alert.Occurred.Round(0), got.Alert.Sent.Round(0)
	return got
}

// undecided yields the receipts after those that were decided, in order. It
// looks into the journal where one is missing that must be there, and at its
// end when told to look.
func (r *router) undecided(ctx context.Context, look bool) iter.Seq2[uint64, received] {
	return func(yield func(uint64, received) bool) {
		at := r.done
		for {
			for got, ok := r.handed.take(at + 1); ok; got, ok = r.handed.take(at + 1) {
				if at++; !yield(at, received{got, nil}) {
					return
				}
			}
			if _, more := r.handed.pass(at); !more && !look {
				return
			}
			before := at
			for f, err := range r.e.o.Journal.Read(ctx, incident.Inbox, at) {
				var got incident.Received
				var isAlert bool
				if err == nil {
					got, isAlert, err = alertOf(f)
				}
				if err != nil {
					yield(at, received{err: err})
					return
				}
				at = f.Seq
				next, _ := r.handed.pass(at)
				if isAlert && !yield(at, received{got, nil}) {
					return
				}
				if next {
					break
				}
			}
			if at == before {
				return
			}
		}
	}
}

// received is a receipt, or why it could not be read.
type received struct {
	incident.Received
	err error
}

func alertOf(f incident.Fact) (got incident.Received, ok bool, err error) {
	body, err := f.Body()
	if err != nil {
		return got, false, err
	}
	got, ok = body.(incident.Received)
	return asRead(got), ok, nil
}
