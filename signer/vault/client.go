package vault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/api"

	"github.com/firebreak-project/firebreak/signer"
)

const defaultTimeout = 15 * time.Second

// Client is a signer.Signer over Vault's HTTP API. It is safe for concurrent
// use. It logs in when it first needs to; Run keeps the token alive, and
// without Run the client still logs in again when a token is refused.
type Client struct {
	config Config
	api    *api.Client
	nodes  *nodes
	tokens *tokens
	logger *slog.Logger
	quota  quota

	mu        sync.Mutex
	addresses map[string]common.Address // pinned, by key name
}

var _ signer.Signer = (*Client)(nil)

// New checks the configuration and builds a client. It makes no request.
func New(c Config) (*Client, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	library, all, tokens, err := c.open()
	if err != nil {
		return nil, err
	}
	addresses := maps.Clone(c.Keys)
	if addresses == nil {
		addresses = map[string]common.Address{}
	}
	return &Client{
		config:    c,
		api:       library,
		nodes:     all,
		tokens:    tokens,
		logger:    cmp.Or(c.Logger, slog.New(slog.DiscardHandler)),
		addresses: addresses,
	}, nil
}

// Sign implements signer.Signer. The reply is accepted only if it is exactly
// the transaction of r, signed by the pinned address.
func (c *Client) Sign(ctx context.Context, r signer.Request) (signer.Signed, error) {
	if err := r.Validate(); err != nil {
		return signer.Signed{}, err
	}
	from, err := c.address(ctx, r.Key)
	if err != nil {
		return signer.Signed{}, err
	}
	data, err := c.call(ctx, c.config.Mount+"/sign/"+r.Key, r.Fields())
	if err != nil {
		return signer.Signed{}, err
	}
	signed, err := signer.ParseSigned(data)
	if err != nil {
		return signer.Signed{}, err
	}
	if err := r.Accept(signed, from); err != nil {
		return signer.Signed{}, err
	}
	return signed, nil
}

// Check implements signer.Signer.
func (c *Client) Check(ctx context.Context, r signer.Request) (signer.Verdict, error) {
	if refusal, ok := errors.AsType[*signer.Refusal](r.Validate()); ok {
		return signer.Verdict{Code: refusal.Code, Reason: refusal.Reason}, nil
	}
	data, err := c.call(ctx, c.config.Mount+"/check/"+r.Key, r.Fields())
	if err != nil {
		return signer.Verdict{}, err
	}
	return signer.ParseVerdict(data)
}

// Key implements signer.Signer. A key that is not at its pinned address is an
// error and not a key.
func (c *Client) Key(ctx context.Context, name string) (signer.KeyInfo, error) {
	if !signer.ValidKeyName(name) {
		return signer.KeyInfo{}, signer.Refuse(signer.CodeMalformed, "not a valid key name")
	}
	return c.key(ctx, name, c.config.Mount+"/keys/"+name, nil)
}

// Freeze stops a key at once; the token needs update on keys/<name>/freeze.
// Repeating it changes nothing, so it is retried like a read.
func (c *Client) Freeze(ctx context.Context, name, reason string) (signer.KeyInfo, error) {
	return c.Change(ctx, signer.Change{Key: name, Verb: signer.Freeze, Reason: reason})
}

func (c *Client) key(ctx context.Context, name, path string, body map[string]any) (signer.KeyInfo, error) {
	data, err := c.call(ctx, path, body)
	if err != nil {
		return signer.KeyInfo{}, err
	}
	info, err := signer.ParseKeyInfo(data)
	if err != nil {
		return signer.KeyInfo{}, err
	}
	if info.Name != name {
		return signer.KeyInfo{}, fmt.Errorf("read key: vault answered for another key")
	}
	return info, c.pin(name, info.Address)
}

// address returns the pinned address of a key, asking for it once.
func (c *Client) address(ctx context.Context, name string) (common.Address, error) {
	c.mu.Lock()
	address, known := c.addresses[name]
	c.mu.Unlock()
	if known {
		return address, nil
	}
	info, err := c.Key(ctx, name)
	return info.Address, err
}

func (c *Client) pin(name string, address common.Address) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	pinned, known := c.addresses[name]
	if known && pinned != address {
		return fmt.Errorf("read key %s: its address is %s and not the pinned %s", name, address, pinned)
	}
	c.addresses[name] = address
	return nil
}
