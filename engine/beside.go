package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
)

// addTo adds to the case file of an incident, through its worker where it has
// one.
func (e *Engine) addTo(ctx context.Context, id incident.ID, add func(incident.State) ([]incident.Draft, error)) error {
	if w := e.worker(id); w != nil {
		_, err := w.do(ctx, &command{decide: add})
		if !errors.Is(err, errGone) {
			return err
		}
	}
	s, err := e.fold(ctx, id)
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
	if _, ok := e.ended[s.ID]; ok {
		e.ended[s.ID] = s
	}
}
