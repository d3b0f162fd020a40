package consent

import (
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer"
)

// Mode is how tightly an approval holds the transaction.
type Mode string

const (
	// Intent allows the call at any nonce and with gas and fees up to ceilings,
	// so that an approval outlives a fee bump. Who counts uses pins the nonce.
	Intent Mode = "intent"
	// Exact allows one transaction, byte for byte.
	Exact Mode = "exact"
)

// MaxUses is the most uses that one approval may allow.
const MaxUses = 64

// Terms are what the client chooses. Everything else of an Approval comes from
// the transaction and from the policy.
type Terms struct {
	Mode                   Mode
	ID                     common.Hash
	ValidAfter, ValidUntil uint64 // Unix seconds, both inclusive
	MaxUses                uint64

	// Ceilings in intent mode; absent (0 and nil) in exact mode.
	Gas                                uint64
	MaxFeePerGas, MaxPriorityFeePerGas *big.Int
}

// Approval builds the message for a transaction. A mode that is not Intent
// counts as Exact, the tighter of the two.
func (t Terms) Approval(r signer.Request, rule string, policyHash common.Hash, action string) Approval {
	a := Approval{
		Action: action, Rule: rule, PolicyHash: policyHash, To: r.To, Data: common.CopyBytes(r.Data),
		Incident: IncidentHash(r.Incident), ID: t.ID,
		ValidAfter: t.ValidAfter, ValidUntil: t.ValidUntil, MaxUses: t.MaxUses,
	}
	if t.Mode == Intent {
		a.Gas, a.MaxFeePerGas, a.MaxPriorityFeePerGas = t.Gas, t.MaxFeePerGas, t.MaxPriorityFeePerGas
		return a
	}
	a.Gas, a.MaxFeePerGas, a.MaxPriorityFeePerGas = r.Gas, r.MaxFeePerGas, r.MaxPriorityFeePerGas
	a.TxDigest = r.Digest()
	return a
}

// Check returns ErrTerms for terms that can never hold, and ErrNotYetValid or
// ErrExpired outside of their window.
func (t Terms) Check(now time.Time) error {
	if !t.wellFormed() {
		return ErrTerms
	}
	seconds := uint64(max(now.Unix(), 0))
	switch {
	case seconds < t.ValidAfter:
		return ErrNotYetValid
	case seconds > t.ValidUntil:
		return ErrExpired
	}
	return nil
}

func (t Terms) wellFormed() bool {
	const longest = uint64(signer.MaxApprovalLife / time.Second)
	switch {
	case t.ID == (common.Hash{}), t.MaxUses < 1, t.MaxUses > MaxUses:
		return false
	case t.ValidUntil <= t.ValidAfter, t.ValidUntil-t.ValidAfter > longest:
		return false
	case t.Mode == Intent:
		return t.Gas > 0 && inRange(t.MaxFeePerGas) && inRange(t.MaxPriorityFeePerGas)
	case t.Mode == Exact:
		return t.Gas == 0 && t.MaxFeePerGas == nil && t.MaxPriorityFeePerGas == nil
	}
	return false
}

func inRange(n *big.Int) bool { return n != nil && n.Sign() >= 0 && n.BitLen() <= 256 }

// Covers returns ErrCeiling when the transaction asks for more than the
// guardian allowed. In exact mode the digest itself says so.
func (t Terms) Covers(r signer.Request) error {
	if t.Mode != Intent {
		return nil
	}
	if r.Gas > t.Gas || above(r.MaxFeePerGas, t.MaxFeePerGas) || above(r.MaxPriorityFeePerGas, t.MaxPriorityFeePerGas) {
		return ErrCeiling
	}
	return nil
}

func above(n, ceiling *big.Int) bool { return n == nil || ceiling == nil || n.Cmp(ceiling) > 0 }
