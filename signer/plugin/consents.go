package plugin

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/policy"
)

const (
	maxSpent   = 256 // approvals remembered at once
	maxWaiting = 16  // requests whose delay runs at once

	// waitLife is how long a request that began to wait may still be signed: its
	// approvals have to hold before and after.
	waitLife = 2 * signer.MaxApprovalLife

	// spentGrace keeps a spent approval after its end, so that a clock that
	// steps back does not make it good again.
	spentGrace = signer.MaxApprovalLife
)

// spentApproval remembers what an approval was used for. Each use is one nonce
// with one call: a replacement of it is the same use.
type spentApproval struct {
	Guardian string
	ID       common.Hash
	Digest   common.Hash // of the typed data that was signed
	Until    uint64      // unix seconds
	Uses     []common.Hash
}

// waiting is an approved request whose rule makes it wait.
type waiting struct {
	ID    common.Hash // of chain, call and incident
	Since uint64      // unix seconds
}

// over reports whether the wait was so long ago that it counts no more.
func (w waiting) over(now time.Time) bool {
	return now.Sub(time.Unix(int64(w.Since), 0)) > waitLife
}

// passkey remembers a passkey's signature counter.
type passkey struct {
	CredentialID []byte
	Count        uint32
}

// accepted is one approval that holds, and what committing it will record.
type accepted struct {
	verified consent.Verified
	given    consent.Given
	digest   common.Hash
}

// checkConsents verifies the approvals that came with a request and counts
// distinct guardians. The message is built here, from the transaction and the
// policy in force: what a guardian was shown elsewhere does not matter.
//
// Approvals that do not hold count as absent. When too few hold, the first of
// them is the reason.
func (q question) checkConsents(d *decision) *signer.Refusal {
	need := q.needed(d)
	if need == 0 {
		return nil
	}
	var first *signer.Refusal
	for _, raw := range q.request.Approvals {
		a, refusal := q.accept(d.rule, raw)
		switch {
		case refusal == nil:
			d.take(a)
		case first == nil:
			first = refusal
		}
	}
	wallets := uint64(0)
	for _, a := range d.accepted {
		if a.verified.Kind == consent.EIP712 {
			wallets++
		}
	}
	have, wanted := uint64(len(d.accepted)), min(need, d.rule.Approvals.MinEIP712)
	if have < need || wallets < wanted {
		d.missing = max(need-min(have, need), wanted-min(wallets, wanted))
		if first != nil {
			return first
		}
		return signer.Refuse(signer.CodeApprovalsRequired, "%d more guardians have to approve %s, %d of them with a wallet",
			d.missing, d.rule.Action(q.request), wanted-min(wallets, wanted))
	}
	if len(q.state.Spent)+len(d.accepted) > maxSpent {
		return signer.Refuse(signer.CodeApprovalSpent, "more than %d approvals are remembered; the oldest go a day after they expire", maxSpent)
	}
	return q.checkDelay(d)
}

// needed is how many guardians this use of the rule needs.
func (q question) needed(d *decision) uint64 {
	need := d.rule.Approvals.Need
	for _, r := range d.rule.Approvals.Raised {
		n := q.state.used(q.now, r.Window, func(u *useGroup) bool { return u.Rule == d.rule.ID })
		if d.slot == nil {
			n++ // this call itself; a replacement is in the count already
		}
		if n > r.Count {
			need = max(need, r.Need)
		}
	}
	return need
}

// take keeps one approval of each guardian, a wallet's before any other.
func (d *decision) take(a accepted) {
	for i := range d.accepted {
		if d.accepted[i].verified.Guardian != a.verified.Guardian {
			continue
		}
		if a.verified.Kind == consent.EIP712 {
			d.accepted[i] = a
		}
		return
	}
	d.accepted = append(d.accepted, a)
}

func (q question) accept(ru *policy.Rule, raw json.RawMessage) (accepted, *signer.Refusal) {
	given, err := consent.ParseGiven(raw)
	if err != nil {
		return accepted{}, signer.Refuse(signer.CodeApprovalBad+":?:malformed", "an approval %v", err)
	}
	who := "?"
	if _, known := q.roster.Find(given.Guardian); known {
		who = given.Guardian // its name is in the roster, so it may be repeated
	}
	if refusal := q.timely(ru, given.Terms, who); refusal != nil {
		return accepted{}, refusal
	}
	if given.Covers(q.request) != nil {
		return accepted{}, signer.Refuse(badApproval(who, "ceiling"), "gas or a fee is above what guardian %s approved", who)
	}
	message := given.Approval(q.request, ru.ID, q.policy.Hash, ru.Action(q.request))
	digest := message.Digest(q.domain())
	used := q.state.spentBy(given.Guardian, given.ID)
	seen := q.state.signCount
	if used != nil && used.Digest == digest {
		seen = func([]byte) uint32 { return 0 } // this very approval was counted before
	}
	verified, err := q.roster.Verify(digest, given.Signature, seen)
	if err != nil {
		return accepted{}, badSignature(who, err)
	}
	if used != nil && !used.allows(useOf(q.request), digest, given.MaxUses) {
		return accepted{}, signer.Refuse(signer.CodeApprovalSpent, "the approval of guardian %s is used up", who)
	}
	return accepted{verified: verified, given: given, digest: digest}, nil
}

func (q question) timely(ru *policy.Rule, terms consent.Terms, who string) *signer.Refusal {
	switch err := terms.Check(q.now); {
	case errors.Is(err, consent.ErrExpired):
		return signer.Refuse(signer.CodeApprovalExpired, "the approval of guardian %s has expired", who)
	case errors.Is(err, consent.ErrNotYetValid):
		return signer.Refuse(badApproval(who, "not-yet-valid"), "the approval of guardian %s is not valid yet", who)
	case err != nil:
		return signer.Refuse(badApproval(who, "terms"), "the approval of guardian %s %v", who, err)
	}
	age := q.now.Sub(time.Unix(int64(terms.ValidAfter), 0))
	if ru.Approvals.MaxAge > 0 && age > ru.Approvals.MaxAge {
		return signer.Refuse(signer.CodeApprovalExpired, "the approval of guardian %s is older than the rule's %s", who, ru.Approvals.MaxAge)
	}
	return nil
}

func badApproval(who, why string) string {
	return strings.Join([]string{signer.CodeApprovalBad, who, why}, ":")
}

func badSignature(who string, err error) *signer.Refusal {
	why := "signature"
	if fault, ok := errors.AsType[consent.Fault](err); ok {
		why = string(fault)
	}
	return signer.Refuse(badApproval(who, why), "the signature of guardian %s does not hold for this request: %s", who, why)
}

func (q question) domain() consent.Domain {
	return consent.Domain{ChainID: q.request.ChainID, Signer: q.state.Address, Instance: q.instance}
}

// useOf names what one use of an approval is spent on.
func useOf(r signer.Request) common.Hash {
	call := callOf(r)
	return crypto.Keccak256Hash(uint64Bytes(r.ChainID), uint64Bytes(r.Nonce), call[:])
}

// checkDelay makes an approved request wait for as long as its rule says. The
// wait begins with the first complete request, which handleSign makes durable;
// a freeze ends every wait, and a signature ends its own.
func (q question) checkDelay(d *decision) *signer.Refusal {
	delay := d.rule.Approvals.Delay
	if delay == 0 || d.slot != nil {
		return nil
	}
	id := waitOf(q.request)
	since := q.now
	for _, w := range q.state.Waiting {
		if w.ID == id && !w.over(q.now) {
			since = time.Unix(int64(w.Since), 0)
			d.waits = true
		}
	}
	if due := since.Add(delay); d.waits && !q.now.Before(due) {
		return nil
	}
	return signer.Refuse(signer.CodeDelay, "approved; it can be signed from %s on, and any guardian may freeze the key until then",
		since.Add(delay).UTC().Format(time.RFC3339))
}

func waitOf(r signer.Request) common.Hash {
	call, incident := callOf(r), consent.IncidentHash(r.Incident)
	return crypto.Keccak256Hash(uint64Bytes(r.ChainID), call[:], incident[:])
}

// wait begins the delay of a request.
func (s *state) wait(now time.Time, r signer.Request) *signer.Refusal {
	s.Waiting = slices.DeleteFunc(s.Waiting, func(w waiting) bool { return w.over(now) })
	if len(s.Waiting) >= maxWaiting {
		return signer.Refuse(signer.CodeDelay, "%d requests wait already; freeze and release the key to drop them", maxWaiting)
	}
	s.Waiting = append(s.Waiting, waiting{ID: waitOf(r), Since: uint64(now.Unix())})
	return nil
}

// endWait uses a wait up, so that the next signature of the same call waits for
// itself.
func (s *state) endWait(r signer.Request) {
	id := waitOf(r)
	s.Waiting = slices.DeleteFunc(s.Waiting, func(w waiting) bool { return w.ID == id })
}

func (s *state) spentBy(guardian string, id common.Hash) *spentApproval {
	for i := range s.Spent {
		if s.Spent[i].Guardian == guardian && s.Spent[i].ID == id {
			return &s.Spent[i]
		}
	}
	return nil
}

// allows reports whether the approval has a use left for this nonce and call.
// An id stands for one message: another message under it is not the approval
// that was counted.
func (a *spentApproval) allows(use, digest common.Hash, most uint64) bool {
	return a.Digest == digest && (slices.Contains(a.Uses, use) || uint64(len(a.Uses)) < most)
}

// spendApprovals records what a signature used up.
func (s *state) spendApprovals(now time.Time, r signer.Request, all []accepted) []signer.Consent {
	s.Spent = slices.DeleteFunc(s.Spent, func(a spentApproval) bool {
		return now.After(time.Unix(int64(a.Until), 0).Add(spentGrace))
	})
	var out []signer.Consent
	for _, a := range all {
		out = append(out, signer.Consent{Guardian: a.verified.Guardian, Approval: a.given.ID})
		used := s.spentBy(a.verified.Guardian, a.given.ID)
		if used == nil {
			s.Spent = append(s.Spent, spentApproval{Guardian: a.verified.Guardian, ID: a.given.ID, Digest: a.digest, Until: a.given.ValidUntil})
			used = &s.Spent[len(s.Spent)-1]
		}
		if use := useOf(r); !slices.Contains(used.Uses, use) {
			used.Uses = append(used.Uses, use)
		}
		s.countPasskey(a.verified)
	}
	slices.SortFunc(out, func(a, b signer.Consent) int { return strings.Compare(a.Guardian, b.Guardian) })
	return out
}

func (s *state) signCount(credential []byte) uint32 {
	for _, p := range s.Passkeys {
		if string(p.CredentialID) == string(credential) {
			return p.Count
		}
	}
	return 0
}

func (s *state) countPasskey(v consent.Verified) {
	if v.SignCount == 0 {
		return
	}
	for i := range s.Passkeys {
		if string(s.Passkeys[i].CredentialID) == string(v.CredentialID) {
			s.Passkeys[i].Count = max(s.Passkeys[i].Count, v.SignCount)
			return
		}
	}
	s.Passkeys = append(s.Passkeys, passkey{CredentialID: v.CredentialID, Count: v.SignCount})
}
