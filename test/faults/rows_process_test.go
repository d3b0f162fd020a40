package faults_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
)

func TestRow27ARestartBetweenSigningAndBroadcastSendsTheBytesOnDisk(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		// The process dies as it opens the first socket: no node hears of it.
		w.script(func(s *script) { s.Lose = 1 << 20 })
		p := w.boot()
		p.alarm()
		w.until("signed", func(incident.State) bool { return len(w.step().Live()) == 1 })
		raw := w.step().Live()[0].Signed.Raw
		p.halt()
		assert.Empty(t, w.chain.Arrived())
		w.script(func(s *script) { s.Lose = 0 })
		w.chain.Run(t, blockTime)
		q := w.boot()
		defer q.halt()
		w.once(w.contained())
		for _, sent := range w.endpoints[0].Sent() {
			assert.Equal(t, []byte(raw), sent)
		}
		assert.Len(t, w.key.Asked(), 1, "nothing was signed again")
	})
}

func TestRow29WhoeverGivesUpStopsNoBytes(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2)
		// The endpoints take their time, and the process is told to stop in the
		// middle of it.
		w.gate.before = func(*types.Transaction) error { time.Sleep(2 * time.Second); return nil }
		p := w.boot()
		p.alarm()
		w.until("being sent", func(incident.State) bool { return len(w.endpoints[0].Sent()) > 0 })
		p.halt()
		assert.Len(t, w.chain.Arrived(), 1, "what was begun was finished")
		w.chain.Run(t, blockTime)
		q := w.boot()
		defer q.halt()
		w.once(w.contained())
		assert.Len(t, w.chain.Arrived(), 1)
	})
}

func TestRow30AClockThatIsWrongByHoursOrJumpsAtARestartChangesNothing(t *testing.T) {
	for _, skew := range []struct{ first, then time.Duration }{{3 * time.Hour, -3 * time.Hour}, {-3 * time.Hour, 3 * time.Hour}, {72 * time.Hour, 0}} {
		virtual(t, func(t *testing.T) {
			w := newWorld(t, 2)
			w.chain.Jam()
			w.now = func() time.Time { return time.Now().Add(skew.first) }
			p := w.boot()
			p.alarm()
			w.untilStep(incident.StepBroadcast)
			p.halt()
			w.now = func() time.Time { return time.Now().Add(skew.then) }
			q := w.boot()
			defer q.halt()
			before := len(w.endpoints[0].Sent())
			time.Sleep(20 * time.Second)
			assert.Greater(t, len(w.endpoints[0].Sent()), before+2, "it goes on being offered")
			w.chain.Unjam()
			w.chain.Run(t, blockTime)
			w.once(w.contained())
		})
	}
}

func TestRow31ASignerThatIsAwayIsAskedTheSameUntilItAnswers(t *testing.T) {
	virtual(t, func(t *testing.T) {
		w := newWorld(t, 2, "pause", "block")
		w.chain.Run(t, blockTime)
		w.key.Fail(func(signer.Request) error { return fmt.Errorf("%w: sealed", signer.ErrUnavailable) })
		p := w.boot()
		defer p.halt()
		p.alarm()
		time.Sleep(3 * time.Minute)
		assert.Empty(t, w.chain.Arrived(), "nothing leaves without a signature")
		asked := w.key.Asked()
		require.Greater(t, len(asked), 3)
		for _, nonce := range asked {
			assert.Zero(t, nonce, "the same request: no other nonce, and none above it")
		}
		assert.Equal(t, 1, w.tellings("run0/late"), "people are told that it is late")
		w.key.Fail(nil)
		w.once(w.contained())
	})
}
