package slack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// title is what the run is about, in the playbook's words.
func title(s incident.State) string {
	if plan := s.Run().Plan; plan != nil && clean(plan.Title) != "" {
		return plan.Title
	}
	return orElse(s.Opened.Playbook.Name, "an incident without a plan")
}

// marked puts in front what must not be overlooked.
func marked(s incident.State, text string) string {
	if dryRun(s) {
		text = "DRY RUN: " + text
	}
	if s.Exercise {
		text = "EXERCISE: " + text
	}
	return text
}

// headline says the state in words.
func headline(s incident.State) string {
	lead := map[incident.Phase]string{
		incident.PhaseAsking:    "Approval needed",
		incident.PhaseExecuting: "Approved, sending",
		incident.PhaseVerifying: "Sent, verifying",
		incident.PhaseContained: "Contained",
		incident.PhaseMoot:      "Nothing to do",
		incident.PhaseDeclined:  "Denied, nothing sent",
		incident.PhaseLapsed:    "Expired, nothing sent",
		incident.PhaseEscalated: "A person must act now",
	}[s.Phase()]
	if s.Phase() == incident.PhaseExecuting && s.Run().PreAuthorised() {
		lead = "Sent without asking, pre-authorised"
	}
	if s.Phase() == incident.PhaseMoot && dryRun(s) {
		lead = "Dry run ended, nothing sent"
	}
	if sev := s.Opened.Alert.Severity; sev != "" && s.Phase() == incident.PhaseAsking {
		lead = strings.ToUpper(string(sev)) + " approval needed"
	}
	return marked(s, orElse(lead, "In preparation")+": "+title(s))
}

// sentence is the whole state for notifications and screen readers.
func sentence(s incident.State) string {
	run := s.Run()
	text := headline(s) + "."
	switch {
	case run.Plan == nil:
	case run.Phase == incident.PhaseAsking:
		text += fmt.Sprintf(" Approvals %s. Expires %s. Requested by %s.", tally(run),
			run.Deadline.UTC().Format("15:04:05 UTC"), clip(clean(run.Plan.Requester), 100))
	case run.Phase.Ended():
		text += " " + ending(s)
	default:
		text += " Approved by " + strings.Join(approvers(run), ", ") + "."
	}
	return prose(text, 1500)
}

// ending is what came of it, in the words of the facts.
func ending(s incident.State) string {
	run := s.Run()
	switch run.Phase {
	case incident.PhaseContained:
		return fmt.Sprintf("Every goal was read again on chain and holds, %s. Approved by %s.",
			after(s, run.EndedAt), strings.Join(approvers(run), ", "))
	case incident.PhaseMoot:
		return "Nothing was sent: " + run.End + "."
	case incident.PhaseDeclined:
		return "Nothing was sent: " + run.End + "."
	case incident.PhaseLapsed:
		text := "Nothing was sent: " + run.End + "."
		if run.Plan != nil && run.Plan.Quorum.OnTimeout != "" {
			text += " This is now for " + run.Plan.Quorum.OnTimeout + "."
		}
		return text
	case incident.PhaseEscalated:
		text := "Automation stopped: " + run.End + "."
		if run.Mend != "" {
			text += " What to do: " + run.Mend + "."
		}
		return text
	}
	return ""
}

// after counts from the alert, because that is the clock that matters.
func after(s incident.State, at time.Time) string {
	return fmt.Sprintf("%d s after the alert", int(at.Sub(s.OpenedAt).Round(time.Second).Seconds()))
}

func approvers(r incident.Run) []string {
	if r.PreAuthorised() {
		return []string{"the playbook itself, before anybody was asked"}
	}
	if r.Authorised != nil {
		return r.Authorised.By
	}
	var list []string
	for _, v := range approvals.Approvals(r) {
		list = append(list, v.Person)
	}
	if len(list) == 0 {
		return []string{"nobody"}
	}
	return list
}

// outcome is where every call is, with its transaction.
func outcome(s incident.State) string {
	run := s.Run()
	var lines []string
	if run.Phase.Ended() {
		lines = append(lines, "*"+prose(headline(s), 200)+".* "+prose(ending(s), 600))
	} else {
		lines = append(lines, fmt.Sprintf("*Approved by %s, %s.*", prose(strings.Join(approvers(run), ", "), 300), after(s, run.AuthorisedAt)))
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
	line := fmt.Sprintf("*%s* %s", prose(step.Name, 60), stateWords(step))
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

func stateWords(step incident.Step) string {
	switch step.State {
	case incident.StepReady, incident.StepPriced, incident.StepSigned:
		return "is being prepared"
	case incident.StepBroadcast:
		return "is sent and not in a block yet"
	case incident.StepIncluded:
		if step.Held {
			return holdsWords(step)
		}
		return "is in a block; being checked"
	case incident.StepFinal:
		if step.Level == incident.LevelSafe || step.Level == incident.LevelFinalized {
			return "is done and checked at " + step.Level
		}
		return "is done and checked at depth"
	case incident.StepAlreadySo:
		return "was already so; nothing was sent for it"
	case incident.StepReverted:
		return "failed in its block; being looked at"
	case incident.StepPreempted:
		return "lost its place to another transaction; being looked at"
	}
	return "FAILED"
}

// holdsWords says how far a goal that holds has come: which block it was read
// at, by which tag, and what is still waited for.
func holdsWords(step incident.Step) string {
	at := ""
	if len(step.Seen) > 0 {
		at = fmt.Sprintf(" at block %d", step.Seen[0].Block)
	}
	when := "no reorganisation can undo it"
	if step.Level == incident.LevelSafe {
		when = "its block is finalized" // only a chain that has that tag is read at safe on the way
	}
	return fmt.Sprintf("works: it holds%s (%s), final when %s", at, cmp.Or(step.Level, incident.LevelLatest), when)
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
