package engine_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func undone(w *world)  { w.effects["pause"] = 0 }
func blinded(w *world) { w.blind = true }
func doubted(w *world) { w.doubtful = true }

// tuning silences a rule for an hour.
func tuning(rule string) incident.SilenceAdded {
	return incident.SilenceAdded{Match: incident.SilenceMatch{Rule: rule}, Until: time.Now().Add(time.Hour), By: "ana", Why: "the detector is being tuned"}
}

// verdicts lists what became of each receipt.
func (w *world) verdicts() map[uint64][]incident.Match {
	all := map[uint64][]incident.Match{}
	for f, err := range w.journal.Read(w.t.Context(), incident.Router, 0) {
		require.NoError(w.t, err)
		body, err := f.Body()
		require.NoError(w.t, err)
		for _, d := range body.(incident.Routed).All() {
			all[d.Receipt] = d.Matches
		}
	}
	return all
}

func TestASilencedAlertOpensNothingAndTheRecordSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer func() { e.Stop() }()
		s, err := e.Silence(t.Context(), tuning("noisy"), 24*time.Hour)
		require.NoError(t, err)
		e.Stop()
		e = w.start() // it holds over a restart
		e.Receive(t.Context(), received("noisy", "a1"))
		e.Receive(t.Context(), received("other", "a2"))
		synctest.Wait()
		assert.Equal(t, "other", w.the().Opened.Key)
		require.Len(t, w.verdicts()[1], 1)
		assert.Equal(t, incident.VerdictSilenced, w.verdicts()[1][0].Verdict)
		assert.Contains(t, w.verdicts()[1][0].Why, fmt.Sprintf("silence %d by ana", s.Number))
		assert.Contains(t, w.verdicts()[1][0].Why, "the detector is being tuned")

		time.Sleep(time.Hour)
		e.Receive(t.Context(), received("noisy", "a3"))
		synctest.Wait()
		assert.Len(t, w.incidents(), 2, "its time has passed")
	})
}

func TestAnEndedSilenceHoldsNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		s, err := e.Silence(t.Context(), tuning("noisy"), 24*time.Hour)
		require.NoError(t, err)
		assert.Len(t, e.Silences(), 1)
		_, err = e.Unsilence(t.Context(), incident.SilenceExpired{Silence: s.Number, By: "ben"})
		require.NoError(t, err)
		assert.Empty(t, e.Silences())
		_, err = e.Unsilence(t.Context(), incident.SilenceExpired{Silence: s.Number, By: "ben"})
		assert.ErrorContains(t, err, "has ended already")
		_, err = e.Unsilence(t.Context(), incident.SilenceExpired{Silence: 77, By: "ben"})
		assert.ErrorContains(t, err, "there is no silence 77")
		e.Receive(t.Context(), received("noisy", "a1"))
		synctest.Wait()
		assert.Len(t, w.incidents(), 1)
	})
}

func TestASilenceStopsNoIncidentThatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		e.Receive(t.Context(), received("noisy", "a1"))
		synctest.Wait()
		_, err := e.Silence(t.Context(), tuning("noisy"), 24*time.Hour)
		require.NoError(t, err)
		e.Receive(t.Context(), received("noisy", "a2"))
		synctest.Wait()
		assert.Equal(t, incident.PhaseAsking, w.the().Phase())
		assert.Equal(t, []uint64{1, 2}, w.the().Receipts, "its alerts still join it")
	})
}

func TestAnUnsilenceablePlaybookOpensWhateverIsSilenced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		w.unsilenceable = true
		e := w.start()
		defer e.Stop()
		_, err := e.Silence(t.Context(), tuning("noisy"), 24*time.Hour)
		require.NoError(t, err)
		e.Receive(t.Context(), received("noisy", "a1"))
		synctest.Wait()
		assert.Equal(t, incident.PhaseAsking, w.the().Phase())
	})
}

func TestASilenceWithoutAuthorReasonOrBoundIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := w.start()
		defer e.Stop()
		for name, change := range map[string]func(*incident.SilenceAdded){
			"no author":        func(s *incident.SilenceAdded) { s.By = " " },
			"no reason":        func(s *incident.SilenceAdded) { s.Why = "" },
			"everything":       func(s *incident.SilenceAdded) { s.Match = incident.SilenceMatch{} },
			"a chain":          func(s *incident.SilenceAdded) { s.Match = incident.SilenceMatch{Chain: "lab"} },
			"no end":           func(s *incident.SilenceAdded) { s.Until = time.Time{} },
			"an end that was":  func(s *incident.SilenceAdded) { s.Until = time.Now() },
			"longer than here": func(s *incident.SilenceAdded) { s.Until = time.Now().Add(25 * time.Hour) },
		} {
			s := tuning("noisy")
			change(&s)
			_, err := e.Silence(t.Context(), s, 24*time.Hour)
			assert.Error(t, err, name)
		}
		long := tuning("noisy")
		long.Until = time.Now().Add(8 * 24 * time.Hour)
		_, err := e.Silence(t.Context(), long, 1000*time.Hour)
		assert.ErrorContains(t, err, "at most 168h", "whatever is configured")
		for range incident.MaxSilences {
			_, err := e.Silence(t.Context(), tuning("noisy"), 24*time.Hour)
			require.NoError(t, err)
		}
		_, err = e.Silence(t.Context(), tuning("noisy"), 24*time.Hour)
		assert.ErrorContains(t, err, "256 silences already")
	})
}

func TestASilenceThatCouldNotBeWrittenHoldsNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		w.journal.OnAppend = func([]incident.Entry) (bool, error) { return false, assert.AnError }
		_, err := e.Silence(t.Context(), tuning("noisy"), 24*time.Hour)
		require.Error(t, err)
		w.journal.OnAppend = nil
		assert.Empty(t, e.Silences())
	})
}

// TestAContainmentThatHoldsMutesNothingNew: whoever could raise the alert that
// is contained could otherwise hide another behind it.
func TestAContainmentThatHoldsMutesNothingNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		w.inhibit = 6 * time.Hour
		e := w.start()
		defer e.Stop()
		play(t, w, e)
		time.Sleep(90 * time.Minute) // the cooldown is over
		e.Receive(t.Context(), received("vault.outflow", "a2"))
		synctest.Wait()
		require.Len(t, w.incidents(), 1)
		assert.Equal(t, incident.VerdictContained, w.verdicts()[2][0].Verdict)
		other := received("vault.outflow", "a3")
		other.Alert.Suspects = []common.Address{common.HexToAddress("0x66")}
		e.Receive(t.Context(), other)
		synctest.Wait()
		assert.Len(t, w.incidents(), 2, "somebody else is accused")
	})
}

// TestAStormOnAContainmentReadsTheChainSeldom: every other alert waits for the
// router.
func TestAStormOnAContainmentReadsTheChainSeldom(t *testing.T) {
	for name, blind := range map[string]bool{"it answers": false, "it does not": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "pause")
				e := w.start()
				defer e.Stop()
				play(t, w, e)
				w.blind, w.looked = blind, 0
				for i := range 500 {
					e.Receive(t.Context(), received("vault.outflow", fmt.Sprint("s", i)))
				}
				synctest.Wait()
				assert.Equal(t, 1, w.looked)
				time.Sleep(16 * time.Second)
				e.Receive(t.Context(), received("vault.outflow", "later"))
				synctest.Wait()
				assert.Equal(t, 2, w.looked)
			})
		})
	}
}

// about is an alert of a signal; what is why it is no order, if it is not.
func about(id, name, what string) incident.Received {
	r := received("r", id)
	r.Alert.Signal, r.Inert = name, what
	return r
}

func TestAResolutionIsInTheCaseFileAndOpensNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer func() { e.Stop() }()
		e.Receive(t.Context(), about("a0", "s0", incident.InertResolved))
		e.Receive(t.Context(), about("a1", "s1", ""))
		synctest.Wait()
		e.Stop()
		e = w.start() // the signal is known over a restart
		for i := range 3 {
			e.Receive(t.Context(), about(fmt.Sprint("b", i), "s1", incident.InertReminder))
		}
		e.Receive(t.Context(), about("a2", "s1", incident.InertResolved))
		e.Receive(t.Context(), about("a3", "s1", incident.InertResolved))
		e.Receive(t.Context(), about("a4", "s2", incident.InertResolved))
		e.Receive(t.Context(), about("t1", "s1", incident.InertTest))
		synctest.Wait()
		s := w.the()
		require.Len(t, s.Signals, 2, "three reminders are one, and a resolution said twice is one")
		assert.Equal(t, incident.InertReminder, s.Signals[0].What)
		assert.Equal(t, incident.InertResolved, s.Signals[1].What)
		assert.Equal(t, incident.PhaseAsking, s.Phase(), "it is no permission to stop")
		e.Receive(t.Context(), about("a5", "s1", ""))
		e.Receive(t.Context(), about("a6", "s1", incident.InertResolved))
		synctest.Wait()
		assert.Len(t, w.the().Signals, 3, "it was alerted of again in between")
	})
}

func TestASourceThatCallsItsAlertOverNoLongerConfirms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		w.sources = 2
		e := w.start()
		defer e.Stop()
		e.Receive(t.Context(), about("a1", "s1", ""))
		e.Receive(t.Context(), about("a2", "s1", incident.InertResolved))
		other := received("r", "b1")
		other.Alert.Source = "tenderly"
		e.Receive(t.Context(), other)
		synctest.Wait()
		assert.Equal(t, incident.PhaseConfirming, w.the().Phase())
	})
}

func TestWhatCameTooLateIsNotedWithThePlaybooksItWasFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		e.Receive(t.Context(), about("a1", "s1", incident.InertLate))
		e.Receive(t.Context(), about("a2", "s1", incident.InertTest))
		e.Receive(t.Context(), about("a3", "s1", incident.InertEarly))
		synctest.Wait()
		assert.Empty(t, w.incidents())
		assert.Equal(t, []incident.Match{{Playbook: "drain", Verdict: incident.VerdictInert, Why: incident.InertLate}}, w.verdicts()[1])
		assert.Empty(t, w.verdicts()[2])
		assert.Equal(t, []incident.Match{{Playbook: "drain", Verdict: incident.VerdictInert, Why: incident.InertEarly}}, w.verdicts()[3], "its clock or ours is wrong")
	})
}
