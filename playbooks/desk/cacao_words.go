package desk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/playbooks"
)

// trigger tells in words what CACAO has no fields for: when the playbook
// applies.
func trigger(d playbooks.Description) string {
	var parts []string
	if len(d.On.Rules) > 0 {
		parts = append(parts, "on rules "+strings.Join(d.On.Rules, ", "))
	}
	if len(d.On.Severity) > 0 {
		parts = append(parts, "severity "+strings.Join(d.On.Severity, ", "))
	}
	if d.On.When != "" {
		parts = append(parts, "when "+oneLine(d.On.When))
	}
	if d.On.Sources > 1 {
		parts = append(parts, fmt.Sprintf("%d sources within %s", d.On.Sources, d.On.Within))
	}
	return "Applies " + strings.Join(parts, "; ") + ". One incident per " + strings.Join(d.Incident.Key, ", ") + ". " + d.Understood() + "."
}

// itemWords is what an item's step depends on.
func itemWords(i playbooks.Item) string {
	var parts []string
	if i.When != "" {
		parts = append(parts, "Only when "+oneLine(i.When)+".")
	}
	if i.Each != "" {
		parts = append(parts, fmt.Sprintf("Once for each of %s, at most %d.", oneLine(i.Each), i.Max))
	}
	if len(i.After) > 0 {
		parts = append(parts, "After "+strings.Join(i.After, ", ")+".")
	}
	var with []string
	for name, a := range i.With {
		with = append(with, name+" "+a.String())
	}
	slices.Sort(with)
	if len(with) > 0 {
		parts = append(parts, "With "+strings.Join(with, ", ")+".")
	}
	return strings.Join(parts, " ")
}
