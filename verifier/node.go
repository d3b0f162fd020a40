package verifier

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/incident"
)

// node is an endpoint at work.
type node struct {
	Endpoint
	timeout time.Duration
	proved  atomic.Bool  // it answered with the configured chain id
	unable  atomic.Int64 // until when it is not asked for eth_simulateV1; Unix nanoseconds
}

// network is one chain at work.
type network struct {
	Chain
	nodes []*node
}

// head is what is read of a block.
type head struct {
	Number hexutil.Uint64 `json:"number"`
	Hash   common.Hash    `json:"hash"`
	Time   hexutil.Uint64 `json:"timestamp"` // seconds; zero where an endpoint leaves it out
}

// receipt is what is read of a receipt.
type receipt struct {
	TxHash    common.Hash     `json:"transactionHash"`
	BlockHash common.Hash     `json:"blockHash"`
	Status    *hexutil.Uint64 `json:"status"`
}

// rpcError is an endpoint's error with its text scrubbed; cause is kept for
// revert data and never printed.
type rpcError struct {
	text  string
	cause error
}

func (e *rpcError) Error() string { return e.text }

// ask calls an endpoint once, after it has once shown that it is of the right
// chain. A pointer result is nil when the answer is null.
func ask[T any](ctx context.Context, n *node, method string, args ...any) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	var result T
	if err := n.Client.CallContext(ctx, &result, method, args...); err != nil {
		return result, &rpcError{fmt.Sprintf("ask %s for %s: %s", n.Name, method, incident.Scrub(err.Error())), err}
	}
	return result, nil
}

// prove asks once for the chain id: what an endpoint of another chain says
// would pass for this one.
func (n *network) prove(ctx context.Context, e *node) error {
	if e.proved.Load() {
		return nil
	}
	id, err := ask[hexutil.Uint64](ctx, e, "eth_chainId")
	if err != nil {
		return err
	}
	if uint64(id) != n.ID {
		return fmt.Errorf("%s is an endpoint of chain %d, configured for %d: it is not read", e.Name, id, n.ID)
	}
	e.proved.Store(true)
	return nil
}

var errNoBlock = errors.New("it has no such block")

// block reads the head of a block by number or tag.
func (n *network) block(ctx context.Context, e *node, which any) (head, error) {
	if err := n.prove(ctx, e); err != nil {
		return head{}, err
	}
	h, err := ask[*head](ctx, e, "eth_getBlockByNumber", which, false)
	if err != nil {
		return head{}, err
	}
	if h == nil || h.Hash == (common.Hash{}) {
		return head{}, fmt.Errorf("ask %s for block %v: %w", e.Name, which, errNoBlock)
	}
	return *h, nil
}

// call reads a view at exactly one block (EIP-1898).
func (n *network) call(ctx context.Context, e *node, at head, view viewed) ([]byte, error) {
	return ask[hexutil.Bytes](ctx, e, "eth_call",
		map[string]any{"to": view.to, "data": hexutil.Bytes(view.data)}, map[string]any{"blockHash": at.Hash})
}

// viewed is a question to a contract.
type viewed struct {
	to   common.Address
	data []byte
}

// each asks all given endpoints at once and returns their answers in order.
func each[T any](nodes []*node, do func(*node) T) []T {
	answers := make([]T, len(nodes))
	var wg sync.WaitGroup
	for i, e := range nodes {
		wg.Go(func() { answers[i] = do(e) })
	}
	wg.Wait()
	return answers
}
