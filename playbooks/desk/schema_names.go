package desk

import (
	"maps"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/playbooks"
)

// choices are names that a key may have, with a word about each where there is
// something to say.
type choices struct{ names, words []string }

// namesOf lists what can be named, by what the tables of the format call it.
func namesOf(inv *playbooks.Inventory) map[string]choices {
	teams := inv.Teams()
	var people []string
	for _, p := range inv.Roster() {
		people = append(people, p.Name)
	}
	teamNames := slices.Sorted(maps.Keys(teams))
	everybody := slices.Concat(teamNames, people)
	slices.Sort(everybody)
	named := map[string]choices{
		"rule":    {names: inv.Rules()},
		"people":  {names: slices.Compact(everybody)},
		"signer":  {names: inv.Signers()},
		"channel": {names: slices.Sorted(maps.Keys(inv.Channels()))},
		"token":   {names: inv.Tokens()},
	}
	team := choices{names: teamNames}
	for _, t := range teamNames {
		team.words = append(team.words, strings.Join(teams[t], ", "))
	}
	contract := choices{names: inv.Contracts()}
	for _, name := range contract.names {
		c, _ := inv.Contract(name)
		contract.words = append(contract.words, "on "+c.Chain+"; can "+strings.Join(c.Can, ", "))
	}
	var verb, pause choices
	for _, a := range actions.All() {
		info := a.Info()
		if slices.Contains(verb.names, info.Verb) {
			continue
		}
		verb.names, verb.words = append(verb.names, info.Verb), append(verb.words, info.Does)
		if info.Pause {
			pause.names, pause.words = append(pause.names, info.Verb), append(pause.words, info.Does)
		}
	}
	named["team"], named["contract"], named["verb"], named["pause"] = team, contract, verb, pause
	return named
}

// verbs ties a verb to what it takes and to the contracts that can do it.
func (b builder) verbs() []Schema {
	var rules []Schema
	for _, verb := range b.names["verb"].names {
		able, tokens, takes := b.able(verb)
		with, required := Schema{}, []string{}
		for _, p := range takes {
			with[p.Name] = b.parameter(p, tokens)
			required = append(required, p.Name)
		}
		then := Schema{"properties": Schema{
			"on":   able,
			"with": Schema{"type": "object", "additionalProperties": false, "properties": with, "required": required},
		}}
		if len(required) > 0 {
			then["required"] = []string{"with"}
		}
		rules = append(rules, Schema{
			"if":   Schema{"properties": Schema{"do": Schema{"const": verb}}, "required": []string{"do"}},
			"then": then,
		})
	}
	return rules
}

// able gives the contracts that can do a verb, the tokens that they count in,
// and what the verb takes.
func (b builder) able(verb string) (Schema, []string, []actions.Parameter) {
	var can, tokens []string
	var takes []actions.Parameter
	for _, name := range b.inv.Contracts() {
		c, _ := b.inv.Contract(name)
		if !slices.Contains(c.Can, verb) {
			continue
		}
		can = append(can, name)
		if c.Token != "" && !slices.Contains(tokens, c.Token) {
			tokens = append(tokens, c.Token)
		}
	}
	for _, a := range actions.All() {
		if a.Info().Verb == verb {
			takes = a.Info().Takes
		}
	}
	if len(can) == 0 {
		return Schema{"not": Schema{}}, tokens, takes
	}
	return Schema{"enum": can}, tokens, takes
}

// items are snippets for an item of prepare, one for each verb.
func (b builder) items() []Schema {
	var snippets []Schema
	for i, verb := range b.names["verb"].names {
		snippets = append(snippets, Schema{"label": verb, "description": b.names["verb"].words[i], "body": item(verb, b.first(verb))})
	}
	return snippets
}

// first is a contract that can do a verb, to begin with.
func (b builder) first(verb string) string {
	for _, name := range b.inv.Contracts() {
		if c, _ := b.inv.Contract(name); slices.Contains(c.Can, verb) {
			return name
		}
	}
	return "contract"
}

// item is a first draft of an item.
func item(verb, contract string) Schema {
	s := Schema{"id": "${1:" + verb + "}", "do": verb, "on": "${2:" + contract + "}"}
	with := Schema{}
	for _, a := range actions.All() {
		if a.Info().Verb != verb {
			continue
		}
		for _, p := range a.Info().Takes {
			with[p.Name] = map[actions.Type]string{actions.TypeAmount: "${3:0} ${4:TOKEN}", actions.TypeDuration: "${5:24h}", actions.TypeAddress: "= each",
				actions.TypeRole: "${3:MINTER_ROLE}"}[p.Type]
			if p.Type == actions.TypeAddress {
				s["each"], s["max"] = "= alert.suspects", 20
			}
		}
	}
	if len(with) > 0 {
		s["with"] = with
	}
	return s
}

// whole is a first draft of a playbook.
func (b builder) whole() Schema {
	first := func(of string) string { return append(b.names[of].names, "name")[0] }
	return Schema{
		"playbook": 1, "name": "${TM_FILENAME_BASE}", "summary": "${1:What it does and why.}", "owner": first("team"), "mode": "dry-run",
		"on": Schema{"rules": []string{first("rule")}}, "incident": Schema{"key": []string{"alert.chain", "alert.contract"}},
		"prepare": []Schema{{"id": "pause", "do": "pause", "on": b.first("pause")}},
		"approve": Schema{"quorum": 2, "from": b.names["team"].names, "in": first("channel"), "within": "15m"},
		"submit":  Schema{"as": first("signer"), "deadline": "3m", "max_fee": "0.5 ETH"},
		"verify":  []Schema{{"of": "pause", "within": "2m"}},
		"recover": []Schema{{"id": "unpause", "undo": "pause", "approve": Schema{"quorum": 3, "from": b.names["team"].names}}},
	}
}
