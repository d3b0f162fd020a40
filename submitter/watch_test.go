package submitter_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// within runs Watch for a while and returns what came of it, nil for nothing.
func (s *story) within(sub *submitter.Submitter, step string, d time.Duration) incident.Body {
	ctx, cancel := context.WithTimeout(s.t.Context(), d)
	defer cancel()
	for {
		body, err := sub.Watch(ctx, s.state, step)
		if err != nil {
			assert.ErrorIs(s.t, err, context.DeadlineExceeded)
			return nil
		}
		if !s.stalled(body) {
			return body
		}
	}
}

func TestATransactionThatIsMinedIsIncluded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		in := s.settle(sub, "pause").(incident.Included)
		assert.Equal(t, s.last("pause").Signed.Hash, in.Hash)
		assert.EqualValues(t, 52_000, in.GasUsed)
	})
}

func TestAFailedTransactionIsRevertedWithItsReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Set(func(r *rules) { r.Fails = func(*types.Transaction) bool { return true } })
		for _, e := range w.endpoints {
			// Error(string) "Pausable: paused"
			e.Set(func(e *script) {
				e.Revert = "0x08c379a0" + "0000000000000000000000000000000000000000000000000000000000000020" +
					"0000000000000000000000000000000000000000000000000000000000000010" +
					"5061757361626c653a2070617573656400000000000000000000000000000000"
			})
		}
		w.chain.Run(t, blockTime)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		reverted := s.settle(sub, "pause").(incident.Reverted)
		assert.Contains(t, reverted.Why, "Pausable: paused")
		assert.Contains(t, reverted.Why, "used 52000 of 100000 gas")

		// A new nonce follows, and the old receipt settles nothing.
		w.chain.Set(func(r *rules) { r.Fails = nil })
		s.send(sub, "pause")
		assert.EqualValues(t, 1, s.last("pause").Nonce)
		assert.Equal(t, 2, s.last("pause").Issue)
		assert.Equal(t, incident.KindIncluded, s.settle(sub, "pause").Kind())
	})
}

func TestAReceiptOfOneEndpointAloneSettlesNothingSoon(t *testing.T) {
	for name, lie := range map[string]submittertest.Mined{"included": {Block: 1, Good: true, Gas: 1}, "reverted": {Block: 1, Gas: 1}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 3)
				sub := w.start()
				s := authorised(t, "A", "pause")
				s.send(sub, "pause")
				w.chain.SetBase(1e15) // nothing of ours is mined
				w.endpoints[0].Set(func(e *script) {
					e.Receipt = func(h common.Hash) any { return submittertest.Receipt(h, common.Hash{9}, lie) }
				})
				body := s.within(sub, "pause", 20*time.Second)
				if body != nil {
					assert.Equal(t, incident.KindPriced, body.Kind(), "bids go on")
				}
			})
		})
	}
}

func TestAReceiptIsBelievedWhenNobodyElseAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		w.endpoints[1].Set(func(e *script) { e.Down = true })
		w.chain.Mine()
		body := s.within(sub, "pause", 5*time.Second)
		require.NotNil(t, body)
		assert.Equal(t, incident.KindIncluded, body.Kind())
	})
}

func TestAMissingReceiptIsNeverEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.config.Bump = false
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		for _, e := range w.endpoints {
			e.Set(func(e *script) { e.Blind = true })
		}
		w.chain.SetBase(1e15)
		assert.Nil(t, s.within(sub, "pause", 10*time.Minute), "null for ten minutes, and the nonce stays open")
	})
}

func TestANonceSpentByAnotherIsPreemptedOnlyByTwoEndpointsTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.config.Bump = false
		w.chain.SetBase(1e15)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		// One endpoint says that the nonce is spent: it is not followed.
		spent := uint64(1)
		w.endpoints[0].Set(func(e *script) { e.Count = func() *uint64 { return &spent } })
		assert.Nil(t, s.within(sub, "pause", time.Minute))
		assert.Positive(t, w.happened(submitter.Split))
		// A second agrees: the nonce is closed, and the next one is opened.
		w.endpoints[1].Set(func(e *script) { e.Count = func() *uint64 { return &spent } })
		body := s.within(sub, "pause", time.Minute)
		require.NotNil(t, body)
		assert.EqualValues(t, 0, body.(incident.Preempted).Nonce)
		assert.Equal(t, 1, w.happened(submitter.Taken))
		s.add(body)
		s.do(sub.Price, "pause")
		assert.EqualValues(t, 1, s.last("pause").Nonce)
	})
}

func TestANonceIsNotClosedByOneLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		spent := uint64(1)
		for _, e := range w.endpoints {
			e.Set(func(e *script) { e.Count, e.Blind = func() *uint64 { return &spent }, true })
		}
		time.Sleep(2 * blockTime) // everybody has heard of the count
		assert.Nil(t, s.within(sub, "pause", 900*time.Millisecond), "counts are ahead of receipts for a moment")
		w.chain.Mine()
		for _, e := range w.endpoints {
			e.Set(func(e *script) { e.Blind = false })
		}
		assert.Equal(t, incident.KindIncluded, s.settle(sub, "pause").Kind())
	})
}

func TestFeesThatMustNotBeRaisedAreNotRaised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.chain.Jam()
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		s.state.Runs[0].Steps[0].NoBump = "an operator said so"
		assert.Nil(t, s.within(sub, "pause", time.Minute))
	})
}

func TestOurOwnBidBeingMinedIsNotAForeignTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Jam()
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		s.add(s.within(sub, "pause", time.Minute)) // a raise
		s.do(sub.Sign, "pause")
		s.do(sub.Broadcast, "pause")
		first := s.step("pause").Attempts[0]
		// The first bid is mined after all, as if a builder had kept it.
		var tx types.Transaction
		require.NoError(t, tx.UnmarshalBinary(first.Signed.Raw))
		w.chain.Insert(&tx)
		w.chain.Unjam()
		w.chain.Mine()
		in := s.settle(sub, "pause").(incident.Included)
		assert.Equal(t, first.Signed.Hash, in.Hash)
	})
}

func TestAReorganisationGetsTheSameBytesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		s.settle(sub, "pause")
		w.chain.Reorganise(math.MaxInt)
		s.add(incident.Displaced{Step: "pause", Why: "reorganised"})
		in := s.settle(sub, "pause").(incident.Included)
		assert.Equal(t, s.last("pause").Signed.Hash, in.Hash)
		assert.Len(t, w.chain.Arrived(), 1, "no other bytes ever left")
	})
}

func TestAnEndpointThatHangsDelaysNeitherOffersNorRaises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.config.BumpAfter = 4 * time.Second
		w.chain.Jam()
		sub := w.start()
		w.endpoints[0].Set(func(e *script) { e.Hang = true })
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		began := time.Now()
		require.NotNil(t, s.within(sub, "pause", time.Minute))
		assert.LessOrEqual(t, time.Since(began), 6*time.Second)
	})
}
