package plugin

import (
	"context"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
)

func (b *backend) pathFreeze() *framework.Path {
	return &framework.Path{
		Pattern: "keys/" + keyPattern + "/freeze",
		Fields: map[string]*framework.FieldSchema{
			"name":   nameField(),
			"reason": {Type: framework.TypeString, Description: "Why, for the audit log."},
		},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.UpdateOperation: &framework.PathOperation{
				Callback:                    b.handleFreeze,
				Summary:                     "Stop the key at once. Safe to repeat.",
				ForwardPerformanceStandby:   true,
				ForwardPerformanceSecondary: true,
			},
		},
		HelpSynopsis: "Stop the key at once: it signs nothing, not even what it signed before.",
	}
}

// handleFreeze needs no quorum on purpose: stopping is cheap. The freeze holds
// from the moment the write is durable.
func (b *backend) handleFreeze(ctx context.Context, req *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	name := data.Get("name").(string)
	reason, _ := req.Data["reason"].(string)
	if !signer.ValidText(reason, signer.MaxReason) {
		return refuse(signer.Refuse(signer.CodeMalformed, "reason must be at most %d bytes of printable UTF-8", signer.MaxReason)), nil
	}
	lock := b.lock(name)
	lock.Lock()
	defer lock.Unlock()
	s, err := loadState(ctx, req.Storage, name)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return noKey(), nil
	}
	if s.Status == signer.Active {
		s.Status, s.FrozenAt, s.FrozenReason = signer.Frozen, b.now().Unix(), reason
		if err := s.save(ctx, req.Storage, name); err != nil {
			return nil, err
		}
	}
	return b.describe(ctx, req.Storage, name, s)
}
