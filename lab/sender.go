package lab

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/firebreak-project/firebreak/contracts"
)

// sender sends the transactions of the lab's people. It is the attacker's and
// the deployer's tool; the responder has its own.
type sender struct {
	chain  *Chain
	people *people
	nonces map[common.Address]uint64
}

var _ contracts.Chain = (*sender)(nil)

func newSender(c *Chain, p *people) *sender {
	return &sender{chain: c, people: p, nonces: map[common.Address]uint64{}}
}

// NonceAt implements contracts.Chain.
func (s *sender) NonceAt(ctx context.Context, account common.Address) (uint64, error) {
	return s.chain.Client.NonceAt(ctx, account, nil)
}

// CodeAt implements contracts.Chain.
func (s *sender) CodeAt(ctx context.Context, account common.Address) ([]byte, error) {
	return s.chain.Client.CodeAt(ctx, account, nil)
}

// Mine implements contracts.Chain. It does not wait for the next block but
// seals one, because a person is waiting.
func (s *sender) Mine(ctx context.Context, transactions []contracts.Transaction) error {
	hashes := make([]common.Hash, len(transactions))
	for i, tx := range transactions {
		hash, err := s.send(ctx, tx, nil)
		if err != nil {
			return fmt.Errorf("send %q: %w", tx.Note, err)
		}
		hashes[i] = hash
	}
	for i, hash := range hashes {
		s.chain.Seal()
		receipt, err := s.receipt(ctx, hash)
		if err != nil {
			return fmt.Errorf("mine %q: %w", transactions[i].Note, err)
		}
		if receipt.Status != types.ReceiptStatusSuccessful {
			return fmt.Errorf("%q was mined and reverted", transactions[i].Note)
		}
	}
	return nil
}

// errReverted says that a transaction was mined and failed.
var errReverted = errors.New("the transaction reverted")

// do sends one transaction and waits for the chain to mine it.
func (s *sender) do(ctx context.Context, tx contracts.Transaction) (common.Hash, error) {
	hash, err := s.send(ctx, tx, nil)
	if err != nil {
		return hash, fmt.Errorf("send %q: %w", tx.Note, err)
	}
	receipt, err := s.receipt(ctx, hash)
	if err != nil {
		return hash, fmt.Errorf("mine %q: %w", tx.Note, err)
	}
	if receipt.Status != types.ReceiptStatusSuccessful {
		return hash, fmt.Errorf("%q: %w", tx.Note, errReverted)
	}
	return hash, nil
}

// pay sends ether, for the responder's gas.
func (s *sender) pay(ctx context.Context, from, to common.Address, wei *big.Int) error {
	hash, err := s.send(ctx, contracts.Transaction{From: from, To: &to, Gas: 200_000, Note: "pay for gas"}, wei)
	if err != nil {
		return fmt.Errorf("pay %s: %w", to, err)
	}
	s.chain.Seal()
	_, err = s.receipt(ctx, hash)
	return err
}

// send counts nonces itself: the pool takes transactions in the background, so
// what it calls pending lags behind.
func (s *sender) send(ctx context.Context, tx contracts.Transaction, wei *big.Int) (common.Hash, error) {
	nonce, known := s.nonces[tx.From]
	if !known {
		var err error
		if nonce, err = s.NonceAt(ctx, tx.From); err != nil {
			return common.Hash{}, fmt.Errorf("read nonce: %w", err)
		}
	}
	head, err := s.chain.Client.HeaderByNumber(ctx, nil)
	if err != nil {
		return common.Hash{}, fmt.Errorf("read head: %w", err)
	}
	tip := big.NewInt(1_000_000_000)
	feeCap := new(big.Int).Add(new(big.Int).Mul(head.BaseFee, big.NewInt(4)), tip)
	signed, err := types.SignNewTx(s.people.keys[tx.From], types.LatestSignerForChainID(big.NewInt(ChainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(ChainID), Nonce: nonce, To: tx.To, Data: tx.Data, Gas: tx.Gas, Value: wei,
		GasFeeCap: feeCap, GasTipCap: tip,
	})
	if err != nil {
		return common.Hash{}, fmt.Errorf("sign: %w", err)
	}
	if err := s.chain.Client.SendTransaction(ctx, signed); err != nil {
		return common.Hash{}, err
	}
	s.nonces[tx.From] = nonce + 1
	return signed.Hash(), nil
}

// receipt waits for a transaction until ctx ends.
func (s *sender) receipt(ctx context.Context, hash common.Hash) (*types.Receipt, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		receipt, err := s.chain.Client.TransactionReceipt(ctx, hash)
		if err == nil {
			return receipt, nil
		}
		if !errors.Is(err, ethereum.NotFound) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
		}
	}
}
