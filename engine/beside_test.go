package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

// TestAnEndedIncidentThatMovesOnMeanwhileTakesItsAlertsAllTheSame: two may add
// to it at once, and who comes second must not take the engine down.
func TestAnEndedIncidentThatMovesOnMeanwhileTakesItsAlertsAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		play(t, w, e)
		time.Sleep(time.Minute)
		s := w.the()
		require.True(t, s.Phase().Ended())
		before := len(s.Alerts)
		moved := false
		w.journal.OnAppend = func(entries []incident.Entry) (bool, error) {
			if entries[0].Stream != s.ID.Stream() || moved {
				return true, nil
			}
			moved = true
			_, err := w.journal.Append(t.Context(), incident.Entry{Stream: s.ID.Stream(), After: s.Seq,
				Drafts: []incident.Draft{{Run: s.Run().Number, Seen: time.Now(), Body: incident.Noted{By: "ana", Text: "I was first"}}}})
			return true, err
		}
		for _, id := range []string{"late", "later"} {
			_, _, err := e.Receive(t.Context(), received("vault.outflow", id))
			require.NoError(t, err)
			synctest.Wait()
		}
		require.NoError(t, e.Err())
		assert.True(t, moved)
		assert.Len(t, w.the().Alerts, before+2)
	})
}
