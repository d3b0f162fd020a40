package submitter

import (
	"context"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/incident"
)

// offer makes the one call that hands bytes to an endpoint, and returns the hash
// that it answers.
func (e *node) offer(ctx context.Context, raw hexutil.Bytes) (hash common.Hash, err error) {
	switch e.Method {
	case methodPrivate:
		err = e.Client.CallContext(ctx, &hash, methodPrivate, map[string]any{"tx": raw.String()})
	case methodPrivateRaw:
		err = e.Client.CallContext(ctx, &hash, methodPrivateRaw, raw.String())
	default:
		err = e.Client.CallContext(ctx, &hash, "eth_sendRawTransaction", raw.String())
	}
	return hash, err
}

// takes tells whether an endpoint takes what a transaction may cost.
func (n *network) takes(e *node, cost incident.Wei) bool {
	return e.NoFeeCap || cost.Cmp(n.NodeFeeCap) < 0
}

// unbounded tells whether an endpoint takes transactions of any cost.
func (n *network) unbounded() bool {
	for _, e := range n.nodes {
		if e.NoFeeCap && !e.foreign.Load() {
			return true
		}
	}
	return false
}

// bidFor is what an endpoint is given when a bid is offered: that bid, or the
// dearest one before it at the same nonce that the endpoint takes. It says false
// when there is none.
func (p parcel) bidFor(e *node) (bid, bool) {
	n, gas := p.job.net, p.job.call.Gas
	if n.takes(e, p.bid.price.feeCap.Times(gas)) {
		return p.bid, true
	}
	lower := p.job.intent.before(p.bid)
	for i := len(lower) - 1; i >= 0; i-- {
		if n.takes(e, lower[i].price.feeCap.Times(gas)) {
			return lower[i], true
		}
	}
	return bid{}, false
}

// before are the bids at the same nonce that came before one, oldest first.
func (in *intent) before(b bid) []bid {
	in.mu.Lock()
	defer in.mu.Unlock()
	var all []bid
	for _, other := range in.bids {
		if other.nonce == b.nonce && other.issue == b.issue && other.attempt < b.attempt {
			all = append(all, other)
		}
	}
	return all
}

// withheld is the answer that an endpoint would give to a bid above its cap, and
// is not asked for.
func withheld(e *node) answer {
	return answer{class: Rejected, kind: KindNodeFeeCap, Outcome: incident.Outcome{Endpoint: e.Name,
		Class: string(Rejected), Kind: string(KindNodeFeeCap), Text: "not offered here: it may cost more than public nodes take; the bid before it stays with them"}}
}
