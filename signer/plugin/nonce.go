package plugin

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// callOf identifies what a nonce is spent on: a replacement keeps it.
func callOf(r signer.Request) common.Hash {
	return crypto.Keccak256Hash(r.To[:], r.Data)
}

// slotFor says how a request stands to the chain's watermark: nil and no
// refusal for the next fresh nonce, the slot for a replacement. There are no
// gaps, so nobody can stockpile signatures for later nonces.
func (c *chainState) slotFor(r signer.Request, allowed policy.Replacement) (*slot, *signer.Refusal) {
	switch {
	case r.Nonce == c.Next:
		return nil, nil
	case r.Nonce > c.Next:
		return nil, signer.Refuse(signer.CodeNonceGap, "the next nonce on this chain is %d", c.Next)
	}
	for i := range c.Slots {
		if c.Slots[i].Nonce == r.Nonce {
			return &c.Slots[i], c.Slots[i].refuse(r, allowed)
		}
	}
	return nil, signer.Refuse(signer.CodeNonceStale, "this nonce is older than the last %d; the next is %d", keptNonces, c.Next)
}

// refuse answers a replacement that changes the call, does not raise both
// fees, or comes too often.
func (s *slot) refuse(r signer.Request, allowed policy.Replacement) *signer.Refusal {
	switch {
	case !allowed.SameNonce:
		return signer.Refuse(signer.CodeNonceStale, "the policy allows no replacement at a signed nonce")
	case s.Call != callOf(r):
		return signer.Refuse(signer.CodeNonceStale, "this nonce was signed for another call; a replacement keeps to and data")
	case r.MaxFeePerGas.Cmp(s.Fee) <= 0 || r.MaxPriorityFeePerGas.Cmp(s.Tip) <= 0:
		return signer.Refuse(signer.CodeFee, "a replacement must raise both fees above the ones signed before")
	case uint64(len(s.Signed)) > allowed.MaxBumps:
		return signer.Refuse(signer.CodeRate+":bumps", "this nonce was replaced %d times already", allowed.MaxBumps)
	}
	return nil
}

// extraCost is what a request adds to the fees at risk, in wei. Only one
// transaction of a nonce can be mined, so a replacement adds the difference to
// the dearest one before it.
func extraCost(r signer.Request, s *slot) *big.Int {
	cost := r.Cost()
	if s == nil {
		return cost
	}
	if cost.Sub(cost, s.Cost).Sign() < 0 {
		return new(big.Int)
	}
	return cost
}

// sign records a request at its nonce. s is the slot it replaces, or nil.
func (c *chainState) sign(r signer.Request, s *slot, a answered) {
	if s == nil {
		c.Slots = append(c.Slots, slot{Nonce: r.Nonce, Call: callOf(r), Cost: new(big.Int)})
		if len(c.Slots) > keptNonces {
			c.Slots = c.Slots[len(c.Slots)-keptNonces:]
		}
		c.Next = r.Nonce + 1
		s = &c.Slots[len(c.Slots)-1]
	}
	s.Fee, s.Tip = r.MaxFeePerGas, r.MaxPriorityFeePerGas
	if cost := r.Cost(); cost.Cmp(s.Cost) > 0 {
		s.Cost = cost
	}
	s.Signed = append(s.Signed, a)
}
