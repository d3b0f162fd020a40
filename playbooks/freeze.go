package playbooks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// end says how the run ends without a plan; nil when there is something to do.
func (w *planning) end() incident.Body {
	refused := 0
	for _, n := range w.refused {
		refused += n
	}
	switch {
	case len(w.drafts) > 0:
		return nil
	case refused > 0:
		return escalate("nothing of the playbook could be prepared: %s", strings.Join(w.notes, "; "))
	case w.held > 0:
		return incident.Moot{Why: "the chain already is as wanted: " + strings.Join(w.notes, "; ")}
	case w.empty > 0:
		return escalate("the alert names nobody to act on: %s", strings.Join(w.notes, "; "))
	}
	return incident.Moot{Why: "nothing of the playbook applies: " + strings.Join(w.notes, "; ")}
}

// freeze writes down the plan. Everything in it comes from typed fields: text
// that a stranger wrote never gets into the title, the reason or a call.
func (p *Planner) freeze(s incident.State, w *planning) incident.Plan {
	b, now := w.book, p.o.Now().UTC()
	pre := p.preAuthority(w, now)
	plan := incident.Plan{
		Incident: s.ID, Run: s.Run().Number, Revision: 1, Playbook: s.Opened.Playbook, Roster: p.o.Roster,
		Mode: w.mode(), Exercise: s.Exercise,
		Title: w.title(), Reason: reason(w.alert), Requester: requester(w.alert),
		Summary: b.Summary, Runbook: b.Runbook, Notes: w.notes,
		AlertID: w.alert.Source + "/" + w.alert.ID, PlannedAt: now, Blocks: w.blocks,
		Calls: w.calls(), Verify: w.verifications(),
		Quorum: incident.Quorum{
			Need: b.approve.quorum, Teams: slices.Clone(b.approve.from), Distinct: b.approve.distinct, Assurance: b.approve.assurance,
			Within: b.approve.within, Channel: b.approve.channel, OnTimeout: b.approve.page, Escalate: slices.Clone(b.approve.escalate),
		},
		Signer: b.submit.signer, MaxFee: b.submit.maxFee.Units, Submit: b.submit.deadline, Pre: pre, Evidence: w.lines,
	}
	for _, n := range b.Notices {
		plan.Notify = append(plan.Notify, incident.Notice{Channel: n.Channel, Text: fill(n.Text, s)})
	}
	for _, r := range b.recover {
		plan.Recover = append(plan.Recover, w.wayBack(r))
	}
	return plan
}

// requester is who asked: a person, who may then not vote, or a rule.
func requester(a incident.Alert) string {
	if a.By != "" {
		return a.By
	}
	if a.Replayed != "" {
		return a.Replayed
	}
	return fmt.Sprintf("rule %s (%s)", clip(a.Rule), a.Source)
}

// preAuthority is what lets the plan out before anybody is asked: what the
// pinned text says, as far as the playbook in force still says it. After its
// date, or when it was taken back, people are asked, which is said to them.
// Rationale: a text is pinned so that nothing new comes into an incident; what
// somebody took back must not go out on the strength of an old one.
func (p *Planner) preAuthority(w *planning, now time.Time) *incident.PreAuthority {
	pre := w.book.pre
	if pre.per <= 0 {
		return nil
	}
	if w.alert.By != "" || w.alert.Replayed != "" {
		w.note("a person asked for it, so you are asked, whatever the playbook allows to a detector")
		return nil
	}
	present := p.set.releasing(w.book)
	if present == nil {
		w.note("the playbook in force no longer allows this before you are asked, so you are asked")
		return nil
	}
	if present.pre.until.Before(pre.until) {
		pre.until = present.pre.until
	}
	pre.per = max(pre.per, present.pre.per)
	if !now.Before(pre.until) {
		w.note("the pre-authorisation ended on %s, so you are asked", pre.until.Add(-time.Second).Format(time.DateOnly))
		return nil
	}
	return &incident.PreAuthority{Until: pre.until, Per: pre.per}
}

// releasing is the playbook in force of a pinned one's name, when it is as live
// and would still let out all that the pinned one does; nil otherwise.
func (s *Set) releasing(pinned *Playbook) *Playbook {
	n := slices.IndexFunc(s.all, func(b *Playbook) bool { return b.Name == pinned.Name })
	if n < 0 || s.all[n].pre.per <= 0 || pinned.Mode == incident.ModeLive && s.all[n].Mode != incident.ModeLive {
		return nil
	}
	for _, i := range pinned.items {
		if !slices.ContainsFunc(s.all[n].items, func(o item) bool { return o.contract == i.contract && o.action == i.action }) {
			return nil
		}
	}
	return s.all[n]
}

// mode is the playbook's, but for a drill with a key that is not for drills:
// that one is a dry run, whatever the playbook says.
func (w *planning) mode() incident.Mode {
	if w.rehearsal {
		return incident.ModeDryRun
	}
	return w.book.Mode
}

// calls writes down the calls, with an equal share of the budget each, and then
// each of them once more for the spare key.
func (w *planning) calls() []incident.Call {
	keys := 1
	if w.book.submit.spare != "" {
		keys++
	}
	share := w.book.submit.maxFee.Units.Div(uint64(keys * len(w.drafts)))
	calls := make([]incident.Call, len(w.drafts))
	for n, d := range w.drafts {
		calls[n] = incident.Call{
			Step: d.step, Verb: d.item.action.Info().Verb, Target: d.target.Name, Chain: d.target.Chain, ChainID: d.target.ChainID,
			To: d.target.Address, Data: d.Data, Function: d.Function, Args: d.Args, Gas: d.gas, MaxCost: share,
			Goal: d.Goal, After: w.stepsOf(d.item.after), Effect: d.Effect, Undo: d.Undo, Warning: strings.Join(d.warnings, "; "),
			Simulation: d.simulation,
		}
	}
	if keys == 1 {
		return calls
	}
	for n, d := range w.drafts {
		double := calls[n]
		double.Step, double.SpareOf, double.Key, double.Warning = d.step+"/spare", d.step, w.book.submit.spare, d.spare
		double.Simulation = nil // it was tried from the signer's address
		calls = append(calls, double)
	}
	return calls
}

// stepsOf lists the steps of items that are in the plan. One that is not was
// not needed, so nothing waits for it.
func (w *planning) stepsOf(ids []string) []string {
	var steps []string
	for _, id := range ids {
		for _, d := range w.drafts {
			if d.item.id == id {
				steps = append(steps, d.step)
			}
		}
	}
	return steps
}

func (w *planning) verifications() []incident.Verification {
	var list []incident.Verification
	for _, v := range w.book.verify {
		for _, d := range w.drafts {
			if d.item.id != v.of {
				continue
			}
			own := incident.Verification{Of: d.step, Within: v.within}
			if v.check != nil {
				check := v.check.of(d.element)
				own.Check = &check
			}
			list = append(list, own)
		}
	}
	return list
}

// title says what would be done: "pause lab-vault on lab".
func (w *planning) title() string {
	var order []string
	accounts := map[string]int{}
	for _, d := range w.drafts {
		if !slices.Contains(order, d.item.id) {
			order = append(order, d.item.id)
		}
		accounts[d.item.id]++
	}
	parts := make([]string, len(order))
	for n, id := range order {
		i, _ := w.book.item(id)
		target, _ := w.inv.target(i.contract)
		what := i.action.Info().Verb
		if i.each != nil {
			what += " " + counted(accounts[id], "account") + " on"
		}
		parts[n] = fmt.Sprintf("%s %s on %s", what, target.Name, target.Chain)
	}
	return strings.Join(parts, "; ")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// reason says why now, in one sentence.
func reason(a incident.Alert) string {
	if a.By != "" {
		return clip(a.By) + " asked for it." // their words are shown with the alert, as words
	}
	out := fmt.Sprintf("Rule %s fired", clip(a.Rule))
	if a.Replayed != "" {
		out = fmt.Sprintf("%s had a stored alert decided once more: rule %s", clip(a.Replayed), clip(a.Rule))
	}
	if a.Severity != "" {
		out += fmt.Sprintf(" (%s)", a.Severity)
	}
	if a.Contract != "" {
		out += " for " + a.Contract
	}
	if a.Chain != "" {
		out += " on " + a.Chain
	}
	var facts []string
	if a.Loss != nil {
		facts = append(facts, "loss "+a.Loss.String())
	}
	if a.Confidence != nil {
		facts = append(facts, fmt.Sprintf("confidence %.2f", *a.Confidence))
	}
	if n := len(a.Suspects); n > 0 {
		facts = append(facts, counted(n, "suspect"))
	}
	if a.Tx != nil {
		facts = append(facts, "transaction "+a.Tx.Hex())
	}
	if len(facts) == 0 {
		return out + "."
	}
	return out + ": " + strings.Join(facts, ", ") + "."
}

// wayBack says in words who may undo an item and how.
func (w *planning) wayBack(r wayBack) string {
	i, _ := w.book.item(r.undo)
	return fmt.Sprintf("%s: %s on %s undoes %s, by %d of %s",
		r.id, i.action.Info().Undo, i.contract, r.undo, r.quorum, strings.Join(r.from, ", "))
}
