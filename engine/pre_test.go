package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

// signedOff is a world whose plans go out before anybody is asked.
func signedOff(t *testing.T) *world {
	w := newWorld(t, "pause")
	w.pre = &incident.PreAuthority{Until: time.Now().AddDate(0, 1, 0), Per: 24 * time.Hour}
	return w
}

func TestAPreAuthorisedPlanIsContainedWithoutAVote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := signedOff(t)
		e := w.start()
		defer e.Stop()
		_, _, err := e.Receive(t.Context(), received("r", "1"))
		require.NoError(t, err)
		time.Sleep(time.Minute)
		synctest.Wait()
		s := w.the()
		assert.Equal(t, incident.PhaseContained, s.Phase())
		assert.Empty(t, s.Run().Votes)
		assert.Equal(t, 1, w.effects["pause"])
		assert.Equal(t, 1, w.cards)
		assert.Contains(t, w.told, "run0/pre-authorised executing")
	})
}

func TestTheSecondWithinTheRateAsksPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := signedOff(t)
		e := w.start()
		for i := range 2 {
			_, _, err := e.Receive(t.Context(), received(fmt.Sprint("r", i), fmt.Sprint(i)))
			require.NoError(t, err)
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		e.Stop()
		states := w.incidents()
		require.Len(t, states, 2)
		phases := map[incident.Phase]incident.State{}
		for _, s := range states {
			phases[s.Phase()] = s
		}
		require.Contains(t, phases, incident.PhaseContained)
		require.Contains(t, phases, incident.PhaseAsking)
		assert.Contains(t, phases[incident.PhaseAsking].Notes[0].Text, "already claimed")
		assert.Equal(t, 1, w.effects["pause"])
	})
}

// A crash between a plan and its release finds neither, one after it finds
// both: there is no state in which the slot is used up and nothing goes out.
func TestAPreAuthorisedPlanSurvivesACrashAtEveryWrite(t *testing.T) {
	for _, landed := range []bool{false, true} {
		for at := 1; ; at++ {
			done := false
			synctest.Test(t, func(t *testing.T) { done = releaseAndCrash(t, at, landed) })
			if done || t.Failed() {
				break
			}
		}
	}
}

func releaseAndCrash(t *testing.T, at int, landed bool) (beyond bool) {
	w := signedOff(t)
	var n atomic.Int64
	var back atomic.Bool
	w.journal.OnAppend = func([]incident.Entry) (bool, error) {
		switch now := int(n.Add(1)); {
		case back.Load() || now < at:
			return true, nil
		case now == at:
			return landed, errors.New("the power is gone")
		}
		return false, errors.New("the power is gone")
	}
	for range 2 {
		e := w.start()
		_, _, _ = e.Receive(t.Context(), received("r", "1")) // a source repeats what was not acknowledged
		time.Sleep(time.Minute)
		synctest.Wait()
		e.Stop()
		beyond = beyond || int(n.Load()) < at
		back.Store(true)
	}
	assert.Equal(t, incident.PhaseContained, w.the().Phase(), "write %d, landed %v", at, landed)
	assert.Equal(t, 1, w.effects["pause"])
	return beyond
}

func TestAPlaybookBeyondItsLimitPagesOnceAndPreparesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		w.limit = &incident.Limit{Runs: 2, Per: time.Hour}
		e := w.start()
		alert := func(n int) {
			_, _, err := e.Receive(t.Context(), received(fmt.Sprint("r", n), fmt.Sprint(n)))
			require.NoError(t, err)
			synctest.Wait()
		}
		for n := range 5 {
			alert(n)
		}
		over := func() (list []incident.State) {
			for _, s := range w.incidents() {
				if s.Opened.OverLimit != "" {
					list = append(list, s)
				}
			}
			return list
		}
		require.Len(t, w.incidents(), 3)
		require.Len(t, over(), 1)
		assert.Equal(t, incident.PhaseEscalated, over()[0].Phase())
		assert.Nil(t, over()[0].Run().Plan)
		assert.Contains(t, over()[0].Run().End, "drain has opened 2 incidents in 1h")
		assert.Len(t, over()[0].Receipts, 3, "what came later is in its file")

		e.Stop() // the count is rebuilt from the incidents themselves
		e = w.start()
		defer func() { e.Stop() }()
		alert(5)
		assert.Len(t, w.incidents(), 3)
		time.Sleep(2 * time.Hour)
		alert(6)
		assert.Len(t, w.incidents(), 4, "an hour later it may again")
		assert.Len(t, over(), 1)
	})
}

func TestADrillDoesNotUseUpTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		w.limit = &incident.Limit{Runs: 1, Per: time.Hour}
		e := w.start()
		defer e.Stop()
		drill := received("drill", "1")
		drill.Alert.Exercise = true
		for _, r := range []incident.Received{drill, received("r", "2")} {
			_, _, err := e.Receive(t.Context(), r)
			require.NoError(t, err)
			synctest.Wait()
		}
		for _, s := range w.incidents() {
			assert.Empty(t, s.Opened.OverLimit)
		}
	})
}

// A storm is on, and somebody gives the playbook a limit: what it has opened so
// far counts, before a restart and after it.
func TestALimitThatComesIntoForceCountsWhatWasOpenedBefore(t *testing.T) {
	for _, restart := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, "pause")
			e := w.start()
			defer func() { e.Stop() }()
			alert := func(n int) {
				_, _, err := e.Receive(t.Context(), received(fmt.Sprint("r", n), fmt.Sprint(n)))
				require.NoError(t, err)
				synctest.Wait()
			}
			for n := range 3 {
				alert(n)
			}
			w.limit = &incident.Limit{Runs: 3, Per: time.Hour}
			if restart {
				e.Stop()
				e = w.start()
			}
			alert(3)
			states := w.incidents()
			require.Len(t, states, 4)
			over := 0
			for _, s := range states {
				if s.Opened.OverLimit != "" {
					over++
				}
			}
			assert.Equal(t, 1, over, "restart %v", restart)
		})
	}
}

// course lets what was released go wrong.
type course struct {
	*parts
	refused, reverts, so bool
}

func (c course) Sign(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error) {
	if !c.refused {
		return c.parts.Sign(ctx, s, steps)
	}
	step, _ := s.Run().Step(steps[0])
	last, _ := step.Last()
	return []incident.Body{incident.Refused{Step: steps[0], Attempt: last.Attempt, Code: "KEY_FROZEN", Why: "frozen by cho"}}, nil
}

func (c course) Watch(ctx context.Context, s incident.State, name string) (incident.Body, error) {
	step, _ := s.Run().Step(name)
	if last, _ := step.Last(); c.reverts {
		return incident.Reverted{Step: name, Hash: last.Signed.Hash, Block: 1, GasUsed: 21_000, Why: "it reverts"}, nil
	}
	return c.parts.Watch(ctx, s, name)
}

func (c course) Recheck(_ context.Context, _ incident.State, name string) (incident.Body, error) {
	if c.so {
		return incident.AlreadySo{Step: name, Why: "somebody was faster"}, nil
	}
	return nil, nil
}

// Nobody was asked, so nobody waits for it: whatever comes of it is told.
func TestPeopleHearWhatCameOfARelease(t *testing.T) {
	for name, c := range map[string]struct {
		course
		end  incident.Phase
		says string
	}{
		"the key refuses":          {course{refused: true}, incident.PhaseEscalated, "frozen by cho"},
		"it reverts":               {course{reverts: true}, incident.PhaseEscalated, "it reverts"},
		"somebody else was faster": {course{reverts: true, so: true}, incident.PhaseContained, ""},
		"it works":                 {course{}, incident.PhaseContained, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := signedOff(t)
				e := w.start(func(o *engine.Options) {
					c.parts = o.Sender.(*parts)
					o.Sender, o.Watcher, o.Verifier = c.course, c.course, c.course
				})
				defer e.Stop()
				_, _, err := e.Receive(t.Context(), received("r", "1"))
				require.NoError(t, err)
				time.Sleep(time.Minute)
				synctest.Wait()
				s := w.the()
				assert.Equal(t, c.end, s.Phase())
				assert.Contains(t, s.Run().End, c.says)
				assert.Contains(t, w.told, "run0/pre-authorised executing")
				assert.Contains(t, w.told, "run0/end "+string(c.end))
				if c.end == incident.PhaseEscalated {
					assert.NotEmpty(t, s.Run().Mend)
				}
			})
		})
	}
}

// Only a claim that somebody else has is a reason to write less. Whether another
// failure landed nobody knows, so nothing more is written on top of it.
func TestAWriteThatFailedForAnotherReasonIsNotTriedWithLess(t *testing.T) {
	for _, landed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := signedOff(t)
			failed := 0
			w.journal.OnAppend = func(entries []incident.Entry) (bool, error) {
				for _, d := range entries[0].Drafts {
					if d.Body.Kind() == incident.KindPriced && failed == 0 {
						failed++
						return landed, errors.New("the disk is full")
					}
				}
				return true, nil
			}
			e := w.start()
			defer e.Stop()
			_, _, err := e.Receive(t.Context(), received("r", "1"))
			require.NoError(t, err)
			time.Sleep(time.Minute)
			synctest.Wait()
			require.Equal(t, 1, failed)
			require.ErrorContains(t, e.Err(), "the disk is full")
			want := map[bool]incident.Phase{false: incident.PhaseOpened, true: incident.PhaseExecuting}
			assert.Equal(t, want[landed], w.the().Phase())
			assert.Empty(t, w.effects)
		})
	}
}

// However a plan came to stand alone in the journal, it is released or asked
// about, and a rate that is used up is no reason to do neither.
func TestAPlanWithoutItsReleaseIsReleasedOrAskedAboutAtAStart(t *testing.T) {
	for _, taken := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := signedOff(t)
			id := incident.NewID(time.Now())
			opened := (&parts{world: w}).Match(received("r", "1").Alert)[0]
			s, err := incident.State{ID: id}.Foresee(incident.Draft{Body: opened, Seen: time.Now()})
			require.NoError(t, err)
			planned, err := (&parts{world: w}).Plan(t.Context(), s)
			require.NoError(t, err)
			drafts := []incident.Draft{{Body: opened, Seen: time.Now()}, {Body: planned, Seen: time.Now()}}
			_, err = w.journal.Append(t.Context(), incident.Entry{Stream: id.Stream(), Drafts: drafts, Open: true})
			require.NoError(t, err)
			if taken {
				s, err = s.Foresee(drafts[1])
				require.NoError(t, err)
				_, err = w.journal.Append(t.Context(), incident.Entry{Stream: "another", Drafts: []incident.Draft{{Body: incident.Next(s)[0].Body, Seen: time.Now()}}})
				require.NoError(t, err)
			}
			e := w.start()
			defer e.Stop()
			time.Sleep(time.Minute)
			synctest.Wait()
			want := map[bool]incident.Phase{false: incident.PhaseContained, true: incident.PhaseAsking}
			assert.Equal(t, want[taken], w.the().Phase())
		})
	}
}
