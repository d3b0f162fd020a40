package app

import (
	"fmt"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// standing says how a step stands after a person directed it, a sentence each:
// what is so now, what could not be undone, and what to do about it.
func standing(s incident.State, name, verb string) []string {
	run := s.Run()
	step, _ := run.Step(name)
	call, _ := run.Plan.Call(name)
	last, _ := step.Last()
	see := fmt.Sprintf("See firebreak tx show %s %s.", s.ID, name)
	if verb == Bump && step.Stalled == last.Attempt {
		return []string{fmt.Sprintf("No bid higher than bid %d at nonce %d was possible when it was tried last: %s.", last.Attempt, last.Nonce, step.Why),
			"It is tried again now, and the same bytes go on being offered.", "What to do: " + step.Mend, see}
	}
	if verb == Bump {
		return []string{fmt.Sprintf("A bid higher than bid %d at nonce %d was asked for; it will cost at most the %s ETH that are approved and not spent.",
			last.Attempt, last.Nonce, step.Left(call).Decimal(18)), "Where that allows no higher bid, the same bytes go on being offered.", see}
	}
	switch live := step.Live(); {
	case step.State == incident.StepFailed && len(live) == 0:
		return []string{"It is called off and was never signed: nothing of it can reach a chain.", see}
	case step.State == incident.StepFailed:
		return []string{fmt.Sprintf("It is called off. Its transaction at nonce %d is spent, and it gets no other.", last.Nonce), see}
	case len(live) > 0:
		newest := live[len(live)-1]
		return append([]string{fmt.Sprintf("Its bytes are signed and may be out (%s). They cannot be recalled: its key signs nothing else at nonce %d.",
			newest.Signed.Hash, newest.Nonce)}, after(run.Plan, call, see)...)
	}
	return append([]string{fmt.Sprintf("Its nonce %d is fixed, and the key may have signed already, so it cannot be recalled.", last.Nonce)},
		after(run.Plan, call, see)...)
}

// after is what holds for a step that goes on although it was called off.
func after(p *incident.Plan, c incident.Call, see string) []string {
	words := []string{
		"No higher bid is made for it. The same bytes go on being offered, because everything above this nonce waits until it is used up.",
		"Expect it to be mined. What it does: " + c.Effect,
	}
	if c.Undo != "" {
		words = append(words, "To undo it afterwards: "+c.Undo)
	}
	if len(p.Recover) > 0 {
		words = append(words, "The way back: "+strings.Join(p.Recover, "; "))
	}
	return append(words, see)
}
