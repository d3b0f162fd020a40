package desk

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// playbook compares two versions of one playbook, in the order of the format.
func (c *comparison) playbook(before, after playbooks.Description) {
	c.text("summary", before.Summary, after.Summary)
	c.text("owner", before.Owner, after.Owner)
	c.text("runbook", before.Runbook, after.Runbook)
	if before.Mode != after.Mode {
		grown(c, grade{"mode", Loosens}, reach(after.Mode)-reach(before.Mode), [2]string{string(before.Mode), string(after.Mode)})
	}
	c.filter("rule", before.On.Rules, after.On.Rules)
	c.filter("severity", before.On.Severity, after.On.Severity)
	c.condition("on.when", before.On.When, after.On.When)
	number(c, grade{"sources that must agree", Tightens}, before.On.Sources, after.On.Sources)
	if before.On.Sources > 1 && after.On.Sources > 1 { // of one source alone there is no such time
		lasting(c, grade{"time in which they must", Loosens}, before.On.Within, after.On.Within)
	}
	c.text("incident.key", strings.Join(before.Incident.Key, ", "), strings.Join(after.Incident.Key, ", "))
	lasting(c, grade{"cooldown", Tightens}, before.Incident.Cooldown, after.Incident.Cooldown)
	lasting(c, grade{"time in which a containment holds its alerts back", Tightens}, before.Incident.Inhibit, after.Incident.Inhibit)
	c.limit(before.Incident.Limit, after.Incident.Limit)
	switch before, after := before.Incident.Unsilenceable, after.Incident.Unsilenceable; {
	case !before && after:
		c.add(Loosens, "no silence holds it back any more")
	case before && !after:
		c.add(Tightens, "can be silenced")
	}
	c.evidence(before.Evidence, after.Evidence)
	c.items(before.Prepare, after.Prepare)
	c.approval(before.Approve, after.Approve)
	c.releases(before.Pre, after.Pre)
	c.submission(before.Submit, after.Submit)
	c.verification(before, after)
	c.notices(before.Notify, after.Notify)
	c.recovery(before.Recover, after.Recover)
}

// reach is how far a mode goes.
func reach(m incident.Mode) int {
	return slices.Index([]incident.Mode{incident.ModeOff, incident.ModeDryRun, incident.ModeLive}, m)
}

func (c *comparison) limit(before, after *playbooks.Limit) {
	switch {
	case before == nil && after == nil:
	case before == nil:
		c.add(Tightens, "opens at most %d incidents in %s", after.Runs, after.Per)
	case after == nil:
		c.add(Loosens, "opens any number of incidents, not at most %d in %s", before.Runs, before.Per)
	default:
		number(c, grade{"most incidents", Loosens}, before.Runs, after.Runs)
		lasting(c, grade{"time in which they are counted", Tightens}, before.Per, after.Per)
	}
}

// evidence compares what is read. Whether a plan is better for it cannot be told,
// but for this: what may be missing is not shown in red any more.
func (c *comparison) evidence(before, after []playbooks.Reads) {
	for _, r := range after {
		i := slices.IndexFunc(before, func(old playbooks.Reads) bool { return read(old) == read(r) })
		switch {
		case i < 0:
			c.add(Changes, "reads %s", readFully(r))
		case r.Optional && !before[i].Optional:
			c.add(Loosens, "may go without %s", read(r))
		case !r.Optional && before[i].Optional:
			c.add(Tightens, "must have %s", read(r))
		}
	}
	for _, r := range before {
		if !slices.ContainsFunc(after, func(x playbooks.Reads) bool { return read(x) == read(r) }) {
			c.add(Changes, "does not read %s any more", readFully(r))
		}
	}
}

// read is a piece of evidence in words, but for whether it may be missing.
func read(r playbooks.Reads) string {
	text := fmt.Sprintf("evidence.%s: %s", r.ID, r.What)
	if r.Unit != "" {
		text += " in " + r.Unit
	}
	return text
}

func readFully(r playbooks.Reads) string {
	if r.Optional {
		return read(r) + ", optional"
	}
	return read(r)
}

// items compares what is prepared. An item is the same by its id.
func (c *comparison) items(before, after []playbooks.Item) {
	for _, old := range before {
		i := slices.IndexFunc(after, func(x playbooks.Item) bool { return x.ID == old.ID })
		if i < 0 {
			c.add(Tightens, "does not prepare %s any more", did(old))
			continue
		}
		c.item(old, after[i])
	}
	for _, x := range after {
		if !slices.ContainsFunc(before, func(old playbooks.Item) bool { return old.ID == x.ID }) {
			c.add(Loosens, "now prepares %s", did(x))
		}
	}
}

func did(i playbooks.Item) string {
	return fmt.Sprintf("%s: %s on %s (%s)", i.ID, i.Verb, i.Contract, i.Chain)
}

func (c *comparison) item(before, after playbooks.Item) {
	if before.Verb != after.Verb || before.Contract != after.Contract || before.Chain != after.Chain {
		c.add(Loosens, "prepares %s, not %s", did(after), did(before))
	}
	c.condition(after.ID+".when", before.When, after.When)
	c.text(after.ID+".each", before.Each, after.Each)
	number(c, grade{"calls of " + after.ID + " at most", Loosens}, before.Calls(), after.Calls())
	names := maps.Clone(before.With)
	if names == nil {
		names = map[string]playbooks.Argument{}
	}
	maps.Copy(names, after.With)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c.argument(fmt.Sprintf("%s.with.%s", after.ID, name), before.With[name], after.With[name])
	}
	c.text(after.ID+".after", strings.Join(before.After, ", "), strings.Join(after.After, ", "))
}

// argument compares what is done with. Whether it tightens the chain more or
// less depends on the verb, so it is said and not graded.
func (c *comparison) argument(what string, before, after playbooks.Argument) {
	c.text(what, before.String(), after.String())
}

func (c *comparison) approval(before, after playbooks.Asks) {
	number(c, grade{"quorum", Tightens}, before.Quorum, after.Quorum)
	c.list(before.From, after.From, "team %s may approve too", "team %s does not approve any more")
	if slices.Equal(before.From, after.From) {
		number(c, grade{"people in these teams", Loosens}, before.People, after.People)
	}
	switch {
	case before.Distinct == after.Distinct:
	case after.Distinct == "team":
		c.add(Tightens, "approvers must be of different teams")
	default:
		c.add(Loosens, "approvers may be of one team")
	}
	switch was, is := before.Assurance.Rank(), after.Assurance.Rank(); {
	case is > was:
		c.add(Tightens, "a vote by %s is not enough any more: it takes %s", before.Assurance, after.Assurance)
	case is < was:
		c.add(Loosens, "a vote by %s is enough; it took %s", after.Assurance, before.Assurance)
	}
	c.text("asks in", before.Channel, after.Channel)
	lasting(c, grade{"request is open", Loosens}, before.Within, after.Within)
	c.text("pages", before.Page, after.Page)
}

func (c *comparison) releases(before, after *playbooks.Releases) {
	switch {
	case before == nil && after == nil:
	case before == nil:
		c.add(Loosens, "now %s", *after)
	case after == nil:
		c.add(Tightens, "always asks first; it sent without asking: %s", strings.Join(before.Only, " and "))
	default:
		c.list(before.Only, after.Only, "now SENDS WITHOUT ASKING also %s", "asks first for %s")
		number(c, grade{"sends without asking until", Loosens}, before.Until, after.Until)
		lasting(c, grade{"least time between two that nobody was asked", Tightens}, before.Per, after.Per)
	}
}

func (c *comparison) submission(before, after playbooks.Submits) {
	c.text("key", before.Signer, after.Signer)
	switch {
	case before.Spare == "" && after.Spare != "":
		c.add(Loosens, "key %s makes every call too", after.Spare)
	case before.Spare != "" && after.Spare == "":
		c.add(Tightens, "key %s makes no call any more", before.Spare)
	default:
		c.text("spare key", before.Spare, after.Spare)
	}
	lasting(c, grade{"deadline", Changes}, before.Deadline, after.Deadline)
	grew := after.MaxFee.Units.Cmp(before.MaxFee.Units)
	if before.MaxFee.Token != after.MaxFee.Token {
		c.text("budget", before.MaxFee.String(), after.MaxFee.String())
		return
	}
	grown(c, grade{"budget", Loosens}, grew, [2]string{before.MaxFee.String(), after.MaxFee.String()})
}
