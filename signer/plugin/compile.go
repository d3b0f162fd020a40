package plugin

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer"
)

// Limits on a document. They keep the state of a key within one storage entry
// and the work of one request small.
const (
	maxRules     = 256
	maxTargets   = 64
	maxSets      = 32
	maxSetSize   = 512
	maxWindows   = 8
	maxWindow    = 31 * 24 * time.Hour
	maxUses      = 1000 // uses that may have to be remembered at once
	maxBumpsEver = 16
	maxReceipts  = 2 * (maxBumpsEver + 1) // per nonce, over all chains
)

var ruleID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// compiler turns a document into a policy for one key. Everything that it
// does not understand refuses the whole document: nothing is ever half in
// force.
type compiler struct {
	key   string
	class signer.Class
	inv   invariants
}

func (c compiler) compile(doc *object) *policy {
	p := &policy{fees: map[uint64]ceilings{}, rules: map[target]*rule{}}
	if schema := doc.text("schema"); schema != policySchema {
		doc.fail("must have schema %q", policySchema)
	}
	if doc.text("key") != c.key {
		doc.fail("must name the key that it is for, %q", c.key)
	}
	p.version = doc.count("version", 1, maxSafeInt)
	p.previous = readHash(doc, "previous")
	c.fees(doc.child("fees"), p)
	p.limits = readLimits(doc, false)
	if doc.has("replace") {
		p.replace = readReplacement(doc.child("replace"))
	}
	sets := map[string][]word{}
	if doc.has("sets") {
		sets = readSets(doc.child("sets"))
	}
	ids := map[string]bool{}
	for _, entry := range doc.children("rules", maxRules) {
		c.rule(entry, p, sets, ids)
	}
	doc.done()
	c.bounded(doc, p)
	return p
}

func readHash(o *object, key string) common.Hash {
	raw, err := parseBytes(o.text(key), common.HashLength)
	if err != nil || len(raw) != common.HashLength {
		o.fail("%q must be 0x and 32 bytes", key)
	}
	return common.BytesToHash(raw)
}

func (c compiler) fees(fees *object, p *policy) {
	for _, chain := range fees.keys() {
		id, err := parseUint64(chain)
		if err != nil || id == 0 {
			fees.fail("must have chain ids as keys")
		}
		entry := fees.child(chain)
		var ceil ceilings
		if ceil.gas, err = parseUint64(entry.text("max_gas")); err != nil {
			entry.fail("\"max_gas\" %v", err)
		}
		ceil.fee = readAmount(entry, "max_fee_per_gas")
		ceil.tip = readAmount(entry, "max_priority_fee_per_gas")
		ceil.perTx = readAmount(entry, "max_cost_per_tx")
		ceil.perDay = readAmount(entry, "max_cost_per_day")
		if ceil.perTx.Cmp(ceil.perDay) > 0 || ceil.tip.Cmp(ceil.fee) > 0 {
			entry.fail("has a part above its whole: per transaction above per day, or priority fee above max fee")
		}
		entry.done()
		p.fees[id] = ceil
	}
	fees.done()
}

func readSets(sets *object) map[string][]word {
	if len(sets.members) > maxSets {
		sets.fail("has more than %d sets", maxSets)
	}
	out := map[string][]word{}
	for _, name := range sets.keys() {
		for _, text := range sets.texts(name, maxSetSize) {
			w, err := argument{kind: kindAddress, size: common.AddressLength}.parse(text)
			if err != nil {
				sets.fail("%q holds an address that %v", name, err)
			}
			out[name] = append(out[name], w)
		}
	}
	sets.done()
	return out
}

func readReplacement(o *object) replacement {
	r := replacement{sameNonce: o.boolean("same_nonce"), maxBumps: o.count("max_bumps", 0, maxBumpsEver)}
	o.done()
	return r
}

func readLimits(o *object, inRule bool) []limit {
	var limits []limit
	seen := map[string]bool{}
	for _, entry := range o.children("limits", maxWindows) {
		l := limit{text: entry.text("window"), max: entry.count("max", 1, maxUses)}
		l.window = readWindow(entry, l.text)
		if entry.has("per") {
			l.perTo = entry.text("per") == "to"
			if !l.perTo || !inRule {
				entry.fail("\"per\" must be \"to\", and only in a rule")
			}
		}
		entry.done()
		if id := fmt.Sprint(l.window, l.perTo); seen[id] {
			entry.fail("repeats a window")
		} else {
			seen[id] = true
		}
		limits = append(limits, l)
	}
	return limits
}

func readWindow(o *object, text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second || d > maxWindow {
		o.fail("window must be a duration such as \"1h\", between 1s and %s", maxWindow)
		return maxWindow
	}
	return d
}

// bounded refuses a policy whose limits could make the key's state grow
// without end, and remembers for how long uses have to be kept.
func (c compiler) bounded(doc *object, p *policy) {
	if uint64(len(p.fees))*(p.replace.maxBumps+1) > maxReceipts {
		doc.fail("has too many chains for its \"max_bumps\": chains times (max_bumps + 1) must be at most %d", maxReceipts)
	}
	for _, l := range p.limits {
		p.longest = max(p.longest, l.window)
	}
	for _, ru := range p.rules {
		for _, l := range ru.limits {
			p.longest = max(p.longest, l.window)
		}
		for _, r := range ru.approvals.raised {
			p.longest = max(p.longest, r.window)
		}
	}
	for _, l := range p.limits {
		if times := uint64((p.longest + l.window - 1) / l.window); l.max <= maxUses/times {
			return
		}
	}
	doc.fail("needs a limit of the whole key that allows at most %d uses in its longest window, %s", maxUses, p.longest)
}

func (c compiler) rule(entry *object, p *policy, sets map[string][]word, ids map[string]bool) {
	ru := &rule{id: entry.text("id")}
	if !ruleID.MatchString(ru.id) || ids[ru.id] {
		entry.fail("\"id\" must match %s and be unique", ruleID)
	}
	ids[ru.id] = true
	entry.path = "rule " + strings.ToValidUTF8(ru.id, "?")
	chain, err := parseUint64(entry.text("chain"))
	if _, priced := p.fees[chain]; err != nil || !priced {
		entry.fail("\"chain\" must be a chain id that \"fees\" names")
	}
	if ru.function, err = parseFunction(entry.text("function")); err != nil {
		entry.fail("\"function\" %v", err)
		return
	}
	loose, err := c.inv.function(c.class, ru.function)
	if err != nil {
		entry.fail("is refused: %v", err)
	}
	c.arguments(entry, ru, sets)
	if entry.has("limits") {
		ru.limits = readLimits(entry, true)
	}
	ru.approvals = c.approvals(entry.child("approvals"), loose)
	c.targets(entry, p, chain, ru)
	entry.done()
}

func (c compiler) targets(entry *object, p *policy, chain uint64, ru *rule) {
	for _, text := range entry.texts("to", maxTargets) {
		to, err := parseAddress(text)
		if err != nil || to == (common.Address{}) {
			entry.fail("\"to\" must hold contract addresses")
		}
		key := target{chain, to, ru.function.selector}
		if other := p.rules[key]; other != nil {
			entry.fail("names the same chain, contract and selector as rule %s", other.id)
		}
		p.rules[key] = ru
	}
}

func readAmount(o *object, key string) *big.Int {
	n, err := parseUint256(o.text(key))
	if err != nil {
		o.fail("%q %v", key, err)
		return new(big.Int)
	}
	return n
}
