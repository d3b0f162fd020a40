package submitter

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/incident"
)

// closings is how many looks in a row must close a nonce.
const closings = 2

// close says that the nonce was spent by a transaction that is not ours. It
// takes what no single answer proves: at one and the same block, on two
// endpoints (or the only one), the account has gone past the nonce and none of
// our hashes has a receipt, twice in a row. A missing receipt alone is never
// evidence.
func (w *watcher) close(ctx context.Context, f findings) incident.Body {
	nonce, ok := w.intent.open()
	if !ok || len(f.sightings) > 0 || !w.lane.passed(nonce) {
		w.superseded = 0
		return nil
	}
	block, by := w.passedAt(ctx, nonce)
	if len(by) < min(2, len(w.net.readers)) {
		w.superseded = 0
		return nil
	}
	if !w.early {
		w.superseded++
	}
	if w.superseded < closings {
		return nil
	}
	w.s.o.Observe(Event{What: Taken, ChainID: w.net.ID, Nonce: nonce})
	return incident.Preempted{Step: w.call.Step, Nonce: nonce, Why: fmt.Sprintf(
		"nonce %d of %s was spent by a transaction that is not ours: at block %s %s count past it and none of our %d hashes has a receipt; nobody else may use this key",
		nonce, w.from, block.Hex(), strings.Join(by, " and "), len(w.intent.hashes()))}
}

// passedAt finds the endpoints that, at a block they share, count past the
// nonce and, asked after that, still have no receipt of ours.
func (w *watcher) passedAt(ctx context.Context, nonce uint64) (common.Hash, []string) {
	nodes := w.net.asked()
	heads := each(nodes, func(e *node) *head {
		h, err := ask[*head](ctx, e, "eth_getBlockByNumber", "latest", false)
		if err != nil {
			return nil
		}
		return h
	})
	lowest, known := hexutil.Uint64(0), false
	for _, h := range heads {
		if h != nil && (!known || h.Number < lowest) {
			lowest, known = h.Number, true
		}
	}
	votes := map[common.Hash][]string{}
	for i, block := range each(nodes, func(e *node) (block common.Hash) {
		if heads[slices.Index(nodes, e)] != nil {
			block, _ = w.countsPast(ctx, e, lowest, nonce)
		}
		return block
	}) {
		if block != (common.Hash{}) {
			votes[block] = append(votes[block], nodes[i].Name)
		}
	}
	var block common.Hash
	for hash, by := range votes {
		if len(by) > len(votes[block]) {
			block = hash
		}
	}
	return block, slices.Clone(votes[block])
}

// countsPast asks one endpoint for the account's count at its block of a
// height, and after that, so that nothing slips in between, for our receipts.
func (w *watcher) countsPast(ctx context.Context, e *node, height hexutil.Uint64, nonce uint64) (common.Hash, bool) {
	ctx, cancel := context.WithTimeout(ctx, w.net.Timeout) // for all of it: a look must not last
	defer cancel()
	h, err := ask[*head](ctx, e, "eth_getBlockByNumber", height, false)
	if err != nil || h == nil {
		return common.Hash{}, false
	}
	count, err := ask[hexutil.Uint64](ctx, e, "eth_getTransactionCount", w.from, map[string]any{"blockHash": h.Hash})
	if err != nil || uint64(count) <= nonce {
		return common.Hash{}, false
	}
	if r := receiptsAt(ctx, e, w.intent.hashes()); r.err != nil || len(r.receipts) > 0 {
		return common.Hash{}, false
	}
	return h.Hash, true
}
