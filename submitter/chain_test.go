package submitter_test

import (
	"fmt"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

const (
	chainID = 1337
	gwei    = 1_000_000_000
)

// chain is a practice chain with one pool. It takes one transaction per nonce,
// replaces by geth's rule, mines what pays the base fee, and can forget blocks.
type chain struct {
	mu     sync.Mutex
	blocks []block
	pool   map[common.Address]map[uint64]*types.Transaction
	base   *big.Int
	salt   byte                                  // makes the hashes of a fork differ
	fails  func(tx *types.Transaction) bool      // mined with status 0
	seen   []common.Hash                         // every hash that came, in order
	rich   map[common.Address]*big.Int           // balances; missing: 10 ether
	full   func(tx *types.Transaction) (in bool) // what a block has room for; nil: everything
}

type block struct {
	hash common.Hash
	txs  []*types.Transaction
	bad  map[common.Hash]bool
}

func newChain() *chain {
	c := &chain{pool: map[common.Address]map[uint64]*types.Transaction{}, base: big.NewInt(10 * gwei), rich: map[common.Address]*big.Int{}}
	c.mine()
	return c
}

// run mines a block every interval until the test ends.
func (c *chain) run(t *testing.T, every time.Duration) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				c.mine()
			}
		}
	})
	t.Cleanup(func() { close(stop); wg.Wait() })
}

var signerOfChain = types.LatestSignerForChainID(big.NewInt(chainID))

func senderOf(tx *types.Transaction) common.Address {
	from, err := types.Sender(signerOfChain, tx)
	if err != nil {
		panic(err) // only our own signatures come here
	}
	return from
}

// add takes a transaction into the pool as geth does, or says why not.
func (c *chain) add(tx *types.Transaction) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, tx.Hash())
	from := senderOf(tx)
	if next := c.countLocked(from, len(c.blocks)-1); tx.Nonce() < next {
		return said("nonce too low: next nonce %d, tx nonce %d", next, tx.Nonce())
	}
	if cost := new(big.Int).Mul(tx.GasFeeCap(), new(big.Int).SetUint64(tx.Gas())); cost.Cmp(c.balanceLocked(from)) > 0 {
		return said("insufficient funds for gas * price + value: balance %s, tx cost %s", c.balanceLocked(from), cost)
	}
	old := c.pool[from][tx.Nonce()]
	switch {
	case old == nil:
	case old.Hash() == tx.Hash():
		return said("already known")
	case !dearer(old.GasFeeCap(), tx.GasFeeCap()) || !dearer(old.GasTipCap(), tx.GasTipCap()):
		return said("replacement transaction underpriced")
	}
	if c.pool[from] == nil {
		c.pool[from] = map[uint64]*types.Transaction{}
	}
	c.pool[from][tx.Nonce()] = tx
	return nil
}

// dearer is geth's rule for a replacement: more, and a tenth more, rounded down.
func dearer(old, now *big.Int) bool {
	tenth := new(big.Int).Div(new(big.Int).Mul(old, big.NewInt(110)), big.NewInt(100))
	return now.Cmp(old) > 0 && now.Cmp(tenth) >= 0
}

func (c *chain) balanceLocked(a common.Address) *big.Int {
	if b := c.rich[a]; b != nil {
		return b
	}
	return new(big.Int).Mul(big.NewInt(10), big.NewInt(1e18))
}

// mine makes a block of everything that is executable and pays.
func (c *chain) mine() {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := block{bad: map[common.Hash]bool{}}
	for from, byNonce := range c.pool {
		for next := c.countLocked(from, len(c.blocks)-1); ; next++ {
			tx := byNonce[next]
			if tx == nil || tx.GasFeeCap().Cmp(c.base) < 0 || c.full != nil && !c.full(tx) {
				break
			}
			b.txs = append(b.txs, tx)
			b.bad[tx.Hash()] = c.fails != nil && c.fails(tx)
			delete(byNonce, next)
		}
	}
	seed := fmt.Appendf([]byte{c.salt}, "block %d", len(c.blocks))
	b.hash = crypto.Keccak256Hash(seed)
	c.blocks = append(c.blocks, b)
}

// reorganise forgets all blocks but the first and what was in them, and mines
// as many empty ones with other hashes. Nodes forget the transactions too.
func (c *chain) reorganise() {
	c.mu.Lock()
	depth := len(c.blocks) - 1
	c.blocks = c.blocks[:len(c.blocks)-depth]
	c.salt++
	pool := c.pool
	c.pool = map[common.Address]map[uint64]*types.Transaction{}
	c.mu.Unlock()
	for range depth {
		c.mine()
	}
	c.mu.Lock()
	c.pool = pool
	c.mu.Unlock()
}

// countLocked is how many transactions of an account are in blocks up to head.
func (c *chain) countLocked(a common.Address, head int) uint64 {
	var n uint64
	for i := 0; i <= head && i < len(c.blocks); i++ {
		for _, tx := range c.blocks[i].txs {
			if senderOf(tx) == a {
				n++
			}
		}
	}
	return n
}

// mined counts the transactions of an account that are in blocks.
func (c *chain) mined(a common.Address) []common.Hash {
	c.mu.Lock()
	defer c.mu.Unlock()
	var hashes []common.Hash
	for _, b := range c.blocks {
		for _, tx := range b.txs {
			if senderOf(tx) == a {
				hashes = append(hashes, tx.Hash())
			}
		}
	}
	return hashes
}

// arrived lists the distinct transactions that came, in order.
func (c *chain) arrived() []common.Hash {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []common.Hash
	known := map[common.Hash]bool{}
	for _, h := range c.seen {
		if !known[h] {
			known[h], all = true, append(all, h)
		}
	}
	return all
}

func (c *chain) setBase(wei int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = big.NewInt(wei)
}

// answerError is an error that a node answered.
type answerError struct {
	text string
	data any
}

func (e *answerError) Error() string  { return e.text }
func (e *answerError) ErrorCode() int { return -32000 }
func (e *answerError) ErrorData() any { return e.data }

func said(format string, args ...any) error { return &answerError{text: fmt.Sprintf(format, args...)} }
