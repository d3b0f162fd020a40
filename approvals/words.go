package approvals

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// What people are told of a request is the same wherever they look at it: on a
// card, on a page, on a terminal. The words here are plain text without markup.
// Names in them may be a stranger's: see Printable.

// DryRun tells whether nothing is sent whatever people answer.
func DryRun(s incident.State) bool {
	if plan := s.Run().Plan; plan != nil {
		return plan.Mode != incident.ModeLive
	}
	return s.Opened.Mode == incident.ModeDryRun
}

// Title is what the run is about, in the playbook's words.
func Title(s incident.State) string {
	if plan := s.Run().Plan; plan != nil && Printable(plan.Title) != "" {
		return plan.Title
	}
	return orElse(s.Opened.Playbook.Name, "an incident without a plan")
}

// Headline says the state of the present run, marked.
func Headline(s incident.State) string {
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
	if s.Phase() == incident.PhaseMoot && DryRun(s) {
		lead = "Dry run ended, nothing sent"
	}
	if sev := s.Opened.Alert.Severity; sev != "" && s.Phase() == incident.PhaseAsking {
		lead = strings.ToUpper(string(sev)) + " approval needed"
	}
	return Marked(s, orElse(lead, "In preparation")+": "+Title(s))
}

// Marked puts in front of a text what must not be overlooked.
func Marked(s incident.State, text string) string {
	if DryRun(s) {
		text = "DRY RUN: " + text
	}
	if s.Exercise {
		text = "EXERCISE: " + text
	}
	return text
}

// Ending is what came of the run, in the words of its facts; empty before.
func Ending(s incident.State) string {
	run := s.Run()
	switch run.Phase {
	case incident.PhaseContained:
		return fmt.Sprintf("Every goal was read again on chain and holds, %s. Approved by %s.",
			After(s, run.EndedAt), strings.Join(Approvers(run), ", "))
	case incident.PhaseMoot, incident.PhaseDeclined:
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

// After counts from the alert, because that is the clock that matters.
func After(s incident.State, at time.Time) string {
	return fmt.Sprintf("%d s after the alert", int(at.Sub(s.OpenedAt).Round(time.Second).Seconds()))
}

// Approvers are the people on whose word the run goes out, or would so far.
func Approvers(r incident.Run) []string {
	if r.PreAuthorised() {
		return []string{"the playbook itself, before anybody was asked"}
	}
	if r.Authorised != nil {
		return r.Authorised.By
	}
	if list := names(Approvals(r)); len(list) > 0 {
		return list
	}
	return []string{"nobody"}
}

// Tally is "1 of 2", counted in people or in the teams that people voted for.
func Tally(r incident.Run) string {
	yes := Approvals(r)
	if r.Plan.Quorum.Distinct != DistinctTeam {
		return fmt.Sprintf("%d of %d", len(yes), r.Plan.Quorum.Need)
	}
	teams := map[string]bool{}
	for _, v := range yes {
		teams[v.Team] = true
	}
	return fmt.Sprintf("%d of %d teams", len(teams), r.Plan.Quorum.Need)
}

// How says in which way a vote came, and when the engine took it.
func How(v incident.Vote) string {
	words := "in a way that is not known"
	switch v.Assurance {
	case incident.AssuranceSlack:
		words = "by Slack click"
	case incident.AssurancePasskey:
		words = "with a passkey"
	case incident.AssuranceWallet:
		words = "with a wallet signature"
	}
	if !v.At.IsZero() {
		words += v.At.UTC().Format(" at 15:04:05 UTC")
	}
	return words
}

// StepWords say where one transaction stands.
func StepWords(step incident.Step) string {
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

func orElse(s, otherwise string) string {
	if Printable(s) == "" {
		return otherwise
	}
	return s
}
