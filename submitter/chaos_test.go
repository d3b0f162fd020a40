package submitter_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// mood gives an endpoint a new script. The last endpoint stays honest.
func mood(r *rand.Rand, e *submittertest.Endpoint) {
	e.Set(func(e *script) {
		e.Down, e.Hang, e.Deaf, e.DropReply, e.Blind, e.Reject = false, false, false, false, false, nil
		e.Lag, e.Lose = r.IntN(3), 0
		switch r.IntN(8) {
		case 0:
			e.Down = true
		case 1:
			e.Hang = true
		case 2:
			e.Deaf = true
		case 3:
			e.DropReply = true
		case 4:
			e.Blind = true
		case 5:
			e.Lose = 1 + r.IntN(3)
		case 6:
			text := submittertest.Texts[r.IntN(len(submittertest.Texts))].Text
			e.Reject = func() error { return said("%s", text) }
		}
	})
}

// crash leaves a process at a random point: what it knew is gone, what it
// wrote is there. The old one is stopped, as the lock on the journal would see to.
func (w *world) crash(old *submitter.Submitter, stories []*story) *submitter.Submitter {
	old.Stop()
	var states []incident.State
	for _, s := range stories {
		states = append(states, s.state)
	}
	return w.restart(states...)
}

// advance carries out the first thing that a step owes.
func (s *story) advance(sub *submitter.Submitter, step string, patience time.Duration) {
	switch s.step(step).State {
	case incident.StepReady, incident.StepReverted, incident.StepPreempted:
		s.do(sub.Price, step)
	case incident.StepPriced:
		s.do(sub.Sign, step)
	case incident.StepSigned:
		s.do(sub.Broadcast, step)
	case incident.StepBroadcast:
		if body := s.within(sub, step, patience); body != nil {
			s.add(body)
		}
	}
}

// TestWhateverEndpointsAndCrashesDoEachStepIsMinedOnce walks through random
// interleavings: the same fact may be established twice because the process
// died before it was written, endpoints change their script at every turn.
func TestWhateverEndpointsAndCrashesDoEachStepIsMinedOnce(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			w := newWorld(t, 4)
			w.chain.Run(t, blockTime)
			sub := w.start()
			stories := []*story{authorised(t, "A", "pause"), authorised(t, "B", "pause")}
			for range 400 {
				if stories[0].step("pause").State == incident.StepIncluded && stories[1].step("pause").State == incident.StepIncluded {
					break
				}
				for _, e := range w.endpoints[:2] {
					mood(r, e)
				}
				if r.IntN(4) == 0 {
					// Something is carried out and the process dies before it is written.
					s := stories[r.IntN(2)]
					written := s.state
					if st := s.step("pause").State; st == incident.StepPriced || st == incident.StepSigned {
						s.advance(sub, "pause", time.Second)
						s.state = written
					}
					sub = w.crash(sub, stories)
				}
				// One incident after the other, so that neither waits for the other for ever.
				for _, s := range stories {
					s.advance(sub, "pause", time.Duration(1+r.IntN(8))*time.Second)
					if s.step("pause").State == incident.StepPriced {
						s.advance(sub, "pause", 0)
					}
				}
			}
			var nonces []uint64
			for _, s := range stories {
				require.Equal(t, incident.StepIncluded, s.step("pause").State, "seed %d", seed)
				assert.Equal(t, 1, s.step("pause").Issue, "seed %d: no second nonce was opened", seed)
				nonces = append(nonces, s.last("pause").Nonce)
			}
			assert.NotEqual(t, nonces[0], nonces[1], "seed %d", seed)
			assert.Len(t, w.chain.Mined(w.key.Address()), 2, "seed %d: one transaction per intent", seed)
		})
	}
}
