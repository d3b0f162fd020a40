package vaulttest

import (
	"context"
	"errors"

	"github.com/hashicorp/vault/sdk/logical"
)

// faultyStorage fails writes while the faults say so.
type faultyStorage struct {
	logical.Storage
	faults *Faults
}

func (f *faultyStorage) Put(ctx context.Context, entry *logical.StorageEntry) error {
	if f.faults.writesFail() {
		return errors.New("storage is not writable")
	}
	return f.Storage.Put(ctx, entry)
}
