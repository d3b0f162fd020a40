package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// append writes drafts and what follows from them without any effect in one
// commit: a vote, the authority it completes and the prices of what it releases;
// a plan and the opening of its vote. A crash before the commit means that none
// of it happened, after it that all of it did. It fails with *refusal when the
// fold does not allow it; the journal was then not asked.
func (w *worker) append(drafts []incident.Draft) error {
	drafts, foreseen, err := w.cascade(drafts)
	if err != nil {
		return &refusal{err}
	}
	if prices := w.ahead(foreseen); len(prices) > 0 {
		err := w.commit(append(drafts[:len(drafts):len(drafts)], prices...))
		if err == nil {
			return nil
		}
		w.e.o.Watcher.Release(foreseen, stepsOf(prices))
		if claimed := (*incident.ClaimedError)(nil); !errors.As(err, &claimed) {
			return err
		}
		// Somebody else has one of the nonces: the rest must not be lost with it.
	}
	return w.askInstead(drafts, w.commit(drafts))
}

// askInstead follows a pre-authorisation whose slot is taken: the plan is kept,
// and people are asked. A crash before its commit finds the plan unwritten, and
// it is made again.
func (w *worker) askInstead(drafts []incident.Draft, err error) error {
	claimed := (*incident.ClaimedError)(nil)
	n := slices.IndexFunc(drafts, func(d incident.Draft) bool { return d.Body.Kind() == incident.KindPreAuthorised })
	if n < 0 || !errors.As(err, &claimed) {
		return err
	}
	foreseen := w.state
	for _, d := range drafts[:n] {
		if foreseen, err = foreseen.Foresee(d); err != nil {
			return &refusal{err}
		}
	}
	asking := slices.Clone(drafts[:n])
	for _, b := range foreseen.Run().AskInstead(claimed) {
		asking = append(asking, incident.Draft{Run: foreseen.Run().Number, Body: b, Seen: w.e.o.Now(), Exercise: foreseen.Exercise})
	}
	return w.commit(asking)
}

func stepsOf(prices []incident.Draft) (steps []string) {
	for _, d := range prices {
		if p, ok := d.Body.(incident.Priced); ok {
			steps = append(steps, p.Step)
		}
	}
	return steps
}

// commit writes drafts that the fold allows, and moves on to the state after
// them.
func (w *worker) commit(drafts []incident.Draft) error {
	foreseen := w.state
	var err error
	for _, d := range drafts {
		if foreseen, err = foreseen.Foresee(d); err != nil {
			return &refusal{err}
		}
	}
	facts, err := w.e.o.Journal.Append(w.e.ctx, incident.Entry{
		Stream: w.id.Stream(), After: w.state.Seq, Drafts: drafts, Open: foreseen.Open()})
	if err != nil {
		return fmt.Errorf("write %s: %w", w.id, err)
	}
	state := w.state
	for _, f := range facts {
		if state, err = state.Apply(f); err != nil {
			return fmt.Errorf("apply what was just written: %w", err)
		}
	}
	w.state = state
	w.now.Store(&state)
	w.e.observe(state, facts)
	w.ground()
	return nil
}

// refusal is the fold's no to what was to be written. The journal is well, and
// so is everybody else's incident.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }

func (r *refusal) Unwrap() error { return r.err }

// cascade adds the facts that are owed at once and need nothing from outside.
func (w *worker) cascade(drafts []incident.Draft) ([]incident.Draft, incident.State, error) {
	foreseen := w.state
	var err error
	for _, d := range drafts {
		if foreseen, err = foreseen.Foresee(d); err != nil {
			return nil, foreseen, err
		}
	}
	now := w.e.o.Now()
	for {
		effect, ok := dueRecord(foreseen, now)
		if !ok {
			return drafts, foreseen, nil
		}
		d := incident.Draft{Run: effect.Run, Body: effect.Body, Seen: now, Exercise: foreseen.Exercise}
		if foreseen, err = foreseen.Foresee(d); err != nil {
			return nil, foreseen, fmt.Errorf("a fact that was owed is refused: %w", err)
		}
		drafts = append(drafts, d)
	}
}

func dueRecord(s incident.State, now time.Time) (incident.Effect, bool) {
	for _, effect := range incident.Next(s) {
		if effect.Do == incident.DoRecord && !effect.At.After(now) {
			return effect, true
		}
	}
	return incident.Effect{}, false
}

// note writes down what came of an effect. Bodies that the state has moved past
// are dropped: a signature for a bid that is no longer wanted is thrown away
// and never sent.
func (w *worker) note(r result) error {
	for _, f := range r.flights {
		w.flying[f]()
		delete(w.flying, f)
	}
	drafts, dropped := w.fitting(r)
	for _, err := range dropped {
		w.e.o.Log.Warn("what came of an effect is no longer wanted", "incident", w.id, "err", err)
	}
	var err error
	if len(drafts) > 0 {
		err = w.append(drafts)
	}
	if claimed := (*incident.ClaimedError)(nil); errors.As(err, &claimed) {
		// A nonce that somebody else has: nothing was written. Give it back
		// and price again.
		w.release(r.flights)
		r.err, err = err, nil
	}
	if err != nil {
		w.release(r.flights)
		return err
	}
	if r.err == nil && len(drafts) == 0 {
		// Asking again at once would get the same answer at once, for ever.
		r.err = errors.Join(append(dropped, errNothing)...)
	}
	w.rest(r)
	return nil
}

// errNothing says that an effect came to nothing that could be written.
var errNothing = errors.New("it brought no fact that fits")

// fitting are the bodies that the state allows. The nonce of a price that it does
// not goes back, unless a watch made it: that one raised, and reserved nothing,
// and what its step has reserved since is another's.
func (w *worker) fitting(r result) (drafts []incident.Draft, dropped []error) {
	foreseen := w.state
	for _, b := range r.bodies {
		d := incident.Draft{Run: w.state.Run().Number, Body: b, Seen: w.e.o.Now(), Exercise: w.state.Exercise}
		next, err := foreseen.Foresee(d)
		if err != nil {
			dropped = append(dropped, err)
			if p, ok := b.(incident.Priced); ok && r.flights[0].do != incident.DoWatch {
				w.e.o.Watcher.Release(w.state, []string{p.Step})
			}
			continue
		}
		foreseen, drafts = next, append(drafts, d)
	}
	return drafts, dropped
}

func (w *worker) release(flights []flight) {
	var steps []string
	for _, f := range flights {
		if f.do == incident.DoPrice || f.do == incident.DoRecheck {
			steps = append(steps, f.step)
		}
	}
	if len(steps) > 0 {
		w.e.o.Watcher.Release(w.state, steps)
	}
}
