package engine_test

import (
	"errors"
	"fmt"
	"slices"
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

// play lets an alert in and has ana and ben approve, in a bubble of its own.
func play(t *testing.T, w *world, e *engine.Engine) {
	_, _, err := e.Receive(t.Context(), received("vault.outflow", "a1"))
	require.NoError(t, err)
	synctest.Wait()
	s := w.the()
	require.Equal(t, incident.PhaseAsking, s.Phase())
	for _, person := range []string{"ana", "ben"} {
		_, err := e.Vote(t.Context(), s.ID, approve(person, s))
		require.NoError(t, err)
	}
	time.Sleep(time.Minute)
}

func threadOrder(key string) int {
	return slices.Index([]string{"run0/vote/0", "run0/vote/1", "run0/sent", "run0/executed"}, key)
}

func TestAnAlertBecomesAContainedIncident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause", "block")
		e := w.start()
		play(t, w, e)
		assert.Empty(t, e.Active(), "nothing is owed, so nothing runs")
		e.Stop()
		s := w.the()
		assert.Equal(t, incident.PhaseContained, s.Phase())
		assert.Equal(t, map[string]int{"pause": 1, "block": 1}, w.effects)
		assert.Equal(t, 1, w.cards)
		assert.Equal(t, []string{"run0/end contained"}, w.told)
		assert.Subset(t, []string{"run0/vote/0", "run0/vote/1", "run0/sent", "run0/executed"}, w.lines)
		assert.True(t, slices.IsSortedFunc(w.lines, func(a, b string) int { return threadOrder(a) - threadOrder(b) }), "a thread is read in order: %v", w.lines)
		assert.Equal(t, s.Face, s.Card.Version, "people see the end")
	})
}

func TestExactlyOneCommitStandsBetweenQuorumAndBroadcast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "a", "b", "c")
		var mu sync.Mutex
		w.journal.OnAppend = func(entries []incident.Entry) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			for _, e := range entries {
				line := "append"
				for _, d := range e.Drafts {
					line += " " + string(d.Body.Kind())
				}
				w.note("%s", line)
			}
			return true, nil
		}
		e := w.start()
		defer e.Stop()
		play(t, w, e)
		e.Stop()
		var between []string
		for _, line := range w.log {
			switch {
			case line == "append voted authorised priced priced priced":
				between = []string{}
			case line == "send a":
				assert.Equal(t, []string{"sign a", "sign b", "sign c", "append signed signed signed"}, onPath(between))
				return
			case between != nil:
				between = append(between, line)
			}
		}
		t.Fatalf("nothing was sent: %v", w.log)
	})
}

// onPath leaves out what happens beside the path: what was being said to people
// when the quorum came is written down when they have heard it. That nothing new
// is said then is incident.Next's rule, which has its own test.
func onPath(lines []string) []string {
	var path []string
	for _, l := range lines {
		if l != "append card-updated" && l != "append card-posted" && l != "append told" {
			path = append(path, l)
		}
	}
	return path
}

// TestAnyCrashEndsContainedWithOneEffectPerStep stops the engine at every
// append there is, once before it took effect and once after, and starts
// another one on what is left.
func TestAnyCrashEndsContainedWithOneEffectPerStep(t *testing.T) {
	for _, landed := range []bool{false, true} {
		for crash := 1; ; crash++ {
			done := false
			t.Run(fmt.Sprintf("append %d landed %v", crash, landed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { done = crashAt(t, crash, landed) })
			})
			if done || t.Failed() {
				break
			}
		}
	}
}

func crashAt(t *testing.T, crash int, landed bool) (beyond bool) {
	w := newWorld(t, "pause", "block")
	var mu sync.Mutex
	n := 0
	power := errors.New("the power is gone")
	w.journal.OnAppend = func([]incident.Entry) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		n++
		switch {
		case n == crash:
			return landed, power
		case n > crash && n < 1000:
			return false, power // until the restart
		}
		return true, nil
	}
	e := w.start()
	live(t, w, e)
	e.Stop()
	mu.Lock()
	beyond = n < crash
	n = 1000
	mu.Unlock()
	for range 3 { // a person tries again until it is done
		e = w.start()
		live(t, w, e)
		e.Stop()
	}
	assert.Equal(t, incident.PhaseContained, w.the().Phase())
	assert.Equal(t, map[string]int{"pause": 1, "block": 1}, w.effects)
	assert.Len(t, w.mined, 2, "no nonce was used beside")
	return beyond
}

// live does what sources and guardians do: try, and try again after errors.
func live(t *testing.T, w *world, e *engine.Engine) {
	e.Receive(t.Context(), received("vault.outflow", "a1")) // a source repeats what was not acknowledged
	time.Sleep(5 * time.Second)
	for _, s := range w.incidents() {
		if s.Phase() == incident.PhaseAsking {
			for _, person := range []string{"ana", "ben"} {
				e.Vote(t.Context(), s.ID, approve(person, s)) // a guardian who saw an error clicks again
			}
		}
	}
	time.Sleep(time.Minute)
}

func TestAVoteIsRefusedWithAReasonAndLeavesNoTrace(t *testing.T) {
	cases := map[string]struct {
		change func(*incident.Vote)
		wait   time.Duration
		want   string
	}{
		"a stranger":      {func(v *incident.Vote) { v.Person = "mallory" }, 0, "not on the roster"},
		"another digest":  {func(v *incident.Vote) { v.Digest[0]++ }, 0, "replaced by another revision"},
		"no digest":       {func(v *incident.Vote) { v.Digest = incident.Digest{} }, 0, "replaced by another revision"},
		"after the end":   {func(*incident.Vote) {}, 10 * time.Minute, "already lapsed"},
		"at the deadline": {func(*incident.Vote) {}, 10*time.Minute - time.Nanosecond, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "pause")
				e := w.start()
				defer e.Stop()
				_, _, err := e.Receive(t.Context(), received("r", "1"))
				require.NoError(t, err)
				synctest.Wait()
				s := w.the()
				v := approve("ana", s)
				c.change(&v)
				time.Sleep(c.wait)
				_, err = e.Vote(t.Context(), s.ID, v)
				if c.want == "" {
					require.NoError(t, err)
					return
				}
				assert.ErrorContains(t, err, c.want)
				assert.Empty(t, w.the().Run().Votes)
			})
		})
	}
}

func TestCastingTheSameVoteAgainIsASuccessThatWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		e.Receive(t.Context(), received("r", "1"))
		synctest.Wait()
		s := w.the()
		for range 3 {
			_, err := e.Vote(t.Context(), s.ID, approve("ana", s))
			require.NoError(t, err)
		}
		assert.Len(t, w.the().Run().Votes, 1)
		assert.Equal(t, incident.PhaseAsking, w.the().Phase(), "three clicks of one person are one approval")
	})
}

func TestManyVotesAtOnceMakeOneDecision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		e.Receive(t.Context(), received("r", "1"))
		synctest.Wait()
		s := w.the()
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() { e.Vote(t.Context(), s.ID, approve(fmt.Sprintf("p%d", i%5), s)) })
		}
		wg.Wait()
		time.Sleep(time.Minute)
		assert.Equal(t, incident.PhaseContained, w.the().Phase())
		assert.Equal(t, map[string]int{"pause": 1}, w.effects)
	})
}

func TestSilenceRejects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		e.Receive(t.Context(), received("r", "1"))
		synctest.Wait()
		s := w.the()
		_, err := e.Vote(t.Context(), s.ID, approve("ana", s))
		require.NoError(t, err)
		time.Sleep(11 * time.Minute)
		assert.Equal(t, incident.PhaseLapsed, w.the().Phase())
		assert.Equal(t, []string{"run0/remind/75 asking", "run0/remind/90 asking", "run0/end lapsed"}, w.told)
		assert.Empty(t, w.effects)
	})
}

func TestWhenTheJournalIsLostTheEngineStopsAndNothingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		var full atomic.Bool
		w.journal.OnAppend = func([]incident.Entry) (bool, error) {
			if full.Load() {
				return false, errors.New("disk full")
			}
			return true, nil
		}
		e := w.start()
		e.Receive(t.Context(), received("r", "1"))
		synctest.Wait()
		s := w.the()
		_, err := e.Vote(t.Context(), s.ID, approve("ana", s))
		require.NoError(t, err)
		full.Store(true)
		_, err = e.Vote(t.Context(), s.ID, approve("ben", s))
		assert.ErrorContains(t, err, "disk full", "the voter is told that it did not count")
		<-e.Done()
		assert.ErrorContains(t, e.Err(), "disk full")
		e.Stop()
		assert.Empty(t, w.effects)
	})
}

func TestAPartThatFailsIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		w.failPlan = errors.New("no endpoint answers")
		e := w.start()
		defer e.Stop()
		e.Receive(t.Context(), received("r", "1"))
		time.Sleep(time.Minute)
		assert.Equal(t, incident.PhaseOpened, w.the().Phase())
		w.mu.Lock()
		w.failPlan = nil
		w.mu.Unlock()
		time.Sleep(time.Minute)
		assert.Equal(t, incident.PhaseAsking, w.the().Phase())
	})
}
