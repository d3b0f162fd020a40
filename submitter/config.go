package submitter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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
	// SendOnly is for what takes transactions and cannot be asked about the
	// chain, or not be believed: a rollup's sequencer, a private relay. It is
	// given the same bytes at the same time as everybody else.
	SendOnly bool
	// Method is how bytes are sent: eth_sendRawTransaction when empty, or
	// eth_sendPrivateRawTransaction, or eth_sendPrivateTransaction, which takes
	// an object (Flashbots).
	Method string
	// NoFeeCap is for the operator's own node, which takes whatever a
	// transaction may cost (geth's --rpc.txfeecap=0). Bids above NodeFeeCap go
	// to it alone, and the others keep the highest that they take.
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
	// 40, so that the largest plan goes out at once.
	MaxInFlight int
	// NodeFeeCap is what gas times fee cap must stay below for public nodes to
	// take the transaction, wei. Zero: 0.99 ether; geth refuses above 1. Bids go
	// above it only where an endpoint has NoFeeCap.
	NodeFeeCap incident.Wei
}

// Key ties a signer's key to its account on a chain.
type Key struct {
	Name    string // the signer's name for the key
	ChainID uint64
	Address common.Address
}

// Goals tells whether a statement about a chain holds at its latest block, as
// enough endpoints see it to act on. An error means that it could not be told;
// it may take as long as its context.
type Goals interface {
	Holds(ctx context.Context, check incident.Check) (seen []incident.Observation, holds bool, err error)
}

// Options are the submitter's parts. Chains, Keys and Signer are required.
type Options struct {
	Chains []Chain
	Keys   []Key
	Signer signer.Signer
	// Goals is asked before more is paid for a call that nobody may need any
	// more. Nil: nothing is asked.
	Goals Goals
	// Guards are read once per block, through Goals, for people to look at. They
	// are those of the start; see SetGuards.
	Guards []Guard
	// SignTimeout bounds one call of the signer, which retries inside it.
	// Zero: 10 s. The engine asks again afterwards.
	SignTimeout time.Duration
	Now         func() time.Time
	Log         *slog.Logger
	// Observe is told what metrics and pages are made of. It is called from
	// many goroutines and must not block.
	Observe func(Event)
}

// methods are how bytes may be sent; the first is the default.
var methods = []string{"", "eth_sendRawTransaction", methodPrivateRaw, methodPrivate}

const (
	methodPrivateRaw = "eth_sendPrivateRawTransaction"
	methodPrivate    = "eth_sendPrivateTransaction"
)

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
	names, read := map[string]bool{}, 0
	for _, e := range c.Endpoints {
		if !e.SendOnly {
			read++
		}
		switch {
		case e.Client == nil:
			return fmt.Errorf("chain %d: endpoint %q has no client", c.ID, e.Name)
		case e.Name == "" || strings.Contains(e.Name, "://"):
			return fmt.Errorf("chain %d: an endpoint needs a name that is no URL", c.ID)
		case names[e.Name]:
			return fmt.Errorf("chain %d has two endpoints named %q", c.ID, e.Name)
		case !slices.Contains(methods, e.Method):
			return fmt.Errorf("chain %d: endpoint %q cannot send by %q; there are %s", c.ID, e.Name, e.Method, strings.Join(methods[1:], ", "))
		}
		names[e.Name] = true
	}
	if read == 0 {
		return fmt.Errorf("chain %d has no endpoint that can be read: all are for sending only", c.ID)
	}
	c.defaults()
	return nil
}

const defaultInFlight = 40

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
		c.MaxInFlight = defaultInFlight
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
