package engine_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
