package verifier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

// lagging is how often Recheck waits for endpoints that are behind the block
// in which the transaction failed.
const lagging = 5

// Recheck reads the goal of a step whose transaction failed, at the latest
// block of every endpoint that answers. It returns AlreadySo when all of them
// say that it holds, two at least where two are configured, and nil when it
// does not, when it cannot be read out of what they answer or when they
// disagree: sending again is harmless. It fails when nobody could be read.
func (v *Verifier) Recheck(ctx context.Context, s incident.State, step string) (incident.Body, error) {
	j, err := v.job(s, step)
	if err != nil {
		return nil, err
	}
	poll := min(max(j.net.BlockTime/2, 100*time.Millisecond), time.Second)
	for try := 0; ; try++ {
		r, err := actions.ReadAll(ctx, v.reader, j.call.Goal)
		if errors.Is(err, errReverts) {
			return nil, nil // everybody answered, and nobody that it holds
		}
		if err != nil {
			return nil, fmt.Errorf("recheck step %s of incident %s: %w", step, s.ID, err)
		}
		switch {
		case r.Holds(v.reader.Endpoints(j.call.Goal.ChainID)):
			return incident.AlreadySo{Step: step, Why: "the goal holds: " + j.call.Goal.Text, Seen: r.Seen}, nil
		case !j.behind(r) || try == lagging:
			return nil, nil
		}
		wait(ctx, poll)
	}
}

// behind tells whether somebody read before the block in which the step's
// transaction failed.
func (j job) behind(r actions.Reading) bool {
	if j.step.Revert == nil {
		return false
	}
	for _, o := range r.Seen {
		if o.Block < j.step.Revert.Block {
			return true
		}
	}
	return false
}
