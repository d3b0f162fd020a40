package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/firebreak-project/firebreak/incident"
)

// Shown returns an incident as it was when people saw its face of that number:
// after every fact that came before the next face. It reads the journal, so it
// is the same on every replica and after every restart.
func (e *Engine) Shown(ctx context.Context, id incident.ID, face int) (incident.State, error) {
	var then incident.State
	for f, err := range e.o.Journal.Read(ctx, id.Stream(), 0) {
		if err != nil {
			return then, fmt.Errorf("read %s: %w", id, err)
		}
		next, err := then.Apply(f)
		if err != nil {
			return then, err
		}
		if next.Face > face {
			break
		}
		then = next
	}
	if then.Seq == 0 || then.Face != face {
		return then, fmt.Errorf("%w that had face %d: %s", ErrUnknown, face, id)
	}
	return then, nil
}

// Alarm makes durable that something about an incident is not as it was left.
// The same alarm a second time, and one beyond the most that an incident may
// have, writes nothing: people know by then.
func (e *Engine) Alarm(ctx context.Context, id incident.ID, a incident.Alarmed) error {
	add := func(s incident.State) ([]incident.Draft, error) {
		known := slices.ContainsFunc(s.Alarms, func(b incident.Alarmed) bool { return b.What == a.What && b.Detail == a.Detail })
		if known || len(s.Alarms) >= incident.MaxAlarms {
			return nil, nil
		}
		return []incident.Draft{{Run: s.Run().Number, Body: a, Seen: e.o.Now(), Exercise: s.Exercise}}, nil
	}
	return e.addTo(ctx, id, add)
}

// Record writes a fact that belongs to no incident into a stream of its own,
// such as who was refused at the door. Nothing follows from it here.
func (e *Engine) Record(ctx context.Context, stream incident.Stream, body incident.Body) error {
	if _, err := incident.ParseID(string(stream)); err == nil {
		return fmt.Errorf("record %s: %s is an incident, whose facts its worker writes", body.Kind(), stream)
	}
	facts, err := e.o.Journal.Append(ctx, incident.Entry{Stream: stream, After: anywhere, Drafts: []incident.Draft{{Body: body, Seen: e.o.Now()}}})
	if err != nil {
		return fmt.Errorf("record %s: %w", body.Kind(), err)
	}
	e.observe(incident.State{}, facts)
	return nil
}
