package ballot

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// longText bounds one text of others, in characters. Arguments, addresses and
// digests are never cut.
const longText = 1000

// Describe says what an incident's present run asks, or what came of it. It is a
// function of the state alone.
func Describe(s incident.State) Request {
	run := s.Run()
	r := Request{
		Incident: s.ID, Run: run.Number, Phase: run.Phase, Open: run.Phase == incident.PhaseAsking && run.Plan != nil,
		Exercise: s.Exercise, DryRun: approvals.DryRun(s), PreAuthorised: run.PreAuthorised(),
		Headline: prose(approvals.Headline(s)),
	}
	r.Sentence = r.Headline + "."
	if run.Plan == nil {
		return r
	}
	r.Revision, r.Digest, r.Words = run.Plan.Revision, run.Digest, run.Digest.Words()
	r.Sentence, r.Banners = spoken(s), banners(s)
	r.Why, r.Summary = why(s), summary(run.Plan)
	for i, c := range run.Plan.Calls {
		r.Calls = append(r.Calls, callOf(c, fmt.Sprintf("Call %d of %d", i+1, len(run.Plan.Calls))))
	}
	r.Facts, r.Evidence = facts(s), evidence(s)
	if !r.PreAuthorised {
		r.Votes = votes(run)
	}
	if r.Open {
		r.Deadline, r.Phrase = new(run.Deadline.UTC()), approvals.Phrase(run.Plan)
	} else {
		r.Outcome = outcome(s)
	}
	return r
}

// prose is text of others.
func prose(s string) string { return approvals.Clip(approvals.Printable(s), longText) }

func spoken(s incident.State) string {
	run := s.Run()
	text := approvals.Headline(s) + "."
	switch {
	case run.Phase == incident.PhaseAsking:
		text += fmt.Sprintf(" Approvals %s. Expires %s. Requested by %s.", approvals.Tally(run),
			run.Deadline.UTC().Format("15:04:05 UTC"), approvals.Clip(run.Plan.Requester, 100))
	case run.Phase.Ended():
		text += " " + approvals.Ending(s)
	default:
		text += " Approved by " + strings.Join(approvals.Approvers(run), ", ") + "."
	}
	return prose(text)
}

func banners(s incident.State) []string {
	var lines []string
	if s.Exercise {
		lines = append(lines, "EXERCISE. This is a drill, not an incident.")
	}
	if approvals.DryRun(s) {
		lines = append(lines, "DRY RUN. Nothing is sent, whatever you answer.")
	}
	run := s.Run()
	switch pre := run.Plan.Pre; {
	case run.PreAuthorised():
		lines = append(lines, fmt.Sprintf("PRE-AUTHORISED. This was sent before anybody was asked: the playbook allows it until %s, once in %s.",
			pre.Until.Add(-1).UTC().Format("2006-01-02"), pre.Per))
	case run.Phase == incident.PhaseAsking && pre != nil && run.Plan.Mode == incident.ModeLive:
		lines = append(lines, fmt.Sprintf("NOT THE FIRST. The playbook sends this without asking once in %s, and has done so lately for another incident. So you are asked.", pre.Per))
	}
	return lines
}

func why(s incident.State) []Fact {
	run := s.Run()
	list := []Fact{{Label: "Why now", Text: prose(cmp.Or(run.Plan.Reason, "the playbook gives no reason"))}}
	if run.Plan.Summary != "" {
		list = append(list, Fact{Label: "What it is for", Text: prose(run.Plan.Summary)})
	}
	if run.Phase != incident.PhaseAsking {
		return list
	}
	effect, nobody := effects(run.Plan), "nothing is sent"
	if approvals.DryRun(s) {
		effect = "nothing is sent: this is a dry run."
	}
	if who := run.Plan.Quorum.OnTimeout; who != "" {
		nobody += ", and " + prose(who) + " is called"
	}
	nobody += "."
	return append(list, Fact{Label: "If approved", Text: effect}, Fact{Label: "If nobody acts by the deadline", Text: nobody})
}

// effects are the distinct effects of the calls, in order.
func effects(p *incident.Plan) string {
	var list []string
	seen := map[string]bool{}
	for _, c := range p.Calls {
		if e := prose(c.Effect); e != "" && !seen[e] {
			seen[e] = true
			list = append(list, e)
		}
	}
	return cmp.Or(strings.Join(list, " "), "the calls below are sent.")
}

func votes(r incident.Run) *Votes {
	q := r.Plan.Quorum
	v := &Votes{Tally: approvals.Tally(r), Need: q.Need, Teams: q.Teams, Distinct: q.Distinct, Assurance: q.Assurance}
	for _, yes := range approvals.Approvals(r) {
		v.Approvals = append(v.Approvals, said(yes))
	}
	for _, no := range approvals.Objections(r) {
		v.Objections = append(v.Objections, said(no))
	}
	return v
}

func said(v incident.Vote) Said {
	return Said{Person: prose(v.Person), Team: prose(v.Team), How: approvals.How(v), Reason: prose(v.Reason)}
}

// outcome is where the run stands, and every call of it.
func outcome(s incident.State) []string {
	run := s.Run()
	lines := []string{prose(fmt.Sprintf("Approved by %s, %s.", strings.Join(approvals.Approvers(run), ", "), approvals.After(s, run.AuthorisedAt)))}
	switch {
	case run.Phase.Ended():
		lines[0] = prose(approvals.Ending(s))
	case run.Authorised == nil:
		return nil
	}
	if run.Authorised == nil {
		return lines
	}
	for _, step := range run.Steps {
		line := step.Name + " " + approvals.StepWords(step)
		if step.In != nil {
			line += fmt.Sprintf(", transaction %s in block %d", step.In.Hash.Hex(), step.In.Block)
		}
		if step.Why != "" && (step.State == incident.StepFailed || step.State == incident.StepAlreadySo) {
			line += ": " + step.Why
		}
		lines = append(lines, prose(line))
	}
	return lines
}
