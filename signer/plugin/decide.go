package plugin

import (
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// question is everything that a decision depends on: the decision reads
// nothing else, neither clock nor storage.
type question struct {
	request signer.Request
	digest  common.Hash
	state   *state
	policy  *policy.Policy
	now     time.Time
}

// decision is what was found on the way to a yes. replayed is set when the
// digest was signed before: then nothing is counted and nothing is written.
type decision struct {
	rule     *policy.Rule
	replayed *receipt
	chain    *chainState
	slot     *slot // the nonce that is replaced, nil for a fresh one
	extra    *big.Int
	missing  uint64 // guardian approvals that are missing
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
	if d.replayed = q.state.receiptFor(q.request.ChainID, q.digest); d.replayed != nil {
		return d, nil
	}
	if refusal := policy.Call(q.state.Class, q.request.Data); refusal != nil {
		return d, refusal
	}
	var refusal *signer.Refusal
	if d.rule, refusal = q.policy.Find(q.request); refusal != nil {
		return d, refusal
	}
	for _, check := range []func(*decision) *signer.Refusal{
		q.checkArguments, q.checkFees, q.checkNonce, q.checkWindows, q.checkBudget, q.checkApprovals,
	} {
		if refusal := check(&d); refusal != nil {
			refusal.Rule = d.rule.ID
			return d, refusal
		}
	}
	return d, nil
}

func (q question) standing() *signer.Refusal {
	switch q.state.Status {
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
	d.chain = q.state.Chains[q.request.ChainID]
	if d.chain == nil {
		d.chain = &chainState{}
	}
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
		if q.state.used(q.now, l.Window, func(use) bool { return true }) >= l.Max {
			return signer.Refuse(signer.CodeRate+":"+l.Text, "the key's %d uses in %s are used up", l.Max, l.Text)
		}
	}
	for _, l := range d.rule.Limits {
		if q.state.used(q.now, l.Window, counts(d.rule, l, q.request.ChainID, q.request.To)) >= l.Max {
			return signer.Refuse(signer.CodeRate+":"+l.Text, "the rule's %d uses in %s are used up", l.Max, l.Text)
		}
	}
	return nil
}

// counts matches the uses that a limit of the rule counts.
func counts(ru *policy.Rule, l policy.Limit, chain uint64, to common.Address) func(use) bool {
	return func(u use) bool {
		return u.Rule == ru.ID && (!l.PerTo || u.Chain == chain && u.To == to)
	}
}

func (q question) checkBudget(d *decision) *signer.Refusal {
	d.extra = extraCost(q.request, d.slot)
	return d.chain.refuseBudget(q.now, d.extra, q.policy.Fees[q.request.ChainID].PerDay)
}

// checkApprovals fails closed: this plugin cannot yet verify a guardian's
// signature, so whatever was sent counts as none.
func (q question) checkApprovals(d *decision) *signer.Refusal {
	d.missing = d.rule.Approvals.Need
	for _, r := range d.rule.Approvals.Raised {
		n := q.state.used(q.now, r.Window, func(u use) bool { return u.Rule == d.rule.ID })
		if d.slot == nil {
			n++ // this call itself; a replacement is in the count already
		}
		if n > r.Count {
			d.missing = max(d.missing, r.Need)
		}
	}
	if d.missing > 0 {
		return signer.Refuse(signer.CodeApprovalsRequired, "%d guardian approvals over digest %s are needed, and this plugin version cannot verify any", d.missing, q.digest)
	}
	return nil
}

// commit records an allowed decision in the state. The caller saves the state
// before anything is signed.
func (q question) commit(d decision) receipt {
	q.state.Seq++
	rec := receipt{
		Digest: q.digest, Rule: d.rule.ID, Seq: q.state.Seq,
		PolicyVersion: q.policy.Version, PolicyHash: q.policy.Hash,
	}
	if d.slot == nil {
		q.state.count(q.now, q.policy.Longest, use{
			At: q.now.UnixNano(), Rule: d.rule.ID, Chain: q.request.ChainID, To: q.request.To,
		})
	}
	d.chain.spend(q.now, d.extra)
	d.chain.sign(q.request, d.slot, rec)
	q.state.Chains[q.request.ChainID] = d.chain
	return rec
}

// count adds a use and forgets those that no window can see any more.
func (s *state) count(now time.Time, longest time.Duration, u use) {
	kept := s.Uses[:0]
	for _, old := range s.Uses {
		if old.At > now.Add(-longest).UnixNano() {
			kept = append(kept, old)
		}
	}
	s.Uses = append(kept, u)
}
