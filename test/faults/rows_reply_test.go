package faults_test

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
)

func TestRow03WordsForAlreadyKnownAreAnAcceptance(t *testing.T) {
	for _, text := range []string{"already known", "ALREADY_EXISTS: already known", "INTERNAL_ERROR: existing txn with same hash", "AlreadyKnown",
		"Known transaction", "known transaction. transaction with hash 0x1 is already in the system", "already imported"} {
		virtual(t, func(t *testing.T) {
			w := newWorld(t, 2)
			w.chain.Run(t, blockTime)
			w.endpoints[0].Set(func(s *script) { s.Reject = func() error { return said("%s", text) } })
			p := w.boot()
			defer p.halt()
			p.alarm()
			w.once(w.contained())
			first := w.step().Attempts[0]
			assert.Equal(t, "accepted", outcome(first, "rpc1").Class, text)
			assert.Equal(t, string(submitter.KindKnown), outcome(first, "rpc1").Kind, text)
			assert.Len(t, w.step().Attempts, 1, "nothing was raised")
		})
	}
}

func TestRow10AHashWithoutATransactionInAnyPoolIsNoticedAndOutbid(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.chain.Run(t, blockTime)
		w.submit.BumpAfter = time.Hour // what happens is not due to time
		w.script(func(s *script) { s.Deaf = true })
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.until("outbid", func(incident.State) bool { return len(w.step().Attempts) > 1 })
		assert.Contains(t, w.step().Attempts[1].Why, "no other has it")
		assert.Positive(t, w.happened(submitter.Unseen))
		w.script(func(s *script) { s.Deaf = false })
		w.once(w.contained())
	})
}

func TestRow25AnEndpointThatAcceptsAndNeverGossipsHidesNothing(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.chain.Run(t, blockTime)
		w.submit.BumpAfter = time.Hour
		// One shows the transaction to whoever asks it and to nobody else; the
		// others cannot be reached for a while.
		w.endpoints[0].Set(func(s *script) { s.Mute = true })
		for _, e := range w.endpoints[1:] {
			e.Set(func(s *script) { s.Lose = 4 })
		}
		p := w.boot()
		defer p.halt()
		p.alarm()
		s := w.contained()
		w.once(s)
		assert.Positive(t, w.happened(submitter.Unseen), "it was looked for elsewhere and was not there")
	})
}

func TestRow25VisibilityIsNeverAskedOfTheOneThatAccepted(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.endpoints[1].Set(func(s *script) { s.Lose = 1 << 20 })
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.untilStep(incident.StepBroadcast)
		time.Sleep(5 * time.Second)
		assert.NotContains(t, w.endpoints[0].Calls(), "eth_getTransactionByHash")
		assert.Contains(t, w.endpoints[1].Calls(), "eth_getTransactionByHash")
	})
}

func TestRow01AHashThatIsNotThatOfTheBytesProvesNothing(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.chain.Run(t, blockTime)
		w.script(func(s *script) { s.Hash = &common.Hash{1} })
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
		assert.Equal(t, "ambiguous", outcome(w.step().Attempts[0], "rpc1").Class)
		assert.Positive(t, w.happened(submitter.WrongHash))
	})
}

func TestRow01AnyTextThatNobodyKnowsIsAmbiguousAndCounted(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.chain.Run(t, blockTime)
		w.endpoints[0].Set(func(s *script) { s.Reject = func() error { return said("the moon is in the wrong house") } })
		p := w.boot()
		defer p.halt()
		p.alarm()
		w.once(w.contained())
		assert.Equal(t, "ambiguous", outcome(w.step().Attempts[0], "rpc1").Class)
		assert.Positive(t, w.count(func(e submitter.Event) bool {
			return e.What == submitter.Unknown && e.Text == "the moon is in the wrong house"
		}), "the text is told")
	})
}
