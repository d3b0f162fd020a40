package desk

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/playbooks"
)

// ofInventory is the name that changes of an inventory have instead of a playbook's.
const ofInventory = "inventory.yaml"

// CompareInventories tells what becomes different when the inventory before becomes
// the one after, what loosens first. Playbooks only name contracts, people and keys:
// who may agree, and on what is acted, can become different without a word of them.
// Equal inventories, of one pointer too, have no changes.
func CompareInventories(before, after *playbooks.Inventory) []Change {
	c := &comparison{name: ofInventory}
	if before == after {
		return nil
	}
	c.teams(before.Teams(), after.Teams())
	c.roster(before.Roster(), after.Roster())
	kind[playbooks.Chain]{"chain", (*playbooks.Inventory).Chains, (*playbooks.Inventory).Chain, c.chain}.each(c, before, after)
	kind[playbooks.Contract]{"contract", (*playbooks.Inventory).Contracts, (*playbooks.Inventory).Contract, c.contract}.each(c, before, after)
	kind[playbooks.Token]{"token", (*playbooks.Inventory).Tokens, (*playbooks.Inventory).Token, c.token}.each(c, before, after)
	kind[playbooks.Signer]{"key", (*playbooks.Inventory).Signers, (*playbooks.Inventory).Signer, c.signer}.each(c, before, after)
	c.shielded(before.Protected(), after.Protected())
	c.senders(before.Sources(), after.Sources())
	was, is := before.Channels(), after.Channels()
	for _, name := range union(was, is) {
		c.text("channel "+name, was[name], is[name])
	}
	Order(c.found)
	return c.found
}

// union lists the keys of both, sorted, each once.
func union[T any](a, b map[string]T) []string {
	return slices.Compact(slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b))...))))
}

func (c *comparison) teams(before, after map[string][]string) {
	for _, team := range union(before, after) {
		c.list(before[team], after[team], "%s is in team "+team+" too", "%s is not in team "+team+" any more")
	}
}

// roster compares by what people are known to be themselves: another identity is
// another person who votes under the name.
func (c *comparison) roster(before, after []playbooks.Person) {
	for _, p := range after {
		i := slices.IndexFunc(before, func(old playbooks.Person) bool { return old.Name == p.Name })
		if i < 0 {
			continue // said by team
		}
		if before[i].Slack != p.Slack {
			c.add(Loosens, "%s is another in Slack: %s -> %s", p.Name, shown(before[i].Slack), shown(p.Slack))
		}
		c.list(hexes(before[i].Wallets), hexes(p.Wallets), p.Name+" may vote with wallet %s", p.Name+" does not vote any more with wallet %s")
	}
}

func hexes(list []common.Address) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.Hex())
	}
	return out
}

// kind is a kind of thing that an inventory has by name.
type kind[T any] struct {
	what    string
	names   func(*playbooks.Inventory) []string
	find    func(*playbooks.Inventory, string) (T, bool)
	compare func(name string, before, after T)
}

// each compares what both have, part by part, and tells the rest.
func (k kind[T]) each(c *comparison, before, after *playbooks.Inventory) {
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(k.names(before), k.names(after))))) {
		old, had := k.find(before, name)
		now, has := k.find(after, name)
		switch {
		case !had:
			c.add(Changes, "%s %s is new", k.what, name)
		case !has:
			c.add(Changes, "%s %s is gone", k.what, name)
		default:
			k.compare(name, old, now)
		}
	}
}

// other says that a name stands for something else now: whatever was agreed to about
// it was about another thing.
func (c *comparison) other(what, before, after string) {
	if before != after {
		c.add(Loosens, "%s is another: %s -> %s", what, shown(before), shown(after))
	}
}

func (c *comparison) chain(name string, before, after playbooks.Chain) {
	c.other("chain "+name, fmt.Sprint(before.ID), fmt.Sprint(after.ID))
	c.text("block time of "+name, before.BlockTime.String(), after.BlockTime.String())
	c.text("currency of "+name, before.Currency, after.Currency)
}

func (c *comparison) contract(name string, before, after playbooks.Contract) {
	place := func(x playbooks.Contract) string { return x.Address.Hex() + " on " + x.Chain }
	c.other("contract "+name, place(before), place(after))
	c.other("family of "+name, before.Family, after.Family)
	c.list(before.Can, after.Can, name+" can %s too", name+" cannot %s any more")
	c.text("token of "+name, before.Token, after.Token)
	c.pin("code of "+name, before.CodeHash, after.CodeHash)
	c.pin("implementation of "+name, common.BytesToHash(before.Implementation[:]), common.BytesToHash(after.Implementation[:]))
	c.pin("code of the implementation of "+name, before.ImplementationHash, after.ImplementationHash)
	if was, is := fmt.Sprint(before.Gas), fmt.Sprint(after.Gas); was != is {
		c.text("gas of "+name, was, is)
	}
	c.text("views of "+name, strings.Join(before.Views(), ", "), strings.Join(after.Views(), ", "))
}

// pin compares what must be found on the chain; zero demands nothing.
func (c *comparison) pin(what string, before, after common.Hash) {
	none := common.Hash{}
	switch {
	case before == after:
	case before == none:
		c.add(Tightens, "%s must be %s", what, after.Hex())
	case after == none:
		c.add(Loosens, "%s may be any, not only %s", what, before.Hex())
	default:
		c.add(Changes, "%s %s -> %s", what, before.Hex(), after.Hex())
	}
}

func (c *comparison) token(name string, before, after playbooks.Token) {
	if before != after {
		c.add(Loosens, "token %s is another: %d decimals at %s -> %d decimals at %s", name, before.Decimals, where(before), after.Decimals, where(after))
	}
}

func where(t playbooks.Token) string {
	if t.Chain == "" {
		return "no contract"
	}
	return t.Address.Hex() + " on " + t.Chain
}

func (c *comparison) signer(name string, before, after playbooks.Signer) {
	if before.Address != after.Address {
		c.text("key "+name, before.Address.Hex(), after.Address.Hex())
	}
	c.list(before.Chains, after.Chains, "key "+name+" signs on %s too", "key "+name+" does not sign on %s any more")
	if before.Exercise != after.Exercise {
		c.add(map[bool]Effect{true: Tightens, false: Loosens}[after.Exercise], "key %s is %s", name,
			map[bool]string{true: "for drills only", false: "for incidents, not for drills"}[after.Exercise])
	}
}

// shielded compares the accounts that are never acted against.
func (c *comparison) shielded(before, after map[common.Address]string) {
	list := func(m map[common.Address]string) []string {
		return slices.Sorted(slices.Values(hexes(slices.Collect(maps.Keys(m)))))
	}
	was, is := list(before), list(after)
	c.list(is, was, "%s is not protected any more", "%s is protected")
}

// senders compares which rules alert sources may send. Where nothing is said, every
// source may send every rule.
func (c *comparison) senders(before, after map[string][]string) {
	switch {
	case len(before) == 0 && len(after) == 0:
	case len(before) == 0:
		c.add(Tightens, "only %s may send alerts, each its rules", strings.Join(slices.Sorted(maps.Keys(after)), ", "))
	case len(after) == 0:
		c.add(Loosens, "any source may send any rule")
	default:
		for _, name := range union(before, after) {
			c.list(before[name], after[name], "source "+name+" may send %s too", "source "+name+" may not send %s any more")
		}
	}
}
