package verifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

// Reader reads views through every endpoint of a chain. It is an
// actions.Reader and keeps its contract: safe for concurrent use, nothing
// kept, nothing written, nothing retried.
type Reader struct{ networks map[uint64]*network }

// NewReader checks the chains. It makes no call.
func NewReader(chains []Chain) (*Reader, error) {
	r := &Reader{networks: map[uint64]*network{}}
	for _, c := range chains {
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("make reader: %w", err)
		}
		if r.networks[c.ID] != nil {
			return nil, fmt.Errorf("make reader: chain %d is configured twice", c.ID)
		}
		n := &network{Chain: c}
		for _, e := range c.Endpoints {
			n.nodes = append(n.nodes, &node{Endpoint: e, timeout: c.Timeout})
		}
		r.networks[c.ID] = n
	}
	return r, nil
}

// Endpoints is how many endpoints a chain has; zero when it is not configured.
func (r *Reader) Endpoints(chainID uint64) int {
	if n := r.networks[chainID]; n != nil {
		return len(n.nodes)
	}
	return 0
}

// Head is the latest block number that most endpoints of a chain have reached:
// the highest that two of them report, or the only one.
func (r *Reader) Head(ctx context.Context, chainID uint64) (uint64, error) {
	n := r.networks[chainID]
	if n == nil {
		return 0, fmt.Errorf("chain %d is not configured", chainID)
	}
	var first, second uint64
	var failed []error
	for _, a := range each(n.nodes, func(e *node) answered[head] {
		h, err := n.block(ctx, e, "latest")
		return answered[head]{h, err}
	}) {
		switch number := uint64(a.value.Number); {
		case a.err != nil:
			failed = append(failed, a.err)
		case number > first:
			first, second = number, first
		default:
			second = max(second, number)
		}
	}
	switch len(n.nodes) - len(failed) {
	case 0:
		return 0, fmt.Errorf("read the head of chain %d: %w", chainID, errors.Join(failed...))
	case 1:
		return first, nil
	}
	return second, nil
}

type answered[T any] struct {
	value T
	err   error
}

// CallAll asks every endpoint what a view answers at its latest block; see
// actions.Reader. The call names the block by its hash, so that Data is of
// exactly the block that the Answer names, also behind a load balancer.
func (r *Reader) CallAll(ctx context.Context, chainID uint64, to common.Address, data []byte) ([]actions.Answer, error) {
	n := r.networks[chainID]
	if n == nil {
		return nil, fmt.Errorf("chain %d is not configured", chainID)
	}
	var answers []actions.Answer
	var failed []error
	for _, a := range each(n.nodes, func(e *node) answered[actions.Answer] {
		at, err := n.block(ctx, e, "latest")
		if err != nil {
			return answered[actions.Answer]{err: err}
		}
		got, err := n.call(ctx, e, at, viewed{to, data})
		return answered[actions.Answer]{actions.Answer{Endpoint: e.Name, Block: uint64(at.Number), BlockHash: at.Hash, Data: got}, err}
	}) {
		if a.err != nil {
			failed = append(failed, a.err)
			continue
		}
		answers = append(answers, a.value)
	}
	switch {
	case len(answers) > 0:
		return answers, nil
	case !slices.ContainsFunc(failed, func(err error) bool { _, ok := reverted(err); return !ok }):
		return nil, fmt.Errorf("%w on chain %d: %w", errReverts, chainID, errors.Join(failed...))
	}
	return nil, fmt.Errorf("no endpoint of chain %d answered: %w", chainID, errors.Join(failed...))
}

// Holds tells whether a statement about a chain holds now, as enough endpoints
// see it to act on: all that answer, two at least where two are configured. An
// error means that nobody could tell.
func (r *Reader) Holds(ctx context.Context, check incident.Check) ([]incident.Observation, bool, error) {
	reading, err := actions.ReadAll(ctx, r, check)
	if err != nil {
		return nil, false, err
	}
	return reading.Seen, reading.Holds(r.Endpoints(check.ChainID)), nil
}

// errReverts says that every endpoint answered that the view reverts, which is
// another thing than silence.
var errReverts = errors.New("the view reverts")

// Estimate asks one endpoint after the other, until one can tell, what gas a
// call takes at the latest block; see actions.Reader.
func (r *Reader) Estimate(ctx context.Context, chainID uint64, call actions.Simulation) (uint64, []byte, error) {
	n := r.networks[chainID]
	if n == nil {
		return 0, nil, fmt.Errorf("chain %d is not configured", chainID)
	}
	var failed []error
	for _, e := range n.nodes {
		if err := n.prove(ctx, e); err != nil {
			failed = append(failed, err)
			continue
		}
		gas, err := ask[hexutil.Uint64](ctx, e, "eth_estimateGas",
			map[string]any{"from": call.From, "to": call.To, "data": hexutil.Bytes(call.Data)})
		if err == nil {
			return uint64(gas), nil, nil
		}
		if revert, ok := reverted(err); ok {
			return 0, revert, nil
		}
		failed = append(failed, err)
	}
	return 0, nil, fmt.Errorf("nobody could estimate on chain %d: %w", chainID, errors.Join(failed...))
}

// reverted finds the data that a call reverted with, never nil; false when the
// error is no revert.
func reverted(err error) ([]byte, bool) {
	e, ok := errors.AsType[*rpcError](err)
	if !ok {
		return nil, false
	}
	if d, ok := errors.AsType[rpc.DataError](e.cause); ok {
		if text, ok := d.ErrorData().(string); ok {
			if data, err := hexutil.Decode(text); err == nil {
				return data, true
			}
		}
	}
	if answer, ok := errors.AsType[rpc.Error](e.cause); ok && strings.HasPrefix(strings.ToLower(answer.Error()), "execution reverted") {
		return []byte{}, true
	}
	return nil, false
}

// refused tells whether an endpoint answered, and that it will not, rather than
// that nobody could be asked.
func refused(err error) bool {
	e, ok := errors.AsType[*rpcError](err)
	if !ok {
		return false
	}
	_, answer := errors.AsType[rpc.Error](e.cause)
	return answer
}
