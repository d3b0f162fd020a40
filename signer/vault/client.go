package vault

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
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
	tokens *tokens
	logger *slog.Logger

	mu        sync.Mutex
	addresses map[string]common.Address // pinned, by key name
}

var _ signer.Signer = (*Client)(nil)

// New checks the configuration and builds a client. It makes no request.
func New(c Config) (*Client, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	library, err := c.library()
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
		tokens:    newTokens(c, library),
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
	if !signer.ValidKeyName(name) {
		return signer.KeyInfo{}, signer.Refuse(signer.CodeMalformed, "not a valid key name")
	}
	return c.key(ctx, name, c.config.Mount+"/keys/"+name+"/freeze", map[string]any{"reason": reason})
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

// Ready returns nil when a signature could be had now: Vault is initialised and
// unsealed, the token is good, and every pinned key of the configuration is
// active at its address.
func (c *Client) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	health, err := c.api.Sys().HealthWithContext(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("%w: read vault health: %w", signer.ErrUnavailable, err)
	case !health.Initialized:
		return fmt.Errorf("%w: vault is not initialised", signer.ErrUnavailable)
	case health.Sealed:
		return fmt.Errorf("%w: vault is sealed", signer.ErrUnavailable)
	}
	if err := c.tokens.ensure(ctx); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.config.Keys)) {
		info, err := c.Key(ctx, name)
		if err != nil {
			return err
		}
		if info.State != signer.Active {
			return fmt.Errorf("key %s is %s", name, info.State)
		}
	}
	return nil
}

// call sends one request, again and again if need be, and returns the "data"
// of the reply. A nil body is a read.
func (c *Client) call(ctx context.Context, path string, body map[string]any) ([]byte, error) {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	return c.persist(ctx, func(ctx context.Context) ([]byte, error) {
		data, err := c.attempt(ctx, path, raw)
		if !errors.Is(err, errTokenRefused) {
			return data, err
		}
		// Once: a token that was revoked or expired early is replaced, a
		// token that may not do this is an error.
		if err := c.tokens.renew(ctx); err != nil {
			return nil, err
		}
		return c.attempt(ctx, path, raw)
	})
}

func (c *Client) attempt(ctx context.Context, path string, raw []byte) ([]byte, error) {
	if err := c.tokens.ensure(ctx); err != nil {
		return nil, err
	}
	var resp *api.Response
	var err error
	if raw == nil {
		resp, err = c.api.Logical().ReadRawWithContext(ctx, path)
	} else {
		resp, err = c.api.Logical().WriteRawWithContext(ctx, path, raw)
	}
	return readReply(resp, err)
}
