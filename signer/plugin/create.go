package plugin

import (
	"context"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/document"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// handleCreate makes a key once. The state entry is written last and is what
// makes the key exist, so a crash anywhere before it leaves no key.
func (b *backend) handleCreate(ctx context.Context, req *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	name := data.Get("name").(string)
	lock := b.lock(name)
	lock.Lock()
	defer lock.Unlock()

	old, err := loadState(ctx, req.Storage, name)
	if err != nil {
		return nil, err
	}
	if old != nil {
		return refuse(signer.Refuse(signer.CodeExists, "a key of this name exists and is never replaced")), nil
	}
	birth, refusal := plan(name, req.Data)
	if refusal != nil {
		return refuse(refusal), nil
	}
	if err := b.bearKey(ctx, req.Storage, birth); err != nil {
		return nil, err
	}
	if refusal := fits(birth.policy, birth.roster, birth.state.Address); refusal != nil {
		return refuse(refusal), nil
	}
	for _, document := range []*logical.StorageEntry{
		{Key: policyPath(name, birth.policy.Hash), Value: birth.policy.Canonical},
		{Key: rosterPath(name, birth.roster.Hash), Value: birth.roster.Canonical},
	} {
		if err := req.Storage.Put(ctx, document); err != nil {
			return nil, wrapStorage("write document", err)
		}
	}
	if err := birth.state.save(ctx, req.Storage, name); err != nil {
		return nil, err
	}
	return b.describe(ctx, req.Storage, name, birth.state)
}

// bearKey draws the key itself. The instance is drawn first: the key's chain
// of receipts begins with it.
func (b *backend) bearKey(ctx context.Context, storage logical.Storage, birth *keyring) error {
	var err error
	if birth.instance, err = b.ensureInstance(ctx, storage); err != nil {
		return err
	}
	s := birth.state
	if s.PublicKey, err = bear(ctx, storage, birth.name, b.GetRandomReader()); err != nil {
		return err
	}
	public, err := secp256k1.ParsePubKey(s.PublicKey)
	if err != nil {
		return fmt.Errorf("derive address: %w", err)
	}
	s.Address = addressOf(public)
	s.Head = signer.Origin(birth.instance, s.Address)
	return nil
}

// plan judges the body before anything is written.
func plan(name string, body map[string]any) (*keyring, *signer.Refusal) {
	class, _ := body["class"].(string)
	if class != string(signer.Containment) && class != string(signer.Recovery) {
		return nil, signer.Refuse(signer.CodeMalformed, "class must be %q or %q", signer.Containment, signer.Recovery)
	}
	text, _ := body["policy"].(string)
	p, err := policy.Parse([]byte(text), name, signer.Class(class))
	if err != nil {
		return nil, signer.Refuse(signer.CodePolicy, "%v", err)
	}
	if p.Version != 1 || p.Previous != (common.Hash{}) {
		return nil, signer.Refuse(signer.CodePolicy, "the first policy of a key has version 1 and previous 0x00…00")
	}
	text, _ = body["guardians"].(string)
	g, err := consent.ParseGuardians([]byte(text), name)
	if err != nil {
		return nil, signer.Refuse(signer.CodeGuardians, "%v", err)
	}
	if g.Version != 1 || g.Previous != (common.Hash{}) {
		return nil, signer.Refuse(signer.CodeGuardians, "the first guardians of a key have version 1 and previous 0x00…00")
	}
	if refusal := fits(p, g, common.Address{}); refusal != nil {
		return nil, refusal
	}
	s := &state{
		Class: class, Status: string(signer.Active),
		PolicyVersion: p.Version, PolicyHash: p.Hash, RosterVersion: g.Version, RosterHash: g.Hash,
	}
	if refusal := s.start(body, p); refusal != nil {
		return nil, refusal
	}
	return &keyring{name: name, state: s, policy: p, roster: g}, nil
}

// start sets the first nonce of each chain that the body names.
func (s *state) start(body map[string]any, p *policy.Policy) *signer.Refusal {
	text, given := body["nonces"].(string)
	if !given || text == "" {
		return nil
	}
	node, err := document.Read([]byte(text))
	nonces, isObject := node.(map[string]any)
	if err != nil || !isObject {
		return signer.Refuse(signer.CodeMalformed, "nonces must be the text of a JSON object such as {\"1\":\"7\"}")
	}
	for chain, value := range nonces {
		id, err := document.Uint64(chain)
		if _, named := p.Fees[id]; err != nil || !named {
			return signer.Refuse(signer.CodeMalformed, "nonces must have chain ids of the policy as keys")
		}
		first, _ := value.(string)
		next, err := document.Uint64(first)
		if err != nil {
			return signer.Refuse(signer.CodeMalformed, "a first nonce %v", err)
		}
		s.keep(&chainState{ID: id, Next: next})
	}
	return nil
}
