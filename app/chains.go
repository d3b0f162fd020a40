package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer"
)

// chain is a chain of the inventory with its endpoints dialled.
type chain struct {
	name      string
	id        uint64
	endpoints []endpoint
	settings
}

// endpoint is one way to a chain.
type endpoint struct {
	RPC
	line *line
}

// dialChains makes the lines to endpoints. It sends nothing yet, so an endpoint
// that is down at start is one endpoint less and no reason not to start.
func (a *App) dialChains() error {
	a.chains = map[uint64]*chain{}
	for name, config := range a.c.Chains {
		known, ok := a.first.Inventory().Chain(name)
		if !ok {
			return fmt.Errorf("chain %q of the configuration is not in the inventory", name)
		}
		set, err := config.settings(known)
		if err != nil {
			return fmt.Errorf("chain %s: %w", name, err)
		}
		c := &chain{name: name, id: known.ID, settings: set}
		for _, r := range config.RPC {
			url := r.URL
			if r.URLFile != "" {
				secret, err := readSecret(r.URLFile)
				if err != nil {
					return err
				}
				url = secret
			}
			if !endpointURL(url) {
				// The URL may hold a token, so it is not repeated.
				return fmt.Errorf("endpoint %s of chain %s: %s holds no http, https, ws or wss URL", r.Name, name, r.URLFile)
			}
			line := newLine(url)
			a.life.onStop("endpoint "+r.Name, line.close)
			c.endpoints = append(c.endpoints, endpoint{r, line})
		}
		a.chains[known.ID] = c
	}
	return nil
}

// keyAddress asks Vault for the address of a signer. The client refuses one
// that is not the inventory's, where that names one. A Vault that does not
// answer is no reason not to start where the inventory names the address: an
// incident may be running, alerts and guardians are waiting, and only signing
// has to wait for Vault. /readyz says so meanwhile.
func (a *App) keyAddress(ctx context.Context, name string) (common.Address, error) {
	info, err := a.signer.Key(ctx, name)
	v := a.c.Signer.Vault
	pinned, _ := a.first.Inventory().Signer(name)
	switch {
	case errors.Is(err, signer.ErrUnavailable) && pinned.Address != (common.Address{}):
		a.o.Log.Error("Vault does not answer; everything but signing works", "key", name, "err", err)
		return pinned.Address, nil
	case errors.Is(err, signer.ErrUnavailable):
		return common.Address{}, fmt.Errorf("ask Vault at %s for key %s: %w; check that it is up and unsealed, that %s/keys/%s exists, and that the token may read it",
			strings.Join(v.nodes(), ", "), name, err, v.Mount, name)
	case err != nil:
		return common.Address{}, fmt.Errorf("ask Vault at %s for key %s: %w; compare signers.%s in %s with the key", strings.Join(v.nodes(), ", "), name, err, name, a.c.Inventory)
	}
	return info.Address, nil
}
