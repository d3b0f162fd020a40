package playbooks

import (
	"encoding/json"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// Roster lists everybody who is in a team, sorted by name.
func (inv *Inventory) Roster() []Person {
	by := map[string]Person{}
	for team, members := range inv.teams {
		for _, name := range members {
			p, ok := by[name]
			if !ok {
				p = inv.people[name]
				p.Name, p.Wallets = name, slices.Clone(p.Wallets)
			}
			p.Teams = append(p.Teams, team)
			by[name] = p
		}
	}
	var roster []Person
	for _, name := range names(by) {
		p := by[name]
		slices.Sort(p.Teams)
		roster = append(roster, p)
	}
	return roster
}

// Digest changes when anything of the inventory's text does.
func (inv *Inventory) Digest() incident.Digest { return inv.digest }

// RosterDigest changes when anybody joins or leaves a team or gets another
// identity.
func (inv *Inventory) RosterDigest() incident.Digest {
	type line struct {
		Name    string           `json:"name"`
		Teams   []string         `json:"teams"`
		Slack   string           `json:"slack"`
		Wallets []common.Address `json:"wallets"`
	}
	var lines []line
	for _, p := range inv.Roster() {
		lines = append(lines, line(p))
	}
	raw, _ := json.Marshal(lines) // strings and addresses always marshal
	return incident.DigestOf("firebreak-roster/1", raw)
}

// peopleOf lists the distinct members of teams.
func (inv *Inventory) peopleOf(teams []string) []string {
	var all []string
	for _, team := range teams {
		all = append(all, inv.teams[team]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
