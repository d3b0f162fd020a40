package engine_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

func TestNobodyWaitsForANonceOfAStepThatWasCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		var waiting atomic.Int32
		e := w.start(func(o *engine.Options) {
			o.Sender = pricer{o.Sender, func(ctx context.Context, _ incident.State, _ []string) ([]incident.Body, error) {
				waiting.Add(1)
				defer waiting.Add(-1)
				<-ctx.Done() // the lane is closed, for as long as anybody can see
				return nil, context.Cause(ctx)
			}}
		})
		defer e.Stop()
		play(t, w, e)
		require.EqualValues(t, 1, waiting.Load())
		_, err := e.Cancel(t.Context(), w.the().ID, incident.Cancelled{Step: "pause", By: "ana", Why: "false alarm"})
		require.NoError(t, err)
		time.Sleep(time.Minute)
		assert.Equal(t, incident.PhaseEscalated, w.the().Phase())
		assert.Zero(t, waiting.Load(), "it would hold up whoever is less urgent")
		assert.Empty(t, e.Active())
	})
}

func TestARaiseThatComesTooLateGivesNoNonceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		var gave []string
		var asked atomic.Int32
		e := w.start(func(o *engine.Options) {
			own := o.Watcher
			o.Watcher = chain{Watcher: own, gave: &gave, watch: func(s incident.State, step string) (incident.Body, error) {
				if asked.Add(1) == 1 {
					return incident.Priced{Step: step, Attempt: 9}, nil
				}
				return own.Watch(t.Context(), s, step)
			}}
		})
		defer e.Stop()
		play(t, w, e)
		assert.Equal(t, incident.PhaseContained, w.the().Phase())
		assert.Greater(t, asked.Load(), int32(1))
		assert.Empty(t, gave, "it reserved none: what the step holds is of a newer price")
	})
}

func TestWhatBroughtAFactIsAskedAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		var mu sync.Mutex
		var asked []time.Time
		e := w.start(func(o *engine.Options) {
			own := o.Watcher
			o.Watcher = chain{Watcher: own, watch: func(s incident.State, step string) (incident.Body, error) {
				mu.Lock()
				asked = append(asked, time.Now())
				first := len(asked) == 1
				mu.Unlock()
				if first {
					return incident.Stalled{Step: step, Attempt: 1, Why: "w", Mend: "m"}, nil
				}
				return own.Watch(t.Context(), s, step)
			}}
		})
		defer e.Stop()
		play(t, w, e)
		e.Stop()
		mu.Lock()
		defer mu.Unlock()
		require.GreaterOrEqual(t, len(asked), 2)
		assert.Equal(t, asked[0], asked[1], "only what failed, or came to nothing, rests")
	})
}
