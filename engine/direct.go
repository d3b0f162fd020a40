package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
)

// Hurry has a higher bid made for a step whose bytes are out, as soon as the
// market and the approved budget allow one, whatever the cadence. It is durable
// when it returns. An error says in a sentence why it cannot be.
func (e *Engine) Hurry(ctx context.Context, id incident.ID, h incident.Hurried) (incident.State, error) {
	return e.direct(ctx, id, h)
}

// Cancel calls a step off; see incident.Cancelled for what that can stop. It is
// durable when it returns, with the state after it. An error says in a sentence
// why the step cannot be called off.
func (e *Engine) Cancel(ctx context.Context, id incident.ID, c incident.Cancelled) (incident.State, error) {
	return e.direct(ctx, id, c)
}

func (e *Engine) direct(ctx context.Context, id incident.ID, body incident.Body) (incident.State, error) {
	w := e.worker(id)
	if w == nil {
		return e.over(ctx, id)
	}
	s, err := w.do(ctx, &command{decide: func(s incident.State) ([]incident.Draft, error) {
		return []incident.Draft{{Run: s.Run().Number, Body: body, Seen: e.o.Now(), Exercise: s.Exercise}}, nil
	}})
	if errors.Is(err, errGone) {
		return e.over(ctx, id)
	}
	return s, err
}

// over says of an incident that nobody works on why nothing can be directed.
func (e *Engine) over(ctx context.Context, id incident.ID) (incident.State, error) {
	s, err := e.State(ctx, id)
	if err != nil {
		return s, err
	}
	return s, fmt.Errorf("incident %s is %s and nothing of it is under way", id, s.Phase())
}
