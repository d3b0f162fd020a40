package plugin

import (
	"context"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
)

func (b *backend) pathPolicy() *framework.Path {
	return &framework.Path{
		Pattern: "keys/" + keyPattern + "/policy",
		Fields:  map[string]*framework.FieldSchema{"name": nameField()},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation: &framework.PathOperation{
				Callback: b.handleReadPolicy,
				Summary:  "Read the policy in force, as the canonical document that was hashed.",
			},
		},
		HelpSynopsis: "Read the policy in force, as the canonical document that was hashed.",
	}
}

func (b *backend) handleReadPolicy(ctx context.Context, req *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	name := data.Get("name").(string)
	lock := b.lock(name)
	lock.RLock()
	defer lock.RUnlock()
	s, err := loadState(ctx, req.Storage, name)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return noKey(), nil
	}
	p, err := b.loadPolicy(ctx, req.Storage, name, s)
	if err != nil {
		return nil, err
	}
	return &logical.Response{Data: map[string]any{
		"policy": string(p.Canonical), "version": p.Version, "hash": p.Hash.Hex(),
	}}, nil
}
