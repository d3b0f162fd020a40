package engine_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

// routing places matches by a clock that a test turns, without a journal.
type routing struct {
	t      *testing.T
	routes *engine.Routes
	now    time.Time
	states map[incident.ID]incident.State
	n      int
}

func newRouting(t *testing.T) *routing {
	return &routing{t: t, routes: engine.NewRoutes(nil), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), states: map[incident.ID]incident.State{}}
}

// place gives a match of a key of its own; what it opens ends at once.
func (r *routing) place(change func(*incident.Opened)) (incident.Match, incident.Opened) {
	r.t.Helper()
	r.n++
	o := incident.Opened{Key: fmt.Sprint("key ", r.n), Playbook: incident.PlaybookRef{Name: "drain"}, Limit: &incident.Limit{Runs: 2, Per: time.Hour}, Cooldown: time.Minute}
	if change != nil {
		change(&o)
	}
	m, draft := r.routes.Place(o, engine.Arrival{Alert: incident.Alert{ID: fmt.Sprint(r.n)}, Receipt: uint64(r.n), Now: r.now,
		Latest: func(id incident.ID) (incident.State, bool) { s, ok := r.states[id]; return s, ok }})
	if draft == nil {
		return m, incident.Opened{}
	}
	opened := draft.Body.(incident.Opened)
	r.states[m.Incident] = incident.State{ID: m.Incident, Opened: opened, OpenedAt: r.now, Runs: []incident.Run{{Phase: incident.PhaseContained, EndedAt: r.now}}}
	return m, opened
}

func (r *routing) pass(d time.Duration) { r.now = r.now.Add(d) }

func unjudged(o *incident.Opened) { o.MatchFail = "no such key" }

func TestALimitCountsWhatWasPreparedAndNotWhatOnlyPaged(t *testing.T) {
	r := newRouting(t)
	for range 3 { // as many as the limit and one more
		m, o := r.place(unjudged)
		assert.Equal(t, "opened", m.Verdict, "what cannot be judged is told, whatever the limit")
		assert.Empty(t, o.OverLimit)
	}
	for range 2 {
		_, o := r.place(nil)
		assert.Empty(t, o.OverLimit, "what only paged uses nothing up")
	}
	_, o := r.place(nil)
	require.NotEmpty(t, o.OverLimit)
	_, o = r.place(unjudged)
	assert.Empty(t, o.OverLimit)
	r.pass(time.Hour)
	for range 2 {
		_, o := r.place(nil)
		assert.Empty(t, o.OverLimit, "the one that was too many uses nothing up")
	}
}

func TestALimitEndsExactlyWhenItsTimeHasPassed(t *testing.T) {
	for _, per := range []time.Duration{time.Hour, 24 * time.Hour} {
		r := newRouting(t)
		limit := func(o *incident.Opened) { o.Limit.Per = per }
		r.place(limit)
		r.place(limit)
		r.pass(per - time.Nanosecond)
		_, o := r.place(limit)
		assert.NotEmpty(t, o.OverLimit)
		r.pass(time.Nanosecond)
		_, o = r.place(limit)
		assert.Empty(t, o.OverLimit, per)
	}
}

// It is told at once, once for as long as the limit counts, and then again.
func TestWhatIsTooManyWaitsForNoOtherSourceAndIsToldOncePerItsTime(t *testing.T) {
	r := newRouting(t)
	sure := func(o *incident.Opened) { o.Sources, o.Within, o.Limit.Runs = 2, time.Minute, 1 }
	r.place(sure)
	m, first := r.place(sure)
	require.NotEmpty(t, first.OverLimit)
	assert.Equal(t, "opened", m.Verdict)
	assert.Zero(t, first.Sources)
	assert.Zero(t, first.Within)
	r.pass(30 * time.Minute)
	again, _ := r.place(sure)
	assert.Equal(t, "limit", again.Verdict)
	assert.Equal(t, m.Incident, again.Incident)
	assert.NotEmpty(t, again.Why)
}

func TestASecondStormIsToldLikeTheFirst(t *testing.T) {
	r := newRouting(t)
	one := func(o *incident.Opened) { o.Limit.Runs = 1 }
	r.place(one)
	r.pass(time.Minute)
	first, _ := r.place(one)
	r.pass(59 * time.Minute)
	_, o := r.place(one)
	require.Empty(t, o.OverLimit, "an hour after the only one")
	r.pass(2 * time.Minute)
	second, o := r.place(one)
	assert.NotEmpty(t, o.OverLimit)
	assert.Equal(t, "opened", second.Verdict)
	assert.NotEqual(t, first.Incident, second.Incident)
}

func TestOfTwoEndedIncidentsOfAKeyTheLaterEndHoldsItAfterAStart(t *testing.T) {
	r := newRouting(t)
	ended := func(id string, ago time.Duration) incident.State {
		return incident.State{ID: incident.ID(id), Opened: incident.Opened{Key: "k", Cooldown: time.Hour},
			Runs: []incident.Run{{Phase: incident.PhaseContained, EndedAt: r.now.Add(-ago)}}}
	}
	old, late := ended("old", 2*time.Hour), ended("late", time.Minute)
	r.states[old.ID], r.states[late.ID] = old, late
	for _, order := range [][]incident.State{{old, late}, {late, old}} {
		r.routes = engine.NewRoutes(order)
		m, _ := r.place(func(o *incident.Opened) { o.Key = "k" })
		assert.Equal(t, "cooldown", m.Verdict)
		assert.Equal(t, late.ID, m.Incident)
	}
}

func TestEachPlaybookHasALimitOfItsOwn(t *testing.T) {
	r := newRouting(t)
	for range 2 {
		r.place(nil)
	}
	_, o := r.place(func(o *incident.Opened) { o.Playbook.Name = "other" })
	assert.Empty(t, o.OverLimit)
	_, o = r.place(nil)
	assert.NotEmpty(t, o.OverLimit)
}

// A clock that was ahead for a while and is right again makes nobody forget.
func TestAnIncidentOfTheFutureDoesNotEmptyTheCountAtAStart(t *testing.T) {
	r := newRouting(t)
	var states []incident.State
	for n, at := range []time.Duration{0, 0, 90 * 24 * time.Hour} {
		states = append(states, incident.State{ID: incident.ID(fmt.Sprint("old ", n)), OpenedAt: r.now.Add(at),
			Opened: incident.Opened{Key: fmt.Sprint("old ", n), Playbook: incident.PlaybookRef{Name: "drain"}}})
	}
	for _, order := range [][]incident.State{states, {states[2], states[0], states[1]}} {
		r.routes = engine.NewRoutes(order)
		_, o := r.place(func(o *incident.Opened) { o.Limit.Runs = 3 })
		assert.NotEmpty(t, o.OverLimit)
	}
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
