package submitter_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/url"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// endpoint is a JSON-RPC client of a chain that follows a script. The zero
// script is an honest node.
type endpoint struct {
	name  string
	chain *chain

	mu    sync.Mutex
	calls []string // methods, in order
	raws  [][]byte // what came through eth_sendRawTransaction

	// The script. Each may be changed while the endpoint is used.
	lag       int            // blocks that its view is behind
	down      bool           // every call fails before it arrives
	hang      bool           // every call ends with its context
	deaf      bool           // accepts and keeps nothing
	dropReply bool           // carries out a send and loses the reply
	lose      int            // so many sends fail before they arrive
	reject    func() error   // what it answers to sends instead of carrying them out
	blind     bool           // has no receipt of anything
	hash      *common.Hash   // what it answers as hash
	count     func() *uint64 // what it counts
	fakes     func(common.Hash) any
	id        uint64
	data      any // revert data of eth_call
}

func (e *endpoint) script(change func(e *endpoint)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e)
}

func (e *endpoint) log() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.calls...)
}

func (e *endpoint) sent() [][]byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([][]byte(nil), e.raws...)
}

// errLost quotes a URL with a token, as Go's HTTP client does.
var errLost = &url.Error{Op: "Post", URL: "https://rpc.example/v2/s3cr3t-t0k3n-9aa3d95b3bc440fa", Err: io.EOF}

func (e *endpoint) CallContext(ctx context.Context, result any, method string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.mu.Lock()
	e.calls = append(e.calls, method)
	hang, down := e.hang, e.down
	e.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if down {
		return errLost
	}
	value, err := e.answer(method, args)
	if err != nil {
		return err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, result)
}

func (e *endpoint) answer(method string, args []any) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch method {
	case "eth_sendRawTransaction":
		return e.send(args[0].(string))
	case "eth_chainId":
		if e.id != 0 {
			return hexutil.Uint64(e.id), nil
		}
		return hexutil.Uint64(chainID), nil
	case "eth_call":
		return nil, &answerError{text: "execution reverted", data: e.data}
	}
	e.chain.mu.Lock()
	defer e.chain.mu.Unlock()
	head := max(0, len(e.chain.blocks)-1-e.lag)
	switch method {
	case "eth_getBlockByNumber":
		if n, ok := args[0].(hexutil.Uint64); ok {
			if int(n) > head {
				return nil, nil
			}
			head = int(n)
		}
		return map[string]any{"number": hexutil.Uint64(head), "hash": e.chain.blocks[head].hash, "baseFeePerGas": (*hexutil.Big)(e.chain.base)}, nil
	case "eth_feeHistory":
		return map[string]any{"baseFeePerGas": []*hexutil.Big{(*hexutil.Big)(e.chain.base)},
			"reward": [][]*hexutil.Big{{(*hexutil.Big)(big.NewInt(2 * gwei))}}}, nil
	case "eth_getTransactionCount":
		return e.countOf(args[0].(common.Address), args[1], head)
	case "eth_getBalance":
		return (*hexutil.Big)(e.chain.balanceLocked(args[0].(common.Address))), nil
	case "eth_getTransactionReceipt":
		return e.receipt(args[0].(common.Hash), head), nil
	case "eth_getTransactionByHash":
		return e.byHash(args[0].(common.Hash), head), nil
	}
	return nil, said("the method %s does not exist", method)
}

func (e *endpoint) send(text string) (any, error) {
	raw := hexutil.MustDecode(text)
	e.raws = append(e.raws, raw)
	var tx types.Transaction
	if err := tx.UnmarshalBinary(raw); err != nil {
		return nil, said("rlp: %v", err)
	}
	switch {
	case e.lose > 0:
		e.lose--
		return nil, errLost
	case e.reject != nil:
		return nil, e.reject()
	case e.deaf:
		return tx.Hash(), nil
	}
	err := e.chain.add(&tx)
	switch {
	case e.dropReply:
		return nil, errLost
	case err != nil:
		return nil, err
	case e.hash != nil:
		return *e.hash, nil
	}
	return tx.Hash(), nil
}

func (e *endpoint) countOf(account common.Address, at any, head int) (any, error) {
	if e.count != nil {
		if n := e.count(); n != nil {
			return hexutil.Uint64(*n), nil
		}
	}
	if named, ok := at.(map[string]any); ok {
		for i, b := range e.chain.blocks[:head+1] {
			if b.hash == named["blockHash"].(common.Hash) {
				return hexutil.Uint64(e.chain.countLocked(account, i)), nil
			}
		}
		return nil, said("header not found")
	}
	return hexutil.Uint64(e.chain.countLocked(account, head)), nil
}

func (e *endpoint) receipt(hash common.Hash, head int) any {
	if e.fakes != nil {
		if r := e.fakes(hash); r != nil {
			return r
		}
	}
	if e.blind {
		return nil
	}
	for i, b := range e.chain.blocks[:head+1] {
		for _, tx := range b.txs {
			if tx.Hash() == hash {
				return receiptOf(hash, b.hash, receiptFields{uint64(i), !b.bad[hash], 52_000})
			}
		}
	}
	return nil
}

type receiptFields struct {
	block uint64
	good  bool
	gas   uint64
}

func receiptOf(tx, block common.Hash, f receiptFields) map[string]any {
	status := hexutil.Uint64(0)
	if f.good {
		status = 1
	}
	return map[string]any{"transactionHash": tx, "blockHash": block, "blockNumber": hexutil.Uint64(f.block),
		"status": status, "gasUsed": hexutil.Uint64(f.gas)}
}

func (e *endpoint) byHash(hash common.Hash, head int) any {
	if e.deaf {
		return nil
	}
	for _, byNonce := range e.chain.pool {
		for _, tx := range byNonce {
			if tx.Hash() == hash {
				return map[string]any{"hash": hash}
			}
		}
	}
	if e.receipt(hash, head) != nil {
		return map[string]any{"hash": hash}
	}
	return nil
}

func endpoints(c *chain, n int) []*endpoint {
	var all []*endpoint
	for i := range n {
		all = append(all, &endpoint{name: fmt.Sprintf("rpc%d", i+1), chain: c})
	}
	return all
}
