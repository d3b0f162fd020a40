package app

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// changes says by name what differs between two sets.
func changes(old, next *playbooks.Set) []string {
	list := booksChanged(old, next)
	before, after := inventoryOf(old.Inventory()), inventoryOf(next.Inventory())
	for _, kind := range slices.Sorted(maps.Keys(after)) {
		list = append(list, differences(kind, before[kind], after[kind])...)
	}
	if len(list) == 0 {
		list = []string{"comments, tests or layout alone"}
	}
	return list
}

// booksChanged says which playbooks came, went or changed. What is not to be
// overlooked stands on the line: another mode, and what goes out from now on
// before anybody was asked, or does no longer.
func booksChanged(old, next *playbooks.Set) []string {
	was, is := map[string]any{}, map[string]any{}
	before, after := map[string]reach{}, map[string]reach{}
	for _, p := range old.Playbooks() {
		was[p.Name], before[p.Name] = p.Digest, reachOf(old, p)
	}
	for _, p := range next.Playbooks() {
		is[p.Name], after[p.Name] = p.Digest, reachOf(next, p)
	}
	list := differences("playbook", was, is)
	for i, line := range list {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "playbook "), " ")
		list[i] += before[name].words(after[name])
	}
	return list
}

// reach is what a playbook may do, in words; the zero value is of none.
type reach struct{ mode, releases string }

func reachOf(set *playbooks.Set, p *playbooks.Playbook) reach {
	s := reach{mode: string(p.Mode)}
	if pre := set.Describe(p).Pre; pre != nil && p.Mode == incident.ModeLive {
		s.releases = pre.String()
	}
	return s
}

// words says what is another afterwards.
func (r reach) words(after reach) string {
	var words string
	if r.mode != "" && after.mode != "" && r.mode != after.mode {
		words = fmt.Sprintf(", from %s to %s", r.mode, after.mode)
	}
	switch {
	case r.releases == after.releases:
	case after.releases == "":
		words += ", SENDS NOTHING WITHOUT ASKING any more"
	default:
		words += ", " + after.releases
	}
	return words
}

// inventoryOf lists what an inventory holds, by kind and name.
func inventoryOf(inv *playbooks.Inventory) map[string]map[string]any {
	all := map[string]map[string]any{}
	add := func(kind, name string, value any) {
		if all[kind] == nil {
			all[kind] = map[string]any{}
		}
		all[kind][name] = value
	}
	for _, kind := range []string{"chain", "channel", "contract", "person", "protected account", "rule", "source", "team", "token"} {
		all[kind] = map[string]any{}
	}
	for _, name := range inv.Chains() {
		c, _ := inv.Chain(name)
		add("chain", name, c)
	}
	for _, name := range inv.Contracts() {
		c, _ := inv.Contract(name)
		add("contract", name, c)
	}
	for _, name := range inv.Tokens() {
		t, _ := inv.Token(name)
		add("token", name, t)
	}
	for _, p := range inv.Roster() {
		add("person", p.Name, p)
	}
	for name, members := range inv.Teams() {
		add("team", name, members)
	}
	for name, id := range inv.Channels() {
		add("channel", name, id)
	}
	for name, rules := range inv.Sources() {
		add("source", name, rules)
	}
	for _, rule := range inv.Rules() {
		add("rule", rule, true)
	}
	for account, why := range inv.Protected() {
		add("protected account", account.Hex(), why)
	}
	return all
}

// differences says which names came, went or stand for something else, sorted.
func differences(kind string, was, is map[string]any) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if next, stays := is[name]; !stays {
			list = append(list, fmt.Sprintf("%s %s removed", kind, name))
		} else if !reflect.DeepEqual(was[name], next) {
			list = append(list, fmt.Sprintf("%s %s changed", kind, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if _, was := was[name]; !was {
			list = append(list, fmt.Sprintf("%s %s added", kind, name))
		}
	}
	return list
}

// fixed says what differs of the inventory that only a start reads: the chains
// that are followed, and the keys that send.
func fixed(c Config, first, next *playbooks.Set) []string {
	old, inv := first.Inventory(), next.Inventory()
	chains := func(inv *playbooks.Inventory) map[string]any {
		all := map[string]any{}
		for name := range c.Chains {
			if chain, ok := inv.Chain(name); ok {
				all[name] = chain
			}
		}
		return all
	}
	keys := func(inv *playbooks.Inventory) map[string]any {
		all := map[string]any{}
		for _, name := range inv.Signers() {
			all[name], _ = inv.Signer(name)
		}
		return all
	}
	return append(differences("chain", chains(old), chains(inv)), differences("signer", keys(old), keys(inv))...)
}

// configChanges says which keys of the configuration's file are not as the
// daemon started with: nothing of it is read anew. A file that cannot be read is
// for the next start to find.
func (a *App) configChanges() []string {
	now, err := LoadConfig(a.onDisk.place.file)
	if err != nil {
		return nil
	}
	var list []string
	was, is := reflect.ValueOf(a.onDisk), reflect.ValueOf(now)
	for f, v := range was.Fields() {
		if key := f.Tag.Get("yaml"); key != "" && !reflect.DeepEqual(v.Interface(), is.FieldByIndex(f.Index).Interface()) {
			list = append(list, key+" of the configuration changed")
		}
	}
	return list
}
