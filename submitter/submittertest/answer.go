package submittertest

import (
	"bytes"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// look is one call's view of the chain: the script as it was, the chain locked.
type look struct {
	*Chain
	s    Script
	own  map[common.Hash]bool
	head int
}

// answer carries out every method but sends.
func (e *Endpoint) answer(method string, args []any) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.s.chain(e.chain)
	c.mu.Lock()
	defer c.mu.Unlock()
	l := look{Chain: c, s: e.s, own: e.own, head: max(0, c.headLocked()-e.s.Lag)}
	switch method {
	case "eth_chainId":
		if l.s.ID != 0 {
			return hexutil.Uint64(l.s.ID), nil
		}
		return hexutil.Uint64(ChainID), nil
	case "eth_call":
		return l.call(args)
	case "eth_getBlockByNumber":
		return l.block(args[0])
	case "eth_feeHistory":
		return map[string]any{"baseFeePerGas": []*hexutil.Big{(*hexutil.Big)(l.rules.Base)},
			"reward": [][]*hexutil.Big{{(*hexutil.Big)(l.rules.Tip)}}}, nil
	case "eth_maxPriorityFeePerGas":
		return (*hexutil.Big)(l.rules.Tip), nil
	case "eth_getTransactionCount":
		return l.count(args[0].(common.Address), args[1])
	case "eth_getBalance":
		return (*hexutil.Big)(l.rules.balance(args[0].(common.Address))), nil
	case "eth_getCode":
		return hexutil.Bytes(l.rules.Code[args[0].(common.Address)]), nil
	case "eth_getTransactionReceipt":
		return l.receipt(args[0].(common.Hash)), nil
	case "eth_getTransactionByHash":
		return l.byHash(args[0].(common.Hash)), nil
	}
	return nil, Said("the method %s does not exist/is not available", method)
}

// at finds a block by a number, a tag or {"blockHash": h}; false: there is none.
func (l look) at(which any) (int, bool) {
	n := l.head
	switch w := which.(type) {
	case hexutil.Uint64:
		n = int(w)
	case string:
		switch w {
		case "safe":
			n = l.head - l.rules.Safe
		case "finalized":
			n = l.head - l.rules.Final
		case "earliest":
			n = 0
		}
	case map[string]any:
		for i, b := range l.blocks[:l.head+1] {
			if b.hash == w["blockHash"].(common.Hash) {
				return i, true
			}
		}
		return 0, false
	}
	return n, n >= 0 && n <= l.head
}

func (l look) block(which any) (any, error) {
	n, ok := l.at(which)
	if !ok {
		return nil, nil
	}
	return map[string]any{"number": hexutil.Uint64(n), "hash": l.blocks[n].hash,
		"gasLimit": hexutil.Uint64(l.rules.GasLimit), "baseFeePerGas": (*hexutil.Big)(l.rules.Base)}, nil
}

func (l look) count(account common.Address, which any) (any, error) {
	if l.s.Count != nil {
		if n := l.s.Count(); n != nil {
			return hexutil.Uint64(*n), nil
		}
	}
	n, ok := l.at(which)
	if !ok {
		return nil, Said("header not found")
	}
	return hexutil.Uint64(l.blocks[n].counts[account]), nil
}

// call answers a contract's view, or what its act would do.
func (l look) call(args []any) (any, error) {
	n, ok := l.at(args[1])
	if !ok {
		return nil, Said("header not found")
	}
	msg := args[0].(map[string]any)
	to, data := calldata(msg)
	contract, known := l.rules.Contracts[to]
	on := l.blocks[n].on[to] > 0
	switch {
	case known && bytes.Equal(data, contract.View):
		word := common.Hash{}
		if on {
			word = common.BigToHash(big.NewInt(1))
		}
		return hexutil.Bytes(word[:]), nil
	case known && bytes.Equal(data, contract.Act) && !(contract.Once && on):
		return hexutil.Bytes{}, nil
	}
	return nil, &NodeError{Text: "execution reverted", Data: l.s.Revert}
}

// calldata reads a call object as our clients write it.
func calldata(msg map[string]any) (common.Address, []byte) {
	var to common.Address
	switch a := msg["to"].(type) {
	case common.Address:
		to = a
	case *common.Address:
		to = *a
	}
	for _, name := range []string{"input", "data"} {
		switch d := msg[name].(type) {
		case hexutil.Bytes:
			return to, d
		case []byte:
			return to, d
		}
	}
	return to, nil
}

func (l look) receipt(hash common.Hash) any {
	if l.s.Receipt != nil {
		if r := l.s.Receipt(hash); r != nil {
			return r
		}
	}
	if l.s.Blind {
		return nil
	}
	for i := l.head; i >= 0; i-- {
		if e, ok := l.blocks[i].ends[hash]; ok {
			return Receipt(hash, l.blocks[i].hash, Mined{uint64(i), e.good, e.gas})
		}
	}
	return nil
}

// Mined is what a receipt says.
type Mined struct {
	Block uint64
	Good  bool
	Gas   uint64
}

// Receipt is a receipt as JSON-RPC has it, for Script.Receipt.
func Receipt(tx, block common.Hash, m Mined) map[string]any {
	status := hexutil.Uint64(0)
	if m.Good {
		status = 1
	}
	return map[string]any{"transactionHash": tx, "blockHash": block, "blockNumber": hexutil.Uint64(m.Block),
		"status": status, "gasUsed": hexutil.Uint64(m.Gas)}
}

func (l look) byHash(hash common.Hash) any {
	if l.s.Deaf {
		return nil
	}
	if l.own[hash] {
		return map[string]any{"hash": hash}
	}
	for _, byNonce := range l.pool {
		for _, tx := range byNonce {
			if tx.Hash() == hash {
				return map[string]any{"hash": hash}
			}
		}
	}
	if l.receipt(hash) != nil {
		return map[string]any{"hash": hash}
	}
	return nil
}
