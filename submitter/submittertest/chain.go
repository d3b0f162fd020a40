package submittertest

import (
	"bytes"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// The practice chain's id, and a unit.
const (
	ChainID = 1337
	Gwei    = 1_000_000_000
)

// Chain is a practice chain with one pool, which all of its endpoints share. It
// takes one transaction per nonce, replaces by geth's rule, mines what pays the
// base fee, and can forget blocks.
type Chain struct {
	mu     sync.Mutex
	rules  Rules
	blocks []block
	pool   map[common.Address]map[uint64]*types.Transaction
	salt   byte // makes the hashes of a fork differ
	seen   []common.Hash
}

// block is a block and the state after it.
type block struct {
	hash   common.Hash
	txs    []*types.Transaction
	ends   map[common.Hash]end
	counts map[common.Address]uint64
	on     map[common.Address]int // how often each contract's act succeeded
}

// end is what became of a transaction.
type end struct {
	good bool
	gas  uint64
}

// NewChain makes a chain with one block.
func NewChain() *Chain {
	c := &Chain{rules: defaults(), pool: map[common.Address]map[uint64]*types.Transaction{}}
	c.Mine()
	return c
}

// Set changes the rules.
func (c *Chain) Set(change func(r *Rules)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.rules)
}

// SetBase changes the base fee, wei per gas.
func (c *Chain) SetBase(wei int64) { c.Set(func(r *Rules) { r.Base = big.NewInt(wei) }) }

// Jam leaves no room in blocks for anything; Unjam has room for everything.
func (c *Chain) Jam() {
	c.Set(func(r *Rules) { r.Room = func(*types.Transaction) bool { return false } })
}

// Unjam ends Jam.
func (c *Chain) Unjam() { c.Set(func(r *Rules) { r.Room = nil }) }

// Run mines a block every interval until the test ends.
func (c *Chain) Run(t testing.TB, every time.Duration) { Every(t, every, func() { c.Mine() }) }

// Every calls do at every interval, in a goroutine of its own, until the test
// ends.
func Every(t testing.TB, interval time.Duration, do func()) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				do()
			}
		}
	})
	t.Cleanup(func() { close(stop); wg.Wait() })
}

// Mine makes a block of everything that is executable and pays.
func (c *Chain) Mine() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mineLocked()
}

func (c *Chain) mineLocked() {
	b := block{ends: map[common.Hash]end{}, counts: map[common.Address]uint64{}, on: map[common.Address]int{}}
	if n := len(c.blocks); n > 0 {
		b.counts, b.on = maps.Clone(c.blocks[n-1].counts), maps.Clone(c.blocks[n-1].on)
	}
	left := c.rules.GasLimit
	for from, byNonce := range c.pool {
		for {
			tx := byNonce[b.counts[from]]
			if tx == nil || tx.GasFeeCap().Cmp(c.rules.base()) < 0 || tx.Gas() > left || c.rules.Room != nil && !c.rules.Room(tx) {
				break
			}
			left -= tx.Gas()
			c.execute(&b, tx)
			delete(byNonce, tx.Nonce())
			b.counts[from]++
		}
	}
	b.hash = crypto.Keccak256Hash(fmt.Appendf([]byte{c.salt}, "block %d", len(c.blocks)))
	c.blocks = append(c.blocks, b)
}

// execute runs a transaction as the last one of a block.
func (c *Chain) execute(b *block, tx *types.Transaction) {
	e := end{good: c.rules.Fails == nil || !c.rules.Fails(tx), gas: 52_000}
	to := *tx.To()
	at, known := c.rules.Contracts[to]
	if known && at.Gas > 0 {
		e.gas = at.Gas
	}
	act := known && bytes.Equal(tx.Data(), at.Act)
	switch {
	case e.gas > tx.Gas():
		e = end{gas: tx.Gas()}
	case act && at.Once && b.on[to] > 0:
		e.good = false
	case act && e.good:
		b.on[to]++
	}
	b.txs = append(b.txs, tx)
	b.ends[tx.Hash()] = e
}

// Reorganise forgets so many blocks (all but the first, when there are fewer)
// and what was in them, and mines as many empty ones with other hashes. Nodes
// forget the transactions too: the worst case.
func (c *Chain) Reorganise(depth int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	depth = min(depth, len(c.blocks)-1)
	c.blocks = c.blocks[:len(c.blocks)-depth]
	c.salt++
	pool := c.pool
	c.pool = map[common.Address]map[uint64]*types.Transaction{}
	for range depth {
		c.mineLocked()
	}
	c.pool = pool
}

// Fork is another chain with the same history but for the last blocks, which it
// never had. Neither chain hears of the other.
func (c *Chain) Fork(depth int) *Chain {
	c.mu.Lock()
	defer c.mu.Unlock()
	depth = min(depth, len(c.blocks)-1)
	f := &Chain{rules: c.rules.clone(), salt: c.salt + 100, pool: map[common.Address]map[uint64]*types.Transaction{},
		blocks: slices.Clone(c.blocks[:len(c.blocks)-depth])}
	for range depth {
		f.mineLocked()
	}
	return f
}

// headLocked is the index of the newest block.
func (c *Chain) headLocked() int { return len(c.blocks) - 1 }

// Height is the number of the newest block.
func (c *Chain) Height() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.headLocked()
}

// Mined are the transactions of an account that are in blocks, in order.
func (c *Chain) Mined(a common.Address) []common.Hash {
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

// Effects is how often a contract's act has succeeded.
func (c *Chain) Effects(to common.Address) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.blocks[c.headLocked()].on[to]
}

// Arrived are the distinct transactions that came to the pool, in order,
// whether it took them or not.
func (c *Chain) Arrived() []common.Hash {
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
