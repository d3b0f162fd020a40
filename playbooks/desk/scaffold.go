package desk

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/playbooks"
)

// Draft is what a first draft of a playbook is made of. Where only one answer is
// possible it may be left out.
type Draft struct {
	Name string
	Verb string // do
	On   string // contract
	Rule string
}

// drafting is a draft with everything that it needs from the inventory.
type drafting struct {
	Draft
	contract               playbooks.Contract
	info                   actions.Info
	owner, signer, channel string
	source                 string   // that sends the rule; empty: any may
	teams, people          []string // who may approve
	fee                    string
	other                  string // another contract, for a test; empty: none
}

// Scaffold writes a first draft of a playbook and of its tests, NAME.yaml and
// NAME.test.yaml. It asks people and never signs (dry-run), loads without a
// problem against the inventory, and its tests pass. An error says what the
// inventory or the draft lacks.
func Scaffold(inv *playbooks.Inventory, draft Draft) (book, tests string, err error) {
	d, err := drafted(inv, draft)
	if err != nil {
		return "", "", err
	}
	book, tests = d.book(), d.tests()
	set, err := playbooks.Parse(inv, map[string]string{draft.Name + ".yaml": book})
	if err != nil {
		return "", "", fmt.Errorf("no playbook fits this inventory as it is:\n%w", err)
	}
	if _, err := set.ParseTests(draft.Name+playbooks.TestSuffix, tests); err != nil {
		return "", "", fmt.Errorf("no tests fit this inventory as it is:\n%w", err)
	}
	return book, tests, nil
}

// drafted completes a draft.
func drafted(inv *playbooks.Inventory, draft Draft) (drafting, error) {
	d := drafting{Draft: draft}
	var err error
	if d.Verb != "" && !slices.Contains(actions.Verbs(), d.Verb) {
		return d, fmt.Errorf("--do: there is no verb %q; there is %s", d.Verb, orNone(actions.Verbs()))
	}
	if d.On, err = one("--on", "contract", d.On, able(inv, d.Verb)); err != nil {
		return d, err
	}
	d.contract, _ = inv.Contract(d.On)
	if d.Verb, err = one("--do", "verb", d.Verb, d.contract.Can); err != nil {
		return d, err
	}
	if d.Rule, err = one("--rule", "rule", d.Rule, inv.Rules()); err != nil {
		return d, err
	}
	action, ok := actions.Lookup(d.Verb, d.contract.Family)
	if !ok {
		return d, fmt.Errorf("family %s has no %s", d.contract.Family, d.Verb)
	}
	d.info = action.Info()
	return d, d.fill(inv)
}

// able lists the contracts that can do a verb; all when none is named.
func able(inv *playbooks.Inventory, verb string) []string {
	return slices.DeleteFunc(inv.Contracts(), func(name string) bool {
		c, _ := inv.Contract(name)
		return verb != "" && !slices.Contains(c.Can, verb)
	})
}

// one takes what was given, or the only one that there is.
func one(flag, what, given string, known []string) (string, error) {
	switch {
	case slices.Contains(known, given):
		return given, nil
	case given != "":
		return "", fmt.Errorf("%s: there is no %s %q that fits; there is %s", flag, what, given, orNone(known))
	case len(known) == 1:
		return known[0], nil
	}
	return "", fmt.Errorf("%s is needed: which %s? There is %s", flag, what, orNone(known))
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// fill takes from the inventory what an author will look at again.
func (d *drafting) fill(inv *playbooks.Inventory) error {
	d.teams = slices.Sorted(maps.Keys(inv.Teams()))
	for _, p := range inv.Roster() {
		if len(p.Teams) > 0 {
			d.people = append(d.people, p.Name)
		}
	}
	if len(d.people) < 3 {
		return errors.New("the inventory has fewer than three people in teams: two must agree to a containment, and more to undo it")
	}
	d.owner = d.teams[0]
	for _, name := range inv.Signers() {
		s, _ := inv.Signer(name)
		if !s.Exercise && slices.Contains(s.Chains, d.contract.Chain) {
			d.signer = name
			break
		}
	}
	if d.signer == "" {
		return fmt.Errorf("the inventory has no key that signs for %s, where %s is", d.contract.Chain, d.On)
	}
	channels := slices.Sorted(maps.Keys(inv.Channels()))
	if len(channels) == 0 {
		return errors.New("the inventory has no channel to ask in")
	}
	d.channel = channels[0]
	chain, _ := inv.Chain(d.contract.Chain)
	d.fee = "0.5 " + chain.Currency
	sources := inv.Sources()
	for _, source := range slices.Sorted(maps.Keys(sources)) {
		if d.source == "" && slices.Contains(sources[source], d.Rule) {
			d.source = source
		}
	}
	for _, name := range inv.Contracts() {
		if name != d.On {
			d.other = name
		}
	}
	return nil
}

// listed tells whether the verb is done for each account that an alert names.
func (d drafting) listed() bool {
	return slices.ContainsFunc(d.info.Takes, func(p actions.Parameter) bool { return p.Type == actions.TypeAddress })
}

// undone tells whether Firebreak can undo the verb, by a recovery.
func (d drafting) undone() bool { return d.info.Recover || len(d.info.Restores) > 0 }

// with is the parameters, as strict as the verb allows.
func (d drafting) with() string {
	var parts []string
	for _, p := range d.info.Takes {
		value := map[actions.Type]string{actions.TypeAddress: "= each", actions.TypeAmount: "0 " + d.contract.Token, actions.TypeDuration: "24h",
			actions.TypeRole: "MINTER_ROLE"}[p.Type]
		parts = append(parts, p.Name+": "+value)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// names is a list of names, each quoted where YAML needs it.
func names(list []string) string {
	quoted := make([]string, len(list))
	for i, n := range list {
		quoted[i] = name(n)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// name quotes what YAML would take for something else than text.
func name(n string) string {
	word := strings.ToLower(n)
	if n[0] < 'a' || n[0] > 'z' || slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, word) {
		return fmt.Sprintf("%q", n)
	}
	return n
}
