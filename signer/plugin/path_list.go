package plugin

import (
	"context"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
)

func (b *backend) pathList() *framework.Path {
	return &framework.Path{
		Pattern: "keys/?",
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ListOperation: &framework.PathOperation{
				Callback: b.handleList,
				Summary:  "List the names of the keys.",
			},
		},
		HelpSynopsis: "List the names of the keys.",
	}
}

func (b *backend) handleList(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	names, err := req.Storage.List(ctx, statePrefix)
	if err != nil {
		return nil, wrapStorage("list keys", err)
	}
	return logical.ListResponse(names), nil
}
