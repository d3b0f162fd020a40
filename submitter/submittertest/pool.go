package submittertest

import (
	"bytes"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
)

var signerOfChain = types.LatestSignerForChainID(big.NewInt(ChainID))

// senderOf is the account of a transaction that a pool has taken.
func senderOf(tx *types.Transaction) common.Address {
	from, err := types.Sender(signerOfChain, tx)
	if err != nil {
		panic(err) // a pool takes none of another chain
	}
	return from
}

// Add takes a transaction into the pool as geth does, or says why not.
func (c *Chain) Add(tx *types.Transaction) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, tx.Hash())
	from, err := types.Sender(signerOfChain, tx)
	if err != nil {
		return Said("invalid sender: invalid chain id for signer: have %s want %d", tx.ChainId(), ChainID)
	}
	if err := c.valid(tx, from); err != nil {
		return err
	}
	if len(c.pool[from]) > 0 && c.pool[from][tx.Nonce()] == nil && delegated(c.rules.Code[from]) {
		return nil // silently dropped: geth's local tracker hides the error
	}
	c.insertLocked(tx, from)
	return nil
}

// Insert puts a transaction into the pool whatever its rules say, as a builder
// that has kept an old one does.
func (c *Chain) Insert(tx *types.Transaction) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.insertLocked(tx, senderOf(tx))
}

func (c *Chain) insertLocked(tx *types.Transaction, from common.Address) {
	if c.pool[from] == nil {
		c.pool[from] = map[uint64]*types.Transaction{}
	}
	c.pool[from][tx.Nonce()] = tx
}

// Evict empties the pool: every node has forgotten what was not mined.
func (c *Chain) Evict() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pool = map[common.Address]map[uint64]*types.Transaction{}
}

func delegated(code []byte) bool { return bytes.HasPrefix(code, types.DelegationPrefix) }

// valid is what geth checks, in its order.
func (c *Chain) valid(tx *types.Transaction, from common.Address) error {
	r := &c.rules
	switch {
	case tx.Gas() > r.MaxGas:
		return Said("transaction gas limit too high (cap: %d, tx: %d)", r.MaxGas, tx.Gas())
	case tx.Gas() > r.GasLimit:
		return Said("exceeds block gas limit")
	case tx.GasTipCap().Cmp(tx.GasFeeCap()) > 0:
		return Said("max priority fee per gas higher than max fee per gas: address %s, maxPriorityFeePerGas: %s, maxFeePerGas: %s", from, tx.GasTipCap(), tx.GasFeeCap())
	case tx.GasTipCap().Cmp(r.MinTip) < 0:
		return Said("transaction gas price below minimum: gas tip cap %s, minimum needed %s", tx.GasTipCap(), r.MinTip)
	case r.Blobs[from]:
		return Said("address already reserved")
	}
	if err := intrinsic(tx); err != nil {
		return err
	}
	if next := c.blocks[c.headLocked()].counts[from]; tx.Nonce() < next {
		return Said("nonce too low: next nonce %d, tx nonce %d", next, tx.Nonce())
	}
	old := c.pool[from][tx.Nonce()]
	if old != nil && old.Hash() == tx.Hash() {
		return Said("already known")
	}
	if err := c.funded(tx, from, old); err != nil {
		return err
	}
	if old != nil && (!dearer(old.GasFeeCap(), tx.GasFeeCap()) || !dearer(old.GasTipCap(), tx.GasTipCap())) {
		return Said("replacement transaction underpriced")
	}
	return nil
}

// intrinsic checks what a transaction pays before it runs (EIP-7623 included).
func intrinsic(tx *types.Transaction) error {
	zeros := uint64(bytes.Count(tx.Data(), []byte{0}))
	tokens := zeros + 4*(uint64(len(tx.Data()))-zeros)
	if need := 21_000 + 4*tokens; tx.Gas() < need {
		return Said("%s: gas %d, minimum needed %d", core.ErrIntrinsicGas, tx.Gas(), need)
	}
	if need := 21_000 + 10*tokens; tx.Gas() < need {
		return Said("%s: gas %d, minimum needed %d", core.ErrFloorDataGas, tx.Gas(), need)
	}
	return nil
}

// funded checks gas times fee cap, of this one and of all that wait.
func (c *Chain) funded(tx *types.Transaction, from common.Address, old *types.Transaction) error {
	balance, cost, queued := c.rules.balance(from), tx.Cost(), new(big.Int)
	if balance.Cmp(cost) < 0 {
		return Said("%s: balance %s, tx cost %s, overshot %s", core.ErrInsufficientFunds, balance, cost, new(big.Int).Sub(cost, balance))
	}
	for _, waits := range c.pool[from] {
		if waits != old {
			queued.Add(queued, waits.Cost())
		}
	}
	if over := new(big.Int).Add(queued, cost); balance.Cmp(over) < 0 {
		return Said("%s: balance %s, queued cost %s, tx cost %s, overshot %s", core.ErrInsufficientFunds, balance, queued, cost, over.Sub(over, balance))
	}
	return nil
}

// dearer is geth's rule for a replacement: more, and a tenth more, rounded down.
func dearer(old, now *big.Int) bool {
	tenth := new(big.Int).Div(new(big.Int).Mul(old, big.NewInt(110)), big.NewInt(100))
	return now.Cmp(old) > 0 && now.Cmp(tenth) >= 0
}

// NodeError is an error that a node answered.
type NodeError struct {
	Text string
	Data any // of a revert
}

func (e *NodeError) Error() string { return e.Text }

// ErrorCode makes it a JSON-RPC error; geth has this one for nearly everything.
func (e *NodeError) ErrorCode() int { return -32000 }

// ErrorData is what a call reverted with.
func (e *NodeError) ErrorData() any { return e.Data }

// Said is the error of a node that answered with a text.
func Said(format string, args ...any) error { return &NodeError{Text: fmt.Sprintf(format, args...)} }

// Decode reads a signed transaction, which it takes for a good one.
func Decode(raw []byte) *types.Transaction {
	var tx types.Transaction
	if err := tx.UnmarshalBinary(raw); err != nil {
		panic(err)
	}
	return &tx
}
