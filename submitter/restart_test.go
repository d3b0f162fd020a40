package submitter_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// restart is a new process over the same journal, chain and key.
func (w *world) restart(states ...incident.State) *submitter.Submitter {
	s := w.cold()
	require.NoError(w.t, s.Restore(states))
	s.Start(w.t.Context())
	w.t.Cleanup(s.Stop)
	w.warm(s)
	return s
}

func TestABroadcastThatFailedAndWasLostIsSentAgainWithTheSameBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		sub := w.start()
		for _, e := range w.endpoints {
			e.Set(func(e *script) { e.Lose = 2 }) // the send and its retry
		}
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		assert.Equal(t, []string{"ambiguous", "ambiguous"}, classes(s.last("pause").Outcomes))
		assert.Empty(t, w.chain.Arrived())
		assert.Equal(t, incident.KindIncluded, s.settle(sub, "pause").Kind())
		assert.Len(t, w.chain.Arrived(), 1)
	})
}

func TestABroadcastThatFailedAndLandedIsFoundAndNeverDoubled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		sub := w.start()
		for _, e := range w.endpoints {
			e.Set(func(e *script) { e.DropReply = true })
		}
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		assert.Equal(t, []string{"ambiguous", "ambiguous"}, classes(s.last("pause").Outcomes))
		w.chain.Run(t, blockTime)
		assert.Equal(t, incident.KindIncluded, s.settle(sub, "pause").Kind())
		assert.Len(t, w.chain.Mined(w.key.Address()), 1)
		assert.Len(t, w.chain.Arrived(), 1)
	})
}

func TestARestartBetweenSigningAndBroadcastSendsTheSameBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		first := w.start()
		s := authorised(t, "A", "pause")
		s.do(first.Price, "pause")
		s.do(first.Sign, "pause")
		raw := s.last("pause").Signed.Raw
		second := w.restart(s.state)
		s.do(second.Broadcast, "pause")
		assert.Equal(t, [][]byte{raw}, w.endpoints[0].Sent())
	})
}

func TestARestartAfterBroadcastOffersTheSameBytesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.config.Rebroadcast = time.Hour
		first := w.start()
		s := authorised(t, "A", "pause")
		s.send(first, "pause")
		w.chain.Evict() // every node has forgotten it
		second := w.restart(s.state)
		w.chain.Run(t, blockTime)
		assert.Equal(t, incident.KindIncluded, s.settle(second, "pause").Kind())
		assert.Len(t, w.chain.Arrived(), 1)
	})
}

func TestARestartBetweenPriceAndSignatureAsksForTheSameTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		first := w.start()
		a, b := authorised(t, "A", "pause"), authorised(t, "B", "pause")
		a.do(first.Price, "pause")
		// The signer signed; the process died before it could write that down.
		lost, err := first.Sign(t.Context(), a.state, []string{"pause"})
		require.NoError(t, err)
		second := w.restart(a.state, b.state)
		a.do(second.Sign, "pause")
		assert.Equal(t, lost[0].(incident.Signed).Hash, a.last("pause").Signed.Hash)
		b.do(second.Price, "pause")
		assert.EqualValues(t, 1, b.last("pause").Nonce, "restored nonces are taken")
	})
}

func TestARestartKeepsTheTurnstileShut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		first := w.start()
		a, b := authorised(t, "A", "pause"), authorised(t, "B", "pause")
		a.do(first.Price, "pause")
		second := w.restart(a.state, b.state)
		priced := make(chan []incident.Body)
		go func() {
			bodies, err := second.Price(t.Context(), b.state, []string{"pause"})
			assert.NoError(t, err)
			priced <- bodies
		}()
		synctest.Wait()
		a.do(second.Sign, "pause")
		assert.EqualValues(t, 1, (<-priced)[0].(incident.Priced).Nonce)
	})
}

func TestAnOpenIncidentOfAnAccountThatIsNotConfiguredIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		first := w.start()
		s := authorised(t, "A", "pause")
		s.send(first, "pause")
		w.key = submittertest.NewKey()
		require.ErrorContains(t, w.cold().Restore([]incident.State{s.state}), "configure the old account until the incident has ended")
	})
}

func TestBytesOfAnEndedIncidentKeepNobodyFromStarting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		first := w.start()
		s := authorised(t, "A", "pause")
		s.send(first, "pause")
		s.add(incident.AlreadySo{Step: "pause", Why: "the other key"}, incident.Executed{}, incident.Contained{})
		w.key = submittertest.NewKey()
		require.NoError(t, w.cold().Restore([]incident.State{s.state}), "the old account is configured no more, and its goal was reached")
	})
}

// The four behaviours measured on another transaction manager (reference 1.6).

func TestSituationAMinedWithALostReplyIsSuccessAndNotNonceTooLow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		w.endpoints[0].Set(func(e *script) { e.DropReply = true })
		s := authorised(t, "A", "pause")
		s.send(sub, "pause")
		w.endpoints[0].Set(func(e *script) { e.DropReply = false })
		w.chain.Mine() // what is offered from here on is answered with "nonce too low"
		began := time.Now()
		assert.Equal(t, incident.KindIncluded, s.settle(sub, "pause").Kind())
		assert.Less(t, time.Since(began), 2*time.Second)
	})
}

func TestSituationBAPassingOutageCostsARetryAndNotABumpInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.config.BumpAfter = 48 * time.Second
		sub := w.start()
		w.endpoints[0].Set(func(e *script) { e.Lose = 1 })
		s := authorised(t, "A", "pause")
		began := time.Now()
		s.send(sub, "pause")
		assert.Len(t, w.chain.Arrived(), 1)
		assert.Less(t, time.Since(began), time.Second)
	})
}

func TestSituationCAnotherTransactionNeverTakesALiveNonce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		a, b := authorised(t, "A", "pause"), authorised(t, "B", "pause")
		a.send(sub, "pause")
		a.within(sub, "pause", 3*time.Second) // its caller gives up
		b.send(sub, "pause")
		assert.EqualValues(t, 0, a.last("pause").Nonce)
		assert.EqualValues(t, 1, b.last("pause").Nonce)
	})
}

func TestSituationDACallThatWouldRevertIsSentWithoutAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		sub := w.start()
		s := authorised(t, "A", "pause")
		began := time.Now()
		s.send(sub, "pause")
		assert.NotContains(t, w.endpoints[0].Calls(), "eth_estimateGas")
		assert.NotContains(t, w.endpoints[0].Calls(), "eth_call")
		assert.Less(t, time.Since(began), time.Second)
		assert.Len(t, w.chain.Arrived(), 1)
	})
}
