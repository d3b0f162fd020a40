package engine_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

// TestWhileTheKeyCannotBeReachedTheIncidentWaits lets every deadline there is
// pass while the signer is away: nothing fails or is given up, people are told
// once that it is late, and it goes on by itself.
func TestWhileTheKeyCannotBeReachedTheIncidentWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause", "block")
		var away atomic.Bool
		var asked atomic.Int32
		away.Store(true)
		e := w.start(func(o *engine.Options) {
			own := o.Sender
			o.Sender = sender{own, func(s incident.State, steps []string) ([]incident.Body, error) {
				if asked.Add(1); away.Load() {
					return nil, errors.New("signer unavailable: vault is sealed")
				}
				return own.Sign(t.Context(), s, steps)
			}}
		})
		defer e.Stop()
		play(t, w, e)
		time.Sleep(3 * time.Hour) // Within is 10 minutes, Submit one
		s := w.the()
		assert.Equal(t, incident.PhaseExecuting, s.Phase())
		for _, step := range s.Run().Steps {
			assert.Equal(t, incident.StepPriced, step.State)
			assert.Len(t, step.Attempts, 1, "the same nonce and fees are asked for")
		}
		assert.Equal(t, []string{"run0/late executing"}, w.told)
		assert.Less(t, asked.Load(), int32(3*3600/4), "with backoff: every ten seconds or so")
		assert.Greater(t, asked.Load(), int32(3*3600/20))

		require.NoError(t, e.Note(t.Context(), s.ID, incident.Noted{By: "firebreak", Text: "the key cannot be reached"}))
		away.Store(false)
		time.Sleep(time.Minute)
		s = w.the()
		assert.Equal(t, incident.PhaseContained, s.Phase())
		assert.Equal(t, []incident.Noted{{By: "firebreak", Text: "the key cannot be reached"}}, s.Notes)
		assert.Equal(t, []string{"run0/late executing", "run0/end contained"}, w.told)
	})
}

// TestARefusalEndsTheStepAndIsNeverAskedAgain: the key has decided.
func TestARefusalEndsTheStepAndIsNeverAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		asked := 0
		e := w.start(func(o *engine.Options) {
			o.Sender = sender{o.Sender, func(s incident.State, steps []string) ([]incident.Body, error) {
				asked++
				step, _ := s.Run().Step(steps[0])
				last, _ := step.Last()
				slot := last.Slot()
				return []incident.Body{incident.Refused{Step: steps[0], Attempt: last.Attempt, Slot: &slot, Code: "RATE",
					Why: "firebreak: DENY RATE: 5 of 5 used in 1h (rule pause)"}}, nil
			}}
		})
		defer e.Stop()
		play(t, w, e)
		time.Sleep(time.Hour)
		s := w.the()
		assert.Equal(t, 1, asked)
		assert.Equal(t, incident.PhaseEscalated, s.Phase())
		assert.Contains(t, s.Run().End, "DENY RATE: 5 of 5 used in 1h")
		assert.Contains(t, s.Run().Steps[0].Why, "RATE")
	})
}
