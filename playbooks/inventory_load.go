package playbooks

import (
	"regexp"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

var (
	nameForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	tokenForm   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.]{0,15}$`)
	channelForm = regexp.MustCompile(`^#[a-z0-9_-]{1,80}$`)
	slackID     = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,31}$`)
)

// ParseInventory reads an inventory. It fails with Problems, all of them.
func ParseInventory(file, text string) (*Inventory, error) {
	s, root := open(file, text, false)
	if root == nil {
		return nil, s.found.err()
	}
	inv := &Inventory{
		chains: map[string]Chain{}, contracts: map[string]Contract{}, tokens: map[string]Token{}, teams: map[string][]string{},
		people: map[string]Person{}, signers: map[string]Signer{}, channels: map[string]string{}, protected: map[common.Address]string{},
		accounts: map[string]common.Address{}, sources: map[string][]string{},
		digest: incident.DigestOf("firebreak-inventory/1", []byte(text)),
	}
	f := s.fields(root, "", "inventory", "chains", "tokens", "contracts", "rules", "people", "teams",
		"signers", "protected", "channels", "sources")
	if n := f.need("inventory"); n != nil && s.text(n, "inventory", 16) != "1" {
		s.fault(n, CodeVersion, "inventory %q is not known; this reads 1", clip(n.Value))
	}
	l := inventoryLoader{s, inv}
	// In an order in which what is named comes before what names it.
	l.each(f.need("tokens"), "tokens", tokenForm, l.token)
	l.each(f.need("chains"), "chains", nameForm, l.chain)
	l.tokenPlaces(f.get("tokens"))
	l.each(f.need("contracts"), "contracts", nameForm, l.contract)
	l.rules(f.need("rules"))
	l.each(f.get("sources"), "sources", nameForm, l.source)
	l.each(f.get("people"), "people", nameForm, l.person)
	l.each(f.need("teams"), "teams", nameForm, l.team)
	l.each(f.need("signers"), "signers", nameForm, l.signer)
	l.each(f.get("protected"), "protected", nameForm, l.protect)
	l.each(f.need("channels"), "channels", channelForm, l.channel)
	if err := s.found.err(); err != nil {
		return nil, err
	}
	return inv, nil
}

// inventoryLoader fills an inventory from a file.
type inventoryLoader struct {
	s   *script
	inv *Inventory
}

// each reads the entries of a mapping of names.
func (l inventoryLoader) each(n *yaml.Node, where string, form *regexp.Regexp, read func(name string, value *yaml.Node)) {
	if n == nil {
		return
	}
	entries := l.s.entries(n, where)
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		l.s.fault(n, CodeType, "%s is empty", where)
	}
	for _, p := range entries {
		if name, ok := l.s.name(p.key, form, where); ok {
			read(name, p.value)
		}
	}
}

// spare protects an account, with every reason that there is.
func (l inventoryLoader) spare(a common.Address, why string) {
	if earlier := l.inv.protected[a]; earlier != "" {
		why = earlier + ", " + why
	}
	l.inv.protected[a] = why
}

func (l inventoryLoader) token(name string, n *yaml.Node) {
	t := Token{Name: name}
	if n.Kind == yaml.MappingNode {
		n = l.s.fields(n, "token "+name, "decimals", "chain", "address").need("decimals")
	}
	if n != nil {
		t.Decimals = uint8(l.s.whole(n, "decimals of "+name, span[uint64]{0, 36}))
	}
	l.inv.tokens[name] = t
}

// tokenPlaces reads where tokens are, once the chains are known.
func (l inventoryLoader) tokenPlaces(n *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i].Value, n.Content[i+1]
		t, known := l.inv.tokens[name]
		if !known || value.Kind != yaml.MappingNode {
			continue
		}
		quiet := &script{file: l.s.file, lines: l.s.lines} // its problems are noted already
		f := quiet.fields(value, "token "+name, "decimals", "chain", "address")
		chain, address := f.get("chain"), f.get("address")
		if (chain == nil) != (address == nil) {
			l.s.fault(value, CodeRequired, "token %s needs chain and address together, or neither", name)
			continue
		}
		t.Chain, _ = l.s.oneOf(chain, CodeChain, l.inv.Chains())
		if a, ok := l.s.address(address, "address of "+name); ok {
			t.Address = a
			l.spare(a, "token "+name)
		}
		l.inv.tokens[name] = t
	}
}

func (l inventoryLoader) chain(name string, n *yaml.Node) {
	f := l.s.fields(n, "chain "+name, "id", "block_time", "currency")
	c := Chain{Name: name, Currency: "ETH"}
	if id := f.need("id"); id != nil {
		c.ID = l.s.whole(id, "id of "+name, span[uint64]{1, 1 << 53})
		if other, taken := l.inv.ChainByID(c.ID); taken {
			l.s.fault(id, CodeDuplicate, "chain id %d is %s already", c.ID, other)
			c.ID = 0 // or every contract of the one would seem to be on the other
		}
	}
	if n := f.get("block_time"); n != nil {
		c.BlockTime = l.s.duration(n, "block_time of "+name, span[time.Duration]{100 * time.Millisecond, 10 * time.Minute})
	}
	currency := f.get("currency")
	if currency != nil {
		c.Currency, _ = l.s.oneOf(currency, CodeToken, l.inv.tokenNames())
	}
	if t, ok := l.inv.tokens[c.Currency]; c.Currency != "" && (!ok || t.Decimals != 18) {
		if currency == nil {
			currency = f.node
		}
		l.s.fault(currency, CodeToken, "chain %s pays fees in %s, which must be among tokens, with 18 decimals", name, c.Currency)
	}
	l.inv.chains[name] = c
}

func (l inventoryLoader) contract(name string, n *yaml.Node) {
	f := l.s.fields(n, "contract "+name, "chain", "address", "can", "family", "token", "gas", "abi", "code_hash", "implementation")
	c := Contract{Name: name, Family: actions.DefaultFamily, Gas: map[string]uint64{}, views: map[string]viewFunction{}}
	c.Chain, _ = l.s.oneOf(f.need("chain"), CodeChain, l.inv.Chains())
	c.ChainID = l.inv.chains[c.Chain].ID
	if n := f.get("family"); n != nil {
		c.Family, _ = l.s.oneOf(n, CodeFamily, actions.Families())
	}
	if n := f.need("address"); n != nil {
		if a, ok := l.s.address(n, "address of "+name); ok {
			c.Address = a
			if other, taken := l.inv.ContractAt(c.ChainID, a); taken {
				l.s.fault(n, CodeDuplicate, "%s has the address of %s", name, other.Name)
			}
			l.spare(a, "contract "+name)
		}
	}
	can := f.need("can")
	c.Can = l.s.namesOf(can, "can of "+name, CodeAction, actions.Verbs())
	if n := f.get("token"); n != nil {
		c.Token, _ = l.s.oneOf(n, CodeToken, l.inv.tokenNames())
	}
	l.needToken(c, can)
	if n := f.get("gas"); n != nil {
		for _, p := range l.s.entries(n, "gas of "+name) {
			if verb, ok := l.s.oneOf(p.key, CodeCapability, c.Can); ok {
				c.Gas[verb] = l.s.whole(p.value, "gas of "+verb, span[uint64]{21_000, 1 << 24})
			}
		}
	}
	l.abi(&c, f.get("abi"))
	l.code(&c, f)
	l.inv.contracts[name] = c
}

// needToken refuses a verb that counts in a unit which nobody gave.
func (l inventoryLoader) needToken(c Contract, can *yaml.Node) {
	for _, verb := range c.Can {
		a, ok := actions.Lookup(verb, c.Family)
		if !ok && c.Family != "" {
			l.s.fault(can, CodeFamily, "family %s has no %s", c.Family, verb)
			continue
		}
		if ok && c.Token == "" && slices.ContainsFunc(a.Info().Takes, func(p actions.Parameter) bool { return p.Type == actions.TypeAmount }) {
			l.s.fault(can, CodeToken, "%s counts in a token: give %s a token", verb, c.Name)
		}
	}
}
