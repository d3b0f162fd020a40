package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

// clock is a clock that is set by hand and so may do what clocks do.
type clock struct {
	mu  sync.Mutex
	off time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.off)
}

func (c *clock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off += d
}

// TestAVoteAtTheDeadlineIsRefusedBeforeTheLapseIsWritten sets the clock on, so
// that no timer has fired when the vote comes.
func TestAVoteAtTheDeadlineIsRefusedBeforeTheLapseIsWritten(t *testing.T) {
	for name, c := range map[string]struct {
		after time.Duration
		want  string
	}{
		"a moment before": {-time.Nanosecond, ""},
		"at the instant":  {0, "the deadline was"},
		"after it":        {time.Hour, "the deadline was"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "pause")
				var clock clock
				e := w.start(func(o *engine.Options) { o.Now = clock.now })
				defer e.Stop()
				e.Receive(t.Context(), received("r", "1"))
				synctest.Wait()
				s := w.the()
				clock.step(s.Run().Deadline.Sub(clock.now()) + c.after)
				_, err := e.Vote(t.Context(), s.ID, approve("ana", s))
				if c.want == "" {
					require.NoError(t, err)
					return
				}
				assert.ErrorIs(t, err, engine.ErrNotAsking)
				assert.ErrorContains(t, err, c.want)
				assert.Empty(t, w.the().Run().Votes)
			})
		})
	}
}

func TestAClockThatStepsBackLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		var clock clock
		e := w.start(func(o *engine.Options) { o.Now = clock.now })
		_, _, err := e.Receive(t.Context(), received("vault.outflow", "a1"))
		require.NoError(t, err)
		synctest.Wait()
		clock.step(-time.Hour)
		s := w.the()
		for _, person := range []string{"ana", "ben"} {
			_, err := e.Vote(t.Context(), s.ID, approve(person, s))
			require.NoError(t, err)
		}
		time.Sleep(time.Minute)
		e.Stop()
		assert.Equal(t, incident.PhaseContained, w.the().Phase())
	})
}

// TestAfterAClockStepTheOpenIncidentStillHoldsItsKey: ids sort by the clock
// that made them, so the newest id need not be the newest incident.
func TestAfterAClockStepTheOpenIncidentStillHoldsItsKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		var clock clock
		clock.step(10 * time.Hour) // it is ahead, and set right later
		set := func(o *engine.Options) { o.Now = clock.now }
		e := w.start(set)
		e.Receive(t.Context(), received("r", "1"))
		time.Sleep(11 * time.Minute)
		require.Equal(t, incident.PhaseLapsed, w.the().Phase())
		clock.step(-10 * time.Hour)
		e.Receive(t.Context(), received("r", "2"))
		synctest.Wait()
		require.Len(t, w.incidents(), 2)
		e.Stop()
		e = w.start(set)
		defer e.Stop()
		e.Receive(t.Context(), received("r", "3"))
		synctest.Wait()
		assert.Len(t, w.incidents(), 2, "the open one takes it")
	})
}

func TestTheVoteThatStandsIsTheOneThatIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start(func(o *engine.Options) {
			o.Authority = judge{o.Authority, func(incident.State) incident.Body { return nil }}
		})
		defer e.Stop()
		e.Receive(t.Context(), received("r", "1"))
		synctest.Wait()
		s := w.the()
		for i, decision := range []incident.Decision{incident.Approve, incident.Deny, incident.Deny, incident.Approve} {
			v := approve("ana", s)
			v.Decision, v.Delivery = decision, fmt.Sprint(i)
			_, err := e.Vote(t.Context(), s.ID, v)
			require.NoError(t, err)
		}
		assert.Len(t, w.the().Run().Votes, 3, "an approval after a denial is no repetition of the one before it")
	})
}

func TestAStrongerVoteIsNoRepetitionOfAWeakerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start(func(o *engine.Options) {
			o.Authority = judge{o.Authority, func(incident.State) incident.Body { return nil }}
		})
		defer e.Stop()
		e.Receive(t.Context(), received("r", "1"))
		synctest.Wait()
		s := w.the()
		for i, a := range []incident.Assurance{incident.AssuranceSlack, incident.AssuranceWallet, incident.AssuranceSlack} {
			v := approve("ana", s)
			v.Assurance, v.Delivery = a, fmt.Sprint(i)
			e.Vote(t.Context(), s.ID, v)
		}
		assert.Len(t, w.the().Run().Votes, 2)
	})
}

// TestAnAlertForAnEndedIncidentIsOnRecordAndObserved covers the append beside
// the worker, which has gone.
func TestAnAlertForAnEndedIncidentIsOnRecordAndObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		var attached []incident.State
		e := w.start(func(o *engine.Options) {
			o.Observe = func(s incident.State, facts []incident.Fact) {
				for _, f := range facts {
					if f.Kind == incident.KindAlertAttached {
						attached = append(attached, s)
					}
				}
			}
		})
		play(t, w, e)
		_, _, err := e.Receive(t.Context(), received("vault.outflow", "a2"))
		require.NoError(t, err)
		synctest.Wait()
		e.Stop()
		assert.Len(t, w.the().Alerts, 2)
		require.Len(t, attached, 1)
		assert.Equal(t, w.the(), attached[0])
		open, err := w.journal.Open(context.Background(), time.Now().Add(time.Hour))
		require.NoError(t, err)
		assert.Empty(t, open)
	})
}
