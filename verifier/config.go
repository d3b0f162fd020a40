package verifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Client is a JSON-RPC connection; *rpc.Client of go-ethereum is one. It is
// safe for concurrent use, honours its context and retries nothing.
type Client interface {
	CallContext(ctx context.Context, result any, method string, args ...any) error
}

// Endpoint is one way to a chain. Facts, logs and errors name it by Name and
// never by URL, which often holds a token.
type Endpoint struct {
	Name   string
	Client Client
}

// Chain configures one chain. ID, Endpoints and BlockTime are required.
type Chain struct {
	Name      string // inventory name, for logs
	ID        uint64 // EIP-155
	Endpoints []Endpoint
	BlockTime time.Duration
	// Levels are the tags at which a goal is read after latest, lowest first:
	// incident.LevelSafe, incident.LevelFinalized, or both. The last one is
	// final. Empty where a chain has none: depth alone is final then.
	Levels []string
	// Depth is how many blocks must stand on the including one before a step
	// is final on a chain without Levels. With them it does not count.
	Depth uint64
	// Timeout bounds one call to one endpoint. Zero: 3 s.
	Timeout time.Duration
}

// Options are the verifier's parts. Chains is required.
type Options struct {
	Chains []Chain
	Now    func() time.Time
	Log    *slog.Logger
}

func (o *Options) check() error {
	if len(o.Chains) == 0 {
		return errors.New("a chain is required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

func (c *Chain) check() error {
	switch {
	case c.ID == 0:
		return fmt.Errorf("chain %q has no chain id", c.Name)
	case len(c.Endpoints) == 0:
		return fmt.Errorf("chain %d has no endpoints: nothing could be read", c.ID)
	case c.BlockTime <= 0:
		return fmt.Errorf("chain %d has no block time", c.ID)
	}
	for i, level := range c.Levels {
		if level != incident.LevelSafe && level != incident.LevelFinalized {
			return fmt.Errorf("chain %d: level %q is neither safe nor finalized", c.ID, level)
		}
		if i > 0 && incident.LevelRank(level) <= incident.LevelRank(c.Levels[i-1]) {
			return fmt.Errorf("chain %d: level %s comes after %s", c.ID, level, c.Levels[i-1])
		}
	}
	names := map[string]bool{}
	for _, e := range c.Endpoints {
		switch {
		case e.Client == nil:
			return fmt.Errorf("chain %d: endpoint %q has no client", c.ID, e.Name)
		case e.Name == "" || strings.Contains(e.Name, "://"):
			return fmt.Errorf("chain %d: an endpoint needs a name that is no URL", c.ID)
		case names[e.Name]:
			return fmt.Errorf("chain %d has two endpoints named %q", c.ID, e.Name)
		}
		names[e.Name] = true
	}
	if c.Timeout <= 0 {
		c.Timeout = 3 * time.Second
	}
	return nil
}
