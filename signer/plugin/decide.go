package plugin

import (
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// question is everything that a decision depends on: the decision reads
// nothing else, neither clock nor storage.
type question struct {
	request  signer.Request
	digest   common.Hash
	state    *state
	policy   *policy.Policy
	roster   *consent.Guardians
	instance common.Hash
	now      time.Time
}

// decision is what was found on the way to a yes. replayed is set when the
// digest was signed before: then nothing is counted and nothing is written.
type decision struct {
	rule     *policy.Rule
	replayed uint64 // number of the signature that the digest got before
	chain    *chainState
	slot     *slot // the nonce that is replaced, nil for a fresh one
	extra    *big.Int
	accepted []accepted
	missing  uint64 // guardian approvals that are missing
	waits    bool   // the rule's delay has begun
}

// decide runs the checks in their order and stops at the first refusal. It
// changes nothing; commit does.
func (q question) decide() (decision, *signer.Refusal) {
	var d decision
	// A frozen key signs nothing, not even what it signed before: the freeze
	// comes before the receipts.
	if refusal := q.standing(); refusal != nil {
		return d, refusal
	}
	if seq, found := q.state.answeredAs(q.request.ChainID, q.digest); found {
		d.replayed = seq
		return d, nil
	}
	if refusal := policy.Call(signer.Class(q.state.Class), q.request.Data); refusal != nil {
		return d, refusal
	}
	var refusal *signer.Refusal
	if d.rule, refusal = q.policy.Find(q.request); refusal != nil {
		return d, refusal
	}
	for _, check := range []func(*decision) *signer.Refusal{
		q.checkArguments, q.checkFees, q.checkNonce, q.checkWindows, q.checkBudget, q.checkConsents,
	} {
		if refusal := check(&d); refusal != nil {
			refusal.Rule = d.rule.ID
			return d, refusal
		}
	}
	return d, nil
}

func (q question) standing() *signer.Refusal {
	switch signer.State(q.state.Status) {
	case signer.Active:
		return nil
	case signer.Retired:
		return signer.Refuse(signer.CodeRetired, "the key is retired")
	}
	return signer.Refuse(signer.CodeFrozen, "the key is frozen; guardians can release it")
}

func (q question) checkArguments(d *decision) *signer.Refusal {
	return d.rule.Arguments(q.request.Data)
}

func (q question) checkFees(*decision) *signer.Refusal {
	return q.policy.Fees[q.request.ChainID].Refuse(q.request)
}

func (q question) checkNonce(d *decision) *signer.Refusal {
	d.chain = q.state.chain(q.request.ChainID)
	var refusal *signer.Refusal
	d.slot, refusal = d.chain.slotFor(q.request, q.policy.Replace)
	return refusal
}

// checkWindows counts a fresh nonce. A replacement is the same use again.
func (q question) checkWindows(d *decision) *signer.Refusal {
	if d.slot != nil {
		return nil
	}
	for _, l := range q.policy.Limits {
		if q.state.used(q.now, l.Window, everyUse) >= l.Max {
			return signer.Refuse(signer.CodeRate+":"+l.Text, "the key's %d uses in %s are used up", l.Max, l.Text)
		}
	}
	target := policy.Target{Chain: q.request.ChainID, To: q.request.To}
	for _, l := range d.rule.Limits {
		if q.state.used(q.now, l.Window, counts(d.rule, l, target)) >= l.Max {
			return signer.Refuse(signer.CodeRate+":"+l.Text, "the rule's %d uses in %s are used up", l.Max, l.Text)
		}
	}
	return nil
}

func (q question) checkBudget(d *decision) *signer.Refusal {
	d.extra = extraCost(q.request, d.slot)
	return d.chain.refuseBudget(q.now, d.extra, q.policy.Fees[q.request.ChainID].PerDay)
}

// commit records an allowed decision in the state. The caller saves the state
// before anything is signed.
func (q question) commit(d decision) signer.Receipt {
	s := q.state
	rec := s.record(signer.Receipt{
		Digest: q.digest, Rule: d.rule.ID, PolicyVersion: q.policy.Version, PolicyHash: q.policy.Hash,
		Approvals: s.spendApprovals(q.now, q.request, d.accepted), Time: uint64(q.now.Unix()),
	})
	if d.slot == nil {
		s.endWait(q.request)
		s.count(q.now, q.policy.Longest, useGroup{Rule: d.rule.ID, Chain: q.request.ChainID, To: q.request.To})
	}
	d.chain.spend(q.now, d.extra)
	d.chain.sign(q.request, d.slot, answered{Digest: q.digest, Seq: rec.Seq})
	s.keep(d.chain)
	return rec
}
