package submitter_test

import (
	"math/big"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/submitter"
)

func TestABidThatIsNotMinedIsRaisedAtTheSameNonceUpToWhatWasApproved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		sub := w.start()
		w.chain.Jam()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		raises := 0
		for {
			body := s.within(sub, "pause", 30*time.Second)
			if body == nil {
				break
			}
			raises++
			s.add(body) // the machine refuses another nonce and a cost above what was approved
			s.do(sub.Sign, "pause")
			s.do(sub.Broadcast, "pause")
			assert.Equal(t, []string{"accepted", "accepted"}, classes(s.last("pause").Outcomes), "the pool's replacement rule is cleared")
		}
		assert.Equal(t, 5, raises, "64, 80, 100, 125, 156, 195 gwei of 200")
		assert.Equal(t, 1, w.happened(submitter.AtCeiling))
		require.Len(t, s.stalls, 1, "people are told once")
		assert.Equal(t, "the next bid may cost 0.0214843750014 ETH and 0.02 of the approved 0.02 are left", s.stalls[0].Why)
		top := s.last("pause")
		assert.LessOrEqual(t, top.FeeCap.Times(top.Gas).Big().Cmp(maxCost), 0)
		before := len(w.endpoints[0].Sent())
		s.within(sub, "pause", 31*time.Second)
		assert.GreaterOrEqual(t, len(w.endpoints[0].Sent())-before, 8, "at the ceiling it is offered again and again")
		assert.Equal(t, []byte(top.Signed.Raw), last(w.endpoints[0].Sent()))
		w.chain.Unjam()
		assert.Equal(t, incident.KindIncluded, s.settle(sub, "pause").Kind())
		assert.Len(t, w.chain.Mined(w.key.Address()), 1, "one of all the bids")
	})
}

func last(all [][]byte) []byte { return all[len(all)-1] }

func TestAChainWithoutAMempoolSeesOnlyTheSameBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.config.Bump = false
		w.chain.Jam()
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		assert.Nil(t, s.within(sub, "pause", 5*time.Minute))
		assert.Len(t, w.chain.Arrived(), 1)
		assert.Greater(t, len(w.endpoints[0].Sent()), 50)
		require.Len(t, s.stalls, 1)
		assert.Contains(t, s.stalls[0].Why, "without a mempool")
	})
}

func TestARefusedRaiseIsNotAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.chain.Jam()
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		s.add(s.within(sub, "pause", time.Minute))
		w.key.Refuse(func(signer.Request) *signer.Refusal {
			return signer.Refuse(signer.CodeBudget, "the day's budget is used up")
		})
		bodies := s.do(sub.Sign, "pause")
		assert.Nil(t, bodies[0].(incident.Refused).Slot, "bytes are live at this nonce")
		assert.Equal(t, incident.StepBroadcast, s.step("pause").State)
		assert.Nil(t, s.within(sub, "pause", time.Minute), "the first bid is watched, and not raised")
		require.Len(t, s.stalls, 1)
		assert.Contains(t, s.stalls[0].Why, "the day's budget is used up")
	})
}

func TestOnlyTheOldestNonceOfALaneIsRaised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.chain.Jam()
		w.chain.Run(t, blockTime)
		sub := w.start()
		s := authorised(t, "A", "a", "b")
		s.send(sub, "a", "b")
		assert.Nil(t, s.within(sub, "b", time.Minute))
		require.NotNil(t, s.within(sub, "a", time.Minute))
	})
}

func TestAWatchThatBeganBeforeARaiseFindsTheRaisedBid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.chain.Jam()
		w.chain.Run(t, blockTime)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		s.add(s.within(sub, "pause", time.Minute))
		settled := make(chan incident.Body)
		stale := s.state // priced again, and not yet signed
		go func() {
			body, err := sub.Watch(t.Context(), stale, "pause")
			assert.NoError(t, err)
			settled <- body
		}()
		s.do(sub.Sign, "pause")
		s.do(sub.Broadcast, "pause")
		w.chain.Unjam()
		assert.Equal(t, s.last("pause").Signed.Hash, (<-settled).(incident.Included).Hash)
	})
}

func TestAWatchThatBeginsLateOnAnOldStateStillRaises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.chain.Jam()
		w.chain.Run(t, blockTime)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		s.add(s.within(sub, "pause", time.Minute))
		stale := s.state // priced again, and not yet signed
		s.do(sub.Sign, "pause")
		s.do(sub.Broadcast, "pause")
		s.state = stale
		body := s.within(sub, "pause", time.Minute)
		require.NotNil(t, body, "that its newest bid has no signature was so once")
		assert.Equal(t, 3, body.(incident.Priced).Attempt)
	})
}

func TestANodeThatAsksForMoreGetsMoreAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.config.BumpAfter = time.Hour
		sub := w.start()
		w.endpoints[0].Set(func(e *script) {
			e.Reject = func() error {
				return said("transaction gas price below minimum: gas tip cap 4000000000, minimum needed 25000000000")
			}
		})
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		body := s.within(sub, "pause", 5*time.Second)
		require.NotNil(t, body)
		assert.Positive(t, body.(incident.Priced).Tip.Big().Cmp(big.NewInt(25*gwei*5/4)))
	})
}

func TestAHashWithoutATransactionRaisesEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.config.BumpAfter = time.Hour
		sub := w.start()
		// One accepts and keeps nothing, the other is away: nobody has it.
		w.endpoints[0].Set(func(e *script) { e.Deaf = true })
		w.endpoints[1].Set(func(e *script) { e.Lose = 2 })
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		w.endpoints[1].Set(func(e *script) { e.Lose = 1 << 20 })
		body := s.within(sub, "pause", 10*time.Second)
		require.NotNil(t, body)
		assert.Contains(t, body.(incident.Priced).Why, "no other has it")
		assert.Positive(t, w.happened(submitter.Unseen))
	})
}
