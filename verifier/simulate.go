package verifier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"
	"golang.org/x/sync/errgroup"

	"github.com/firebreak-project/firebreak/actions"
)

const (
	// unableFor is for how long an endpoint that cannot do eth_simulateV1 is
	// not asked again: its host may be updated while we run.
	unableFor = 10 * time.Minute
	// maxSimulated bounds the calls and views of one simulation.
	maxSimulated = 1000
)

// Simulate asks all endpoints at once and takes the first that tried the calls
// together; where none can, the first in order that tried each alone. See
// actions.Simulator. It waits for a better answer no longer than ctx allows: an
// answer that is there when ctx ends counts.
func (r *Reader) Simulate(ctx context.Context, chainID uint64, want actions.SimulateRequest) (actions.Simulated, error) {
	n, err := r.of(chainID, want.Views)
	switch {
	case err != nil:
		return actions.Simulated{}, err
	case len(want.Calls) == 0 || len(want.Calls)+len(want.Views) > maxSimulated:
		return actions.Simulated{}, fmt.Errorf("simulate %d calls and %d views: from one call to %d of all together can be tried",
			len(want.Calls), len(want.Views), maxSimulated)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan tried, len(n.nodes)) // nobody waits to be heard
	for i, e := range n.nodes {
		go func() {
			got, err := n.simulate(ctx, e, want)
			answers <- tried{i, got, err}
		}()
	}
	all := make([]tried, len(n.nodes))
	for i := range all {
		all[i].err = fmt.Errorf("%s did not answer in time", n.nodes[i].Name)
	}
	for range n.nodes {
		a, ok := next(ctx, answers)
		if !ok {
			break
		}
		if a.err == nil && a.value.Stateful {
			return a.value, nil
		}
		all[a.from] = a
	}
	return best(chainID, all)
}

// tried is what one endpoint, by its place, made of a simulation.
type tried struct {
	from  int
	value actions.Simulated
	err   error
}

// next waits for an answer until ctx ends; one that is there counts.
func next(ctx context.Context, answers <-chan tried) (a tried, ok bool) {
	select {
	case a = <-answers:
		return a, true
	case <-ctx.Done():
	}
	select {
	case a = <-answers:
		return a, true
	default:
		return a, false
	}
}

// best is the first answer of endpoints that tried each call alone.
func best(chainID uint64, all []tried) (actions.Simulated, error) {
	var failed []error
	for _, a := range all {
		if a.err == nil {
			return a.value, nil
		}
		failed = append(failed, a.err)
	}
	return actions.Simulated{}, fmt.Errorf("nobody could simulate on chain %d: %w", chainID, errors.Join(failed...))
}

// simulate tries the calls at one endpoint, together when it can.
func (n *network) simulate(ctx context.Context, e *node, want actions.SimulateRequest) (actions.Simulated, error) {
	at, err := n.block(ctx, e, "latest")
	if err != nil {
		return actions.Simulated{}, err
	}
	var before [][]byte
	var reading sync.WaitGroup
	reading.Go(func() { before = n.before(ctx, e, at, want.Views) })
	out, err := n.try(ctx, e, at, want)
	reading.Wait()
	out.Endpoint, out.Block, out.Before = e.Name, uint64(at.Number), before
	return out, err
}

func (n *network) try(ctx context.Context, e *node, at head, want actions.SimulateRequest) (actions.Simulated, error) {
	if time.Now().UnixNano() < e.unable.Load() {
		return n.alone(ctx, e, at, want.Calls)
	}
	raw, err := ask[json.RawMessage](ctx, e, "eth_simulateV1", simulation(want), map[string]any{"blockHash": at.Hash})
	switch {
	case err == nil:
		out, err := readSimulated(raw, want)
		if err != nil {
			return actions.Simulated{}, fmt.Errorf("ask %s for eth_simulateV1: %w", e.Name, err)
		}
		return out, nil
	case lacks(err):
		e.unable.Store(time.Now().Add(unableFor).UnixNano())
	case !refused(err):
		return actions.Simulated{}, err
	}
	// It answered that it will not, for whatever reason.
	return n.alone(ctx, e, at, want.Calls)
}

// before reads the views as they are now; nil where one cannot be read. It is
// apart from the simulation because there each view is a transaction: one that
// writes would change what the calls see.
func (n *network) before(ctx context.Context, e *node, at head, views []actions.View) [][]byte {
	if data, err := n.together(ctx, e, at, views); err == nil {
		return data
	}
	return make([][]byte, len(views))
}

// simulation is the request: one block with the calls and then the views.
// Nothing is validated, because the sender's money and nonce are others'
// business; no gas is named, because hosts add it up against the block's.
func simulation(want actions.SimulateRequest) map[string]any {
	var calls []map[string]any
	for _, c := range want.Calls {
		calls = append(calls, map[string]any{"from": c.From, "to": c.To, "input": hexutil.Bytes(c.Data)})
	}
	for _, v := range want.Views {
		calls = append(calls, map[string]any{"to": v.To, "input": hexutil.Bytes(v.Data)})
	}
	return map[string]any{"validation": false, "traceTransfers": false,
		"blockStateCalls": []any{map[string]any{"calls": calls}}}
}

// lacks tells whether an endpoint says that it has no such method, or lets
// nobody use it.
func lacks(err error) bool {
	e, ok := errors.AsType[*rpcError](err)
	if !ok {
		return false
	}
	if h, ok := errors.AsType[rpc.HTTPError](e.cause); ok {
		busy := h.StatusCode == http.StatusRequestTimeout || h.StatusCode == http.StatusTooManyRequests
		return h.StatusCode >= 400 && h.StatusCode < 500 && !busy || h.StatusCode == http.StatusNotImplemented
	}
	answer, ok := errors.AsType[rpc.Error](e.cause)
	if !ok {
		return false
	}
	if code := answer.ErrorCode(); code == -32601 || code == -32600 || code == -32004 {
		return true
	}
	text := strings.ToLower(answer.Error())
	return slices.ContainsFunc([]string{"not supported", "unsupported", "not available", "does not exist", "not found", "not allowed", "not whitelisted", "not implemented"},
		func(words string) bool {
			return strings.Contains(text, words) && !strings.Contains(text, "header") && !strings.Contains(text, "block")
		})
}

// alone tries each call by itself (eth_call). What they use and emit is not
// known then, nor what the views say afterwards.
func (n *network) alone(ctx context.Context, e *node, at head, calls []actions.Simulation) (actions.Simulated, error) {
	out := actions.Simulated{Calls: make([]actions.SimulatedCall, len(calls))}
	group, calling := errgroup.WithContext(ctx)
	group.SetLimit(maxViews)
	for i, c := range calls {
		group.Go(func() error {
			_, err := ask[hexutil.Bytes](calling, e, "eth_call", map[string]any{"from": c.From, "to": c.To, "data": hexutil.Bytes(c.Data)},
				map[string]any{"blockHash": at.Hash})
			if err == nil {
				return nil
			}
			revert, ok := reverted(err)
			if !ok {
				return err
			}
			out.Calls[i].Revert = revert
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return actions.Simulated{}, err
	}
	return out, nil
}
