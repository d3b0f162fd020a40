package plugin

import (
	"context"
	"fmt"
	"io"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/policy"
)

func (b *backend) pathInfo() *framework.Path {
	return &framework.Path{
		Pattern: "info",
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.ReadOperation: &framework.PathOperation{
				Callback: b.handleInfo,
				Summary:  "Read which plugin this is and what it refuses for every key.",
			},
		},
		HelpSynopsis: "Read which plugin this is and what it refuses for every key.",
	}
}

func (b *backend) handleInfo(ctx context.Context, req *logical.Request, _ *framework.FieldData) (*logical.Response, error) {
	id, err := readInstance(ctx, req.Storage)
	if err != nil {
		return nil, err
	}
	return &logical.Response{Data: map[string]any{
		"version":         b.RunningVersion,
		"instance_id":     id.Hex(), // zero until the first key is created
		"invariants_hash": policy.Invariants().Hex(),
		"domain":          consent.DomainName,
	}}, nil
}

func readInstance(ctx context.Context, storage logical.Storage) (common.Hash, error) {
	entry, err := storage.Get(ctx, instancePath)
	if err != nil || entry == nil {
		return common.Hash{}, wrapStorage("read instance id", err)
	}
	if len(entry.Value) != common.HashLength {
		return common.Hash{}, fmt.Errorf("read instance id: the entry is damaged")
	}
	return common.BytesToHash(entry.Value), nil
}

// ensureInstance draws the mount's random id once, with the first key: it binds
// guardian approvals to this storage. A crash after the write keeps the id.
func (b *backend) ensureInstance(ctx context.Context, storage logical.Storage) (common.Hash, error) {
	b.instance.Lock()
	defer b.instance.Unlock()
	id, err := readInstance(ctx, storage)
	if err != nil || id != (common.Hash{}) {
		return id, err
	}
	if _, err := io.ReadFull(b.GetRandomReader(), id[:]); err != nil {
		return common.Hash{}, fmt.Errorf("draw instance id: %w", err)
	}
	return id, wrapStorage("write instance id", storage.Put(ctx, &logical.StorageEntry{Key: instancePath, Value: id[:]}))
}
