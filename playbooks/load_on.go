package playbooks

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

func (l *loader) trigger() {
	n := l.top.get("on")
	if n == nil {
		if !l.top.broken("on") {
			l.fault(l.top.node, CodeMatch, "on is missing: a playbook says which alerts it is for")
		}
		return
	}
	f := l.shaped(n, "on")
	if n.Kind == yaml.MappingNode && !f.broken("rules") && !f.broken("when") {
		l.fault(n, CodeMatch, "on needs rules or when: an empty match would fire on every alert")
	}
	t := &l.out.on
	t.rules = l.namesOf(f.get("rules"), "on.rules", CodeRule, l.inv.rules)
	t.severity = l.namesOf(f.get("severity"), "on.severity", CodeSeverity, severities())
	if n := f.get("confirm"); n != nil {
		c := l.shaped(n, "on.confirm")
		t.sources, t.within = c.needWhole("sources"), c.needDuration("within")
	}
	t.when = l.condition(f.get("when"), "on.when")
	l.senders(n, f)
}

// allowed are the values that the lists of on leave to an alert.
func (l *loader) allowed() map[string][]string {
	all := map[string][]string{}
	if rules := l.out.on.rules; len(rules) > 0 {
		all["alert.rule"] = rules
	}
	if severity := l.out.on.severity; len(severity) > 0 {
		all["alert.severity"] = severity
	}
	return all
}

// senders refuses to wait for more sources than send the rules, where the
// inventory says who sends what.
func (l *loader) senders(n *yaml.Node, f fields) {
	if len(l.inv.sources) == 0 {
		return
	}
	list := f.list("rules")
	for i, rule := range l.out.on.rules {
		if len(list) == len(l.out.on.rules) && len(l.inv.Senders([]string{rule})) == 0 {
			l.fault(list[i], CodeSources, "no source of the inventory sends %s, so the playbook never fires for it", rule)
		}
	}
	c := f.get("confirm")
	if c == nil || c.Kind != yaml.MappingNode {
		return
	}
	if can := l.inv.Senders(l.out.on.rules); l.out.on.sources > len(can) {
		at := l.quiet().shaped(c, "on.confirm").get("sources")
		l.fault(at, CodeSources, "%d sources must agree, and %d send these rules: %s", l.out.on.sources, len(can), strings.Join(can, ", "))
	}
}

func (l *loader) key() {
	l.out.cooldown = 30 * time.Minute
	n := l.top.get("incident")
	if n == nil {
		if !l.top.broken("incident") {
			l.fault(l.top.node, CodeKey, "incident.key is required: without it one attack opens a run per alert")
		}
		return
	}
	f := l.shaped(n, "incident")
	if key := f.get("key"); key != nil {
		for _, entry := range f.list("key") {
			e := l.language.compile(l.script, site{node: entry, where: "incident.key", want: stringType})
			l.out.key = append(l.out.key, e)
		}
	} else if !f.broken("key") {
		l.fault(n, CodeKey, "incident.key is required: without it one attack opens a run per alert")
	}
	if f.get("cooldown") != nil {
		l.out.cooldown = f.duration("cooldown")
	}
	if n := f.get("inhibit"); n != nil {
		l.out.inhibit = f.duration("inhibit")
		if l.out.inhibit > 0 && l.out.inhibit <= l.out.cooldown {
			l.fault(n, CodeDuration, "inhibit is not longer than the cooldown of %s, so it would change nothing", l.out.cooldown)
		}
	}
	l.out.loud = l.flag(f.get("unsilenceable"), "incident.unsilenceable")
	if n := f.get("limit"); n != nil {
		g := l.shaped(n, "incident.limit")
		l.out.limit = limit{runs: g.needWhole("runs"), per: g.needDuration("per")}
		if then := g.need("then"); then != nil {
			l.oneOf(then, CodeLimit, g.shape.key("then").Values)
		}
	}
}
