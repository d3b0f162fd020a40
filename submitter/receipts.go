package submitter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
)

// The patience with endpoints that do not agree, in looks. One that alone has a
// receipt may be ahead of the others, or lie; one that has none may lag for
// ever. After this long the goal is read, whoever was right.
const (
	lonePatience  = 30
	alonePatience = 2 // nobody else answers at all
)

// sighting is a receipt and who shows it.
type sighting struct {
	receipt receipt
	by      []string
}

// findings are the answers of one round of receipts.
type findings struct {
	sightings map[receiptKey]*sighting
	nulls     []string // endpoints that have no receipt for any of our hashes
}

type receiptKey struct {
	tx, block common.Hash
	status    hexutil.Uint64
}

// reply is what one endpoint says about all our hashes.
type reply struct {
	endpoint string
	receipts []receipt
	err      error
}

// straggle is how long the first answer waits for the others, so that an
// endpoint which hangs does not slow down what is sent.
const straggle = time.Second

// poll asks every endpoint for the receipts of every hash that the step ever
// had. It returns when two agree, when all have answered or given up, or a
// while after the first has answered.
func (w *watcher) poll(ctx context.Context) findings {
	ctx, cancel := context.WithTimeout(ctx, w.net.Timeout)
	defer cancel()
	f := findings{sightings: map[receiptKey]*sighting{}}
	hashes, nodes := w.intent.hashes(), w.net.asked()
	if len(hashes) == 0 {
		return f
	}
	replies := make(chan reply, len(nodes))
	for _, e := range nodes {
		go func() { replies <- receiptsAt(ctx, e, hashes) }()
	}
	var enough <-chan time.Time
	for range nodes {
		var r reply
		select {
		case r = <-replies:
		case <-enough:
			return f
		}
		if enough == nil && r.err == nil {
			enough = time.After(max(straggle, w.net.tick()))
		}
		if r.err == nil && len(r.receipts) == 0 {
			f.nulls = append(f.nulls, r.endpoint)
		}
		for _, got := range r.receipts {
			key := receiptKey{got.TxHash, got.BlockHash, *got.Status}
			if f.sightings[key] == nil {
				f.sightings[key] = &sighting{receipt: got}
			}
			s := f.sightings[key]
			// The dearest is believed: what a failure used is lost to the budget.
			s.receipt.GasUsed = max(s.receipt.GasUsed, got.GasUsed)
			if s.by = append(s.by, r.endpoint); len(s.by) > 1 {
				return f
			}
		}
	}
	return f
}

// receiptsAt asks one endpoint. What is no receipt of the hash asked for is as
// good as an error. A failed transaction of an earlier issue was dealt with.
func receiptsAt(ctx context.Context, e *node, hashes []ownHash) reply {
	r := reply{endpoint: e.Name}
	for _, own := range hashes {
		got, err := ask[*receipt](ctx, e, "eth_getTransactionReceipt", own.hash)
		switch {
		case err != nil:
			r.err = err
		case got == nil:
		case got.TxHash != own.hash || got.Status == nil || got.BlockHash == common.Hash{}:
			r.err = fmt.Errorf("%s answered with no receipt of %s", e.Name, own.hash)
		case *got.Status == 0 && !own.present:
		default:
			r.receipts = append(r.receipts, *got)
		}
	}
	return r
}

// settle turns receipts into a fact. Two endpoints have to show the same one,
// or the only one; one alone is believed late.
func (w *watcher) settle(ctx context.Context, f findings) incident.Body {
	var best *sighting
	for _, s := range f.sightings {
		if best == nil || len(s.by) > len(best.by) || len(s.by) == len(best.by) && *s.receipt.Status == 1 {
			best = s
		}
	}
	if best == nil {
		w.lone = 0
		return nil
	}
	if !w.early {
		w.lone++
	}
	if !w.believed(best, f) {
		return nil
	}
	r := best.receipt
	if *r.Status == 1 {
		w.intent.include()
		return incident.Included{Step: w.call.Step, Hash: r.TxHash, Block: uint64(r.Block), BlockHash: r.BlockHash,
			GasUsed: uint64(r.GasUsed), Endpoint: best.by[0]}
	}
	return incident.Reverted{Step: w.call.Step, Hash: r.TxHash, Block: uint64(r.Block), BlockHash: r.BlockHash,
		GasUsed: uint64(r.GasUsed), Why: w.why(ctx, best)}
}

func (w *watcher) believed(s *sighting, f findings) bool {
	switch {
	case len(s.by) > 1 || len(w.net.readers) == 1:
		return true
	case len(f.nulls) == 0 && len(f.sightings) == 1:
		return w.lone >= alonePatience
	}
	return w.lone >= lonePatience
}

// why asks once what the call says when it is repeated at the block it failed
// in. A hint for people: the goal decides, not the reason.
func (w *watcher) why(ctx context.Context, s *sighting) string {
	used := fmt.Sprintf("used %d of %d gas", s.receipt.GasUsed, w.call.Gas)
	if uint64(s.receipt.GasUsed) >= w.call.Gas-w.call.Gas/64 {
		used += ", which is all of it: the plan's gas limit is probably too low"
	}
	for _, e := range w.net.asked() {
		if e.Name != s.by[0] {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, e.timeout)
		defer cancel()
		var out hexutil.Bytes
		err := e.Client.CallContext(ctx, &out, "eth_call", map[string]any{
			"from": w.from, "to": w.call.To, "data": w.call.Data, "gas": hexutil.Uint64(w.call.Gas),
		}, map[string]any{"blockHash": s.receipt.BlockHash})
		if data, ok := revertData(err); ok {
			return "reverted: " + contracts.Revert(data) + "; " + used
		}
	}
	return "reverted; repeating the call gave no reason; " + used
}

// revertData finds what a call reverted with in an endpoint's error.
func revertData(err error) ([]byte, bool) {
	e, ok := errors.AsType[rpc.DataError](err)
	if !ok {
		return nil, false
	}
	text, _ := e.ErrorData().(string)
	data, err := hexutil.Decode(text)
	return data, err == nil
}
