package policy

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/document"
)

// Limits on a document. They keep the state of a key within one storage entry
// and the work of one request small.
const (
	maxRules   = 256
	maxTargets = 64
	maxSets    = 32
	maxSetSize = 512
	maxWindows = 8
	maxWindow  = 31 * 24 * time.Hour
	maxHold    = 12 * time.Hour // between approvals and a signature: both see the same approvals

	// MaxUses is how many uses may have to be remembered at once.
	MaxUses = 1000
	// MaxBumps is how often a nonce can be replaced.
	MaxBumps = 16
	// MaxReceipts is how many signatures of one nonce there can be, summed
	// over all chains.
	MaxReceipts = 2 * (MaxBumps + 1)
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

func (c compiler) compile(doc *document.Object) *Policy {
	p := &Policy{Key: c.key, Class: c.class, Fees: map[uint64]Ceilings{}, Rules: map[Target]*Rule{}}
	if schema := doc.Text("schema"); schema != Schema {
		doc.Fail("must have schema %q", Schema)
	}
	if doc.Text("key") != c.key {
		doc.Fail("must name the key that it is for, %q", c.key)
	}
	p.Version = doc.Count("version", 1, document.MaxSafeInt)
	p.Previous = readHash(doc, "previous")
	c.fees(doc.Child("fees"), p)
	p.Limits = readLimits(doc, false)
	if doc.Has("replace") {
		p.Replace = readReplacement(doc.Child("replace"))
	}
	sets := map[string][]Word{}
	if doc.Has("sets") {
		sets = readSets(doc.Child("sets"))
	}
	p.Change = readChange(doc.Child("change"))
	ids := map[string]bool{}
	for _, entry := range doc.Children("rules", maxRules) {
		c.rule(entry, p, sets, ids)
	}
	doc.Done()
	c.bounded(doc, p)
	return p
}

func readHash(o *document.Object, key string) common.Hash {
	raw, err := document.Bytes(o.Text(key), common.HashLength)
	if err != nil || len(raw) != common.HashLength {
		o.Fail("%q must be 0x and 32 bytes", key)
	}
	return common.BytesToHash(raw)
}

func (c compiler) fees(fees *document.Object, p *Policy) {
	for _, chain := range fees.Keys() {
		id, err := document.Uint64(chain)
		if err != nil || id == 0 {
			fees.Fail("must have chain ids as keys")
		}
		entry := fees.Child(chain)
		var ceil Ceilings
		if ceil.Gas, err = document.Uint64(entry.Text("max_gas")); err != nil {
			entry.Fail("\"max_gas\" %v", err)
		}
		ceil.MaxFee = readAmount(entry, "max_fee_per_gas")
		ceil.MaxTip = readAmount(entry, "max_priority_fee_per_gas")
		ceil.PerTx = readAmount(entry, "max_cost_per_tx")
		ceil.PerDay = readAmount(entry, "max_cost_per_day")
		if ceil.PerTx.Cmp(ceil.PerDay) > 0 || ceil.MaxTip.Cmp(ceil.MaxFee) > 0 {
			entry.Fail("has a part above its whole: per transaction above per day, or priority fee above max fee")
		}
		entry.Done()
		p.Fees[id] = ceil
	}
	fees.Done()
}

func readSets(sets *document.Object) map[string][]Word {
	if sets.Len() > maxSets {
		sets.Fail("has more than %d sets", maxSets)
	}
	out := map[string][]Word{}
	for _, name := range sets.Keys() {
		for _, text := range sets.Texts(name, maxSetSize) {
			w, err := addressArgument.parse(text)
			if err != nil {
				sets.Fail("%q holds an address that %v", name, err)
			}
			out[name] = append(out[name], w)
		}
	}
	sets.Done()
	return out
}

func readReplacement(o *document.Object) Replacement {
	r := Replacement{SameNonce: o.Boolean("same_nonce"), MaxBumps: o.Count("max_bumps", 0, MaxBumps)}
	o.Done()
	return r
}

// readChange reads what it takes to change the policy. There is no way to say
// that nobody has to agree.
func readChange(o *document.Object) Change {
	c := Change{Need: o.Count("need", 1, signer.MaxApprovals)}
	c.LoosenDelay = readDelay(o, "loosen_delay")
	if o.Has("tighten_delay") {
		c.TightenDelay = readDelay(o, "tighten_delay")
	}
	if c.TightenDelay > c.LoosenDelay {
		o.Fail("\"tighten_delay\" is above \"loosen_delay\"")
	}
	o.Done()
	return c
}

func readDelay(o *document.Object, key string) time.Duration {
	d, err := time.ParseDuration(o.Text(key))
	if err != nil || d < 0 || d > maxWindow {
		o.Fail("%q must be a duration such as \"48h\", between 0s and %s", key, maxWindow)
		return maxWindow
	}
	return d
}

func readLimits(o *document.Object, inRule bool) []Limit {
	var limits []Limit
	seen := map[string]bool{}
	for _, entry := range o.Children("limits", maxWindows) {
		l := Limit{Text: entry.Text("window"), Max: entry.Count("max", 1, MaxUses)}
		l.Window = readWindow(entry, l.Text)
		if entry.Has("per") {
			l.PerTo = entry.Text("per") == "to"
			if !l.PerTo || !inRule {
				entry.Fail("\"per\" must be \"to\", and only in a rule")
			}
		}
		entry.Done()
		if id := fmt.Sprint(l.Window, l.PerTo); seen[id] {
			entry.Fail("repeats a window")
		} else {
			seen[id] = true
		}
		limits = append(limits, l)
	}
	return limits
}

func readWindow(o *document.Object, text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second || d > maxWindow {
		o.Fail("window must be a duration such as \"1h\", between 1s and %s", maxWindow)
		return maxWindow
	}
	return d
}

// bounded refuses a policy whose limits could make the key's state grow
// without end, and remembers for how long uses have to be kept.
func (c compiler) bounded(doc *document.Object, p *Policy) {
	if uint64(len(p.Fees))*(p.Replace.MaxBumps+1) > MaxReceipts {
		doc.Fail("has too many chains for its \"max_bumps\": chains times (max_bumps + 1) must be at most %d", MaxReceipts)
	}
	for _, l := range p.Limits {
		p.Longest = max(p.Longest, l.Window)
	}
	for _, ru := range p.Rules {
		for _, l := range ru.Limits {
			p.Longest = max(p.Longest, l.Window)
		}
		for _, r := range ru.Approvals.Raised {
			p.Longest = max(p.Longest, r.Window)
		}
	}
	for _, l := range p.Limits {
		if times := uint64((p.Longest + l.Window - 1) / l.Window); l.Max <= MaxUses/times {
			return
		}
	}
	doc.Fail("needs a limit of the whole key that allows at most %d uses in its longest window, %s", MaxUses, p.Longest)
}

func (c compiler) rule(entry *document.Object, p *Policy, sets map[string][]Word, ids map[string]bool) {
	ru := &Rule{ID: entry.Text("id")}
	if !ruleID.MatchString(ru.ID) || ids[ru.ID] {
		entry.Fail("\"id\" must match %s and be unique", ruleID)
	}
	ids[ru.ID] = true
	entry.Name("rule " + strings.ToValidUTF8(ru.ID, "?"))
	chain, err := document.Uint64(entry.Text("chain"))
	if _, priced := p.Fees[chain]; err != nil || !priced {
		entry.Fail("\"chain\" must be a chain id that \"fees\" names")
	}
	if ru.Function, err = ParseFunction(entry.Text("function")); err != nil {
		entry.Fail("\"function\" %v", err)
		return
	}
	loose, err := c.inv.function(c.class, ru.Function)
	if err != nil {
		entry.Fail("is refused: %v", err)
	}
	c.arguments(entry, ru, sets)
	if entry.Has("limits") {
		ru.Limits = readLimits(entry, true)
	}
	ru.Approvals = c.approvals(entry.Child("approvals"), loose)
	ru.Chain = chain
	c.targets(entry, p, ru)
	entry.Done()
}

func (c compiler) targets(entry *document.Object, p *Policy, ru *Rule) {
	for _, text := range entry.Texts("to", maxTargets) {
		to, err := document.Address(text)
		if err != nil || to == (common.Address{}) {
			entry.Fail("\"to\" must hold contract addresses")
		}
		key := Target{ru.Chain, to, ru.Function.Selector}
		if other := p.Rules[key]; other != nil {
			entry.Fail("names the same chain, contract and selector as rule %s", other.ID)
		}
		p.Rules[key] = ru
		ru.To = append(ru.To, to)
	}
}

func readAmount(o *document.Object, key string) *big.Int {
	n, err := document.Uint256(o.Text(key))
	if err != nil {
		o.Fail("%q %v", key, err)
		return new(big.Int)
	}
	return n
}
