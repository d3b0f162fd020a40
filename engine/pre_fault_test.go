package engine_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

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
