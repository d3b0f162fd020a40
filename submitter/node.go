package submitter

import (
	"context"
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
	proved  atomic.Bool // it answered with the configured chain id
	foreign atomic.Bool // it answered with another: nothing it says is used

	// Accounts with code, as it said last; for the goroutine that follows it.
	coded   map[common.Address]bool
	codedAt time.Time
}

// head is what is read of a block.
type head struct {
	Number   hexutil.Uint64 `json:"number"`
	Hash     common.Hash    `json:"hash"`
	Base     *hexutil.Big   `json:"baseFeePerGas"`
	GasLimit hexutil.Uint64 `json:"gasLimit"`
}

// receipt is what is read of a receipt.
type receipt struct {
	TxHash    common.Hash     `json:"transactionHash"`
	BlockHash common.Hash     `json:"blockHash"`
	Block     hexutil.Uint64  `json:"blockNumber"`
	Status    *hexutil.Uint64 `json:"status"`
	GasUsed   hexutil.Uint64  `json:"gasUsed"`
}

type feeHistory struct {
	Base   []*hexutil.Big   `json:"baseFeePerGas"`
	Reward [][]*hexutil.Big `json:"reward"`
}

// ask calls an endpoint once. Its error names the endpoint and has its text
// scrubbed; a pointer result is nil when the answer is null.
func ask[T any](ctx context.Context, n *node, method string, args ...any) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	var result T
	if err := n.Client.CallContext(ctx, &result, method, args...); err != nil {
		return result, fmt.Errorf("ask %s for %s: %s", n.Name, method, incident.Scrub(err.Error()))
	}
	return result, nil
}

// each asks all given endpoints at once, so that one which hangs costs its own
// time and no more, and returns their answers in order.
func each[T any](nodes []*node, do func(*node) T) []T {
	answers := make([]T, len(nodes))
	var wg sync.WaitGroup
	for i, e := range nodes {
		wg.Go(func() { answers[i] = do(e) })
	}
	wg.Wait()
	return answers
}

// wei reads a number of an endpoint; missing and absurd ones count as zero.
func wei(b *hexutil.Big) incident.Wei {
	if b == nil {
		return incident.Wei{}
	}
	q, err := incident.QuantityFromBig(b.ToInt())
	if err != nil {
		return incident.Wei{}
	}
	return q
}
