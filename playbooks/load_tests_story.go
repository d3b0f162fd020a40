package playbooks

import (
	"slices"
	"strconv"
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
		if !l.knownStep(p.key) {
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

// inTime refuses what would never be played: an alert or an answer after the
// story is looked at. An expectation about it would be met by anything.
func (l *testLoader) inTime(f fields, c Case) {
	if c.At == 0 {
		return
	}
	if n := len(c.Alerts); n > 0 && c.Alerts[n-1].At > c.At {
		l.fault(f.get("at"), CodeType, "an alert arrives at %s, after we look", c.Alerts[n-1].At)
		return
	}
	for _, a := range c.Approvals {
		if a.At > c.At {
			l.fault(f.get("at"), CodeType, "%s answers at %s, after we look", a.Person, a.At)
			return
		}
	}
}

// knownStep tells whether a key is an item of the playbook, or a step that a plan
// of it can have: "block", "block/2", "pause/spare". Another would be about nothing,
// and a story would go on as if it were not there.
func (l *testLoader) knownStep(key *yaml.Node) bool {
	id, rest, isStep := strings.Cut(key.Value, "/")
	i, ok := l.book.item(id)
	if !ok {
		l.fault(key, CodeID, "%s prepares no %q%s", l.book.Name, clip(key.Value), meant(id, l.items()))
		return false
	}
	if !isStep {
		return true
	}
	number, spare := strings.CutSuffix("/"+rest, "/spare")
	number = strings.TrimPrefix(number, "/")
	n, err := strconv.Atoi(number)
	switch {
	case spare && l.book.submit.spare == "":
		l.fault(key, CodeID, "%s has no spare key, so there is no %q", l.book.Name, clip(key.Value))
	case i.each == nil && number != "":
		l.fault(key, CodeID, "%s is one call, so there is no %q", id, clip(key.Value))
	case i.each != nil && (err != nil || n < 1 || n > i.max || strconv.Itoa(n) != number):
		l.fault(key, CodeID, "%q is no step; those of %s are %s/1 to %s/%d", clip(key.Value), id, id, id, i.max)
	default:
		return true
	}
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
