package submittertest

import (
	"maps"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Rules are what a test may change about a chain, at any time (Chain.Set). The
// defaults are those of NewChain.
type Rules struct {
	// Base is the base fee of every block, wei per gas. Default: 10 gwei. Nil:
	// blocks have none, as before London and on some chains.
	Base *big.Int
	// Tip is what fee histories report, wei per gas. Default: 2 gwei.
	Tip *big.Int
	// MinTip is the least tip that a pool takes, wei per gas. Default: 1.
	MinTip *big.Int
	// GasLimit is that of a block. Default: 30,000,000. MaxGas is that of one
	// transaction (EIP-7825). Default: 2^24.
	GasLimit, MaxGas uint64
	// Balances are wei. An account that is not in it has 10 ether.
	Balances map[common.Address]*big.Int
	// Code is what accounts hold. One that begins with 0xef0100 is a delegation
	// (EIP-7702): its account may have one transaction in a pool, and another
	// one is answered with its hash and dropped.
	Code map[common.Address][]byte
	// Blobs are accounts with a blob transaction in the pool: every other kind
	// is refused.
	Blobs map[common.Address]bool
	// Contracts are what calls and transactions can be for.
	Contracts map[common.Address]Contract
	// Fails says which transactions are mined with status 0. Nil: none.
	Fails func(tx *types.Transaction) bool
	// Room says which transactions a block has room for. Nil: all.
	Room func(tx *types.Transaction) bool
	// Safe and Final are how many blocks the tags "safe" and "finalized" are
	// behind the head. Default: 2 and 4.
	Safe, Final int
}

// Contract is a switch: a successful transaction with the calldata Act turns
// it on, and from that block on any call with the calldata View answers 1, and
// 0 before.
type Contract struct {
	Act, View []byte
	// Once makes Act revert when the switch is on, as pause() often does.
	Once bool
	// Gas is what Act uses. Default: 52,000. A transaction with less runs out
	// of it.
	Gas uint64
}

func defaults() Rules {
	return Rules{Base: big.NewInt(10 * Gwei), Tip: big.NewInt(2 * Gwei), MinTip: big.NewInt(1), GasLimit: 30_000_000, MaxGas: 1 << 24,
		Balances: map[common.Address]*big.Int{}, Code: map[common.Address][]byte{}, Blobs: map[common.Address]bool{},
		Contracts: map[common.Address]Contract{}, Safe: 2, Final: 4}
}

// clone is a copy that shares nothing which Set may change.
func (r Rules) clone() Rules {
	r.Balances, r.Code, r.Blobs, r.Contracts = maps.Clone(r.Balances), maps.Clone(r.Code), maps.Clone(r.Blobs), maps.Clone(r.Contracts)
	return r
}

func (r *Rules) base() *big.Int {
	if r.Base == nil {
		return new(big.Int)
	}
	return r.Base
}

func (r *Rules) balance(a common.Address) *big.Int {
	if b := r.Balances[a]; b != nil {
		return b
	}
	return new(big.Int).Mul(big.NewInt(10), big.NewInt(1e18))
}
