package slack

import (
	"fmt"
	"strings"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// news is what people are told once, under a key of incident.Next: the end of
// a run ("run0/end"), its being late ("run0/late"), or a transaction that waits
// and cannot be paid more for ("run0/stalled/pause/2"), or that everything holds
// and is not final yet ("run0/held") or cannot be proved ("run0/unproved"), or
// that what was contained is not any more ("run0/undone/pause"), or that it went
// out before anybody was asked ("run0/pre-authorised"). loud asks for the whole
// channel's eyes, because a person has to act.
func news(s incident.State, key string) (text string, loud bool) {
	what, name := cutKey(key)
	run, lines := s.Run(), []string{}
	loud = approvals.Loud(s, key)
	switch what {
	case "late":
		lines = append(lines,
			"*"+prose(approvals.Marked(s, "Not done yet: "+approvals.Title(s)), 300)+".*",
			prose(lateness(run), 300)+" Sending goes on; no new approval is needed.")
	case "stalled":
		lines = append(lines, "*"+prose(approvals.Marked(s, "A transaction waits: "+approvals.Title(s)), 300)+".*", waiting(run, name))
	case "unproved":
		lines = append(lines, "*"+prose(approvals.Marked(s, "Not proved yet: "+approvals.Title(s)), 300)+".*",
			"Everything is sent, and after an hour it is not final, or no endpoint can tell. It is read again and again; look at the chain yourself.")
	case "undone":
		lines = append(lines, "*"+prose(approvals.Marked(s, "It holds no more: "+approvals.Title(s)), 300)+".*",
			prose(undone(run, name), 600), "The incident has ended, so nothing is done by itself.")
	case "pre-authorised":
		lines = append(lines, "*"+prose(approvals.Marked(s, "Sent without asking, pre-authorised: "+approvals.Title(s)), 300)+".*",
			prose(fmt.Sprintf("Playbook %s allows it. %s", s.Opened.Playbook.Name, run.Plan.Reason), 600),
			"If this is wrong, freeze the key (`firebreak key freeze`) and undo it by a recovery.")
	case "held":
		lines = append(lines, "*"+prose(approvals.Marked(s, "It holds: "+approvals.Title(s)), 300)+".*",
			"The chain says so. It is read again until it is final, and you hear of the end.")
	case "end":
		lines = append(lines, "*"+prose(approvals.Headline(s), 300)+".*", prose(approvals.Ending(s), 1200))
	default:
		lines = append(lines, "*"+prose(approvals.Headline(s), 300)+".*")
	}
	if run.Authorised != nil {
		const most = 6
		for _, step := range run.Steps[:min(most, len(run.Steps))] {
			lines = append(lines, stepLine(step))
		}
		if left := len(run.Steps) - most; left > 0 {
			lines = append(lines, fmt.Sprintf("and %d more: %s", left, states(run.Steps[most:])))
		}
	}
	if loud {
		lines = append(lines, whoAndHow(s)...)
	}
	lines = append(lines, fmt.Sprintf("Incident %s.", s.ID))
	return strings.Join(lines, "\n"), loud
}

func lateness(r incident.Run) string {
	if r.Plan == nil {
		return "It takes longer than it should."
	}
	return fmt.Sprintf("It was approved by %s, and after %s not every call is in a block.",
		strings.Join(approvals.Approvers(r), ", "), r.Plan.Submit)
}

// undone says of a step why it failed after the end.
func undone(r incident.Run, name string) string {
	step, _ := r.Step(name)
	return name + ": " + step.Why
}

// waiting says of a step, by its name and attempt, why nothing higher can be bid
// for it and what a person can do.
func waiting(r incident.Run, name string) string {
	if i := strings.LastIndexByte(name, '/'); i > 0 {
		name = name[:i] // a step's own name may hold a stroke
	}
	step, _ := r.Step(name)
	return prose(fmt.Sprintf("%s is offered again and again, and no higher bid is possible: %s.", name, step.Why), 600) +
		"\n*Do* " + prose(step.Mend, 400)
}

// whoAndHow names whose it is now and what to read.
func whoAndHow(s incident.State) []string {
	var lines []string
	if s.Opened.Owner != "" {
		lines = append(lines, "*Owner* "+prose(s.Opened.Owner, 100))
	}
	if p := s.Run().Plan; p != nil && p.Runbook != "" {
		lines = append(lines, "*Runbook* "+prose(p.Runbook, 300))
	}
	return lines
}
