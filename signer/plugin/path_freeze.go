package plugin

import (
	"context"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
)

func (b *backend) pathFreeze() *framework.Path {
	const summary = "Stop the key at once: it signs nothing, not even what it signed before. Safe to repeat."
	return &framework.Path{
		Pattern: "keys/" + keyPattern + "/freeze",
		Fields: map[string]*framework.FieldSchema{
			"name":   nameField(),
			"reason": {Type: framework.TypeString, Description: "Why, for the audit log."},
		},
		Operations:   writes(b.handleFreeze, summary),
		HelpSynopsis: summary,
	}
}

// handleFreeze needs no quorum on purpose: stopping is cheap, and Vault's ACL
// says who may. It does not even read the policy, so that a key with a damaged
// one can be stopped. It raises the epoch, so a release that guardians signed
// before this freeze does not undo it, and it ends every delay that runs.
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
	if s.Status != string(signer.Retired) {
		s.Epoch++
		s.freeze(reason)
		if err := s.save(ctx, req.Storage, name); err != nil {
			return nil, err
		}
	}
	return b.describe(ctx, req.Storage, name, s)
}

// freeze stops a key and ends every delay that runs.
func (s *state) freeze(reason string) {
	s.Status, s.FrozenReason, s.Waiting = string(signer.Frozen), reason, nil
}
