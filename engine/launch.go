package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/firebreak-project/firebreak/incident"
)

// launch starts every effect that is owed, not under way and not resting. It
// returns when the next thing falls due, zero for nothing.
func (w *worker) launch() (due time.Time, err error) {
	now := w.e.o.Now()
	if _, ok := dueRecord(w.state, now); ok {
		if err := w.append(nil); err != nil {
			return due, err
		}
	}
	sooner := func(t time.Time) {
		if due.IsZero() || t.Before(due) {
			due = t
		}
	}
	for _, effect := range incident.Next(w.state) {
		if effect.At.After(now) {
			sooner(effect.At)
			continue
		}
		if effect.Do == incident.DoRecord {
			continue // written above
		}
		ready, later := w.ready(effect, now)
		if !later.IsZero() {
			sooner(later)
		}
		if len(ready) > 0 {
			w.start(effect, ready)
		}
	}
	return due, nil
}

// flights splits an effect into what can be under way by itself.
func flights(e incident.Effect) []flight {
	if len(e.Steps) == 0 {
		return []flight{{do: e.Do, step: e.Key}}
	}
	var all []flight
	for _, step := range e.Steps {
		all = append(all, flight{e.Do, step, e.Version})
	}
	return all
}

func (w *worker) ready(e incident.Effect, now time.Time) (ready []flight, later time.Time) {
	for _, f := range flights(e) {
		if _, up := w.flying[f]; up {
			continue
		}
		if r := w.resting[f]; r != nil && r.until.After(now) {
			if later.IsZero() || r.until.Before(later) {
				later = r.until
			}
			continue
		}
		ready = append(ready, f)
	}
	return ready, later
}

// start lets an effect fly. Its context ends when it is no longer owed.
func (w *worker) start(e incident.Effect, ready []flight) {
	ctx, cancel := context.WithCancel(w.e.ctx)
	for _, f := range ready {
		w.flying[f] = cancel
	}
	var steps []string
	for _, f := range ready {
		steps = append(steps, f.step)
	}
	state := w.state
	w.e.wg.Go(func() {
		defer cancel()
		r := result{flights: ready}
		fault := w.e.contain(string(e.Do), func() { r.bodies, r.err = w.e.carryOut(ctx, state, e, steps) })
		if fault != nil {
			r.bodies, r.err = afterFault(e.Do, fault)
		}
		w.results <- r
	})
}

// owed is what could be under way now.
func (w *worker) owed() map[flight]bool {
	owed := map[flight]bool{}
	for _, e := range incident.Next(w.state) {
		for _, f := range flights(e) {
			owed[f] = true
		}
	}
	return owed
}

// ground cancels what only looks, tells or waits for a nonce and is no longer
// owed. Steps that wait together are let go together, and asked for again.
// Sending is never cancelled from here: bytes that are on disk are offered
// everywhere.
func (w *worker) ground() {
	owed := w.owed()
	for f, cancel := range w.flying {
		switch f.do {
		case incident.DoPrice, incident.DoWatch, incident.DoVerify, incident.DoFinalise, incident.DoRecheck:
			if !owed[f] {
				cancel()
			}
		}
	}
	for f := range w.resting {
		if !owed[f] {
			delete(w.resting, f)
		}
	}
}

// rest makes a failed effect wait, longer each time, and lets a successful one,
// or one that is no longer owed, begin afresh.
func (w *worker) rest(r result) {
	owed := w.owed()
	for _, f := range r.flights {
		if r.err == nil || !owed[f] {
			delete(w.resting, f)
			continue
		}
		if w.resting[f] == nil {
			w.resting[f] = &rest{backoff: backoff.NewExponentialBackOff(
				backoff.WithInitialInterval(w.e.o.Retry), backoff.WithMaxInterval(w.e.o.RetryMax), backoff.WithMaxElapsedTime(0))}
		}
		wait := w.resting[f].backoff.NextBackOff()
		w.resting[f].until = w.e.o.Now().Add(wait)
		w.e.o.Log.Warn("an effect failed and is tried again", "incident", w.id, "do", f.do, "step", f.step, "in", wait, "err", r.err)
	}
}

// carryOut calls the part that an effect is for.
func (e *Engine) carryOut(ctx context.Context, s incident.State, effect incident.Effect, steps []string) ([]incident.Body, error) {
	switch effect.Do {
	case incident.DoPlan:
		return one(e.o.Playbooks.Plan(ctx, s))
	case incident.DoPostCard:
		return one(e.o.Desk.Post(ctx, s))
	case incident.DoUpdateCard:
		return one(e.o.Desk.Update(ctx, s))
	case incident.DoTell:
		return one(e.o.Desk.Tell(ctx, s, effect.Key))
	case incident.DoPrice:
		return e.o.Sender.Price(ctx, s, steps)
	case incident.DoSign:
		return e.o.Sender.Sign(ctx, s, steps)
	case incident.DoBroadcast:
		return e.o.Sender.Broadcast(ctx, s, steps)
	case incident.DoWatch:
		return one(e.o.Watcher.Watch(ctx, s, steps[0]))
	case incident.DoVerify:
		return one(e.o.Verifier.Verify(ctx, s, steps[0]))
	case incident.DoFinalise:
		return one(e.o.Verifier.Finalise(ctx, s, steps[0]))
	case incident.DoRecheck:
		return e.recheck(ctx, s, steps[0])
	}
	return nil, fmt.Errorf("nobody carries out %q", effect.Do)
}

// recheck decides what becomes of a step whose transaction failed: the goal
// holds all the same, another nonce is opened, or a person takes over.
func (e *Engine) recheck(ctx context.Context, s incident.State, name string) ([]incident.Body, error) {
	body, err := e.o.Verifier.Recheck(ctx, s, name)
	if body != nil || err != nil {
		return one(body, err)
	}
	if given, ok := GiveUp(s, name); ok {
		return []incident.Body{given}, nil
	}
	return e.o.Sender.Price(ctx, s, []string{name})
}

// GiveUp says why a step whose transaction failed, and whose goal does not hold,
// opens no other nonce; false when it may.
func GiveUp(s incident.State, name string) (incident.GaveUp, bool) {
	step, _ := s.Run().Step(name)
	call, _ := s.Run().Plan.Call(name)
	if s.Phase().Ended() {
		// What had ended is a person's: nothing new is signed for it.
		return incident.GaveUp{Step: name, Why: "the incident has ended, and the goal does not hold any more: " + step.Why}, true
	}
	if why := step.Exhausted(call); why != "" {
		return incident.GaveUp{Step: name, Why: why + ": " + step.Why}, true
	}
	return incident.GaveUp{}, false
}

func one[B incident.Body](body B, err error) ([]incident.Body, error) {
	if err != nil {
		return nil, err
	}
	return []incident.Body{body}, nil
}
