package submitter

import (
	"context"
	"time"
)

// Announcer is a Client that tells of new blocks by itself, as a WebSocket can.
// Heads gives a channel that has a value whenever there may be a new block, any
// number of blocks together, and again after a connection that was lost is
// back. It is closed soon after ctx ends, and nothing uses the client from then
// on. An error, such as errors.ErrUnsupported, means that it can not; the
// endpoint is asked at intervals in either case, because an endpoint that falls
// silent must not be taken for a chain that stands still.
type Announcer interface {
	Heads(ctx context.Context) (<-chan struct{}, error)
}

// headGap is the least time between two looks at an endpoint that announces, so
// that one which never stops cannot keep us busy.
const headGap = 50 * time.Millisecond

// heads are an endpoint's announcements; nil, which never has a value, where it
// makes none.
func (n *network) heads(ctx context.Context, e *node) <-chan struct{} {
	a, ok := e.Client.(Announcer)
	if !ok {
		return nil
	}
	heads, err := a.Heads(ctx)
	if err != nil {
		n.log.Debug("an endpoint announces no blocks; it is asked for them", "chain", n.ID, "endpoint", e.Name, "err", err)
		return nil
	}
	return heads
}

// drain waits for the end of announcements, after the context they were asked
// for with.
func drain(heads <-chan struct{}) {
	if heads == nil {
		return
	}
	for range heads {
	}
}

// pause waits for a tick or an announcement; false at the end of ctx. After an
// announcement the next tick is a whole interval away.
func (n *network) pause(ctx context.Context, tick *time.Ticker, heads *<-chan struct{}) bool {
	looked := time.NewTimer(headGap)
	defer looked.Stop()
	due := *heads
	if due != nil {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
			return true
		case <-looked.C:
		}
	}
	select {
	case <-ctx.Done():
		return false
	case <-tick.C:
	case _, open := <-due:
		if !open {
			*heads = nil // it will not announce any more; ticks go on
		}
		tick.Reset(n.interval())
	}
	return true
}

// rose tells everybody who waits for a block that an endpoint has a new one.
// The caller holds mu and has not stored v yet.
func (n *network) rose(name string, v view) {
	if v.number > n.views[name].number {
		n.fresh.wake()
	}
}

// BlockGas is the greatest gas limit of a block that any endpoint of a chain has
// lately reported: no transaction above it can be mined. The greatest, because
// one endpoint that says less must not be able to keep a plan from being made.
// Zero when nobody has said, or the chain is not configured. It makes no call.
func (s *Submitter) BlockGas(chainID uint64) uint64 {
	n := s.networks[chainID]
	if n == nil {
		return 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	var most uint64
	for _, v := range n.freshLocked() {
		most = max(most, v.gas)
	}
	return most
}
