package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
)

// addTries is how often something is added anew to an incident that moved on
// in between.
const addTries = 8

// addTo adds to the case file of an incident, through its worker where it has
// one. It may be asked by several at once.
func (e *Engine) addTo(ctx context.Context, id incident.ID, add func(incident.State) ([]incident.Draft, error)) error {
	err := e.addOnce(ctx, id, add, e.recall)
	for range addTries {
		if !errors.Is(err, incident.ErrConflict) {
			break
		}
		err = e.addOnce(ctx, id, add, e.fold)
	}
	return err
}

// addOnce is addTo once. read gives the state of an incident without a worker.
func (e *Engine) addOnce(ctx context.Context, id incident.ID, add func(incident.State) ([]incident.Draft, error),
	read func(context.Context, incident.ID) (incident.State, error)) error {
	if w := e.worker(id); w != nil {
		_, err := w.do(ctx, &command{decide: add})
		if !errors.Is(err, errGone) {
			return err
		}
	}
	s, err := read(ctx, id)
	if err != nil {
		return err
	}
	if s.Seq == 0 {
		return fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	drafts, err := add(s)
	if err != nil || len(drafts) == 0 {
		return err
	}
	return e.appendBeside(ctx, s, drafts)
}

// recall is fold, where memory may do. Memory may be of before: who writes by
// it meets a conflict then.
func (e *Engine) recall(ctx context.Context, id incident.ID) (incident.State, error) {
	e.mu.Lock()
	s, ok := e.ended[id]
	e.mu.Unlock()
	if ok {
		return s, nil
	}
	return e.fold(ctx, id)
}

// appendBeside writes facts of an incident that has no worker here. It gets one
// when they make something owed to it; to whom something is owed already,
// somebody else sees.
func (e *Engine) appendBeside(ctx context.Context, s incident.State, drafts []incident.Draft) error {
	owed, foreseen := s.Open(), s
	for _, d := range drafts {
		var err error
		if foreseen, err = foreseen.Foresee(d); err != nil {
			return err
		}
	}
	facts, err := e.o.Journal.Append(ctx, incident.Entry{Stream: s.ID.Stream(), After: s.Seq, Drafts: drafts, Open: foreseen.Open()})
	if err != nil {
		return err
	}
	for _, f := range facts {
		if s, err = s.Apply(f); err != nil {
			return fmt.Errorf("apply what was just written: %w", err)
		}
	}
	e.observe(s, facts)
	e.renew(s)
	if !owed && s.Open() {
		e.adopt(s)
	}
	return nil
}

// renew replaces what is remembered of an incident that has ended.
func (e *Engine) renew(s incident.State) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if old, ok := e.ended[s.ID]; ok && old.Seq < s.Seq {
		e.ended[s.ID] = s
	}
}
