package engine

import (
	"context"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// looks remembers what the router saw when it looked whether a containment still
// holds: the router has every alert wait, so it looks seldom.
type looks struct {
	seen   map[incident.ID]look
	failed time.Time // when a look told nothing, last
}

type look struct {
	hold incident.Hold
	at   time.Time
}

// How the router looks at the chain.
const (
	lookFor  = 15 * time.Second // how long one look is good
	lookTime = time.Second      // how long one may take
	maxLooks = 4096
)

// holding tells whether what a contained incident brought about still is so.
// After a look that told nothing there is none for a while, of any incident:
// the endpoints that did not answer for one will not for the next, and the
// alerts behind this one wait. What is not known opens; see Arrival.holds.
func (r *router) holding(s incident.State) incident.Hold {
	if r.e.o.Looker == nil {
		return incident.HoldUnknown
	}
	now := r.e.o.Now()
	if seen, ok := r.looks.seen[s.ID]; ok && now.Sub(seen.at) < lookFor {
		return seen.hold
	}
	if now.Sub(r.looks.failed) < lookFor {
		return incident.HoldUnknown
	}
	ctx, cancel := context.WithTimeout(r.e.ctx, lookTime)
	defer cancel()
	hold := r.e.holding(ctx, s)
	if hold == incident.HoldUnknown {
		r.looks.failed = r.e.o.Now()
		return hold
	}
	if r.looks.seen == nil || len(r.looks.seen) >= maxLooks {
		r.looks.seen = map[incident.ID]look{}
	}
	r.looks.seen[s.ID] = look{hold, now}
	return hold
}

// holding asks for every step whose goal was seen to hold. One that is gone is
// enough; otherwise all must be certain.
func (e *Engine) holding(ctx context.Context, s incident.State) incident.Hold {
	hold := incident.HoldUnknown
	for _, step := range s.Run().Steps {
		if step.State == incident.StepFailed {
			continue
		}
		var err error
		if fault := e.contain("look", func() { hold, err = e.o.Looker.Look(ctx, s, step.Name) }); fault != nil || err != nil {
			return incident.HoldUnknown
		}
		if hold != incident.HoldSure {
			return hold
		}
	}
	return hold
}
