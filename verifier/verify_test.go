package verifier_test

import (
	"context"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func TestAGoalThatHoldsIsReadFromAnotherEndpointThanTheReceipt(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		s := w.included()
		body, err := w.verifier().Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		seen := body.(incident.Held).Seen
		require.Len(t, seen, 1)
		assert.Equal(t, "rpc2", seen[0].Endpoint)
		assert.Equal(t, "true", seen[0].Got)
		assert.GreaterOrEqual(t, seen[0].Block, s.Run().Steps[0].In.Block)
		assert.Zero(t, w.endpoints[0].asked("eth_call"))
	})
}

func TestTheOnlyEndpointIsBelieved(t *testing.T) {
	play(t, 1, func(t *testing.T, w *world) {
		body, err := w.verifier().Verify(t.Context(), w.included(), "pause")
		require.NoError(t, err)
		assert.Equal(t, incident.KindHeld, body.Kind())
	})
}

func TestAnEndpointThatLagsIsWaitedFor(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		w.endpoints[1].lag = 3
		w.chain.run(t)
		s := w.included()
		body, err := w.verifier().Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		assert.GreaterOrEqual(t, body.(incident.Held).Seen[0].Block, s.Run().Steps[0].In.Block, "never read before the transaction")
	})
}

func TestAReceiptWithoutItsGoalIsNotSuccess(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		s := w.included()
		w.chain.set(int(s.Run().Steps[0].In.Block), false)
		began := time.Now()
		body, err := w.verifier().Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		unheld := body.(incident.Unheld)
		assert.Contains(t, unheld.Why, "rpc2 reads false for vault.paused() == true")
		assert.NotEmpty(t, unheld.Seen)
		assert.GreaterOrEqual(t, time.Since(began), 2*time.Minute, "it was given the plan's time")
	})
}

func TestAGoalThatHoldsALittleLaterHolds(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		s := w.included()
		at := int(s.Run().Steps[0].In.Block)
		w.chain.set(at, false)
		w.chain.set(at+5, true)
		w.chain.run(t)
		body, err := w.verifier().Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		assert.Equal(t, incident.KindHeld, body.Kind())
	})
}

func TestOneEndpointThatLiesCannotMakeAGoalHold(t *testing.T) {
	play(t, 3, func(t *testing.T, w *world) {
		s := w.included()
		w.chain.set(int(s.Run().Steps[0].In.Block), false)
		w.endpoints[1].says = new(true)
		body, err := w.verifier().Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		require.Equal(t, incident.KindUnheld, body.Kind())
		assert.Contains(t, body.(incident.Unheld).Why, "rpc2 says that it holds")
	})
}

func TestThePlaybooksOwnChecksHaveToHoldToo(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		s := w.included()
		never := goal()
		never.Want, never.Text = incident.NewQuantity(0), "vault.paused() == false"
		s.Runs[0].Plan.Verify = []incident.Verification{{Of: "pause", Check: &never, Within: 30 * time.Second}}
		began := time.Now()
		body, err := w.verifier().Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		assert.Equal(t, incident.KindUnheld, body.Kind())
		assert.Less(t, time.Since(began), time.Minute)
	})
}

func TestEveryPartOfAGoalHasToHold(t *testing.T) {
	play(t, 1, func(t *testing.T, w *world) {
		s := w.included()
		first, second := goal(), goal()
		first.Want, first.And = incident.NewQuantity(0), &second
		s.Runs[0].Plan.Calls[0].Goal = first
		body, err := w.verifier().Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		assert.Equal(t, incident.KindUnheld, body.Kind())
	})
}

func TestAReorganisationDisplacesTheStep(t *testing.T) {
	for name, rpcs := range map[string]int{"two endpoints": 2, "the only endpoint": 1} {
		t.Run(name, func(t *testing.T) {
			play(t, rpcs, func(t *testing.T, w *world) {
				s := w.included()
				w.chain.reorganise(int(s.Run().Steps[0].In.Block))
				body, err := w.verifier().Verify(t.Context(), s, "pause")
				require.NoError(t, err)
				assert.Equal(t, incident.KindDisplaced, body.Kind())
			})
		})
	}
}

func TestOneEndpointAloneDisplacesNothing(t *testing.T) {
	play(t, 3, func(t *testing.T, w *world) {
		s := w.included()
		w.endpoints[1].block = &common.Hash{7}
		body, err := w.verifier().Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		assert.Equal(t, incident.KindHeld, body.Kind(), "rpc3 has the block and the goal")
	})
}

func TestOfTwoEndpointsThatDisagreeOnTheBlockNoneIsBelieved(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		s := w.included()
		w.endpoints[1].block = &common.Hash{7}
		body, err := w.verifier().Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		require.Equal(t, incident.KindUnheld, body.Kind(), "a person looks")
		assert.Contains(t, body.(incident.Unheld).Why, "on rpc2 the including block is not on the chain")
	})
}

func TestASplitOfTwoAndTwoDisplacesNothing(t *testing.T) {
	play(t, 4, func(t *testing.T, w *world) {
		s := w.included()
		w.endpoints[2].block, w.endpoints[3].block = &common.Hash{7}, &common.Hash{7}
		body, err := w.verifier().Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		assert.NotEqual(t, incident.KindDisplaced, body.Kind())
	})
}

func TestABlockThatIsGoneForOneLookIsNotDisplaced(t *testing.T) {
	play(t, 1, func(t *testing.T, w *world) {
		s := w.included()
		w.endpoints[0].block = &common.Hash{7}
		go func() {
			time.Sleep(blockTime / 4)
			w.endpoints[0].script(func(e *endpoint) { e.block = nil })
		}()
		body, err := w.verifier().Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		assert.Equal(t, incident.KindHeld, body.Kind())
	})
}

func TestEndpointsThatFailAreAskedAgainAndTheirURLsStaySecret(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		s := w.included()
		w.endpoints[1].down = true
		go func() {
			time.Sleep(40 * time.Second)
			w.endpoints[1].script(func(e *endpoint) { e.down = false })
		}()
		body, err := w.verifier().Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		assert.Equal(t, incident.KindHeld, body.Kind())

		w.endpoints[1].script(func(e *endpoint) { e.down = true })
		body, err = w.verifier().Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		assert.NotContains(t, body.(incident.Unheld).Why, "s3cr3t")
		assert.NotContains(t, body.(incident.Unheld).Why, "example")
	})
}

func TestAHangingEndpointEndsWithItsTimeout(t *testing.T) {
	play(t, 3, func(t *testing.T, w *world) {
		w.endpoints[1].hang = true
		began := time.Now()
		body, err := w.verifier().Verify(t.Context(), w.included(), "pause")
		require.NoError(t, err)
		assert.Equal(t, incident.KindHeld, body.Kind())
		assert.LessOrEqual(t, time.Since(began), 4*time.Second)
	})
}

func TestVerifyingEndsWithItsContext(t *testing.T) {
	play(t, 1, func(t *testing.T, w *world) {
		s := w.included()
		w.endpoints[0].down = true
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := w.verifier().Verify(ctx, s, "pause")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestAnEndpointOfAnotherChainIsNotRead(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		w.endpoints[1].id = 1
		body, err := w.verifier().Verify(t.Context(), w.included(), "pause")
		require.NoError(t, err)
		assert.Contains(t, body.(incident.Unheld).Why, "is an endpoint of chain 1, configured for 1337")
	})
}

func TestFinalityIsReadAtDepthFromAnotherEndpointThanBefore(t *testing.T) {
	play(t, 3, func(t *testing.T, w *world) {
		w.chain.run(t)
		v, s := w.verifier(), w.included()
		body, err := v.Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		s = held(s, body)
		body, err = v.Finalise(t.Context(), s, "pause")
		require.NoError(t, err)
		final := body.(incident.Final)
		assert.GreaterOrEqual(t, final.Depth, uint64(4))
		assert.NotEqual(t, s.Run().Steps[0].Seen[0].Endpoint, final.Seen[0].Endpoint)
	})
}

func TestATagOfFinalityIsWaitedForAndReadAt(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		w.config.Levels = []string{"finalized"}
		w.chain.run(t)
		v, s := w.verifier(), w.included()
		body, err := v.Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		at := int(s.Run().Steps[0].In.Block)
		go func() {
			time.Sleep(10 * time.Minute)
			w.chain.mu.Lock()
			w.chain.final = at + 1
			w.chain.mu.Unlock()
		}()
		began := time.Now()
		body, err = v.Finalise(t.Context(), held(s, body), "pause")
		require.NoError(t, err)
		assert.GreaterOrEqual(t, time.Since(began), 10*time.Minute, "longer than the checks have to hold")
		assert.EqualValues(t, at+1, body.(incident.Final).Seen[0].Block)
	})
}

func TestAReorganisationBeforeDepthDisplacesTheStep(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		w.chain.run(t)
		v, s := w.verifier(), w.included()
		body, err := v.Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		w.chain.reorganise(int(s.Run().Steps[0].In.Block))
		body, err = v.Finalise(t.Context(), held(s, body), "pause")
		require.NoError(t, err)
		assert.Equal(t, incident.KindDisplaced, body.Kind())
	})
}

func TestAGoalThatIsUndoneBeforeDepthIsNotFinal(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		w.chain.run(t)
		v, s := w.verifier(), w.included()
		body, err := v.Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		w.chain.set(int(s.Run().Steps[0].In.Block)+2, false)
		body, err = v.Finalise(t.Context(), held(s, body), "pause")
		require.NoError(t, err)
		assert.Equal(t, incident.KindUnheld, body.Kind())
	})
}

func TestAMissingReceiptAtDepthIsNoEvidence(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		w.chain.run(t)
		v, s := w.verifier(), w.included()
		body, err := v.Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		w.endpoints[0].blind = true
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		_, err = v.Finalise(ctx, held(s, body), "pause")
		assert.ErrorIs(t, err, context.DeadlineExceeded, "neither final nor displaced")
	})
}
