package vault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/firebreak-project/firebreak/signer"
)

// Ready returns nil when a signature could be had now: Vault is initialised and
// unsealed, the token is good, and every key that is pinned, by the
// configuration or by its first use, is active at its address. A token that was
// revoked is found out and replaced here, before a signature needs it.
func (c *Client) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	if err := c.health(ctx); err != nil {
		return fmt.Errorf("%w: %w", signer.ErrUnavailable, err)
	}
	if _, _, err := c.tokens.ensure(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	names := slices.Sorted(maps.Keys(c.addresses))
	c.mu.Unlock()
	for _, name := range names {
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

// health looks for a node that can serve, and stays with it. A standby can: it
// hands requests on to the active node.
func (c *Client) health(ctx context.Context) error {
	var failures []error
	for range c.nodes.all {
		at := c.nodes.position()
		why := c.nodeHealth(ctx)
		if why == "" {
			return nil
		}
		if len(c.nodes.all) > 1 {
			why = c.nodes.all[at].Host + ": " + why
		}
		failures = append(failures, errors.New(why))
		c.nodes.leave(at)
	}
	return errors.Join(failures...)
}

// nodeHealth says why the node in use cannot serve. The library asks for 299
// in place of every code of sys/health, so any other status is not Vault's.
func (c *Client) nodeHealth(ctx context.Context) string {
	health, err := c.api.Sys().HealthWithContext(ctx)
	switch {
	case err != nil:
		return "vault does not tell its health: " + transportError(err)
	case !health.Initialized:
		return "vault is not initialised"
	case health.Sealed:
		return "vault is sealed"
	case health.ReplicationDRMode == "secondary":
		return "it is a disaster recovery secondary, which serves nobody"
	}
	return ""
}
