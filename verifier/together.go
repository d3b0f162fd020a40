package verifier

import (
	"context"
	"errors"
	"fmt"

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

// CallTogether asks every endpoint for all views at its latest block; see
// actions.Evidence.
func (r *Reader) CallTogether(ctx context.Context, chainID uint64, views []actions.View) ([]actions.Together, error) {
	n, err := r.of(chainID, views)
	if err != nil {
		return nil, err
	}
	var answers []actions.Together
	var failed []error
	for _, a := range each(n.nodes, func(e *node) answered[actions.Together] {
		at, err := n.block(ctx, e, "latest")
		if err != nil {
			return answered[actions.Together]{err: err}
		}
		data, err := n.together(ctx, e, at, views)
		return answered[actions.Together]{actions.Together{Endpoint: e.Name, Block: uint64(at.Number), BlockHash: at.Hash, Data: data}, err}
	}) {
		if a.err != nil {
			failed = append(failed, a.err)
			continue
		}
		answers = append(answers, a.value)
	}
	if len(answers) == 0 {
		return nil, fmt.Errorf("no endpoint of chain %d answered: %w", chainID, errors.Join(failed...))
	}
	return answers, nil
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
