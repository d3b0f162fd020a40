package verifier

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

// logEntry is what is read of an event.
type logEntry struct {
	Address common.Address  `json:"address"`
	Topics  []common.Hash   `json:"topics"`
	Data    hexutil.Bytes   `json:"data"`
	Block   *hexutil.Uint64 `json:"blockNumber"`
	Tx      common.Hash     `json:"transactionHash"`
	Index   *hexutil.Uint64 `json:"logIndex"`
	Removed bool            `json:"removed"`
}

// logs asks an endpoint for the transfers from one block to another, both
// included, oldest first.
func (n *network) logs(ctx context.Context, e *node, q actions.TransferQuery, blocks [2]uint64) ([]actions.Transfer, error) {
	entries, err := ask[[]logEntry](ctx, e, "eth_getLogs", map[string]any{
		"address": q.Token, "topics": topics(q),
		"fromBlock": hexutil.Uint64(blocks[0]), "toBlock": hexutil.Uint64(blocks[1]),
	})
	if err != nil {
		return nil, err
	}
	list, err := readTransfers(entries, q, blocks)
	if err != nil {
		return nil, fmt.Errorf("ask %s for eth_getLogs: %w", e.Name, err)
	}
	return list, nil
}

// topics filters at the endpoint; an end that may be anybody is null.
func topics(q actions.TransferQuery) []any {
	filter := []any{transferTopic, nil, nil}
	for i, a := range []common.Address{q.From, q.To} {
		if a != (common.Address{}) {
			filter[i+1] = common.BytesToHash(a[:])
		}
	}
	return filter
}

// readTransfers holds what an endpoint answered against what it was asked for:
// an event of another token, account or block is an endpoint that is broken or
// lies, and nothing of it is believed. Pure.
func readTransfers(entries []logEntry, q actions.TransferQuery, blocks [2]uint64) ([]actions.Transfer, error) {
	list := make([]actions.Transfer, 0, min(len(entries), q.Most))
	for _, l := range entries {
		switch {
		case l.Removed:
			continue
		case len(l.Topics) == 4 && l.Topics[0] == transferTopic && l.Address == q.Token:
			continue // of one thing and not of an amount (ERC-721)
		case len(l.Topics) != 3 || l.Topics[0] != transferTopic || l.Address != q.Token || len(l.Data) != 32:
			return nil, fmt.Errorf("it answers an event that is no transfer of %s", q.Token)
		case l.Block == nil || l.Index == nil || uint64(*l.Block) < blocks[0] || uint64(*l.Block) > blocks[1]:
			return nil, fmt.Errorf("it answers an event that is not in blocks %d to %d", blocks[0], blocks[1])
		}
		from, fromOK := addressOf(l.Topics[1])
		to, toOK := addressOf(l.Topics[2])
		if !fromOK || !toOK || !asked(q.From, from) || !asked(q.To, to) {
			return nil, fmt.Errorf("it answers a transfer between others than were asked for")
		}
		units, err := incident.QuantityFromBig(new(big.Int).SetBytes(l.Data))
		if err != nil {
			return nil, err
		}
		list = append(list, actions.Transfer{From: from, To: to, Units: units, Block: uint64(*l.Block), Tx: l.Tx, Index: uint64(*l.Index)})
	}
	slices.SortStableFunc(list, place)
	if i := repeated(list); i >= 0 {
		return nil, fmt.Errorf("it answers event %d of block %d twice", list[i].Index, list[i].Block)
	}
	return list, nil
}

// place orders transfers as the chain has them.
func place(a, b actions.Transfer) int {
	return cmp.Or(cmp.Compare(a.Block, b.Block), cmp.Compare(a.Index, b.Index))
}

// repeated finds an event that is there twice; negative when none is.
func repeated(list []actions.Transfer) int {
	for i := 1; i < len(list); i++ {
		if place(list[i-1], list[i]) == 0 {
			return i
		}
	}
	return -1
}

// asked tells whether an account is the one that was asked for; zero asks for
// any.
func asked(want, got common.Address) bool { return want == common.Address{} || want == got }

// addressOf reads the account of an indexed word.
func addressOf(word common.Hash) (common.Address, bool) {
	return common.BytesToAddress(word[12:]), [12]byte(word[:12]) == [12]byte{}
}
