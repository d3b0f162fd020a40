package playbooks

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/incident"
)

// chain reads how steps go.
func (l *testLoader) chain(n *yaml.Node) map[string]Course {
	if n == nil {
		return nil
	}
	all := map[string]Course{}
	for _, p := range l.entries(n, "chain") {
		if !l.knownItem(p.key) {
			continue
		}
		where := "chain." + p.key.Value
		f := l.ofTests(p.value, where, "course")
		var c Course
		c.Receipt = l.word(f.get("receipt"), where+".receipt", ReceiptOK, ReceiptReverts, ReceiptNever)
		if goal := f.get("goal"); goal != nil {
			c.Goal = new(l.flag(goal, where+".goal"))
		}
		c.Already = l.flag(f.get("already"), where+".already")
		if c.Already && (f.get("receipt") != nil || f.get("goal") != nil) {
			l.fault(p.value, CodeType, "%s: what is so already is not sent, so it has no receipt and no goal after it", where)
		}
		all[p.key.Value] = c
	}
	return all
}

// knownItem tells whether a key is an item of the playbook, or a step of one:
// "block" and "block/2".
func (l *testLoader) knownItem(key *yaml.Node) bool {
	id, _, _ := strings.Cut(key.Value, "/")
	if _, ok := l.book.item(id); ok {
		return true
	}
	l.fault(key, CodeID, "%s prepares no %q%s", l.book.Name, clip(key.Value), meant(id, l.items()))
	return false
}

func (l *testLoader) items() []string {
	list := make([]string, len(l.book.items))
	for i, item := range l.book.items {
		list[i] = item.id
	}
	return list
}

// word reads one of a few words of the format; empty when the key is not there.
func (l *testLoader) word(n *yaml.Node, where string, allowed ...string) string {
	text := l.text(n, where, 64)
	if text != "" && !slices.Contains(allowed, text) {
		l.fault(n, CodeType, "%s: %q is none of its words%s", where, clip(text), meant(text, allowed))
		return ""
	}
	return text
}

// answer reads "ana" or {person: ben, at: 2m, says: deny}.
func (l *testLoader) answer(n *yaml.Node) Answer {
	out := Answer{Decision: incident.Approve}
	if n.Kind == yaml.ScalarNode {
		out.Person, _ = l.oneOf(n, CodePerson, l.people())
		return out
	}
	f := l.ofTests(n, "approval", "approval")
	out.Person, _ = l.oneOf(f.need("person"), CodePerson, l.people())
	if at := f.get("at"); at != nil {
		out.At = f.duration("at")
	}
	if says := l.word(f.get("says"), "says", string(incident.Approve), string(incident.Deny)); says != "" {
		out.Decision = incident.Decision(says)
	}
	return out
}

func (l *testLoader) people() []string {
	var list []string
	for _, p := range l.inv.Roster() {
		list = append(list, p.Name)
	}
	return list
}
