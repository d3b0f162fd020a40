package lab

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/contracts"
)

// givesUp is how many strikes in a row may fail before the attacker believes
// that it is over.
const givesUp = 3

// Attack is an attack that runs.
type Attack struct {
	Began  time.Time
	scene  Scenario
	r      *Range
	before *big.Int // what the victims held when it began
	left   *big.Int // what they held after the last strike; run's own

	mu     sync.Mutex
	hashes []common.Hash // strikes that took something
	failed int           // strikes in a row that took nothing
	done   chan struct{}
	err    error
}

// attack prepares the attacker and starts the series.
func (r *Range) attack(ctx context.Context, scene Scenario) (*Attack, error) {
	opening, err := scene.begin(r)
	if err != nil {
		return nil, fmt.Errorf("prepare the attack: %w", err)
	}
	if err := r.sender.Mine(ctx, opening); err != nil {
		return nil, fmt.Errorf("prepare the attack: %w", err)
	}
	before, err := r.held(ctx, scene.victims(r))
	if err != nil {
		return nil, err
	}
	a := &Attack{Began: time.Now(), scene: scene, r: r, before: before, left: before, done: make(chan struct{})}
	go a.run(ctx)
	return a, nil
}

// run strikes until nothing is left, until strikes fail, or until ctx ends.
func (a *Attack) run(ctx context.Context) {
	defer close(a.done)
	for n := 0; ; n++ {
		tx, more, err := a.scene.strike(a.r, n)
		if err != nil || !more {
			a.end(err)
			return
		}
		hash, err := a.r.sender.do(ctx, tx)
		if err == nil {
			err = a.progress(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if a.struck(hash, err) {
			return
		}
		for range a.scene.pace*max(1, a.r.o.Pace) - 1 {
			if !a.r.chain.waitBlock(ctx) {
				return
			}
		}
	}
}

// progress fails with errReverted when the last strike took nothing: an empty
// vault pays out nothing without a complaint.
func (a *Attack) progress(ctx context.Context) error {
	now, err := a.r.held(ctx, a.scene.victims(a.r))
	if err != nil {
		return err
	}
	if now.Cmp(a.left) >= 0 {
		return errReverted
	}
	a.left = now
	return nil
}

// struck notes one strike and tells whether the attacker gives up.
func (a *Attack) struck(hash common.Hash, err error) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		a.hashes, a.failed = append(a.hashes, hash), 0
		return false
	}
	if !errors.Is(err, errReverted) {
		a.err = err
		return true
	}
	a.failed++
	return a.failed >= givesUp
}

func (a *Attack) end(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

// Strikes returns the transactions that took something.
func (a *Attack) Strikes() []common.Hash {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]common.Hash(nil), a.hashes...)
}

// Funds tells what was at risk when the attack began and what is gone, in base
// units. Deposits and withdrawals of honest people would blur it; the lab has
// none meanwhile.
func (a *Attack) Funds(ctx context.Context) (total, lost *big.Int, err error) {
	now, err := a.r.held(ctx, a.scene.victims(a.r))
	if err != nil {
		return nil, nil, err
	}
	total = a.before
	if a.scene.Target == "lab-vault" {
		// The attacker's own stake lies in the vault too and is no loss.
		total = new(big.Int).Sub(a.before, a.r.cast.Amounts.Stake)
	}
	lost = new(big.Int).Sub(a.before, now)
	if lost.Cmp(total) > 0 {
		lost = new(big.Int).Set(total)
	}
	return total, lost, nil
}

// balance reads the lab's token.
func (r *Range) balance(ctx context.Context, account common.Address) (*big.Int, error) {
	data, err := r.chain.Client.CallContract(ctx, ethereum.CallMsg{To: &r.at.Token, Data: contracts.BalanceOfQuery(account)}, nil)
	if err != nil {
		return nil, fmt.Errorf("read balance of %s: %w", account, err)
	}
	return contracts.DecodeUint256(data)
}

// waitBlock waits for the next block; false when ctx ended first.
func (c *Chain) waitBlock(ctx context.Context) bool {
	start, err := c.Client.BlockNumber(ctx)
	if err != nil {
		return false
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
			if n, err := c.Client.BlockNumber(ctx); err != nil || n > start {
				return err == nil
			}
		}
	}
}
