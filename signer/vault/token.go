package vault

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/firebreak-project/firebreak/signer"
)

// Token is what Vault says about the token in use.
type Token struct {
	Method    string        // how it was got, in words
	TTL       time.Duration // 0 never ends
	Renewable bool
	Type      string // "service" or "batch"
	Policies  []string
}

// Token asks Vault about the token in use; it needs read on
// auth/token/lookup-self, which the default policy grants.
func (c *Client) Token(ctx context.Context) (Token, error) {
	raw, err := c.call(ctx, "auth/token/lookup-self", nil)
	if err != nil {
		return Token{}, err
	}
	var data struct {
		TTL       int64
		Renewable bool
		Type      string
		Policies  []string
	}
	if err := json.Unmarshal(raw, &data); err != nil {
		return Token{}, fmt.Errorf("%w: vault's answer about the token cannot be read", signer.ErrUnavailable)
	}
	return Token{Method: c.tokens.name, TTL: time.Duration(data.TTL) * time.Second, Renewable: data.Renewable,
		Type: data.Type, Policies: data.Policies}, nil
}

// Method says in words how the client logs in.
func (c *Client) Method() string { return c.tokens.name }

// Capabilities asks what the token in use may do on each path; it needs update
// on sys/capabilities-self, which the default policy grants. Root may do
// everything and says "root"; nothing is "deny".
func (c *Client) Capabilities(ctx context.Context, paths ...string) (map[string][]string, error) {
	raw, err := c.call(ctx, "sys/capabilities-self", map[string]any{"paths": paths})
	if err != nil {
		return nil, err
	}
	var data map[string][]string
	if err := json.Unmarshal(raw, &data); err != nil {
		return nil, fmt.Errorf("%w: vault's answer about capabilities cannot be read", signer.ErrUnavailable)
	}
	for _, p := range paths {
		if len(data[p]) == 0 {
			return nil, fmt.Errorf("%w: vault does not say what the token may do on %s", signer.ErrUnavailable, p)
		}
	}
	return data, nil
}
