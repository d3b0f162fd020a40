package slack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// sentence is the whole state for notifications and screen readers.
func sentence(s incident.State) string {
	run := s.Run()
	text := approvals.Headline(s) + "."
	switch {
	case run.Plan == nil:
	case run.Phase == incident.PhaseAsking:
		text += fmt.Sprintf(" Approvals %s. Expires %s. Requested by %s.", approvals.Tally(run),
			run.Deadline.UTC().Format("15:04:05 UTC"), clip(clean(run.Plan.Requester), 100))
	case run.Phase.Ended():
		text += " " + approvals.Ending(s)
	default:
		text += " Approved by " + strings.Join(approvals.Approvers(run), ", ") + "."
	}
	return prose(text, 1500)
}

// outcome is where every call is, with its transaction.
func outcome(s incident.State) string {
	run := s.Run()
	var lines []string
	if run.Phase.Ended() {
		lines = append(lines, "*"+prose(approvals.Headline(s), 200)+".* "+prose(approvals.Ending(s), 600))
	} else {
		lines = append(lines, fmt.Sprintf("*Approved by %s, %s.*", prose(strings.Join(approvals.Approvers(run), ", "), 300), approvals.After(s, run.AuthorisedAt)))
	}
	if run.Authorised == nil {
		return lines[0]
	}
	const most = 6
	for _, step := range run.Steps[:min(most, len(run.Steps))] {
		lines = append(lines, stepLine(step))
	}
	if left := len(run.Steps) - most; left > 0 {
		lines = append(lines, fmt.Sprintf("and %d more: %s", left, states(run.Steps[most:])))
	}
	return strings.Join(lines, "\n")
}

func stepLine(step incident.Step) string {
	line := fmt.Sprintf("*%s* %s", prose(step.Name, 60), approvals.StepWords(step))
	switch last, ok := lastSent(step); {
	case step.In != nil:
		line += fmt.Sprintf(", transaction `%s` in block %d", step.In.Hash.Hex(), step.In.Block)
	case ok:
		line += fmt.Sprintf(", transaction `%s`", last.Signed.Hash.Hex())
	}
	if step.Why != "" && (step.State == incident.StepFailed || step.State == incident.StepAlreadySo) {
		line += ": " + prose(step.Why, 250) // a refusal with its code
	}
	return line
}

func lastSent(step incident.Step) (incident.Attempt, bool) {
	for _, a := range slices.Backward(step.Attempts) {
		if a.Sent && a.Signed != nil {
			return a, true
		}
	}
	return incident.Attempt{}, false
}

func states(steps []incident.Step) string {
	count := map[incident.StepState]int{}
	var order []incident.StepState
	for _, s := range steps {
		if count[s.State]++; count[s.State] == 1 {
			order = append(order, s.State)
		}
	}
	parts := make([]string, len(order))
	for i, state := range order {
		parts[i] = fmt.Sprintf("%d %s", count[state], state)
	}
	return strings.Join(parts, ", ")
}
