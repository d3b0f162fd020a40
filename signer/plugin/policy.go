package plugin

import (
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/signer"
)

// policySchema names the format of the document. Another format is another
// name; there is no version negotiation.
const policySchema = "firebreak/policy/v1"

// policy is a compiled policy document. It only allows: what no rule names is
// refused. Rules cannot overlap, so there is no order and no precedence.
type policy struct {
	version   uint64
	previous  common.Hash
	hash      common.Hash // keccak256 of the canonical document
	canonical []byte
	fees      map[uint64]ceilings
	limits    []limit
	replace   replacement
	rules     map[target]*rule
	longest   time.Duration // of all windows: how long uses are kept
}

// target is what a rule is found by.
type target struct {
	chain    uint64
	to       common.Address
	selector selector
}

// ceilings bound gas and fees on one chain. All amounts are wei.
type ceilings struct {
	gas                     uint64
	fee, tip, perTx, perDay *big.Int
}

// limit allows max uses in any window of that length. With perTo it counts each
// target on its own.
type limit struct {
	window time.Duration
	text   string // as written in the document, for RATE:<window>
	max    uint64
	perTo  bool
}

// replacement says whether a signed nonce may be signed again with higher
// fees, and how often. The zero value allows none.
type replacement struct {
	sameNonce bool
	maxBumps  uint64
}

// rule allows one function on some contracts of one chain.
type rule struct {
	id        string
	function  function
	args      []constraint
	limits    []limit
	approvals approvals
}

// approvals says how many guardians have to sign. Raised adds to it when a
// rule has been used often.
type approvals struct {
	need   uint64
	raised []raise
}

type raise struct {
	count  uint64
	window time.Duration
	need   uint64
}

// constraint decides one argument. The zero value refuses.
type constraint struct {
	operator operator
	values   []word
}

type operator string

const (
	opAny      operator = "any"
	opEq       operator = "eq"
	opIn       operator = "in"
	opLt       operator = "lt"
	opLte      operator = "lte"
	opNotInSet operator = "not_in_set"
)

func (c constraint) allows(w word) bool {
	switch c.operator {
	case opAny:
		return true
	case opEq, opIn:
		return contains(c.values, w)
	case opNotInSet:
		return len(c.values) > 0 && !contains(c.values, w)
	case opLt:
		return w.number().Cmp(c.values[0].number()) < 0
	case opLte:
		return w.number().Cmp(c.values[0].number()) <= 0
	}
	return false
}

func contains(words []word, w word) bool {
	for _, value := range words {
		if value == w {
			return true
		}
	}
	return false
}

// readPolicy parses, compiles and hashes a document for a key. The error says
// where the document is at fault and never holds more than its member names.
func readPolicy(raw []byte, c compiler) (*policy, error) {
	node, err := readJSON(raw)
	if err != nil {
		return nil, err
	}
	root, failed := rootObject(node)
	p := c.compile(root)
	if *failed != nil {
		return nil, *failed
	}
	p.canonical = canonicalJSON(node)
	p.hash = crypto.Keccak256Hash(p.canonical)
	return p, nil
}

// find returns the rule for a request, or the refusal.
func (p *policy) find(r signer.Request) (*rule, *signer.Refusal) {
	if _, ok := p.fees[r.ChainID]; !ok {
		return nil, signer.Refuse(signer.CodeChain, "the policy does not name this chain")
	}
	found := p.rules[target{r.ChainID, r.To, selector(r.Data[:4])}]
	if found == nil {
		return nil, signer.Refuse(signer.CodeNoRule, "no rule allows this function on this contract and chain")
	}
	return found, nil
}

// arguments refuses calldata that is not canonical or not within the rule.
func (ru *rule) arguments(data []byte) *signer.Refusal {
	words, err := ru.function.decode(data)
	if err != nil {
		return signer.Refuse(signer.CodeNotCanonical, "%v", err)
	}
	for i, w := range words {
		if !ru.args[i].allows(w) {
			return signer.Refuse(argumentCode(i), "argument %d of %s is outside the rule's %q", i, ru.function.signature, ru.args[i].operator)
		}
	}
	return nil
}

// refuse answers what is above the chain's ceilings.
func (c ceilings) refuse(r signer.Request) *signer.Refusal {
	switch {
	case r.Gas > c.gas:
		return signer.Refuse(signer.CodeGas, "gas is above the policy's %d", c.gas)
	case r.MaxFeePerGas.Cmp(c.fee) > 0:
		return signer.Refuse(signer.CodeFee, "max_fee_per_gas is above the policy's %s wei", c.fee)
	case r.MaxPriorityFeePerGas.Cmp(c.tip) > 0:
		return signer.Refuse(signer.CodeFee, "max_priority_fee_per_gas is above the policy's %s wei", c.tip)
	case r.Cost().Cmp(c.perTx) > 0:
		return signer.Refuse(signer.CodeCost, "gas times max_fee_per_gas is above the policy's %s wei", c.perTx)
	}
	return nil
}
