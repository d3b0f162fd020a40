package verifier_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/verifier"
)

const (
	chainID   = 1337
	blockTime = 2 * time.Second
)

var (
	contract = common.HexToAddress("0x1111111111111111111111111111111111111111")
	txHash   = common.HexToHash("0xaa")
)

// chain has a block per moment and knows, for each, what the view answers.
type chain struct {
	mu     sync.Mutex
	salt   byte
	blocks []common.Hash
	paused map[int]bool // from that block on; the latest entry below a block counts
	tx     int          // block of our transaction; negative: in none
	safe   int
	final  int
}

func newChain(blocks int) *chain {
	c := &chain{paused: map[int]bool{}, tx: -1}
	for range blocks {
		c.mine()
	}
	return c
}

func (c *chain) mine() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocks = append(c.blocks, crypto.Keccak256Hash(fmt.Appendf([]byte{c.salt}, "%d", len(c.blocks))))
}

func (c *chain) run(t *testing.T) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(blockTime):
				c.mine()
			}
		}
	})
	t.Cleanup(func() { close(stop); wg.Wait() })
}

// reorganise replaces every block from one on.
func (c *chain) reorganise(from int) {
	c.mu.Lock()
	n := len(c.blocks) - from
	c.blocks = c.blocks[:from]
	c.salt++
	c.tx = -1
	c.mu.Unlock()
	for range n {
		c.mine()
	}
}

func (c *chain) pausedAt(block int) bool {
	for ; block >= 0; block-- {
		if v, ok := c.paused[block]; ok {
			return v
		}
	}
	return false
}

func (c *chain) set(block int, paused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused[block] = paused
}

// endpoint is a client of the chain that follows a script.
type endpoint struct {
	name  string
	chain *chain

	mu    sync.Mutex
	calls map[string]int

	lag     int
	down    bool
	hang    bool
	id      uint64
	says    *bool        // what it says of the view, whatever is so
	reverts bool         // the view does
	word    []byte       // what the view answers instead of a bool
	block   *common.Hash // the hash it gives to every block
	blind   bool         // it has no receipts
	gas     func() (any, error)
	noTag   map[string]func() (any, error) // what it answers to a tag that it does not know
}

func (e *endpoint) script(change func(e *endpoint)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e)
}

func (e *endpoint) asked(method string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls[method]
}

type answerError struct {
	text string
	data any
}

func (e *answerError) Error() string  { return e.text }
func (e *answerError) ErrorCode() int { return 3 }
func (e *answerError) ErrorData() any { return e.data }

var errLost = &url.Error{Op: "Post", URL: "https://rpc.example/v2/s3cr3t-t0k3n-9aa3d95b3bc440fa", Err: io.EOF}

func (e *endpoint) CallContext(ctx context.Context, result any, method string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.mu.Lock()
	if e.calls == nil {
		e.calls = map[string]int{}
	}
	e.calls[method]++
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
	e.chain.mu.Lock()
	defer e.chain.mu.Unlock()
	head := max(0, len(e.chain.blocks)-1-e.lag)
	switch method {
	case "eth_chainId":
		if e.id != 0 {
			return hexutil.Uint64(e.id), nil
		}
		return hexutil.Uint64(chainID), nil
	case "eth_getBlockByNumber":
		return e.blockOf(args[0], head)
	case "eth_call":
		return e.view(args[1].(map[string]any)["blockHash"].(common.Hash), head)
	case "eth_getTransactionReceipt":
		if e.blind || e.chain.tx < 0 || e.chain.tx > head {
			return nil, nil
		}
		return map[string]any{"transactionHash": txHash, "blockHash": e.chain.blocks[e.chain.tx], "status": "0x1"}, nil
	case "eth_estimateGas":
		return e.gas()
	}
	return nil, &answerError{text: "the method does not exist"}
}

func (e *endpoint) blockOf(which any, head int) (any, error) {
	n := head
	switch w := which.(type) {
	case hexutil.Uint64:
		n = int(w)
	case string:
		switch {
		case w != "latest" && e.noTag[w] != nil:
			return e.noTag[w]()
		case w == "safe":
			n = e.chain.safe
		case w == "finalized":
			n = e.chain.final
		}
	}
	if n > head {
		return nil, nil
	}
	hash := e.chain.blocks[n]
	if e.block != nil {
		hash = *e.block
	}
	return map[string]any{"number": hexutil.Uint64(n), "hash": hash}, nil
}

func (e *endpoint) view(at common.Hash, head int) (any, error) {
	if e.reverts {
		return nil, &answerError{text: "execution reverted", data: "0x"}
	}
	if e.word != nil {
		return hexutil.Bytes(e.word), nil
	}
	for i, hash := range e.chain.blocks[:head+1] {
		if hash == at || e.block != nil && *e.block == at && i == head {
			yes := e.chain.pausedAt(i)
			if e.says != nil {
				yes = *e.says
			}
			word := common.BigToHash(new(big.Int))
			if yes {
				word = common.BigToHash(big.NewInt(1))
			}
			return hexutil.Bytes(word[:]), nil
		}
	}
	return nil, &answerError{text: "header not found"}
}

// world is a chain with endpoints and an included step.
type world struct {
	t         *testing.T
	chain     *chain
	endpoints []*endpoint
	config    verifier.Chain
}

func newWorld(t *testing.T, rpcs int) *world {
	w := &world{t: t, chain: newChain(10)}
	w.config = verifier.Chain{Name: "lab", ID: chainID, BlockTime: blockTime, Depth: 4}
	for i := range rpcs {
		e := &endpoint{name: fmt.Sprintf("rpc%d", i+1), chain: w.chain}
		w.endpoints = append(w.endpoints, e)
		w.config.Endpoints = append(w.config.Endpoints, verifier.Endpoint{Name: e.name, Client: e})
	}
	return w
}

func (w *world) verifier() *verifier.Verifier {
	v, err := verifier.New(verifier.Options{Chains: []verifier.Chain{w.config}})
	require.NoError(w.t, err)
	return v
}

func goal() incident.Check {
	return incident.Check{Chain: "lab", ChainID: chainID, To: contract, Data: common.FromHex("0x5c975abb"), Type: "bool",
		Op: incident.Equals, Want: incident.NewQuantity(1), Text: "vault.paused() == true"}
}

// included puts our transaction into the head block, reported by rpc1, and
// pauses there.
func (w *world) included() incident.State {
	w.chain.mu.Lock()
	w.chain.tx = len(w.chain.blocks) - 1
	w.chain.paused[w.chain.tx] = true
	in := &incident.Included{Step: "pause", Hash: txHash, Block: uint64(w.chain.tx), BlockHash: w.chain.blocks[w.chain.tx], Endpoint: "rpc1"}
	w.chain.mu.Unlock()
	plan := &incident.Plan{Calls: []incident.Call{{Step: "pause", Chain: "lab", ChainID: chainID, To: contract, Goal: goal()}}}
	return incident.State{ID: "01JEQ7V5M2K3000A", Runs: []incident.Run{{Phase: incident.PhaseExecuting, Plan: plan,
		Steps: []incident.Step{{Name: "pause", State: incident.StepIncluded, In: in}}}}}
}

// held is the state after Verify.
func held(s incident.State, body incident.Body) incident.State {
	h := body.(incident.Held)
	step := s.Runs[0].Steps[0]
	step.Held, step.Level, step.Seen = true, cmp.Or(h.Level, incident.LevelLatest), h.Seen
	s.Runs = append([]incident.Run(nil), s.Runs...)
	s.Runs[0].Steps = []incident.Step{step}
	return s
}

// play runs a test on a chain that goes on, in a bubble.
func play(t *testing.T, rpcs int, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t, rpcs)) })
}
