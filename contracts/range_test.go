package contracts_test

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
)

// practiceRange is a chain of go-ethereum's own, in this process, with the keys
// of everybody in the lab. It keeps contracts.Chain's contract.
type practiceRange struct {
	backend *simulated.Backend
	chainID *big.Int
	keys    map[common.Address]*ecdsa.PrivateKey
}

// newRange makes a chain and a lab whose people have ether to pay with.
func newRange(t *testing.T, users int) (*practiceRange, contracts.Lab) {
	keys := make(map[common.Address]*ecdsa.PrivateKey)
	alloc := make(types.GenesisAlloc)
	person := func() common.Address {
		key, err := crypto.GenerateKey()
		require.NoError(t, err)
		address := crypto.PubkeyToAddress(key.PublicKey)
		keys[address] = key
		alloc[address] = types.Account{Balance: new(big.Int).Lsh(big.NewInt(1), 80)}
		return address
	}
	lab := contracts.Lab{
		Treasury: person(), Admin: person(), Responder: person(), Recovery: person(),
		Founder: person(), Attacker: person(), Loot: person(),
		Amounts: contracts.DefaultLabAmounts(),
	}
	for range users {
		lab.Users = append(lab.Users, person())
	}
	backend := simulated.NewBackend(alloc)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	id, err := backend.Client().ChainID(t.Context())
	require.NoError(t, err)
	return &practiceRange{backend: backend, chainID: id, keys: keys}, lab
}

// deployedRange is a range with the whole lab on it.
func deployedRange(t *testing.T) (*practiceRange, contracts.Lab, contracts.Deployment) {
	chain, lab := newRange(t, 20)
	deployment, err := lab.Deploy(t.Context(), chain)
	require.NoError(t, err)
	return chain, lab, deployment
}

func (r *practiceRange) NonceAt(ctx context.Context, account common.Address) (uint64, error) {
	return r.backend.Client().NonceAt(ctx, account, nil)
}

func (r *practiceRange) CodeAt(ctx context.Context, account common.Address) ([]byte, error) {
	return r.backend.Client().CodeAt(ctx, account, nil)
}

// Mine counts nonces itself: the pool takes transactions in the background, so
// what it calls pending lags behind what was sent.
func (r *practiceRange) Mine(ctx context.Context, transactions []contracts.Transaction) error {
	next := make(map[common.Address]uint64)
	hashes := make([]common.Hash, len(transactions))
	for i, tx := range transactions {
		nonce, known := next[tx.From]
		if !known {
			var err error
			if nonce, err = r.NonceAt(ctx, tx.From); err != nil {
				return fmt.Errorf("read the nonce for %q: %w", tx.Note, err)
			}
		}
		hash, err := r.send(ctx, tx, nonce)
		if err != nil {
			return fmt.Errorf("send %q: %w", tx.Note, err)
		}
		hashes[i], next[tx.From] = hash, nonce+1
	}
	r.backend.Commit()
	for i, hash := range hashes {
		if err := r.settle(ctx, transactions[i], hash); err != nil {
			return err
		}
	}
	return nil
}

// settle waits for one transaction. A block holds only so much gas; what is
// left over goes to the next one.
func (r *practiceRange) settle(ctx context.Context, tx contracts.Transaction, hash common.Hash) error {
	receipt, err := r.backend.Client().TransactionReceipt(ctx, hash)
	for blocks := 0; err != nil && blocks < 50; blocks++ {
		r.backend.Commit()
		receipt, err = r.backend.Client().TransactionReceipt(ctx, hash)
	}
	if err != nil {
		return fmt.Errorf("find the receipt of %q: %w", tx.Note, err)
	}
	if receipt.Status != types.ReceiptStatusSuccessful {
		return fmt.Errorf("%q was mined and reverted, %d of %d gas used", tx.Note, receipt.GasUsed, tx.Gas)
	}
	if receipt.GasUsed > tx.Gas*2/3 {
		return fmt.Errorf("%q used %d of %d gas: no room to spare", tx.Note, receipt.GasUsed, tx.Gas)
	}
	return nil
}

func (r *practiceRange) send(ctx context.Context, tx contracts.Transaction, nonce uint64) (common.Hash, error) {
	signed, err := types.SignNewTx(r.keys[tx.From], types.LatestSignerForChainID(r.chainID), &types.DynamicFeeTx{
		ChainID: r.chainID, Nonce: nonce, To: tx.To, Data: tx.Data, Gas: tx.Gas,
		GasFeeCap: big.NewInt(100_000_000_000), GasTipCap: big.NewInt(1_000_000_000),
	})
	if err != nil {
		return common.Hash{}, err
	}
	return signed.Hash(), r.backend.Client().SendTransaction(ctx, signed)
}

// does mines one call and wants it to succeed.
func (r *practiceRange) does(t *testing.T, from, to common.Address, data []byte) {
	t.Helper()
	tx := contracts.Transaction{From: from, To: &to, Data: data, Gas: 300_000, Note: "test call"}
	require.NoError(t, r.Mine(t.Context(), []contracts.Transaction{tx}))
}

// refusal mines a transaction that is to be refused, and returns why it was.
func (r *practiceRange) refusal(t *testing.T, tx contracts.Transaction) contracts.Reason {
	t.Helper()
	require.ErrorContains(t, r.Mine(t.Context(), []contracts.Transaction{tx}), "reverted")
	_, err := r.backend.Client().CallContract(t.Context(),
		ethereum.CallMsg{From: tx.From, To: tx.To, Data: tx.Data, Gas: tx.Gas}, nil)
	dataErr, ok := errors.AsType[rpc.DataError](err)
	require.True(t, ok, "%v", err)
	text, ok := dataErr.ErrorData().(string)
	require.True(t, ok)
	return contracts.DecodeRevert(common.FromHex(text))
}

func (r *practiceRange) view(t *testing.T, to common.Address, data []byte) []byte {
	t.Helper()
	answer, err := r.backend.Client().CallContract(t.Context(), ethereum.CallMsg{To: &to, Data: data}, nil)
	require.NoError(t, err)
	return answer
}

func (r *practiceRange) number(t *testing.T, to common.Address, data []byte) *big.Int {
	t.Helper()
	value, err := contracts.DecodeUint256(r.view(t, to, data))
	require.NoError(t, err)
	return value
}

func (r *practiceRange) flag(t *testing.T, to common.Address, data []byte) bool {
	t.Helper()
	value, err := contracts.DecodeBool(r.view(t, to, data))
	require.NoError(t, err)
	return value
}
