package plugin

import (
	"bytes"
	"context"

	"github.com/hashicorp/vault/sdk/logical"
)

// Detached copies every value on its way in and out. Inside Vault an entry
// crosses an encryption barrier and a process boundary, so wiping a key that
// was read cannot touch what is stored; storage in the same process, such as
// logical.InmemStorage, hands out its own bytes and needs this around it.
func Detached(storage logical.Storage) logical.Storage {
	if already, ok := storage.(detached); ok {
		return already
	}
	return detached{storage}
}

type detached struct{ logical.Storage }

func (d detached) Get(ctx context.Context, key string) (*logical.StorageEntry, error) {
	entry, err := d.Storage.Get(ctx, key)
	if err != nil || entry == nil {
		return nil, err
	}
	return copyOf(entry), nil
}

func (d detached) Put(ctx context.Context, entry *logical.StorageEntry) error {
	return d.Storage.Put(ctx, copyOf(entry))
}

func copyOf(entry *logical.StorageEntry) *logical.StorageEntry {
	return &logical.StorageEntry{Key: entry.Key, Value: bytes.Clone(entry.Value), SealWrap: entry.SealWrap}
}
