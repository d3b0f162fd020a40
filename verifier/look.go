package verifier

import (
	"context"
	"errors"
	"fmt"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

// Look reads the goal of a step at the latest block of every endpoint that
// answers, once. It is sure where all of them say that it holds, two at least
// where two are configured, and gone where none of them says so; where they
// disagree nobody knows. It fails when nobody could be read.
func (v *Verifier) Look(ctx context.Context, s incident.State, step string) (incident.Hold, error) {
	j, err := v.job(s, step)
	if err != nil {
		return incident.HoldUnknown, err
	}
	r, err := actions.ReadAll(ctx, v.reader, j.call.Goal)
	switch {
	case errors.Is(err, errReverts):
		return incident.HoldGone, nil // everybody answered, and nobody that it holds
	case err != nil:
		return incident.HoldUnknown, fmt.Errorf("look at step %s of incident %s: %w", step, s.ID, err)
	case r.Holds(v.reader.Endpoints(j.call.Goal.ChainID)):
		return incident.HoldSure, nil
	case r.Fails():
		return incident.HoldGone, nil
	}
	return incident.HoldUnknown, nil
}
