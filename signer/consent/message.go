package consent

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// Approval allows one transaction. The verifier builds it from the transaction
// that it is about to sign and from its own policy; see Terms.Approval. The
// value of the transaction is always 0 and encoded so.
type Approval struct {
	Action     string // the call in words, rendered by the verifier
	Rule       string // id of the policy rule
	PolicyHash common.Hash
	To         common.Address
	Data       []byte

	// In exact mode those of the transaction, in intent mode ceilings.
	Gas                                uint64
	MaxFeePerGas, MaxPriorityFeePerGas *big.Int

	TxDigest common.Hash // zero in intent mode
	Incident common.Hash // IncidentHash of the incident's name
	ID       common.Hash // names this approval, so that its uses can be counted

	ValidAfter, ValidUntil uint64 // Unix seconds, both inclusive
	MaxUses                uint64
}

// PolicyChange replaces the policy of a key, its guardians, or both.
type PolicyChange struct {
	Key                      string
	Version                  uint64
	Previous, New, Guardians common.Hash // of the canonical documents
	ActivateAfter            uint64      // Unix seconds
	Summary                  string      // the change in words, rendered by the verifier
}

// KeyState freezes, releases or retires a key. Epoch counts the changes of
// state, so that each is worth one.
type KeyState struct {
	Key, State        string
	Epoch, ValidUntil uint64 // ValidUntil in Unix seconds
}

// IncidentHash is how an approval names its incident.
func IncidentHash(incident string) common.Hash { return crypto.Keccak256Hash([]byte(incident)) }

// Digest implements Message. The domain always has the chain id.
func (a Approval) Digest(d Domain) common.Hash { return a.TypedData(d).Digest() }

// TypedData implements Message.
func (a Approval) TypedData(d Domain) TypedData {
	return TypedData{d.withChain(), structure{"ContainmentApproval", []member{
		text("action", a.Action), text("ruleId", a.Rule), hash("policyHash", a.PolicyHash),
		account("to", a.To), number("value", 0), raw("data", a.Data),
		number("gasLimit", a.Gas), amount("maxFeePerGas", a.MaxFeePerGas), amount("maxPriorityFeePerGas", a.MaxPriorityFeePerGas),
		hash("txDigest", a.TxDigest), hash("incident", a.Incident), hash("approvalId", a.ID),
		number("validAfter", a.ValidAfter), number("validUntil", a.ValidUntil), number("maxUses", a.MaxUses),
	}}}
}

// Digest implements Message. The domain never has a chain id.
func (c PolicyChange) Digest(d Domain) common.Hash { return c.TypedData(d).Digest() }

// TypedData implements Message.
func (c PolicyChange) TypedData(d Domain) TypedData {
	return TypedData{d.withoutChain(), structure{"PolicyChange", []member{
		text("key", c.Key), number("version", c.Version),
		hash("previousPolicyHash", c.Previous), hash("newPolicyHash", c.New), hash("guardiansHash", c.Guardians),
		number("activateAfter", c.ActivateAfter), text("summary", c.Summary),
	}}}
}

// Digest implements Message. The domain never has a chain id.
func (s KeyState) Digest(d Domain) common.Hash { return s.TypedData(d).Digest() }

// TypedData implements Message.
func (s KeyState) TypedData(d Domain) TypedData {
	return TypedData{d.withoutChain(), structure{"KeyState", []member{
		text("key", s.Key), text("state", s.State), number("epoch", s.Epoch), number("validUntil", s.ValidUntil),
	}}}
}
