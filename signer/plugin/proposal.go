package plugin

import (
	"context"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/document"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// What a change replaces.
const (
	changesPolicy = "policy"
	changesRoster = "guardians"
)

// pendingChange is a change that guardians have signed and whose delay runs.
type pendingChange struct {
	What          string
	Version       uint64
	Hash          common.Hash // of the new document
	Digest        common.Hash // of the PolicyChange
	ActivateAfter uint64      // unix seconds
	Loosens       bool
	Summary       string
	By            []string
}

// proposal is a new document judged against what is in force.
type proposal struct {
	what      string
	path      string
	version   uint64
	hash      common.Hash
	canonical []byte
	loosens   bool
	summary   string
	policy    *policy.Policy // both as they would be in force
	roster    *consent.Guardians
}

// proposePolicy reads a new policy and says what it changes.
func (k *keyring) proposePolicy(text string) (*proposal, *signer.Refusal) {
	next, err := policy.Parse([]byte(text), k.name, signer.Class(k.state.Class))
	if err != nil {
		return nil, signer.Refuse(signer.CodePolicy, "%v", err)
	}
	if next.Version != k.policy.Version+1 || next.Previous != k.policy.Hash {
		return nil, signer.Refuse(signer.CodePolicy, "the next policy has version %d and previous %s", k.policy.Version+1, k.policy.Hash)
	}
	lines, loosens := policy.Compare(k.policy, next, nil)
	return k.fit(&proposal{
		what: changesPolicy, path: policyPath(k.name, next.Hash), version: next.Version, hash: next.Hash, canonical: next.Canonical,
		loosens: loosens, summary: consent.Summary(changesPolicy, lines, loosens), policy: next, roster: k.roster,
	})
}

// proposeRoster does the same for the guardians.
func (k *keyring) proposeRoster(text string) (*proposal, *signer.Refusal) {
	next, err := consent.ParseGuardians([]byte(text), k.name)
	if err != nil {
		return nil, signer.Refuse(signer.CodeGuardians, "%v", err)
	}
	if next.Version != k.roster.Version+1 || next.Previous != k.roster.Hash {
		return nil, signer.Refuse(signer.CodeGuardians, "the next guardians have version %d and previous %s", k.roster.Version+1, k.roster.Hash)
	}
	lines, loosens := consent.Compare(k.roster, next)
	return k.fit(&proposal{
		what: changesRoster, path: rosterPath(k.name, next.Hash), version: next.Version, hash: next.Hash, canonical: next.Canonical,
		loosens: loosens, summary: consent.Summary(changesRoster, lines, loosens), policy: k.policy, roster: next,
	})
}

func (k *keyring) fit(p *proposal) (*proposal, *signer.Refusal) {
	return p, fits(p.policy, p.roster, k.state.Address)
}

// fits refuses a policy and guardians that could not work together: people
// that a rule needs and that do not exist, or a guardian that is a contract
// of the policy or the key itself.
func fits(p *policy.Policy, g *consent.Guardians, key common.Address) *signer.Refusal {
	people, wallets := uint64(len(g.People)), walletsOf(g)
	if p.Change.Need > people {
		return signer.Refuse(signer.CodePolicy, "\"change\" needs %d guardians, and there are %d", p.Change.Need, people)
	}
	for _, target := range p.Targets() {
		if ru := p.Rules[target]; ru.Approvals.Most() > people || ru.Approvals.MinEIP712 > wallets {
			return signer.Refuse(signer.CodePolicy, "rule %s needs more guardians, or more wallets, than there are", ru.ID)
		}
	}
	if g.Holds(key) {
		return signer.Refuse(signer.CodeGuardians, "the key itself cannot be a guardian")
	}
	for _, address := range p.Addresses() {
		if g.Holds(address) {
			return signer.Refuse(signer.CodeGuardians, "an address of the policy cannot be a guardian")
		}
	}
	return nil
}

// walletsOf counts the guardians that have a wallet.
func walletsOf(g *consent.Guardians) uint64 {
	var n uint64
	for _, person := range g.People {
		if slices.ContainsFunc(person.Keys, func(k consent.Key) bool { return k.Kind == consent.EIP712 }) {
			n++
		}
	}
	return n
}

// message is what the guardians sign.
func (k *keyring) message(p *proposal, activateAfter uint64) consent.PolicyChange {
	return consent.PolicyChange{
		Key: k.name, Version: p.version, Previous: k.policy.Hash, New: p.policy.Hash, Guardians: p.roster.Hash,
		ActivateAfter: activateAfter, Summary: p.summary,
	}
}

// submit judges the signatures of a proposal and puts it in force, or in
// waiting. The document is written first and means nothing until the state
// names it.
func (k *keyring) submit(ctx context.Context, storage logical.Storage, p *proposal, body map[string]any) (*signer.Refusal, error) {
	if k.state.Status == string(signer.Retired) {
		return signer.Refuse(signer.CodeRetired, "the key is retired"), nil
	}
	text, _ := body["activate_after"].(string)
	after, err := document.Uint64(text)
	if err != nil {
		return signer.Refuse(signer.CodeMalformed, "activate_after %v", err), nil
	}
	ballot, refusal := readBallot(body)
	if refusal != nil {
		return refusal, nil
	}
	message := k.message(p, after)
	digest := message.Digest(consent.Domain{Signer: k.state.Address, Instance: k.instance})
	if len(k.state.Pending) > 0 && k.state.Pending[0].Digest == digest {
		return nil, nil // handed in again: it waits already
	}
	if slices.Contains(k.state.Dropped, digest) {
		return signer.Refuse(signer.CodePolicy, "a guardian has cancelled this very change; propose it anew, so that all of them sign again"), nil
	}
	by, refusal := ballot.count(k, message, k.policy.Change.Need)
	if refusal == nil {
		refusal = k.timely(p, after)
	}
	if refusal != nil {
		return refusal, nil
	}
	for _, v := range by {
		k.state.countPasskey(v)
	}
	entry := &logical.StorageEntry{Key: p.path, Value: p.canonical}
	if err := storage.Put(ctx, entry); err != nil {
		return nil, wrapStorage("write document", err)
	}
	if !k.now.Before(unix(after)) {
		k.state.enforce(p.what, p.version, p.hash)
		return nil, nil
	}
	k.state.Pending = []pendingChange{{
		What: p.what, Version: p.version, Hash: p.hash, Digest: digest, ActivateAfter: after,
		Loosens: p.loosens, Summary: p.summary, By: names(by),
	}}
	return nil, nil
}

// timely refuses a change that would come sooner than the policy in force
// allows, or while another one waits. A change that tightens may overtake: it
// ends the one that waits, whose predecessor it replaces.
func (k *keyring) timely(p *proposal, activateAfter uint64) *signer.Refusal {
	delay := k.policy.Change.TightenDelay
	if p.loosens {
		delay = k.policy.Change.LoosenDelay
	}
	due := unix(activateAfter)
	switch earliest := k.now.Add(delay); {
	case due.Before(earliest) && delay > 0:
		return signer.Refuse(signer.CodePolicyPending, "this change waits %s: activate_after must be at least %d", delay, earliest.Unix()+1)
	case due.After(earliest.Add(maxAhead)):
		return signer.Refuse(signer.CodeMalformed, "activate_after is more than %s later than it has to be", maxAhead)
	case len(k.state.Pending) > 0 && due.After(k.now):
		return signer.Refuse(signer.CodePolicyPending, "another change waits; one guardian can cancel it")
	}
	return nil
}

// maxAhead bounds how long a signed change can lie in waiting.
const maxAhead = 31 * 24 * time.Hour

// unix reads seconds that may come from anybody.
func unix(seconds uint64) time.Time { return time.Unix(int64(min(seconds, 1<<40)), 0) }

// enforce puts a document in force. Whatever else waited was made against the
// documents before it, and goes.
func (s *state) enforce(what string, version uint64, hash common.Hash) {
	if what == changesPolicy {
		s.PolicyVersion, s.PolicyHash = version, hash
	} else {
		s.RosterVersion, s.RosterHash = version, hash
	}
	s.Pending = nil
}
