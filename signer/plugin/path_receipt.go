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
				Callback: b.reads(handleReceipt),
				Summary:  "Read the receipt of one signature.",
			},
		},
		HelpSynopsis: "Read the receipt of one signature. Receipts are chained by hash, so none can be left out.",
	}
}

func handleReceipt(ctx context.Context, k shown) (*logical.Response, error) {
	seq, err := document.Uint64(k.data.Get("seq").(string))
	if err != nil || seq == 0 || seq > k.state.Seq {
		return refuse(signer.Refuse(signer.CodeNoReceipt, "the key has given %d signatures, numbered from 1", k.state.Seq)), nil
	}
	rec, err := k.state.receipt(ctx, k.storage, receiptID{k.name, seq})
	if err != nil {
		return nil, err
	}
	return &logical.Response{Data: rec.Fields()}, nil
}
