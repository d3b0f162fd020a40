package engine_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func TestOneDeliveryOpensOneIncident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		first, duplicate, err := e.Receive(t.Context(), received("r", "1"))
		require.NoError(t, err)
		assert.False(t, duplicate)
		again, duplicate, err := e.Receive(t.Context(), received("r", "1"))
		require.NoError(t, err)
		assert.True(t, duplicate)
		assert.Equal(t, first, again)
		synctest.Wait()
		assert.Len(t, w.the().Alerts, 1)
	})
}

func TestAlertsOfOneKeyJoinTheIncidentThatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		for i := range 20 {
			_, _, err := e.Receive(t.Context(), received("r", fmt.Sprint(i)))
			require.NoError(t, err)
		}
		synctest.Wait()
		assert.Len(t, w.the().Alerts, 20)
		assert.Equal(t, 1, w.cards)
	})
}

func TestAnAlertThatIsNoOrderOpensNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		test := received("r", "1")
		test.Inert = "test"
		_, _, err := e.Receive(t.Context(), test)
		require.NoError(t, err)
		_, _, err = e.Receive(t.Context(), received("", "2"))
		require.NoError(t, err)
		synctest.Wait()
		assert.Empty(t, w.incidents())
	})
}

func TestTheCooldownHoldsAfterAnEndButNotAfterSilence(t *testing.T) {
	for name, c := range map[string]struct {
		approve bool
		wait    time.Duration
		inhibit time.Duration
		change  func(*world)
		want    int
	}{
		"contained, within":                           {true, 30 * time.Minute, 0, nil, 1},
		"contained, within, undone by somebody":       {true, 30 * time.Minute, 0, undone, 2},
		"contained, within, the chain cannot be read": {true, 30 * time.Minute, 0, blinded, 1},
		"contained, within, endpoints disagree":       {true, 30 * time.Minute, 0, doubted, 1},
		"inhibited, endpoints disagree":               {true, 90 * time.Minute, 6 * time.Hour, doubted, 2},
		"contained, after":                            {true, 90 * time.Minute, 0, nil, 2},
		"inhibited, and it holds":                     {true, 90 * time.Minute, 6 * time.Hour, nil, 1},
		"inhibited, undone by somebody":               {true, 90 * time.Minute, 6 * time.Hour, undone, 2},
		"inhibited, the chain cannot be read":         {true, 90 * time.Minute, 6 * time.Hour, blinded, 2},
		"inhibited, and its time has passed":          {true, 7 * time.Hour, 6 * time.Hour, nil, 2},
		"nobody had answered":                         {false, 12 * time.Minute, 6 * time.Hour, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "pause")
				w.inhibit = c.inhibit
				e := w.start()
				defer func() { e.Stop() }()
				if c.approve {
					play(t, w, e)
				} else {
					e.Receive(t.Context(), received("vault.outflow", "a1"))
				}
				time.Sleep(c.wait)
				e.Stop()
				if c.change != nil {
					c.change(w)
				}
				e = w.start() // the key is held over a restart
				_, _, err := e.Receive(t.Context(), received("vault.outflow", "a2"))
				require.NoError(t, err)
				synctest.Wait()
				assert.Len(t, w.incidents(), c.want)
			})
		})
	}
}

func TestADrillAndARealIncidentDoNotShareAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		drill := received("r", "1")
		drill.Alert.Exercise = true
		e.Receive(t.Context(), drill)
		e.Receive(t.Context(), received("r", "2"))
		synctest.Wait()
		states := w.incidents()
		require.Len(t, states, 2)
		assert.NotEqual(t, states[0].Exercise, states[1].Exercise)
	})
}

func TestSeveralSourcesMustAgreeWhereThePlaybookSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		w.sources = 2
		e := w.start()
		defer e.Stop()
		e.Receive(t.Context(), received("r", "1"))
		e.Receive(t.Context(), received("r", "2"))
		synctest.Wait()
		assert.Equal(t, incident.PhaseConfirming, w.the().Phase(), "one source twice is one source")
		other := received("r", "3")
		other.Alert.Source = "tenderly"
		e.Receive(t.Context(), other)
		synctest.Wait()
		assert.Equal(t, incident.PhaseAsking, w.the().Phase())
	})
}

func TestAStormDoesNotGrowTheCaseFileWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		for i := range 400 {
			_, _, err := e.Receive(t.Context(), received("r", fmt.Sprint(i)))
			require.NoError(t, err)
		}
		time.Sleep(time.Second)
		assert.Len(t, w.the().Alerts, 256)
		other := received("r", "other")
		other.Alert.Source = "tenderly"
		_, _, err := e.Receive(t.Context(), other)
		require.NoError(t, err)
		synctest.Wait()
		assert.Equal(t, []string{"generic", "tenderly"}, w.the().Sources(), "a source that has not spoken is heard")
		assert.Len(t, w.decided(), 401, "every alert's way is on record")
	})
}
