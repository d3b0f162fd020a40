// Package policy is the language in which a key is told the only transactions
// that it may sign: it parses a policy strictly, answers whether a transaction is
// within it, and says in words what a change to it would allow.
//
// What no policy can allow is compiled in: see Invariants and Call. The package
// is pure: no storage, no clock, no network.
package policy

import (
	"cmp"
	"maps"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/document"
)

// Schema names the format of the document. Another format is another name;
// there is no version negotiation.
const Schema = "firebreak/policy/v1"

// Policy is a compiled policy document. It only allows: what no rule names is
// refused. Rules cannot overlap, so there is no order and no precedence. It is
// never changed after Parse, so any number of goroutines may read it.
type Policy struct {
	Key       string // name of the key that it is for
	Class     signer.Class
	Version   uint64
	Previous  common.Hash // hash of the version before; zero in the first
	Hash      common.Hash // keccak256 of Canonical
	Canonical []byte      // RFC 8785
	Fees      map[uint64]Ceilings
	Limits    []Limit // of the whole key
	Replace   Replacement
	Change    Change
	Rules     map[Target]*Rule
	Longest   time.Duration // of all windows: how long uses have to be kept
}

// Target is what a rule is found by.
type Target struct {
	Chain    uint64
	To       common.Address
	Selector Selector
}

// Ceilings bound gas and fees on one chain. All amounts are wei.
type Ceilings struct {
	Gas            uint64   // of one transaction
	MaxFee, MaxTip *big.Int // per gas
	PerTx, PerDay  *big.Int // gas times max fee
}

// Limit allows Max uses in any window of that length. With PerTo it counts
// each target on its own.
type Limit struct {
	Window time.Duration
	Text   string // as written in the document, for RATE:<window>
	Max    uint64
	PerTo  bool
}

// Replacement says whether a signed nonce may be signed again with higher
// fees, and how often. The zero value allows none.
type Replacement struct {
	SameNonce bool
	MaxBumps  uint64
}

// Change says what it takes to replace the policy or the guardians.
type Change struct {
	Need         uint64        // guardians, for any change
	LoosenDelay  time.Duration // before a change that allows more
	TightenDelay time.Duration // before a change that does not
}

// Rule allows one function on some contracts of one chain.
type Rule struct {
	ID        string
	Chain     uint64
	To        []common.Address
	Function  Function
	Args      []Constraint // one per argument
	Limits    []Limit
	Approvals Approvals
}

// Approvals says how many guardians have to sign, and how.
type Approvals struct {
	Need      uint64
	MinEIP712 uint64        // of these, how many with a wallet that can show what it signs
	MaxAge    time.Duration // since an approval became valid; 0 for no bound
	Delay     time.Duration // between the first complete request and the signature
	Raised    []Raise
}

// Raise asks for Need guardians once a rule was used more than Count times in
// the window.
type Raise struct {
	Count  uint64
	Window time.Duration
	Need   uint64
}

// Most is the largest number of guardians that the rule can come to need.
func (a Approvals) Most() uint64 {
	most := a.Need
	for _, r := range a.Raised {
		most = max(most, r.Need)
	}
	return most
}

// Constraint decides one argument. The zero value refuses.
type Constraint struct {
	Operator Operator
	Values   []Word
	Set      string // the name behind not_in_set
}

// Operator is how an argument is compared with the values of a constraint.
type Operator string

// The operators. Lt and Lte are for numbers, NotInSet for addresses.
const (
	Any      Operator = "any"
	Eq       Operator = "eq"
	In       Operator = "in"
	Lt       Operator = "lt"
	Lte      Operator = "lte"
	NotInSet Operator = "not_in_set"
)

// Parse reads, checks and hashes a document for a key. The error says where
// the document is at fault and holds no more of it than names.
func Parse(raw []byte, key string, class signer.Class) (*Policy, error) {
	node, err := document.Read(raw)
	if err != nil {
		return nil, err
	}
	root, failed := document.Root("policy", node)
	p := compiler{key: key, class: class, inv: compiledIn()}.compile(root)
	if *failed != nil {
		return nil, *failed
	}
	p.Canonical = document.Canonical(node)
	p.Hash = crypto.Keccak256Hash(p.Canonical)
	return p, nil
}

// Allows reports whether the constraint holds for an argument.
func (c Constraint) Allows(w Word) bool {
	switch c.Operator {
	case Any:
		return true
	case Eq, In:
		return contains(c.Values, w)
	case NotInSet:
		return len(c.Values) > 0 && !contains(c.Values, w)
	case Lt:
		return w.number().Cmp(c.Values[0].number()) < 0
	case Lte:
		return w.number().Cmp(c.Values[0].number()) <= 0
	}
	return false
}

func contains(words []Word, w Word) bool {
	for _, value := range words {
		if value == w {
			return true
		}
	}
	return false
}

// KeyOf reads which key a document, a policy or a list of guardians, is for.
// It says nothing else about the document.
func KeyOf(raw []byte) (string, error) {
	node, err := document.Read(raw)
	if err != nil {
		return "", err
	}
	root, failed := document.Root("document", node)
	key := root.Text("key")
	if *failed == nil && !signer.ValidKeyName(key) {
		root.Fail("\"key\" is no name of a key")
	}
	return key, *failed
}

// Find returns the rule for a request, or the refusal.
func (p *Policy) Find(r signer.Request) (*Rule, *signer.Refusal) {
	if _, ok := p.Fees[r.ChainID]; !ok {
		return nil, signer.Refuse(signer.CodeChain, "the policy does not name this chain")
	}
	found := p.Rules[Target{r.ChainID, r.To, Selector(r.Data[:4])}]
	if found == nil {
		return nil, signer.Refuse(signer.CodeNoRule, "no rule allows this function on this contract and chain")
	}
	return found, nil
}

// Targets lists what the rules allow, by rule and then by address.
func (p *Policy) Targets() []Target {
	return slices.SortedFunc(maps.Keys(p.Rules), func(a, b Target) int {
		return cmp.Or(cmp.Compare(p.Rules[a].ID, p.Rules[b].ID), a.To.Cmp(b.To))
	})
}

// Addresses lists every address that the policy names: contracts, and values
// of address arguments and sets.
func (p *Policy) Addresses() []common.Address {
	seen := map[common.Address]bool{}
	for target, ru := range p.Rules {
		seen[target.To] = true
		for i, con := range ru.Args {
			for _, w := range con.Values {
				if ru.Function.Args[i].kind == kindAddress {
					seen[common.BytesToAddress(w[:])] = true
				}
			}
		}
	}
	return slices.SortedFunc(maps.Keys(seen), common.Address.Cmp)
}

// Arguments refuses calldata that is not canonical or not within the rule.
func (ru *Rule) Arguments(data []byte) *signer.Refusal {
	words, err := ru.Function.Decode(data)
	if err != nil {
		return signer.Refuse(signer.CodeNotCanonical, "%v", err)
	}
	for i, w := range words {
		if !ru.Args[i].Allows(w) {
			return signer.Refuse(argumentCode(i), "argument %d of %s is outside the rule's %q", i, ru.Function.Signature, ru.Args[i].Operator)
		}
	}
	return nil
}

// Refuse answers what is above the chain's ceilings.
func (c Ceilings) Refuse(r signer.Request) *signer.Refusal {
	switch {
	case r.Gas > c.Gas:
		return signer.Refuse(signer.CodeGas, "gas is above the policy's %d", c.Gas)
	case r.MaxFeePerGas.Cmp(c.MaxFee) > 0:
		return signer.Refuse(signer.CodeFee, "max_fee_per_gas is above the policy's %s wei", c.MaxFee)
	case r.MaxPriorityFeePerGas.Cmp(c.MaxTip) > 0:
		return signer.Refuse(signer.CodeFee, "max_priority_fee_per_gas is above the policy's %s wei", c.MaxTip)
	case r.Cost().Cmp(c.PerTx) > 0:
		return signer.Refuse(signer.CodeCost, "gas times max_fee_per_gas is above the policy's %s wei", c.PerTx)
	}
	return nil
}
