package engine_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

// appends tells the kinds of the facts that were written, one line per append.
func (w *world) appends() func() []string {
	var mu sync.Mutex
	var lines []string
	w.journal.OnAppend = func(entries []incident.Entry) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		line := ""
		for _, e := range entries {
			for _, d := range e.Drafts {
				line += " " + string(d.Body.Kind())
			}
		}
		lines = append(lines, line[min(1, len(line)):])
		return true, nil
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(lines)
	}
}

func TestAVoteIsNotLostWithANonceThatSomebodyElseHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		_, err := w.journal.Append(t.Context(), incident.Entry{Stream: "elsewhere", Drafts: []incident.Draft{{
			Body: incident.Priced{Step: "x", Attempt: 1, Issue: 1, ChainID: 1337}}}})
		require.NoError(t, err)
		lines := w.appends()
		e := w.start()
		defer e.Stop()
		play(t, w, e)
		assert.Contains(t, lines(), "voted authorised", "without the price that was not to be had")
		assert.Contains(t, lines(), "priced", "in a commit of its own")
		assert.Equal(t, incident.PhaseContained, w.the().Phase())
	})
}

func TestWhatWasPricedWithAVoteThatIsNotWrittenGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		var gave []string
		e := w.start(func(o *engine.Options) { o.Watcher = chain{Watcher: o.Watcher, gave: &gave} })
		defer e.Stop()
		e.Receive(t.Context(), received("r", "1"))
		synctest.Wait()
		s := w.the()
		_, err := e.Vote(t.Context(), s.ID, approve("ana", s))
		require.NoError(t, err)
		synctest.Wait() // the card shows it
		w.journal.OnAppend = func([]incident.Entry) (bool, error) { return false, errors.New("disk full") }
		_, err = e.Vote(t.Context(), s.ID, approve("ben", s))
		require.Error(t, err)
		assert.Equal(t, []string{"pause"}, gave)
		assert.Empty(t, w.effects)
	})
}

func TestWhatCannotBePricedAtOnceIsPricedOnceItCan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		lines := w.appends()
		e := w.start(func(o *engine.Options) {
			own := o.Sender
			o.Sender = pricer{own, func(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error) {
				if ctx.Err() != nil {
					return nil, errors.New("the lane is closed now")
				}
				return own.Price(ctx, s, steps)
			}}
		})
		defer e.Stop()
		play(t, w, e)
		assert.Contains(t, lines(), "voted authorised")
		assert.Contains(t, lines(), "priced")
		assert.Equal(t, incident.PhaseContained, w.the().Phase())
	})
}

func TestAPanicWhilePricingLosesNoVote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start(func(o *engine.Options) {
			own := o.Sender
			o.Sender = pricer{own, func(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error) {
				if ctx.Err() != nil {
					panic("a bug")
				}
				return own.Price(ctx, s, steps)
			}}
		})
		defer e.Stop()
		play(t, w, e)
		assert.Equal(t, incident.PhaseContained, w.the().Phase())
	})
}

// patient never finds a block, until its context ends.
type patient struct {
	engine.Watcher
	seen func(incident.State)
}

func (p patient) Watch(ctx context.Context, s incident.State, _ string) (incident.Body, error) {
	p.seen(s)
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestADirectionReachesAWatchThatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		var mu sync.Mutex
		var hurried []int
		e := w.start(func(o *engine.Options) {
			o.Watcher = patient{o.Watcher, func(s incident.State) {
				mu.Lock()
				defer mu.Unlock()
				step, _ := s.Run().Step("pause")
				hurried = append(hurried, step.Hurried)
			}}
		})
		defer e.Stop()
		play(t, w, e)
		id := w.the().ID
		s, err := e.Hurry(t.Context(), id, incident.Hurried{Step: "pause", By: "ana", Why: "the drain goes on"})
		require.NoError(t, err)
		step, _ := s.Run().Step("pause")
		assert.Equal(t, 1, step.Directions)
		time.Sleep(time.Second)
		mu.Lock()
		assert.Equal(t, []int{0, 1}, hurried)
		mu.Unlock()

		_, err = e.Cancel(t.Context(), id, incident.Cancelled{Step: "pause", By: "ana", Why: "false alarm"})
		require.NoError(t, err)
		_, err = e.Hurry(t.Context(), id, incident.Hurried{Step: "pause", By: "ana"})
		require.ErrorContains(t, err, "called off by ana: false alarm")
		_, err = e.Cancel(t.Context(), id, incident.Cancelled{Step: "block", By: "ana"})
		require.ErrorContains(t, err, `no step "block"`)
		assert.NoError(t, e.Err(), "a direction that cannot be followed stops nothing")
	})
}

func TestNobodyDirectsWhatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		play(t, w, e)
		_, err := e.Cancel(t.Context(), w.the().ID, incident.Cancelled{Step: "pause", By: "ana"})
		require.ErrorContains(t, err, "is contained and nothing of it is under way")
		_, err = e.Hurry(t.Context(), "01JEQ7V5M2K3ABCD", incident.Hurried{Step: "pause"})
		require.ErrorIs(t, err, engine.ErrUnknown)
	})
}
