package playbooks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/contracts"
)

// viewForm is "totalAssets() returns (uint256)", as Solidity writes it, with
// one result: a check compares one word.
var viewForm = regexp.MustCompile(`^([A-Za-z_$][A-Za-z0-9_$]*\([a-z0-9,]*\)) returns \(([a-z0-9]+)\)$`)

// viewFunction is a function of a contract that reads, and the type of its answer.
type viewFunction struct {
	method  abi.Method
	returns string // bool, address, bytes32, uint8 to uint256
}

// parseView reads a view as the inventory writes it.
func parseView(text string) (viewFunction, error) {
	m := viewForm.FindStringSubmatch(text)
	if m == nil {
		return viewFunction{}, fmt.Errorf("%q is no view; write it as totalAssets() returns (uint256), with one result", clip(text))
	}
	method, err := contracts.Function(m[1])
	if err != nil {
		return viewFunction{}, err
	}
	if !actions.Readable(m[2]) {
		return viewFunction{}, fmt.Errorf("%q is not read: a view gives bool, address, bytes32 or uint8 to uint256", clip(m[2]))
	}
	return viewFunction{method, m[2]}, nil
}

// abi reads what the inventory adds to the views that the contract's verbs
// bring along.
func (l inventoryLoader) abi(c *Contract, n *yaml.Node) {
	for _, verb := range c.Can {
		a, _ := actions.Lookup(verb, c.Family)
		if a == nil {
			continue
		}
		for _, text := range a.Info().Views {
			c.addView(text)
		}
	}
	for _, entry := range l.s.list(n, "abi of "+c.Name, 256) {
		text := l.s.text(entry, "a view of "+c.Name, 256)
		if text == "" {
			continue
		}
		if err := c.addView(text); err != nil {
			l.s.fault(entry, CodeView, "%s", err)
		}
	}
}

// addView notes a view; a known one must answer the same type.
func (c *Contract) addView(text string) error {
	v, err := parseView(text)
	if err != nil {
		return err
	}
	if known, ok := c.views[v.method.Sig]; ok && known.returns != v.returns {
		return fmt.Errorf("%s is known to return %s, not %s", v.method.Sig, known.returns, v.returns)
	}
	c.views[v.method.Sig] = v
	return nil
}

// Views lists the signatures of what can be read of the contract, sorted.
func (c Contract) Views() []string { return names(c.views) }

// view finds a view, or says which ones there are.
func (c Contract) view(signature string) (viewFunction, error) {
	if v, ok := c.views[signature]; ok {
		return v, nil
	}
	return viewFunction{}, fmt.Errorf("nothing is known of a view %q of %s%s; add it under abi in the inventory",
		clip(signature), c.Name, meant(signature, c.Views()))
}

// code reads what the contract's code must be: a changed one is another
// contract under the same name.
func (l inventoryLoader) code(c *Contract, f fields) {
	c.CodeHash = l.s.hash(f.get("code_hash"), "code_hash of "+c.Name)
	n := f.get("implementation")
	if n == nil {
		return
	}
	g := l.s.fields(n, "implementation of "+c.Name, "address", "code_hash")
	if a, ok := l.s.address(g.need("address"), "implementation of "+c.Name); ok {
		c.Implementation = a
		if a == c.Address {
			l.s.fault(g.get("address"), CodeDuplicate, "the implementation of %s is %s itself; leave implementation out where there is no proxy", c.Name, c.Name)
		}
	}
	c.ImplementationHash = l.s.hash(g.get("code_hash"), "code_hash of the implementation of "+c.Name)
}

// source reads which rules an alert source may send.
func (l inventoryLoader) source(name string, n *yaml.Node) {
	f := l.s.fields(n, "source "+name, "rules")
	l.inv.sources[name] = l.s.namesOf(f.need("rules"), "rules of "+name, CodeRule, l.inv.rules)
}

// Sources gives the rules of each alert source by name. It is empty when the
// inventory does not say who sends what.
func (inv *Inventory) Sources() map[string][]string {
	all := make(map[string][]string, len(inv.sources))
	for name, rules := range inv.sources {
		all[name] = slices.Clone(rules)
	}
	return all
}

// Senders lists the sources that send any of the rules; every source where no
// rules are given. It is nil when the inventory does not say who sends what.
func (inv *Inventory) Senders(rules []string) []string {
	var list []string
	for _, name := range names(inv.sources) {
		if len(rules) == 0 || slices.ContainsFunc(inv.sources[name], func(r string) bool { return slices.Contains(rules, r) }) {
			list = append(list, name)
		}
	}
	return list
}

// splitRead gives the contract and signature of "lab-vault.paused()".
func splitRead(text string) (contract, call string, ok bool) {
	open := strings.IndexByte(text, '(')
	if open < 0 {
		return "", "", false
	}
	dot := strings.LastIndexByte(text[:open], '.')
	if dot < 1 || !strings.HasSuffix(text, ")") {
		return "", "", false
	}
	return text[:dot], text[dot+1:], true
}
