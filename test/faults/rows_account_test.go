package faults_test

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

func TestRow32ADelegatedAccountIsToldAboutAndItsStepsGoOneAfterTheOther(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2, "pause", "block", "limit")
		// EIP-7702: nodes answer a second transaction with its hash and drop it.
		w.chain.Set(func(r *rules) { r.Code[w.key.Address()] = types.AddressToDelegation(elsewhere) })
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
		assert.Positive(t, w.happened(submitter.Delegated), "somebody is told")
	})
}

func TestRow33ABlobOfSomebodyElseIsToldAboutAndWaitedFor(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Set(func(r *rules) { r.Blobs[w.key.Address()] = true })
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		time.Sleep(2 * time.Minute)
		step := w.step()
		assert.Equal(t, string(submitter.KindTypeClash), outcome(step.Attempts[0], "rpc1").Kind)
		assert.Equal(t, 1, step.Issue, "the nonce is kept")
		assert.Len(t, step.Attempts, 1, "a higher fee does not help")
		assert.Equal(t, 1, w.tellings("run0/stalled/"), "somebody is told")
		w.chain.Set(func(r *rules) { r.Blobs[w.key.Address()] = false })
		w.once(w.contained())
		for _, raw := range w.endpoints[0].Sent() {
			assert.EqualValues(t, types.DynamicFeeTxType, submittertest.Decode(raw).Type(), "never a blob")
		}
	})
}

// relayed adds a private relay to a world: it takes bytes and answers nothing
// about the chain.
func (w *world) relayed(method string) *submittertest.Endpoint {
	relay := submittertest.NewEndpoint("relay", w.chain)
	relay.Set(func(s *script) {
		s.OnSend, s.AfterSend = w.arriving, w.arrived
		s.Answer = func(string, []any) (any, error, bool) { return nil, said("method not found"), true }
	})
	w.submit.Endpoints = append(w.submit.Endpoints, submitter.Endpoint{Name: "relay", Client: relay, SendOnly: true, Method: method})
	return relay
}

func TestRow34PublicAndPrivateGetTheSameBytesAtOnce(t *testing.T) {
	for _, method := range []string{"eth_sendPrivateRawTransaction", "eth_sendPrivateTransaction"} {
		virtual(t, func(t *testing.T) {
			w := newWorld(t, 2)
			relay := w.relayed(method)
			p := w.boot()
			defer p.halt()
			p.alarm()
			w.until("sent", func(incident.State) bool { return len(relay.Sent()) > 0 && len(w.endpoints[0].Sent()) > 0 })
			assert.Equal(t, w.endpoints[0].Sent()[0], relay.Sent()[0])
			assert.Equal(t, []string{method}, relay.Calls()[:1])
			assert.NotContains(t, relay.Calls(), "eth_getTransactionCount", "no nonce and no receipt is believed")
			w.chain.Run(t, blockTime)
			w.once(w.contained())
		})
	}
}

func TestRow34ARelayThatIncludesNothingDelaysNothing(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.submit.BumpAfter = time.Hour
		relay := w.relayed("eth_sendPrivateRawTransaction")
		relay.Set(func(s *script) { s.Deaf = true })
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
		assert.Len(t, w.step().Attempts, 1)
	})
}

func TestRow34TheRelayAloneSuffices(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.relayed("eth_sendPrivateRawTransaction")
		w.script(func(s *script) { s.Reject = func() error { return said("sequencer temporarily not available") } })
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
	})
}

func TestRow42AGoalThatSomebodyElseReachedEndsTheRaisesAndNotTheWatch(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Jam()
		w.pausesOnce()
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.untilStep(incident.StepBroadcast)
		w.strangerFirst()
		bids := len(w.step().Attempts)
		w.contained()
		assert.True(t, w.step().Reached)
		time.Sleep(5 * time.Minute)
		assert.Len(t, w.step().Attempts, bids, "nothing more is paid")
		assert.Equal(t, 1, w.happened(submitter.Goal))
		before := len(w.endpoints[0].Sent())
		time.Sleep(time.Minute)
		assert.Greater(t, len(w.endpoints[0].Sent()), before+10, "its nonce has to be used up: the bytes go on being offered")
		w.chain.Unjam()
		w.chain.Run(t, blockTime)
		w.until("over", func(s incident.State) bool { return !s.Open() })
		assert.Len(t, w.chain.Mined(w.key.Address()), 1)
		assert.Equal(t, 1, w.step().Issue)
		assert.Equal(t, 1, w.chain.Effects(vault("pause")), "ours reverted, which costs its gas and no more")
	})
}

func TestRow15AStateThatHasChangedAlreadyIsSuccessAndNotAFailedEstimate(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.pausesOnce()
		w.chain.Run(t, blockTime)
		p := w.boot()
		defer p.halt()
		time.Sleep(2 * blockTime)
		w.strangerFirst() // it is paused before anything is sent
		w.chain.Unjam()
		p.alarm()
		s := w.contained()
		step, _ := s.Run().Step("pause")
		assert.Equal(t, incident.StepAlreadySo, step.State)
		assert.Equal(t, 1, step.Issue)
		assert.Equal(t, 1, w.tally(incident.KindReverted), "it was sent all the same, and reverted")
		for _, e := range w.endpoints {
			assert.NotContains(t, e.Calls(), "eth_estimateGas")
		}
	})
}
