package engine_test

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

func TestAPanicOfThePlannerIsAPersonsToOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		var log bytes.Buffer
		e := w.start(func(o *engine.Options) {
			o.Log = slog.New(slog.NewJSONHandler(&log, nil))
			o.Playbooks = planner{Playbooks: o.Playbooks, plan: func(incident.State) (incident.Body, error) { panic("secret detail") }}
		})
		e.Receive(t.Context(), received("r", "1"))
		time.Sleep(time.Minute)
		e.Stop()
		assert.Equal(t, incident.PhaseEscalated, w.the().Phase())
		assert.Equal(t, []string{"run0/end escalated"}, w.told)
		assert.NotContains(t, w.the().Run().End, "secret", "what it panicked with is for the log")
		assert.Contains(t, log.String(), "secret detail")
		assert.Contains(t, log.String(), "fault_test.go", "the log says where")
	})
}

func TestAPanicOfTheMatchIsAPersonsToOwnAndHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		poison := func(o *engine.Options) {
			own := o.Playbooks
			o.Playbooks = planner{Playbooks: own, match: func(a incident.Alert) []incident.Opened {
				if a.Rule == "poison" {
					panic("a rule that nobody thought of")
				}
				return own.Match(a)
			}}
		}
		e := w.start(poison)
		for _, id := range []string{"1", "2"} {
			_, _, err := e.Receive(t.Context(), received("poison", id))
			require.NoError(t, err)
		}
		time.Sleep(time.Minute)
		assert.Equal(t, incident.PhaseEscalated, w.the().Phase(), "one incident for all of them")
		assert.Equal(t, []string{"run0/end escalated"}, w.told)
		e.Stop()
		e = w.start(poison)
		defer e.Stop()
		healthy(t, w, e)
	})
}

func TestAPanicOfTheSignerIsAskedAgainAndTheStepGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		panics := 2
		e := w.start(func(o *engine.Options) {
			own := o.Sender
			o.Sender = sender{own, func(s incident.State, steps []string) ([]incident.Body, error) {
				if panics--; panics >= 0 {
					panic("out of luck")
				}
				return own.Sign(t.Context(), s, steps)
			}}
		})
		play(t, w, e)
		e.Stop()
		assert.Equal(t, incident.PhaseContained, w.the().Phase())
		assert.Equal(t, map[string]int{"pause": 1}, w.effects)
	})
}

func TestAnObserverThatPanicsStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start(func(o *engine.Options) {
			o.Observe = func(incident.State, []incident.Fact) { panic("a metric") }
		})
		play(t, w, e)
		e.Stop()
		assert.Equal(t, incident.PhaseContained, w.the().Phase())
	})
}
