package submitter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
)

// Client is a JSON-RPC connection; *rpc.Client of go-ethereum is one. It is
// safe for concurrent use, honours its context and retries nothing. An error
// that has ErrorCode() int is what the server answered; any other is transport,
// after which the call may or may not have been carried out. Over HTTP it
// should send the nil header X-Idempotency-Key, so that net/http repeats a
// request that met a closed idle connection.
type Client interface {
	CallContext(ctx context.Context, result any, method string, args ...any) error
}

// Endpoint is one way to a chain. Facts, logs and errors name it by Name and
// never by URL, which often holds a token.
type Endpoint struct {
	Name   string
	Client Client
	// SendOnly endpoints, sequencers and relays, are given the same bytes at
	// the same time as all others and are never read from.
	SendOnly bool
	// Method takes a transaction. Empty: eth_sendRawTransaction.
	// eth_sendPrivateTransaction takes it in an object {"tx": ...}.
	Method string
	// NoFeeCap endpoints refuse no transaction for its cost.
	NoFeeCap bool
}

// Chain configures one chain. ID, Endpoints and BlockTime are required; the
// other zero values take the default named beside them.
type Chain struct {
	Name      string // inventory name, for logs
	ID        uint64 // EIP-155
	Endpoints []Endpoint
	BlockTime time.Duration
	// FloorTip is the least priority fee per gas that the chain accepts, wei
	// (Polygon: 30 gwei). Zero: 1 wei.
	FloorTip incident.Wei
	// Bump allows replacing a transaction by a dearer one at the same nonce.
	// False for chains without a mempool (Arbitrum): there only the same bytes
	// are offered again.
	Bump bool
	// BumpAfter is how long a bid may stand without inclusion before it is
	// raised. Zero: one block, two seconds at least.
	BumpAfter time.Duration
	// Rebroadcast is how often the newest bytes are offered again. Zero: 3 s.
	Rebroadcast time.Duration
	// Timeout bounds one call to one endpoint. Zero: 3 s.
	Timeout time.Duration
	// MaxInFlight bounds the nonces of one lane that are not mined yet. Zero:
	// 16, the executable slots that geth guarantees an account.
	MaxInFlight int
	// NodeFeeCap is what gas times fee cap must stay below for public nodes to
	// take the transaction, wei. Zero: 0.99 ether; geth refuses above 1.
	NodeFeeCap incident.Wei
}

// Key ties a signer's key to its account on a chain.
type Key struct {
	Name    string // the signer's name for the key
	ChainID uint64
	Address common.Address
}

// Options are the submitter's parts. Chains, Keys and Signer are required.
type Options struct {
	Chains []Chain
	Keys   []Key
	Signer signer.Signer
	// SignTimeout bounds one call of the signer, which retries inside it.
	// Zero: 10 s. The engine asks again afterwards.
	SignTimeout time.Duration
	Now         func() time.Time
	Log         *slog.Logger
	// Observe is told what metrics and pages are made of. It is called from
	// many goroutines and must not block.
	Observe func(Event)
}

var defaultNodeFeeCap = incident.NewQuantity(990_000_000_000_000_000)

func (c *Chain) check() error {
	switch {
	case c.ID == 0:
		return fmt.Errorf("chain %q has no chain id", c.Name)
	case len(c.Endpoints) == 0:
		return fmt.Errorf("chain %d has no endpoints: nothing could be sent", c.ID)
	case c.BlockTime <= 0:
		return fmt.Errorf("chain %d has no block time", c.ID)
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
	c.defaults()
	return nil
}

func (c *Chain) defaults() {
	if c.FloorTip.IsZero() {
		c.FloorTip = incident.NewQuantity(1)
	}
	if c.BumpAfter <= 0 {
		c.BumpAfter = max(c.BlockTime, 2*time.Second)
	}
	if c.Rebroadcast <= 0 {
		c.Rebroadcast = 3 * time.Second
	}
	if c.Timeout <= 0 {
		c.Timeout = 3 * time.Second
	}
	if c.MaxInFlight <= 0 {
		c.MaxInFlight = 16
	}
	if c.NodeFeeCap.IsZero() {
		c.NodeFeeCap = defaultNodeFeeCap
	}
}

func (o *Options) check() error {
	if o.Signer == nil || len(o.Chains) == 0 || len(o.Keys) == 0 {
		return errors.New("a signer, a chain and a key are required")
	}
	if o.SignTimeout <= 0 {
		o.SignTimeout = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	return nil
}
