package submitter_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
)

// goals answers what a test says, and counts how often it is asked.
type goals struct {
	holds, fails atomic.Bool
	asked        atomic.Int32
}

func (g *goals) Holds(context.Context, incident.Check) ([]incident.Observation, bool, error) {
	g.asked.Add(1)
	if g.fails.Load() {
		return nil, false, errors.New("nobody can tell")
	}
	return []incident.Observation{{Check: "vault.paused()", Got: "true"}}, g.holds.Load(), nil
}

func (w *world) startWith(change func(o *submitter.Options)) *submitter.Submitter {
	o := w.options()
	change(&o)
	s, err := submitter.New(o)
	require.NoError(w.t, err)
	s.Start(w.t.Context())
	w.t.Cleanup(s.Stop)
	w.warm(s)
	return s
}

func TestNothingMoreIsPaidForAGoalThatHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		w.chain.Jam()
		g := &goals{}
		sub := w.startWith(func(o *submitter.Options) { o.Goals = g })
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		assert.Nil(t, s.within(sub, "pause", 5*time.Second))
		assert.Zero(t, g.asked.Load(), "a bid that is young costs no reading")
		g.holds.Store(true)
		body := s.within(sub, "pause", 10*time.Second)
		require.IsType(t, incident.AlreadySo{}, body)
		s.add(body)
		assert.Nil(t, s.within(sub, "pause", 10*time.Minute))
		assert.Len(t, w.chain.Arrived(), 1, "the one bid is offered again, and no higher one")
		w.chain.Unjam()
		assert.Equal(t, incident.KindIncluded, s.settle(sub, "pause").Kind(), "its nonce is used up in the end")
	})
}

func TestAGoalThatCannotBeReadKeepsNobodyFromBidding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		w.chain.Jam()
		g := &goals{}
		g.fails.Store(true)
		sub := w.startWith(func(o *submitter.Options) { o.Goals = g })
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		require.IsType(t, incident.Priced{}, s.within(sub, "pause", 10*time.Second))
	})
}

func TestAPersonHurriesABidThatIsStillYoung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.config.BumpAfter = time.Hour
		w.chain.Run(t, blockTime)
		w.chain.Jam()
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		assert.Nil(t, s.within(sub, "pause", time.Minute))
		s.add(incident.Hurried{Step: "pause", By: "ana"})
		body := s.within(sub, "pause", time.Second)
		require.IsType(t, incident.Priced{}, body)
		assert.Contains(t, body.(incident.Priced).Why, "a person asks for it")
		s.add(body)
		s.do(sub.Sign, "pause")
		s.do(sub.Broadcast, "pause")
		assert.Nil(t, s.within(sub, "pause", time.Minute), "once")
	})
}

func TestWhatWasCalledOffIsOfferedAtTheFeesItHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		w.chain.Jam()
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		s.add(incident.Cancelled{Step: "pause", By: "ana", Why: "false alarm"})
		assert.Nil(t, s.within(sub, "pause", 10*time.Minute))
		assert.Empty(t, s.stalls, "who called it off knows")
		assert.Len(t, w.chain.Arrived(), 1)
		assert.Greater(t, len(w.endpoints[0].Sent()), 100, "its nonce must be used up before anything above it is mined")
	})
}

func TestNoLadderIsClimbedAgainstWhatMoreFeesCannotMend(t *testing.T) {
	cases := map[string]struct{ text, why string }{
		"gas":    {"intrinsic gas too low: gas 21000, minimum needed 53000", "refuses it for good: intrinsic gas too low"},
		"config": {"invalid sender: invalid chain id for signer: have 1 want 2", "refuses it for good: invalid sender"},
		"blobs":  {"address already reserved", "refuses it for good: address already reserved"},
		"funds":  {"insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1", "the account cannot pay for it: insufficient funds"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 2)
				w.chain.Run(t, blockTime)
				for _, e := range w.endpoints {
					e.Set(func(e *script) { e.Reject = func() error { return said("%s", c.text) } })
				}
				sub := w.start()
				s := authorised(t, "A", "pause")
				s.send(sub, "pause")
				assert.Nil(t, s.within(sub, "pause", 10*time.Minute))
				require.Len(t, s.stalls, 1, "people are told once")
				assert.Contains(t, s.stalls[0].Why, c.why)
				assert.NotEmpty(t, s.stalls[0].Mend)
				assert.Len(t, s.step("pause").Attempts, 1)
				for _, e := range w.endpoints {
					e.Set(func(e *script) { e.Reject = nil })
				}
				assert.Equal(t, incident.KindIncluded, s.settle(sub, "pause").Kind(), "the same bytes were offered all along")
			})
		})
	}
}

func TestAStallIsSaidAgainAfterARestartOnlyWhenItWasNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.config.Bump = false
		w.chain.Jam()
		s := authorised(t, "A", "pause")
		sub := w.start()
		s.send(sub, "pause")
		body, err := sub.Watch(t.Context(), s.state, "pause")
		require.NoError(t, err)
		require.IsType(t, incident.Stalled{}, body)
		sub.Stop()

		lost := w.restart(s.state) // the process died before it was written
		body, err = lost.Watch(t.Context(), s.state, "pause")
		require.NoError(t, err)
		s.add(body)
		lost.Stop()

		after := w.restart(s.state)
		assert.Nil(t, s.within(after, "pause", 10*time.Minute))
		assert.Empty(t, s.stalls)
	})
}

func TestAReissueSpendsWhatIsLeftOfTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		sub := w.start()
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		body := s.settle(sub, "pause").(incident.Included)
		first := s.last("pause")
		// The same, as if it had failed there.
		s = authorised(t, "B", "pause")
		s.send(sub, "pause")
		second := s.last("pause")
		s.add(incident.Reverted{Step: "pause", Hash: second.Signed.Hash, GasUsed: 100_000, Block: body.Block})
		w.chain.SetBase(1000 * gwei) // far above what is approved
		time.Sleep(time.Minute)
		s.do(sub.Price, "pause")
		third := s.last("pause")
		assert.Equal(t, first.FeeCap, second.FeeCap)
		left := incident.NewQuantity(0).Add(call("pause").MaxCost).Sub(second.FeeCap.Times(100_000))
		assert.LessOrEqual(t, third.FeeCap.Times(third.Gas).Cmp(left), 0, "what failed may have cost is gone")
		assert.Positive(t, third.FeeCap.Times(third.Gas+1).Cmp(left), "and the rest is used")
	})
}
