package playbooks

import (
	"slices"
	"strings"
	"time"
)

// Describe tells everything that a playbook of the set says.
func (s *Set) Describe(p *Playbook) Description {
	d := Description{
		Name: p.Name, Summary: p.Summary, Owner: p.Owner, Runbook: p.Runbook, Mode: p.Mode, Digest: p.Digest,
		On: Applies{Rules: sorted(p.on.rules), Severity: bySeverity(p.on.severity), When: p.on.when.source(),
			Sources: max(p.on.sources, 1), Within: Duration(p.on.within)},
		Incident: Grouping{Cooldown: Duration(p.cooldown), Inhibit: Duration(p.inhibit), Unsilenceable: p.loud},
		Approve: Asks{Quorum: p.approve.quorum, From: sorted(p.approve.from), People: len(s.inv.peopleOf(p.approve.from)),
			Distinct: p.approve.distinct, Assurance: p.approve.assurance, Channel: p.approve.channel, Within: Duration(p.approve.within), Page: p.approve.page, Escalate: p.approve.escalate},
		Submit: Submits{Signer: p.submit.signer, Spare: p.submit.spare, Deadline: Duration(p.submit.deadline), MaxFee: p.submit.maxFee},
		Notify: slices.Clone(p.Notices),
	}
	if p.limit.runs > 0 {
		d.Incident.Limit = &Limit{Runs: p.limit.runs, Per: Duration(p.limit.per)}
	}
	d.Pre = p.releases()
	for _, e := range p.key {
		d.Incident.Key = append(d.Incident.Key, e.source())
	}
	for _, e := range p.evidence {
		d.Evidence = append(d.Evidence, Reads{ID: e.id, What: e.asked, Unit: e.token.Name, Since: Duration(e.since), Optional: e.optional})
	}
	for _, i := range p.items {
		d.Prepare = append(d.Prepare, s.describe(i))
	}
	for _, v := range p.verify {
		told := Verifies{Of: v.of, Within: Duration(v.within)}
		if v.check != nil {
			told.That, told.Check = strings.ReplaceAll(v.check.Text, eachMark, "each"), &v.check.Check
		}
		d.Verify = append(d.Verify, told)
	}
	for _, r := range p.recover {
		d.Recover = append(d.Recover, Recovers{ID: r.id, Undo: r.undo, Quorum: r.quorum, From: sorted(r.from), People: len(s.inv.peopleOf(r.from))})
	}
	return d
}

// releases is what goes out before anybody was asked. It covers every item, so
// their verbs are the verbs.
func (p *Playbook) releases() *Releases {
	if p.pre.per <= 0 {
		return nil
	}
	r := Releases{Until: p.pre.until.Add(-time.Second).Format(time.DateOnly), Per: Duration(p.pre.per)}
	for _, i := range p.items {
		r.Only = append(r.Only, i.action.Info().Verb)
	}
	r.Only = slices.Compact(sorted(r.Only))
	return &r
}

func (s *Set) describe(i item) Item {
	p := Item{ID: i.id, Verb: i.action.Info().Verb, Contract: i.contract, Chain: s.inv.contracts[i.contract].Chain,
		When: i.when.source(), Each: i.each.source(), Max: i.max, After: sorted(i.after)}
	for name, a := range i.with {
		if p.With == nil {
			p.With = map[string]Argument{}
		}
		p.With[name] = a.describe()
	}
	return p
}

func (a argument) describe() Argument {
	if a.compute != nil {
		return Argument{Text: a.compute.source(), Expression: true}
	}
	told := Argument{Text: a.value.String()}
	if amount, ok := a.value.AsAmount(); ok {
		told.Amount = &amount
	}
	if d, ok := a.value.AsDuration(); ok {
		told.Duration, told.Text = Duration(d), Duration(d).String()
	}
	return told
}

// source is an expression's text; empty for none.
func (e *expression) source() string {
	if e == nil {
		return ""
	}
	return strings.TrimSpace(e.text)
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// bySeverity puts severities in their own order, whatever the file's is.
func bySeverity(list []string) []string {
	var out []string
	for _, s := range severities() {
		if slices.Contains(list, s) {
			out = append(out, s)
		}
	}
	return out
}
