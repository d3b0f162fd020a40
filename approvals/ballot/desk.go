package ballot

import (
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// What an approval of a call allows, besides its gas and its money.
const (
	// MaxUses is how many nonces one signature is good for: a transaction that a
	// stranger's has displaced is signed again at another, and once more.
	MaxUses = 3
	// skew is how far the clock of Vault may be behind.
	skew = time.Minute
	// tail is how long after the plan's own time a signature still raises fees.
	tail = 30 * time.Minute
)

// desk is what one paper is written at.
type desk struct {
	ask  Ask
	plan *incident.Plan
	keys map[string]*readKey
}

// readKey is a key whose documents have been read.
type readKey struct {
	info   signer.KeyInfo
	policy *policy.Policy
	roster *consent.Guardians
}

// key reads what is in force for a key, once.
func (d desk) key(name string) (*readKey, error) {
	if k := d.keys[name]; k != nil {
		return k, nil
	}
	given, found := d.ask.Keys[name]
	if !found || given.Info.Name != name || given.Info.Address == (common.Address{}) || given.Info.InstanceID == (common.Hash{}) {
		return nil, sentence("What is in force for key %.80q is not known, so nothing can be signed for it. Try again, or vote another way.", name)
	}
	k := &readKey{info: given.Info}
	var err error
	if k.policy, err = policy.Parse([]byte(given.Policy), name, given.Info.Class); err != nil {
		return nil, sentence("The policy of key %.80q cannot be read: %.200s.", name, err)
	}
	if k.roster, err = consent.ParseGuardians([]byte(given.Guardians), name); err != nil {
		return nil, sentence("The guardians of key %.80q cannot be read: %.200s.", name, err)
	}
	if differs(given.Info.PolicyHash, k.policy.Hash) || differs(given.Info.GuardiansHash, k.roster.Hash) {
		return nil, sentence("Key %.80q changed while it was read. Ask again.", name)
	}
	d.keys[name] = k
	return k, nil
}

// differs tells whether a key named another document. Who was not told its hashes
// signs over the document's own: the key compares it with what is in force.
func differs(told, is common.Hash) bool { return told != (common.Hash{}) && told != is }

// guardian reads a key that knows the person.
func (d desk) guardian(name string) (*readKey, error) {
	k, err := d.key(name)
	if err != nil {
		return nil, err
	}
	if _, known := k.roster.Find(d.ask.Person); !known {
		return nil, sentence("Key %.80q has no guardian %.80q, so your signature is worth nothing to it. Its guardians are in its document; firebreak guardian propose adds to them.", name, d.ask.Person)
	}
	return k, nil
}

// consents are the sheets of an approval: one for each call whose rule counts
// guardians.
func (d desk) consents() ([]page, error) {
	var pages []page
	for i, c := range d.plan.Calls {
		k, err := d.key(d.plan.KeyOf(c))
		if err != nil {
			return nil, err
		}
		r := requestOf(d.plan, c)
		rule, refusal := k.policy.Find(r)
		if refusal == nil {
			refusal = rule.Arguments(r.Data)
		}
		if refusal != nil {
			return nil, sentence("Key %s would refuse step %.80q: %s. An approval could not be carried out.", k.info.Name, c.Step, refusal.Reason)
		}
		if rule.Approvals.Most() == 0 {
			continue
		}
		if k, err = d.guardian(k.info.Name); err != nil {
			return nil, err
		}
		page := d.consent(c, k, rule)
		page.Title = fmt.Sprintf("approve call %d of %d", i+1, len(d.plan.Calls))
		pages = append(pages, page)
	}
	return pages, nil
}

// requestOf is what is fixed of the request that the key will get: nonce and
// fees are the submitter's to choose, within what is signed.
func requestOf(p *incident.Plan, c incident.Call) signer.Request {
	fee := c.MaxCost.Div(c.Gas).Big()
	return signer.Request{
		Key: p.KeyOf(c), ChainID: c.ChainID, To: c.To, Data: c.Data, Gas: c.Gas,
		MaxFeePerGas: fee, MaxPriorityFeePerGas: fee, Incident: string(p.Incident),
	}
}

// consent is the sheet of one call: what the key builds from the transaction, at
// any nonce and at any fee within the plan's budget.
func (d desk) consent(c incident.Call, k *readKey, rule *policy.Rule) page {
	r := requestOf(d.plan, c)
	terms := d.terms(rule)
	terms.ID = d.paperOf(c.Step)
	terms.Gas, terms.MaxFeePerGas, terms.MaxPriorityFeePerGas = r.Gas, r.MaxFeePerGas, r.MaxPriorityFeePerGas
	action := rule.Action(r)
	message := terms.Approval(r, rule.ID, k.policy.Hash, action)
	until := time.Unix(int64(terms.ValidUntil), 0).UTC()
	p := page{roster: k.roster, terms: terms, until: until,
		Sheet: NewSheet(message, consent.Domain{ChainID: c.ChainID, Signer: k.info.Address, Instance: k.info.InstanceID})}
	p.Step = c.Step
	p.Lines = []string{
		action, fmt.Sprintf("step %s of incident %s, by rule %s of key %s (%s)", c.Step, d.plan.Incident, rule.ID, k.info.Name, k.info.Address),
		fmt.Sprintf("for at most %s ETH in fees: %d gas at %s wei", c.MaxCost.Decimal(18), c.Gas, r.MaxFeePerGas),
		fmt.Sprintf("good until %s, for up to %d nonces", until.Format(time.RFC3339), MaxUses),
	}
	return p
}

// terms are how long a signature is good. It has to outlive the vote, the delay
// of the rule and the raising of fees, and the rule may bound its age.
func (d desk) terms(rule *policy.Rule) consent.Terms {
	back, life := skew, time.Duration(signer.MaxApprovalLife)
	if most := rule.Approvals.MaxAge; most > 0 {
		back, life = min(back, most/4), min(life, most)
	}
	after := d.ask.Now.Add(-back).Truncate(time.Second)
	until := d.ask.State.Run().Deadline.Add(d.plan.Submit + rule.Approvals.Delay + tail)
	if last := after.Add(life); last.Before(until) {
		until = last
	}
	return consent.Terms{
		Mode: consent.Intent, MaxUses: MaxUses, ValidAfter: uint64(after.Unix()), ValidUntil: uint64(until.Unix()),
	}
}

// paperOf names one signature. What it is made of is signed with it: the digest
// of the whole plan too, and not one call alone.
func (d desk) paperOf(step string) common.Hash {
	digest := d.ask.State.Run().Digest
	return crypto.Keccak256Hash([]byte("firebreak-consent/1\x00"), digest[:],
		crypto.Keccak256([]byte(step)), crypto.Keccak256([]byte(d.ask.Person)), d.ask.ID[:])
}

// decision is the one sheet of what the key never sees.
func (d desk) decision() (page, error) {
	k, err := d.guardian(d.plan.Signer)
	if err != nil {
		return page{}, err
	}
	run := d.ask.State.Run()
	until := run.Deadline.UTC().Truncate(time.Second)
	message := consent.Decision{
		Decision: string(d.ask.Decision), Reason: d.ask.Reason, Guardian: d.ask.Person,
		Incident: consent.IncidentHash(string(d.ask.State.ID)), Run: uint64(run.Number), Revision: uint64(d.plan.Revision),
		Plan: common.Hash(run.Digest), ID: d.ask.ID, ValidUntil: uint64(until.Unix()),
	}
	p := page{roster: k.roster, until: until, Sheet: NewSheet(message, consent.Domain{Signer: k.info.Address, Instance: k.info.InstanceID})}
	p.Title = fmt.Sprintf("%s the whole request", d.ask.Decision)
	p.Lines = []string{
		fmt.Sprintf("%s: %s", d.ask.Decision, prose(d.plan.Title)),
		fmt.Sprintf("incident %s, revision %d, digest %s (%s)", d.ask.State.ID, d.plan.Revision, run.Digest.Short(), run.Digest.Words()),
		"good until " + until.Format(time.RFC3339),
	}
	if d.ask.Reason != "" {
		p.Lines = slices.Insert(p.Lines, 1, "because: "+prose(d.ask.Reason))
	}
	return p, nil
}
