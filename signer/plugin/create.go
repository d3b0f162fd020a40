package plugin

import (
	"context"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
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
	p, s, refusal := b.plan(name, req.Data)
	if refusal != nil {
		return refuse(refusal), nil
	}
	if err := b.ensureInstance(ctx, req.Storage); err != nil {
		return nil, err
	}
	if s.PublicKey, err = bear(ctx, req.Storage, name, b.GetRandomReader()); err != nil {
		return nil, err
	}
	public, err := secp256k1.ParsePubKey(s.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("derive address: %w", err)
	}
	s.Address = addressOf(public)
	document := &logical.StorageEntry{Key: policyPath(name, p.Version), Value: p.Canonical}
	if err := req.Storage.Put(ctx, document); err != nil {
		return nil, wrapStorage("write policy", err)
	}
	if err := s.save(ctx, req.Storage, name); err != nil {
		return nil, err
	}
	return b.describe(ctx, req.Storage, name, s)
}

// plan judges the body before anything is written.
func (b *backend) plan(name string, body map[string]any) (*policy.Policy, *state, *signer.Refusal) {
	class, _ := body["class"].(string)
	if class != string(signer.Containment) && class != string(signer.Recovery) {
		return nil, nil, signer.Refuse(signer.CodeMalformed, "class must be %q or %q", signer.Containment, signer.Recovery)
	}
	text, _ := body["policy"].(string)
	p, err := policy.Parse([]byte(text), name, signer.Class(class))
	if err != nil {
		return nil, nil, signer.Refuse(signer.CodePolicy, "%v", err)
	}
	if p.Version != 1 || p.Previous != (common.Hash{}) {
		return nil, nil, signer.Refuse(signer.CodePolicy, "the first policy of a key has version 1 and previous 0x00…00")
	}
	s := &state{
		Class: signer.Class(class), Status: signer.Active, Chains: map[uint64]*chainState{},
		PolicyVersion: p.Version, PolicyHash: p.Hash,
	}
	if refusal := s.start(body, p); refusal != nil {
		return nil, nil, refusal
	}
	return p, s, nil
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
		s.Chains[id] = &chainState{Next: next}
	}
	return nil
}
