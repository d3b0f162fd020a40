package faults_test

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/submitter"
)

// wei is a number of the chain.
func wei(n int64) incident.Wei {
	q, err := incident.QuantityFromBig(big.NewInt(n))
	if err != nil {
		panic(err)
	}
	return q
}

// within demands that no bid of the first step may cost more than was approved.
func (w *world) within() {
	w.t.Helper()
	for _, a := range w.step().Attempts {
		assert.LessOrEqual(w.t, a.FeeCap.Times(a.Gas).Cmp(w.cost), 0, "bid %d", a.Attempt)
	}
}

func TestRow08AnUnderpricedReplacementJumpsOverWhatIsInThePool(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.submit.BumpAfter = time.Hour // it is the answer that raises, and not time
		w.chain.Jam()
		w.foreign(0, elsewhere, 100*gwei)
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.until("outbid", func(incident.State) bool { return w.answers("rpc1", "")+w.answers("rpc2", "") > 0 })
		w.chain.Unjam()
		w.chain.Run(t, blockTime)
		w.once(w.contained())
		assert.Positive(t, w.answers("rpc1", submitter.KindReplacement))
		w.within()
	})
}

func TestRow09AMinimumTipIsReadAndExceededByAQuarter(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.submit.BumpAfter = time.Hour
		w.chain.Run(t, blockTime)
		w.chain.Set(func(r *rules) { r.MinTip = big.NewInt(25 * gwei) })
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
		step := w.step()
		require.Len(t, step.Attempts, 2, "one refused, one that is enough")
		assert.Equal(t, string(submitter.KindFeeLow), outcome(step.Attempts[0], "rpc1").Kind)
		assert.GreaterOrEqual(t, step.Attempts[1].Tip.Cmp(wei(25*gwei/4*5)), 0)
	})
}

func TestRow11WithoutMoneyTheBytesWaitForItAndPeopleAreTold(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		w.chain.Set(func(r *rules) { r.Balances[w.key.Address()] = big.NewInt(1) })
		p := w.boot()
		defer p.halt()
		p.alarm()
		time.Sleep(2 * time.Minute)
		assert.Equal(t, string(submitter.KindFunds), outcome(w.step().Attempts[0], "rpc1").Kind)
		assert.Equal(t, 1, w.step().Issue)
		assert.Equal(t, 1, w.tellings("run0/stalled/"), "somebody has to fund it, and is told once")
		w.chain.Set(func(r *rules) { delete(r.Balances, w.key.Address()) })
		w.once(w.contained())
	})
}

func TestRow11WithLittleMoneyTheBidIsWhatTheAccountCarries(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		balance := int64(15 * gwei * 100_000) // 15 gwei per gas; the base fee is 10
		w.chain.Set(func(r *rules) { r.Balances[w.key.Address()] = big.NewInt(balance) })
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
		a := w.step().Attempts[0]
		assert.LessOrEqual(t, a.FeeCap.Times(a.Gas).Cmp(wei(balance)), 0)
		assert.Equal(t, "accepted", outcome(a, "rpc1").Class)
	})
}

func TestRow12TheFeeCapOfOneNodeIsThatNodesAlone(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		w.endpoints[0].Set(func(s *script) { s.FeeCap = big.NewInt(1e15) })
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
		first := w.step().Attempts[0]
		assert.Equal(t, string(submitter.KindNodeFeeCap), outcome(first, "rpc1").Kind)
		assert.Equal(t, "accepted", outcome(first, "rpc2").Class)
		assert.Len(t, w.step().Attempts, 1)
	})
}

func TestRow12NoBidIsAboveWhatPublicNodesTake(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.cost = wei(5e18)
		w.chain.SetBase(3000 * gwei)
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
		for _, a := range w.step().Attempts {
			assert.Negative(t, a.FeeCap.Times(a.Gas).Cmp(wei(1e18)))
		}
		assert.Equal(t, "accepted", outcome(w.step().Attempts[0], "rpc1").Class)
	})
}

func TestRow17ABaseFeeThatRisesTenfoldIsFollowedInsideTheBudget(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		w.until1559(func() { p.alarm() }, 100*gwei)
		w.once(w.contained())
		assert.Greater(t, len(w.step().Attempts), 1)
		w.within()
	})
}

func TestRow17AboveTheBudgetTheSameBytesAreOfferedAndPeopleAreTold(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		w.until1559(func() { p.alarm() }, 1000*gwei)
		time.Sleep(2 * time.Minute)
		assert.Equal(t, 1, w.step().Issue)
		assert.Equal(t, 1, w.happened(submitter.AtCeiling))
		assert.Equal(t, 1, w.tellings("run0/stalled/"), "somebody is told that the budget is used up, once")
		before := len(w.endpoints[0].Sent())
		time.Sleep(time.Minute)
		assert.Greater(t, len(w.endpoints[0].Sent())-before, 10, "it is offered again and again")
		w.chain.SetBase(10 * gwei)
		w.once(w.contained())
		w.within()
	})
}

// until1559 does something and has the base fee jump before a block can take
// what comes of it.
func (w *world) until1559(do func(), base int64) {
	w.journal.OnAppend = func(entries []incident.Entry) (bool, error) {
		for _, e := range entries {
			for _, d := range e.Drafts {
				if _, ok := d.Body.(incident.Signed); ok && w.step().Issue == 1 && len(w.step().Attempts) == 1 {
					w.chain.SetBase(base)
				}
			}
		}
		return true, nil
	}
	do()
}

func TestRow18WithoutABaseFeeOrATipTheFloorsAreBid(t *testing.T) {
	for name, base := range map[string]*big.Int{"zero": new(big.Int), "none": nil} {
		virtual(t, func(t *testing.T) {
			w := newWorld(t, 2)
			w.submit.FloorTip = wei(3 * gwei)
			w.chain.Set(func(r *rules) { r.Base, r.Tip = base, new(big.Int) })
			w.chain.Run(t, blockTime)
			p := w.boot()
			defer p.halt()
			p.alarm()
			w.once(w.contained())
			a := w.step().Attempts[0]
			assert.GreaterOrEqual(t, a.Tip.Cmp(wei(3*gwei)), 0, name)
			assert.GreaterOrEqual(t, a.FeeCap.Cmp(a.Tip), 0, name)
		})
	}
}

func TestRow19AFeeOracleThatFailsBlocksNothing(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.submit.FloorTip = wei(gwei)
		w.chain.Run(t, blockTime)
		w.script(func(s *script) {
			s.Answer = func(method string, _ []any) (any, error, bool) {
				return nil, said("the method is not available"), method == "eth_feeHistory" || method == "eth_maxPriorityFeePerGas"
			}
		})
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
		assert.GreaterOrEqual(t, w.step().Attempts[0].Tip.Cmp(wei(gwei)), 0)
	})
}

func TestRow19AFeeOracleThatTalksNonsenseCostsNoMoreThanWasApproved(t *testing.T) {
	for _, nonsense := range []string{"0x0", "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "0x1000000000000000000000"} {
		virtual(t, func(t *testing.T) {
			w := newWorld(t, 3)
			w.chain.Run(t, blockTime)
			w.endpoints[0].Set(func(s *script) {
				s.Answer = func(method string, _ []any) (any, error, bool) {
					return map[string]any{"baseFeePerGas": []string{nonsense}, "reward": [][]string{{nonsense}}}, nil, method == "eth_feeHistory"
				}
			})
			p := w.boot()
			defer p.halt()
			p.alarm()
			w.once(w.contained())
			w.within()
			paid := w.step().Attempts[0].Tip
			assert.LessOrEqual(t, paid.Cmp(wei(8*gwei)), 0, "the tip is paid, so two others decide it: %s", paid)
		})
	}
}

func TestRow19WhenEveryEndpointIsSilentTheLastFeesAreExtrapolated(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		time.Sleep(10 * blockTime)
		w.script(func(s *script) { s.Down = true })
		time.Sleep(20 * time.Second)
		p.alarm()
		w.until("priced", func(incident.State) bool { return len(w.step().Attempts) == 1 })
		assert.Positive(t, w.step().Attempts[0].FeeCap.Cmp(wei(64*gwei)), "ten blocks may have raised it")
		w.script(func(s *script) { s.Down = false })
		w.once(w.contained())
	})
}

func TestRow38TheFloorOfAChainIsBidFromTheStart(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.submit.FloorTip = wei(30 * gwei) // Polygon
		w.chain.Set(func(r *rules) { r.MinTip, r.Tip = big.NewInt(25*gwei), big.NewInt(1) })
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
		require.Len(t, w.step().Attempts, 1)
		assert.Zero(t, w.answers("rpc1", submitter.KindFeeLow))
	})
}

func TestRow41NoRaiseIsBuiltOnOneThatWasNeverSent(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Jam()
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.untilStep(incident.StepBroadcast)
		w.key.Fail(func(r signer.Request) error { return fmt.Errorf("%w: sealed", signer.ErrUnavailable) })
		time.Sleep(5 * time.Minute)
		step := w.step()
		require.Len(t, step.Attempts, 2, "one raise waits for its signature, and there is no other")
		assert.Nil(t, step.Attempts[1].Signed)
		assert.Len(t, w.chain.Arrived(), 1)
		assert.Greater(t, len(w.endpoints[0].Sent()), 20, "the first bid is offered meanwhile")
		w.key.Fail(nil)
		w.chain.Unjam()
		w.chain.Run(t, blockTime)
		w.once(w.contained())
	})
}
