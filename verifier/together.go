package verifier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"golang.org/x/sync/errgroup"

	"github.com/firebreak-project/firebreak/actions"
)

// maxViews bounds how many views one endpoint is asked for at once.
const maxViews = 8

// of finds a chain, and holds that all views are of it.
func (r *Reader) of(chainID uint64, views []actions.View) (*network, error) {
	n := r.networks[chainID]
	if n == nil {
		return nil, fmt.Errorf("chain %d is not configured", chainID)
	}
	for _, v := range views {
		if v.ChainID != chainID {
			return nil, fmt.Errorf("a view of chain %d is asked for on chain %d", v.ChainID, chainID)
		}
	}
	return n, nil
}

// maxAhead is how many blocks an endpoint may be ahead of another one and still
// be read at that one's block. Who is further back hangs.
const maxAhead = 64

// sample is what one endpoint answered, and which it is.
type sample struct {
	node *node
	actions.Together
}

// CallTogether asks every endpoint for all views at one block; see
// actions.Evidence.
func (r *Reader) CallTogether(ctx context.Context, chainID uint64, views []actions.View) ([]actions.Together, error) {
	n, err := r.of(chainID, views)
	if err != nil {
		return nil, err
	}
	var samples []sample
	var failed []error
	for _, a := range each(n.nodes, func(e *node) answered[sample] { return n.sample(ctx, e, "latest", views) }) {
		if a.err != nil {
			failed = append(failed, a.err)
			continue
		}
		samples = append(samples, a.value)
	}
	if len(samples) == 0 {
		return nil, fmt.Errorf("no endpoint of chain %d answered: %w", chainID, errors.Join(failed...))
	}
	n.level(ctx, samples, views)
	answers := make([]actions.Together, len(samples))
	for i, got := range samples {
		answers[i] = got.Together
	}
	return answers, nil
}

// sample asks one endpoint for all views at a block by number or tag.
func (n *network) sample(ctx context.Context, e *node, which any, views []actions.View) answered[sample] {
	at, err := n.block(ctx, e, which)
	if err != nil {
		return answered[sample]{err: err}
	}
	data, err := n.together(ctx, e, at, views)
	return answered[sample]{sample{e, actions.Together{Endpoint: e.Name, Block: uint64(at.Number), BlockHash: at.Hash, Data: data}}, err}
}

func byBlock(a, b sample) int { return cmp.Compare(a.Block, b.Block) }

// level reads once more, at the lowest block of those that do not hang, what was
// read ahead of it.
// Rationale: what moves with every block would differ between two endpoints that
// are both honest, and then nobody could tell. All are asked at their latest
// first, and not for their heads alone: one that is silent must not cost the
// answers of the rest. What cannot be read again stays as it was.
func (n *network) level(ctx context.Context, samples []sample, views []actions.View) {
	highest := slices.MaxFunc(samples, byBlock).Block
	lowest := highest
	for _, got := range samples {
		if highest-got.Block <= maxAhead {
			lowest = min(lowest, got.Block)
		}
	}
	var group errgroup.Group
	for i, got := range samples {
		if got.Block <= lowest {
			continue
		}
		group.Go(func() error {
			if again := n.sample(ctx, got.node, hexutil.Uint64(lowest), views); again.err == nil {
				samples[i] = again.value
			}
			return nil
		})
	}
	_ = group.Wait() // no member fails
}

// together reads views at one block of an endpoint. It fails when none could
// be read and one of them for another reason than that it reverts.
func (n *network) together(ctx context.Context, e *node, at head, views []actions.View) ([][]byte, error) {
	data, failed := make([][]byte, len(views)), make([]error, len(views))
	var group errgroup.Group
	group.SetLimit(maxViews)
	for i, v := range views {
		group.Go(func() error {
			got, err := n.call(ctx, e, at, viewed{v.To, []byte(v.Data)})
			if err == nil && got == nil {
				got = hexutil.Bytes{}
			}
			data[i], failed[i] = got, err
			return nil
		})
	}
	_ = group.Wait() // no member fails
	some, lost := false, false
	for i, err := range failed {
		_, reverts := reverted(err)
		some = some || data[i] != nil
		lost = lost || err != nil && !reverts
	}
	if lost && !some {
		return nil, errors.Join(failed...)
	}
	return data, nil
}

var (
	_ actions.Evidence  = (*Reader)(nil)
	_ actions.Simulator = (*Reader)(nil)
)
