package plugin

import (
	"context"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// keyring is a key with everything that is in force for it.
type keyring struct {
	name     string
	state    *state
	policy   *policy.Policy
	roster   *consent.Guardians
	instance common.Hash
	now      time.Time
}

// open reads a key and what is in force for it, nil if there is no such key.
func (b *backend) open(ctx context.Context, storage logical.Storage, name string) (*keyring, error) {
	k := &keyring{name: name, now: b.now()}
	var err error
	if k.state, err = loadState(ctx, storage, name); err != nil || k.state == nil {
		return nil, err
	}
	if k.policy, err = b.library.policy(ctx, storage, name, k.state); err != nil {
		return nil, err
	}
	if k.roster, err = b.library.roster(ctx, storage, name, k.state); err != nil {
		return nil, err
	}
	k.instance, err = readInstance(ctx, storage)
	return k, err
}

// change wraps a handler that changes a key: under the key's lock, with the
// key opened, and with the state saved if the handler says yes. What the
// handler changed in memory is dropped if it refuses or if the write fails.
func (b *backend) change(do func(ctx context.Context, storage logical.Storage, k *keyring, body map[string]any) (*signer.Refusal, error)) framework.OperationFunc {
	return func(ctx context.Context, req *logical.Request, data *framework.FieldData) (*logical.Response, error) {
		name := data.Get("name").(string)
		lock := b.lock(name)
		lock.Lock()
		defer lock.Unlock()
		k, err := b.open(ctx, req.Storage, name)
		if err != nil {
			return nil, err
		}
		if k == nil {
			return noKey(), nil
		}
		refusal, err := do(ctx, req.Storage, k, req.Data)
		if err != nil {
			return nil, err
		}
		if refusal != nil {
			return refuse(refusal), nil
		}
		// The change holds from here on; a crash before leaves the key as
		// it was.
		if err := k.state.save(ctx, req.Storage, name); err != nil {
			return nil, err
		}
		return b.describe(ctx, req.Storage, name, k.state)
	}
}

// shown is a key that somebody looks at: its state alone, so that a key whose
// documents are damaged can still be seen.
type shown struct {
	name    string
	state   *state
	storage logical.Storage
	data    *framework.FieldData
}

// reads wraps a handler that looks at a key, under the key's lock, which other
// readers share.
func (b *backend) reads(answer func(ctx context.Context, k shown) (*logical.Response, error)) framework.OperationFunc {
	return func(ctx context.Context, req *logical.Request, data *framework.FieldData) (*logical.Response, error) {
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
		return answer(ctx, shown{name, s, req.Storage, data})
	}
}

// writes is the operation of every path that changes something. None of them
// may be answered by a standby.
func writes(callback framework.OperationFunc, summary string) map[logical.Operation]framework.OperationHandler {
	return map[logical.Operation]framework.OperationHandler{
		logical.UpdateOperation: &framework.PathOperation{
			Callback: callback, Summary: summary,
			ForwardPerformanceStandby: true, ForwardPerformanceSecondary: true,
		},
	}
}
