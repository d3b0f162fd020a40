package submittertest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/url"
	"slices"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// Script is what an endpoint does. The zero script is an honest node.
type Script struct {
	Lag       int            // blocks that its view is behind
	Down      bool           // every call fails before it arrives
	Hang      bool           // every call ends with its context
	Deaf      bool           // answers with the hash and keeps nothing
	Mute      bool           // keeps transactions for itself: shows them, never gossips
	DropReply bool           // carries out a send and loses the reply
	Lose      int            // so many sends fail before they arrive
	Reject    func() error   // what it answers to sends instead of carrying them out
	Blind     bool           // has no receipt of anything
	Hash      *common.Hash   // what it answers as hash to a send
	Count     func() *uint64 // what it says the account has mined; nil: the truth
	// Receipt makes a receipt up; nil: the truth.
	Receipt func(tx common.Hash) any
	ID      uint64   // the chain id it says; zero: the chain's
	Revert  any      // revert data of every eth_call to what is no Contract
	Other   *Chain   // the chain it is on instead
	FeeCap  *big.Int // wei; gas times fee cap above it is refused. Nil: 1 ether, as geth. Zero: none
	// Answer answers a call instead of the chain when ok is true. It is asked for
	// every method that does not send.
	Answer func(method string, args []any) (value any, err error, ok bool)
	// OnSend is told of every send before anything else happens, with the
	// endpoint unlocked. An error is answered instead, whatever it is.
	OnSend func(tx *types.Transaction) error
	// AfterSend is told of every send that was carried out; an error replaces
	// the reply.
	AfterSend func(tx *types.Transaction) error
}

// Endpoint is a JSON-RPC client of a chain that follows a script. It knows the
// methods that Firebreak uses.
type Endpoint struct {
	Name string

	chain *Chain
	mu    sync.Mutex
	s     Script
	own   map[common.Hash]bool // what it keeps for itself
	calls []string
	raws  [][]byte
}

// NewEndpoint makes an honest endpoint.
func NewEndpoint(name string, c *Chain) *Endpoint {
	return &Endpoint{Name: name, chain: c, own: map[common.Hash]bool{}}
}

// Endpoints makes n honest endpoints: rpc1, rpc2, ...
func (c *Chain) Endpoints(n int) []*Endpoint {
	var all []*Endpoint
	for i := range n {
		all = append(all, NewEndpoint(fmt.Sprintf("rpc%d", i+1), c))
	}
	return all
}

// Set changes the script.
func (e *Endpoint) Set(change func(s *Script)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(&e.s)
}

// Calls are the methods that were called, in order.
func (e *Endpoint) Calls() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.calls)
}

// Sent is what came through the methods that send, in order.
func (e *Endpoint) Sent() [][]byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.raws)
}

// ErrLost is how a lost connection looks. It quotes a URL with a token, as Go's
// HTTP client does.
var ErrLost = &url.Error{Op: "Post", URL: "https://rpc.example/v2/s3cr3t-t0k3n-9aa3d95b3bc440fa", Err: io.EOF}

// CallContext makes one call. Errors are NodeError for what a node answered,
// ErrLost for what was lost, or the end of ctx.
func (e *Endpoint) CallContext(ctx context.Context, result any, method string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.mu.Lock()
	e.calls = append(e.calls, method)
	s := e.s
	e.mu.Unlock()
	if s.Hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if s.Down {
		return ErrLost
	}
	value, err := e.carryOut(s, method, args)
	if err != nil {
		return err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, result)
}

func (e *Endpoint) carryOut(s Script, method string, args []any) (any, error) {
	switch method {
	case "eth_sendRawTransaction", "eth_sendPrivateRawTransaction":
		return e.send(args[0].(string))
	case "eth_sendPrivateTransaction":
		return e.send(args[0].(map[string]any)["tx"].(string))
	}
	if s.Answer != nil {
		if value, err, ok := s.Answer(method, args); ok {
			return value, err
		}
	}
	return e.answer(method, args)
}

// send carries out a send as far as the script lets it.
func (e *Endpoint) send(text string) (any, error) {
	raw, err := hexutil.Decode(text)
	if err != nil {
		return nil, Said("invalid argument 0: %v", err)
	}
	var tx types.Transaction
	e.mu.Lock()
	e.raws = append(e.raws, raw)
	s := e.s
	if e.s.Lose > 0 {
		e.s.Lose--
	}
	e.mu.Unlock()
	if err := tx.UnmarshalBinary(raw); err != nil {
		return nil, Said("rlp: %v", err)
	}
	if s.OnSend != nil {
		if err := s.OnSend(&tx); err != nil {
			return nil, err
		}
	}
	switch {
	case s.Lose > 0:
		return nil, ErrLost
	case s.Reject != nil:
		return nil, s.Reject()
	case s.Deaf:
		return tx.Hash(), nil
	}
	err = e.take(&tx, s)
	if s.AfterSend != nil {
		if err := s.AfterSend(&tx); err != nil {
			return nil, err
		}
	}
	switch {
	case s.DropReply:
		return nil, ErrLost
	case err != nil:
		return nil, err
	case s.Hash != nil:
		return *s.Hash, nil
	}
	return tx.Hash(), nil
}

func (e *Endpoint) take(tx *types.Transaction, s Script) error {
	most := s.FeeCap
	if most == nil {
		most = big.NewInt(1e18)
	}
	if fee := new(big.Int).Mul(tx.GasFeeCap(), new(big.Int).SetUint64(tx.Gas())); most.Sign() > 0 && fee.Cmp(most) > 0 {
		return Said("tx fee (%.2f ether) exceeds the configured cap (%.2f ether)", ether(fee), ether(most))
	}
	if s.Mute {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.own[tx.Hash()] = true
		return nil
	}
	return s.chain(e.chain).Add(tx)
}

func (s Script) chain(own *Chain) *Chain {
	if s.Other != nil {
		return s.Other
	}
	return own
}

func ether(wei *big.Int) float64 {
	f, _ := new(big.Float).Quo(new(big.Float).SetInt(wei), big.NewFloat(1e18)).Float64()
	return f
}
