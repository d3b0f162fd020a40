package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// roster turns the inventory's people into those who may vote.
func roster(inv *playbooks.Inventory, slackTeam string) (approvals.Roster, error) {
	var people []approvals.Person
	for _, p := range inv.Roster() {
		person := approvals.Person{Name: p.Name, Teams: p.Teams}
		if p.Slack != "" {
			person.SlackTeam, person.SlackUser = slackTeam, p.Slack
		}
		people = append(people, person)
	}
	r, err := approvals.NewRoster(people)
	if err != nil {
		return r, fmt.Errorf("the inventory's people cannot vote: %w", err)
	}
	return r, nil
}

// mention gives the Slack ids of a team's people, or of one person.
func mention(inv *playbooks.Inventory, name string) []string {
	var ids []string
	for _, p := range inv.Roster() {
		if p.Slack != "" && (p.Name == name || slices.Contains(p.Teams, name)) {
			ids = append(ids, p.Slack)
		}
	}
	return ids
}

// CheckTogether checks what configuration and playbooks need of each other. Its
// error is Problems.
func CheckTogether(c Config, set *playbooks.Set) error {
	var found Problems
	inv := set.Inventory()
	for name, chain := range c.Chains {
		known, ok := inv.Chain(name)
		if !ok {
			found = append(found, c.place.at("chains."+name, "the inventory has no such chain; it has %s", strings.Join(inv.Chains(), ", ")))
			continue
		}
		if _, err := chain.settings(known); err != nil {
			key, why, _ := strings.Cut(err.Error(), ": ")
			found = append(found, c.place.at("chains."+name+"."+key, "%s", why))
		}
	}
	for _, name := range inv.Contracts() {
		contract, _ := inv.Contract(name)
		if _, ok := c.Chains[contract.Chain]; !ok {
			found = append(found, c.place.at("chains", "contract %s is on chain %s, which is not reached; name its endpoints here", name, contract.Chain))
		}
	}
	for name, s := range c.Sources {
		for from, to := range s.Rules {
			if !inv.KnownRule(to) {
				found = append(found, c.place.at("sources."+name+".rules."+from, "maps to %q, which is no rule of the inventory", to))
			}
		}
		found = append(found, words(c, inv, name, s)...)
	}
	found = append(found, senders(c, set)...)
	found = append(found, signed(c, set)...)
	if len(inv.Channels()) == 0 {
		found = append(found, Problem{File: c.Inventory, Text: "channels: name at least one Slack channel, or nobody could be asked"})
	}
	if p := home(c, inv.Channels()); p != nil {
		found = append(found, *p)
	}
	if len(set.Playbooks()) == 0 {
		found = append(found, Problem{File: c.Playbooks, Text: "there are no playbooks here, so nothing could ever happen"})
	}
	if len(found) == 0 {
		return nil
	}
	return found.sorted()
}

// words checks the inventory's names that a source's configuration uses.
func words(c Config, inv *playbooks.Inventory, name string, s Source) (found Problems) {
	path := "sources." + name
	if s.Rule != "" && !inv.KnownRule(s.Rule) {
		found = append(found, c.place.at(path+".rule", "%q is no rule of the inventory", s.Rule))
	}
	for from, to := range s.Chains {
		if _, ok := inv.Chain(to); !ok {
			found = append(found, c.place.at(path+".chains."+from, "maps to %q, which is no chain of the inventory", to))
		}
	}
	if s.Loss != nil {
		if _, ok := inv.TokenDecimals(s.Loss.Token); !ok {
			found = append(found, c.place.at(path+".loss.token", "%q is no token of the inventory", s.Loss.Token))
		}
	}
	return found
}

// senders checks that the sources which the configuration has are those of the
// inventory, and that every playbook which waits for several of them can get
// them: one that never fires looks like one that was never needed.
func senders(c Config, set *playbooks.Set) (found Problems) {
	inv := set.Inventory()
	known := inv.Sources()
	for name := range c.Sources {
		if _, ok := known[name]; !ok && len(known) > 0 {
			found = append(found, c.place.at("sources."+name, "the inventory says who sends which rules, and has no source %s; it has %s",
				name, strings.Join(slices.Sorted(maps.Keys(known)), ", ")))
		}
	}
	for _, p := range set.Playbooks() {
		need := p.Confirm()
		if need < 2 || p.Mode == incident.ModeOff {
			continue
		}
		can := slices.Sorted(maps.Keys(c.Sources))
		if len(known) > 0 {
			can = slices.DeleteFunc(inv.Senders(p.Rules()), func(name string) bool { _, ok := c.Sources[name]; return !ok })
		}
		if len(can) < need {
			found = append(found, c.place.at("sources", "playbook %s waits for %d sources that say the same, and of those that are configured %d could: %s",
				p.Name, need, len(can), strings.Join(can, ", ")))
		}
	}
	return found
}

// home checks that there is one place for what has no place of its own.
func home(c Config, channels map[string]string) *Problem {
	names := strings.Join(slices.Sorted(maps.Keys(channels)), ", ")
	_, known := channels[c.Slack.Home]
	switch {
	case c.Slack.Home == "" && len(channels) > 1:
		return new(c.place.at("slack.home", "the inventory has several channels; name the one for what belongs to none: %s", names))
	case c.Slack.Home != "" && !known:
		return new(c.place.at("slack.home", "%q is no channel of the inventory; it has %s", c.Slack.Home, names))
	}
	return nil
}

// Understood says in lines what a set of playbooks was understood to be.
func Understood(set *playbooks.Set) []string {
	inv := set.Inventory()
	lines := []string{fmt.Sprintf("inventory: %s, %s, %d people in %s", several(len(inv.Chains()), "chain"),
		several(len(inv.Contracts()), "contract"), len(inv.Roster()), several(len(inv.Teams()), "team"))}
	for _, p := range set.Playbooks() {
		lines = append(lines, fmt.Sprintf("%-20s %-8s %s", p.Name, p.Mode, p.Summary))
	}
	return lines
}
