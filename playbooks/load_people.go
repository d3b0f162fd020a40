package playbooks

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/incident"
)

func (l *loader) approval() {
	n := l.top.get("approve")
	if n == nil {
		if !l.top.broken("approve") {
			l.fault(l.top.node, CodeNoApproval, "playbook prepares transactions but has no approve block")
		}
		return
	}
	f := l.shaped(n, "approve")
	a := &l.out.approve
	before := len(l.found)
	a.from = l.namesOf(f.need("from"), "approve.from", CodeTeam, names(l.inv.teams))
	a.distinct = "person"
	if d := f.get("distinct"); d != nil {
		a.distinct, _ = l.oneOf(d, CodeQuorum, f.shape.key("distinct").Values)
	}
	a.assurance = incident.AssuranceSlack
	if level := f.get("assurance"); level != nil {
		word, _ := l.oneOf(level, CodeQuorum, f.shape.key("assurance").Values)
		a.assurance = incident.Assurance(word)
	}
	if quorum := f.need("quorum"); len(l.found) == before {
		a.quorum = l.quorum(quorum, a.from, a.distinct)
	}
	a.channel, _ = l.oneOf(f.need("in"), CodeChannel, names(l.inv.channels))
	a.within = f.needDuration("within")
	a.escalate = l.namesOf(f.get("escalate"), "approve.escalate", CodePerson, l.callable())
	if n := len(a.escalate); n > 3 {
		l.fault(f.get("escalate"), CodePerson, "approve.escalate names %d; three can be told, after 25, 50 and 75 %% of the time", n)
	}
	if t := f.get("on_timeout"); t != nil {
		a.page = l.timeout(t)
	}
}

// quorum reads how many must agree, and refuses what one person decides or
// what can never be met.
func (l *loader) quorum(n *yaml.Node, from []string, distinct string) int {
	if n == nil || l.refused[n] {
		return 0
	}
	before := len(l.found)
	q := int(l.whole(n, "quorum", span[uint64]{0, 1000}))
	people := len(l.inv.peopleOf(from))
	switch {
	case len(l.found) > before || len(from) == 0:
	case q < 2:
		l.fault(n, CodeQuorum, "quorum %d is one person; use at least 2", q)
	case q > people:
		l.fault(n, CodeQuorum, "quorum %d can never be reached: %d people in these teams", q, people)
	case distinct == "team" && q > len(from):
		l.fault(n, CodeQuorum, "distinct: team needs %d teams, from has %d", q, len(from))
	case distinct == "team" && q > l.fillable(from):
		l.fault(n, CodeQuorum, "quorum %d can never be reached: nobody can speak for two teams", q)
	}
	if len(l.found) > before {
		return 0
	}
	return q
}

// fillable is how many of the teams can each be spoken for by somebody who
// speaks for no other: a maximum matching of teams to people.
func (l *loader) fillable(teams []string) int {
	speaks := map[string]string{} // person -> team
	var place func(team string, tried map[string]bool) bool
	place = func(team string, tried map[string]bool) bool {
		for _, person := range l.inv.teams[team] {
			if tried[person] {
				continue
			}
			tried[person] = true
			if other, taken := speaks[person]; !taken || place(other, tried) {
				speaks[person] = team
				return true
			}
		}
		return false
	}
	filled := 0
	for _, team := range teams {
		if place(team, map[string]bool{}) {
			filled++
		}
	}
	return filled
}

func (l *loader) timeout(n *yaml.Node) string {
	f := l.shaped(n, "approve.on_timeout")
	if then := f.need("then"); then != nil && (then.Kind != yaml.ScalarNode || then.Value != "reject") {
		l.fault(then, CodeTimeout, "silence is not consent: then must be reject")
	}
	page := f.need("page")
	if page == nil {
		return ""
	}
	who, _ := l.oneOf(page, CodePerson, l.callable())
	return who
}

// callable are the teams and people that can be told of something.
func (l *loader) callable() []string {
	return slices.Concat(names(l.inv.teams), l.inv.peopleOf(names(l.inv.teams)), names(l.inv.people))
}

func (l *loader) recovery() {
	before := len(l.found)
	lines := map[string]int{}
	for _, entry := range l.top.list("recover") {
		l.wayBack(entry, lines)
	}
	if len(l.found) > before {
		return // what is broken may have been the way back
	}
	for _, i := range l.out.items {
		undone := slices.ContainsFunc(l.out.recover, func(w wayBack) bool { return w.undo == i.id })
		if i.action != nil && i.action.Info().Recover && !undone {
			l.fault(l.ids[i.id], CodeNoWayBack, "%q does %s and nothing under recover undoes it", i.id, i.action.Info().Verb)
		}
	}
}

func (l *loader) wayBack(n *yaml.Node, lines map[string]int) {
	f := l.shaped(n, "recover")
	w := wayBack{id: l.identifier(f, lines)}
	w.undo, _ = l.oneOf(f.need("undo"), CodeID, l.itemIDs())
	if i, ok := l.out.item(w.undo); ok && i.action != nil && i.action.Info().Beyond {
		l.fault(f.get("undo"), CodeNoWayBack, "no key of ours undoes %s: %s is called by others; leave it out of recover", i.action.Info().Verb, i.action.Info().Undo)
	}
	if a := f.need("approve"); a != nil {
		g := l.shaped(a, "recover.approve")
		w.from = l.namesOf(g.need("from"), "recover.approve.from", CodeTeam, names(l.inv.teams))
		n := g.need("quorum")
		w.quorum = l.quorum(n, w.from, "person")
		if w.quorum > 0 && w.quorum <= l.out.approve.quorum {
			l.fault(n, CodeQuorum, "recovery needs more people than containment: more than %d", l.out.approve.quorum)
		}
	}
	l.out.recover = append(l.out.recover, w)
}

func (l *loader) itemIDs() []string {
	var ids []string
	for _, i := range l.out.items {
		ids = append(ids, i.id)
	}
	return ids
}
