package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rpc"
)

// chain is a chain of the inventory with its endpoints dialled.
type chain struct {
	name      string
	id        uint64
	config    Chain
	endpoints []endpoint
}

// endpoint is one way to a chain.
type endpoint struct {
	name   string
	client *rpc.Client
}

// dialChains makes clients; it sends nothing yet, so an endpoint that is down
// at start is one endpoint less and no reason not to start.
func (a *App) dialChains(ctx context.Context) error {
	a.chains = map[uint64]*chain{}
	for name, config := range a.c.Chains {
		known, ok := a.playbooks.Inventory().Chain(name)
		if !ok {
			return fmt.Errorf("chain %q of the configuration is not in the inventory", name)
		}
		c := &chain{name: name, id: known.ID, config: config}
		for _, r := range config.RPC {
			url := r.URL
			if r.URLFile != "" {
				secret, err := readSecret(r.URLFile)
				if err != nil {
					return err
				}
				url = secret
			}
			client, err := dial(ctx, url)
			if err != nil {
				// The library's error may repeat the URL, which may hold a token.
				return fmt.Errorf("dial endpoint %s of chain %s: its URL cannot be used; check scheme and host", r.Name, name)
			}
			a.life.onStop("endpoint "+r.Name, func() error { client.Close(); return nil })
			c.endpoints = append(c.endpoints, endpoint{r.Name, client})
		}
		a.chains[known.ID] = c
	}
	return nil
}

// dial makes a client whose POSTs survive a kept-alive connection that the
// server closed: net/http repeats a request by itself only when it carries an
// idempotency key. A nil value counts as one and is never sent. Offering the
// same bytes twice is harmless.
func dial(ctx context.Context, url string) (*rpc.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	return rpc.DialOptions(ctx, url,
		rpc.WithHTTPClient(&http.Client{Transport: transport, Timeout: 10 * time.Second}),
		rpc.WithHeaders(http.Header{"X-Idempotency-Key": nil}))
}

// keyAddress gives the address of a signer on every chain it is used on.
func (a *App) keyAddress(ctx context.Context, name string) (common.Address, error) {
	info, err := a.signer.Key(ctx, name)
	if err != nil {
		return common.Address{}, fmt.Errorf("ask Vault for key %s: %w", name, err)
	}
	if pinned, ok := a.playbooks.Inventory().Signer(name); ok && pinned.Address != (common.Address{}) && pinned.Address != info.Address {
		return common.Address{}, fmt.Errorf("key %s has address %s in Vault and %s in the inventory; one of them is wrong", name, info.Address, pinned.Address)
	}
	return info.Address, nil
}
