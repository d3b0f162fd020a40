package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
)

// Local is a signer.Signer over the very backend that runs inside Vault, in
// this process. It is for the lab and for tests: there is no token, no ACL, no
// audit log and no process boundary around the key.
type Local struct {
	backend logical.Backend
	storage logical.Storage

	mu        sync.Mutex
	addresses map[string]common.Address // pinned at first use, by key name
}

var (
	_ signer.Signer    = (*Local)(nil)
	_ signer.Custodian = (*Local)(nil)
)

// InProcess starts the backend over storage. Counters are as durable as the
// storage is.
func InProcess(ctx context.Context, storage logical.Storage, options ...Option) (*Local, error) {
	view := Detached(storage)
	backend, err := NewFactory(options...)(ctx, &logical.BackendConfig{
		StorageView: view,
		System:      &logical.StaticSystemView{},
	})
	if err != nil {
		return nil, err
	}
	return Over(backend, view), nil
}

// Over speaks to a backend that somebody else has set up, for instance one in a
// process of its own.
func Over(backend logical.Backend, storage logical.Storage) *Local {
	return &Local{backend: backend, storage: storage, addresses: map[string]common.Address{}}
}

// Sign implements signer.Signer.
func (l *Local) Sign(ctx context.Context, r signer.Request) (signer.Signed, error) {
	if err := r.Validate(); err != nil {
		return signer.Signed{}, err
	}
	from, err := l.address(ctx, r.Key)
	if err != nil {
		return signer.Signed{}, err
	}
	data, err := l.do(ctx, call{logical.UpdateOperation, "sign/" + r.Key, r.Fields()})
	if err != nil {
		return signer.Signed{}, err
	}
	signed, err := signer.ParseSigned(data)
	if err != nil {
		return signer.Signed{}, err
	}
	return signed, r.Accept(signed, from)
}

// address asks for a key's address once.
func (l *Local) address(ctx context.Context, name string) (common.Address, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if address, known := l.addresses[name]; known {
		return address, nil
	}
	info, err := l.Key(ctx, name)
	if err == nil {
		l.addresses[name] = info.Address
	}
	return info.Address, err
}

// Check implements signer.Signer.
func (l *Local) Check(ctx context.Context, r signer.Request) (signer.Verdict, error) {
	if refusal, ok := errors.AsType[*signer.Refusal](r.Validate()); ok {
		return signer.Verdict{Code: refusal.Code, Reason: refusal.Reason}, nil
	}
	data, err := l.do(ctx, call{logical.UpdateOperation, "check/" + r.Key, r.Fields()})
	if err != nil {
		return signer.Verdict{}, err
	}
	return signer.ParseVerdict(data)
}

// Key implements signer.Signer.
func (l *Local) Key(ctx context.Context, name string) (signer.KeyInfo, error) {
	return l.key(ctx, name, call{logical.ReadOperation, "keys/" + name, nil})
}

// Create implements signer.Custodian.
func (l *Local) Create(ctx context.Context, k signer.NewKey) (signer.KeyInfo, error) {
	return l.key(ctx, k.Name, call{logical.CreateOperation, "keys/" + k.Name, k.Fields()})
}

// Change implements signer.Custodian.
func (l *Local) Change(ctx context.Context, c signer.Change) (signer.KeyInfo, error) {
	return l.key(ctx, c.Key, call{logical.UpdateOperation, c.Path(), c.Fields()})
}

// Document implements signer.Custodian.
func (l *Local) Document(ctx context.Context, name string, what signer.What) (signer.Document, error) {
	data, err := l.do(ctx, call{logical.ReadOperation, "keys/" + name + "/" + string(what), nil})
	if err != nil {
		return signer.Document{}, err
	}
	return signer.ParseDocument(data, what)
}

// Version returns the version that the backend says it is.
func (l *Local) Version(ctx context.Context) (string, error) {
	data, err := l.do(ctx, call{logical.ReadOperation, "info", nil})
	if err != nil {
		return "", err
	}
	var info struct {
		Version string `json:"version"`
	}
	err = json.Unmarshal(data, &info)
	return info.Version, err
}

// Receipt returns the receipt of one signature.
func (l *Local) Receipt(ctx context.Context, name string, seq uint64) (signer.Receipt, error) {
	data, err := l.do(ctx, call{logical.ReadOperation, "receipts/" + name + "/" + strconv.FormatUint(seq, 10), nil})
	if err != nil {
		return signer.Receipt{}, err
	}
	return signer.ParseReceipt(data)
}

// call is one request to the backend.
type call struct {
	operation logical.Operation
	path      string
	body      map[string]any
}

func (l *Local) key(ctx context.Context, name string, c call) (signer.KeyInfo, error) {
	if !signer.ValidKeyName(name) {
		return signer.KeyInfo{}, signer.Refuse(signer.CodeMalformed, "not a valid key name")
	}
	data, err := l.do(ctx, c)
	if err != nil {
		return signer.KeyInfo{}, err
	}
	return signer.ParseKeyInfo(data)
}

// do sends a request through JSON and back, as Vault does, so that the backend
// sees the types that it sees in production.
func (l *Local) do(ctx context.Context, c call) ([]byte, error) {
	raw, err := json.Marshal(c.body)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var wire map[string]any
	if err := decoder.Decode(&wire); err != nil {
		return nil, fmt.Errorf("decode request: %w", err)
	}
	resp, err := l.backend.HandleRequest(ctx, &logical.Request{
		Operation: c.operation, Path: c.path, Data: wire, Storage: l.storage,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", signer.ErrUnavailable, err)
	}
	if resp == nil {
		return nil, fmt.Errorf("%w: the backend gave no reply", signer.ErrUnavailable)
	}
	if resp.IsError() {
		return nil, refusalOf(resp)
	}
	return json.Marshal(resp.Data)
}

func refusalOf(resp *logical.Response) error {
	detail, _ := resp.Data["data"].(map[string]any)
	code, _ := detail["code"].(string)
	rule, _ := detail["rule"].(string)
	reason, _ := detail["reason"].(string)
	if code == "" {
		code, reason = signer.CodeMalformed, "the backend gave no code"
	}
	return &signer.Refusal{Code: code, Reason: reason, Rule: rule}
}
