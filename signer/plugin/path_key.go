package plugin

import (
	"context"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
)

func (b *backend) pathKey() *framework.Path {
	create := &framework.PathOperation{
		Callback:                    b.handleCreate,
		Summary:                     "Create a key with its class and its first policy.",
		ForwardPerformanceStandby:   true,
		ForwardPerformanceSecondary: true,
	}
	return &framework.Path{
		Pattern: "keys/" + keyPattern,
		Fields: map[string]*framework.FieldSchema{
			"name":      nameField(),
			"class":     {Type: framework.TypeString, Description: "\"containment\" or \"recovery\", for the key's whole life."},
			"policy":    {Type: framework.TypeString, Description: "The policy document, as the text of the JSON file."},
			"guardians": {Type: framework.TypeString, Description: "The guardian document, as the text of the JSON file."},
			"nonces":    {Type: framework.TypeString, Description: "First nonce by chain id, as JSON text such as {\"1\":\"7\"}. Missing chains start at 0."},
		},
		ExistenceCheck: b.keyExists,
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.CreateOperation: create,
			logical.UpdateOperation: create, // answers 400: a key is never replaced
			logical.ReadOperation: &framework.PathOperation{
				Callback: b.reads(b.handleReadKey),
				Summary:  "Read what a key says about itself.",
			},
		},
		HelpSynopsis: "Create a key, or read what it says about itself. Keys are never imported, exported or deleted.",
	}
}

func (b *backend) keyExists(ctx context.Context, req *logical.Request, data *framework.FieldData) (bool, error) {
	s, err := loadState(ctx, req.Storage, data.Get("name").(string))
	return s != nil, err
}

func (b *backend) handleReadKey(ctx context.Context, k shown) (*logical.Response, error) {
	return b.describe(ctx, k.storage, k.name, k.state)
}

// describe builds the reply of every path that answers with a key.
func (b *backend) describe(ctx context.Context, storage logical.Storage, name string, s *state) (*logical.Response, error) {
	p, err := b.library.policy(ctx, storage, name, s)
	if err != nil {
		return nil, err
	}
	g, err := b.library.roster(ctx, storage, name, s)
	if err != nil {
		return nil, err
	}
	id, err := readInstance(ctx, storage)
	if err != nil {
		return nil, err
	}
	info := signer.KeyInfo{
		Name: name, Address: s.Address, PublicKey: s.PublicKey, Class: signer.Class(s.Class), State: signer.State(s.Status),
		PolicyVersion: s.PolicyVersion, PolicyHash: s.PolicyHash, InstanceID: id, Seq: s.Seq,
		Nonces:  s.nonces(b.now(), p),
		Windows: s.windows(b.now(), p),
		Epoch:   s.Epoch, FrozenReason: s.FrozenReason, ReceiptHead: s.Head,
		ChangeNeed: p.Change.Need, GuardiansVersion: s.RosterVersion, GuardiansHash: s.RosterHash, Guardians: g.IDs(),
	}
	for _, change := range s.Pending {
		info.Pending = &signer.Pending{
			What: change.What, Version: change.Version, Hash: change.Hash, Digest: change.Digest,
			ActivateAfter: change.ActivateAfter, Loosens: change.Loosens, Summary: change.Summary, ApprovedBy: change.By,
		}
	}
	return &logical.Response{Data: info.Fields()}, nil
}
