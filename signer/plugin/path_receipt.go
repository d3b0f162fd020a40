package plugin

import (
	"context"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/document"
)

func (b *backend) pathReceipt() *framework.Path {
	return &framework.Path{
		Pattern: "receipts/" + keyPattern + "/(?P<seq>[0-9]{1,20})",
		Fields: map[string]*framework.FieldSchema{
			"name": nameField(),
			"seq":  {Type: framework.TypeString, Description: "Number of the signature, from 1.", Required: true},
		},
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation: &framework.PathOperation{
				Callback: b.handleReceipt,
				Summary:  "Read the receipt of one signature.",
			},
		},
		HelpSynopsis: "Read the receipt of one signature. Receipts are chained by hash, so none can be left out.",
	}
}

func (b *backend) handleReceipt(ctx context.Context, req *logical.Request, data *framework.FieldData) (*logical.Response, error) {
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
	seq, err := document.Uint64(data.Get("seq").(string))
	if err != nil || seq == 0 || seq > s.Seq {
		return refuse(signer.Refuse(signer.CodeNoReceipt, "the key has given %d signatures, numbered from 1", s.Seq)), nil
	}
	rec, err := s.receipt(ctx, req.Storage, receiptID{name, seq})
	if err != nil {
		return nil, err
	}
	return &logical.Response{Data: rec.Fields()}, nil
}
