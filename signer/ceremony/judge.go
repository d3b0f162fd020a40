package ceremony

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// judged is a proposal whose documents have been read.
type judged struct {
	policy  *policy.Policy // in force
	roster  *consent.Guardians
	message consent.Message
	domain  consent.Domain
	need    uint64
	loosens bool
	title   string
	lines   []string
}

// Judgement is what a person has to know before signing.
type Judgement struct {
	Title   string   // what the signature is for, in one line
	Lines   []string // what it changes
	Need    uint64   // guardians that have to sign
	Signed  []string // guardians that have signed
	Loosens bool
	Digest  common.Hash       // of the typed data
	Data    consent.TypedData // for a wallet
	Waits   time.Time         // when the change may come into force; zero for at once
}

// Judge reads the documents of a proposal and says what signing it means. It
// fails when they contradict each other, and when a signature in it does not
// hold.
func (p *Proposal) Judge() (Judgement, error) {
	j, err := p.judge()
	if err != nil {
		return Judgement{}, err
	}
	out := Judgement{
		Title: j.title, Lines: j.lines, Need: j.need, Loosens: j.loosens,
		Digest: j.message.Digest(j.domain), Data: j.message.TypedData(j.domain),
	}
	if p.ActivateAfter > 0 {
		out.Waits = time.Unix(int64(min(p.ActivateAfter, 1<<40)), 0).UTC()
	}
	for _, raw := range p.Signatures {
		s, err := consent.ParseSignature(raw)
		if err != nil {
			return Judgement{}, fmt.Errorf("a signature in the proposal: %w", err)
		}
		v, err := j.roster.Verify(out.Digest, s, anyCount)
		if err != nil {
			return Judgement{}, fmt.Errorf("a signature in the proposal does not hold: %w", err)
		}
		if !slices.Contains(out.Signed, v.Guardian) {
			out.Signed = append(out.Signed, v.Guardian)
		}
	}
	return out, nil
}

// anyCount lets the key itself judge a passkey's counter.
func anyCount([]byte) uint32 { return 0 }

// Add takes a guardian's signature, if it holds.
func (p *Proposal) Add(s consent.Signature) error {
	found, err := p.Judge()
	if err != nil {
		return err
	}
	j, err := p.judge()
	if err != nil {
		return err
	}
	if slices.Contains(found.Signed, s.Guardian) {
		return fmt.Errorf("%s has signed already", s.Guardian)
	}
	if _, err := j.roster.Verify(found.Digest, s, anyCount); err != nil {
		return fmt.Errorf("the signature does not hold for this proposal: %w", err)
	}
	raw, err := s.MarshalJSON()
	if err != nil {
		return fmt.Errorf("encode signature: %w", err)
	}
	p.Signatures = append(p.Signatures, raw)
	return nil
}

// Roster is the guardians whose signatures count.
func (p *Proposal) Roster() (*consent.Guardians, error) {
	return consent.ParseGuardians([]byte(p.Guardians), p.Key)
}

// Change is what is handed in, with the signatures.
func (p *Proposal) Change() (signer.Change, error) {
	c := signer.Change{
		Key: p.Key, Verb: p.Verb, Chain: p.Chain, Nonce: p.Nonce, Document: p.Document,
		ActivateAfter: p.ActivateAfter, ValidUntil: p.ValidUntil,
	}
	if p.Verb == Sign {
		return c, errors.New("the proposal is an approval of a transaction; it goes with the request and changes nothing of the key")
	}
	c.Approvals = p.Signatures
	return c, nil
}

func (p *Proposal) judge() (*judged, error) {
	j := &judged{domain: consent.Domain{Signer: p.Address, Instance: p.Instance}}
	var err error
	if j.policy, err = policy.Parse([]byte(p.Policy), p.Key, p.Class); err != nil {
		return nil, fmt.Errorf("the policy in force, in the proposal: %w", err)
	}
	if j.roster, err = p.Roster(); err != nil {
		return nil, fmt.Errorf("the guardians in force, in the proposal: %w", err)
	}
	j.need = j.policy.Change.Need
	switch p.Verb {
	case signer.ChangePolicy:
		err = p.judgePolicy(j)
	case signer.ChangeRoster:
		err = p.judgeRoster(j)
	case signer.Halt:
		j.need = 1
		p.judgeStanding(j, consent.StateFrozen, "stop the key at once; its guardians can release it", false)
	case signer.Unfreeze:
		p.judgeStanding(j, consent.StateActive, "release the frozen key", true)
	case signer.Retire:
		p.judgeStanding(j, consent.StateRetired, "retire the key for good; it never signs again", false)
	case signer.SetNonce:
		p.judgeStanding(j, consent.StateNonce(p.Chain, p.Nonce), fmt.Sprintf("set the next nonce of chain %d to %d", p.Chain, p.Nonce), true)
	case signer.CancelChange:
		j.need = 1
		p.judgeStanding(j, consent.StateCancel(p.Cancels), "drop the change that waits: "+p.Of, false)
	case Sign:
		err = p.judgeTransaction(j)
	default:
		err = errors.New("the proposal is for a verb that no guardian signs")
	}
	if err != nil {
		return nil, err
	}
	return j, nil
}

func (p *Proposal) judgeStanding(j *judged, state, title string, loosens bool) {
	j.message = consent.KeyState{Key: p.Key, State: state, Epoch: p.Epoch, ValidUntil: p.ValidUntil}
	j.title, j.loosens = fmt.Sprintf("key %s (%s): %s", p.Key, p.Address, title), loosens
	j.lines = []string{"the signatures are good until " + clock(p.ValidUntil)}
}

func (p *Proposal) judgePolicy(j *judged) error {
	next, err := policy.Parse([]byte(p.Document), p.Key, p.Class)
	if err != nil {
		return fmt.Errorf("the new policy: %w", err)
	}
	if next.Version != j.policy.Version+1 || next.Previous != j.policy.Hash {
		return fmt.Errorf("the new policy must have version %d and previous %s", j.policy.Version+1, j.policy.Hash)
	}
	lines, loosens := policy.Compare(j.policy, next, nil)
	if len(lines) == 0 {
		return errors.New("the new policy changes nothing")
	}
	j.replace(p, "policy", next.Version, lines, loosens)
	j.message = p.change(j, next.Version, [2]common.Hash{next.Hash, j.roster.Hash})
	return nil
}

func (p *Proposal) judgeRoster(j *judged) error {
	next, err := consent.ParseGuardians([]byte(p.Document), p.Key)
	if err != nil {
		return fmt.Errorf("the new guardians: %w", err)
	}
	if next.Version != j.roster.Version+1 || next.Previous != j.roster.Hash {
		return fmt.Errorf("the new guardians must have version %d and previous %s", j.roster.Version+1, j.roster.Hash)
	}
	lines, loosens := consent.Compare(j.roster, next)
	if len(lines) == 0 {
		return errors.New("the new guardians change nothing")
	}
	j.replace(p, "guardians", next.Version, lines, loosens)
	j.message = p.change(j, next.Version, [2]common.Hash{j.policy.Hash, next.Hash})
	return nil
}

func (j *judged) replace(p *Proposal, what string, version uint64, lines []string, loosens bool) {
	j.lines, j.loosens = lines, loosens
	kind := "tightening"
	if loosens {
		kind = "LOOSENING"
	}
	j.title = fmt.Sprintf("key %s (%s): %s version %d, a %s", p.Key, p.Address, what, version, kind)
}

func (p *Proposal) change(j *judged, version uint64, hashes [2]common.Hash) consent.PolicyChange {
	what := "policy"
	if p.Verb == signer.ChangeRoster {
		what = "guardians"
	}
	return consent.PolicyChange{
		Key: p.Key, Version: version, Previous: j.policy.Hash, New: hashes[0], Guardians: hashes[1],
		ActivateAfter: p.ActivateAfter, Summary: consent.Summary(what, j.lines, j.loosens),
	}
}
