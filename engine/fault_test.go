package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

// The parts below do one thing wrong and everything else right.

type planner struct {
	engine.Playbooks
	plan  func(s incident.State) (incident.Body, error)
	match func(a incident.Alert) []incident.Opened
}

func (p planner) Plan(ctx context.Context, s incident.State) (incident.Body, error) {
	if p.plan == nil {
		return p.Playbooks.Plan(ctx, s)
	}
	return p.plan(s)
}

func (p planner) Match(a incident.Alert) []incident.Opened {
	if p.match == nil {
		return p.Playbooks.Match(a)
	}
	return p.match(a)
}

type judge struct {
	engine.Authority
	decide func(s incident.State) incident.Body
}

func (j judge) Decide(s incident.State) incident.Body { return j.decide(s) }

type sender struct {
	engine.Sender
	sign func(s incident.State, steps []string) ([]incident.Body, error)
}

func (p sender) Sign(_ context.Context, s incident.State, steps []string) ([]incident.Body, error) {
	return p.sign(s, steps)
}

// healthy demands that another incident still goes its way to the end.
func healthy(t *testing.T, w *world, e *engine.Engine) {
	t.Helper()
	_, _, err := e.Receive(t.Context(), received("another", "healthy"))
	require.NoError(t, err)
	synctest.Wait()
	states := w.incidents()
	s := states[len(states)-1]
	for _, other := range states {
		if other.Opened.Key == "another" {
			s = other
		}
	}
	require.Equal(t, incident.PhaseAsking, s.Phase())
	for _, person := range []string{"ana", "ben"} {
		_, err := e.Vote(t.Context(), s.ID, approve(person, s))
		require.NoError(t, err)
	}
	time.Sleep(time.Minute)
	assert.Equal(t, incident.PhaseContained, w.fold(s.ID.Stream()).Phase())
	assert.NoError(t, e.Err())
}

func TestAPartThatReturnsWhatCannotBeWrittenIsAskedAgainAtAMeasuredPace(t *testing.T) {
	for name, wrong := range map[string]func(s incident.State) (incident.Body, error){
		"nothing":           func(incident.State) (incident.Body, error) { return nil, nil },
		"a fact of another": func(incident.State) (incident.Body, error) { return incident.Contained{}, nil },
		"a panic":           func(incident.State) (incident.Body, error) { panic("the planner met a contract it could not imagine") },
		"an unsound plan":   func(incident.State) (incident.Body, error) { return incident.Planned{}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "pause")
				var asked atomic.Int32
				e := w.start(func(o *engine.Options) {
					own := o.Playbooks
					o.Playbooks = planner{Playbooks: own, plan: func(s incident.State) (incident.Body, error) {
						if s.Opened.Key == "another" {
							return own.Plan(t.Context(), s)
						}
						asked.Add(1)
						return wrong(s)
					}}
				})
				defer e.Stop()
				_, _, err := e.Receive(t.Context(), received("r", "1"))
				require.NoError(t, err)
				time.Sleep(time.Minute)
				assert.Less(t, asked.Load(), int32(100), "it is not asked without pause")
				healthy(t, w, e)
			})
		})
	}
}

func TestFactsThatComeWithAnErrorAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "a", "b", "c")
		asked := map[string]int{}
		e := w.start(func(o *engine.Options) {
			own := o.Sender
			o.Sender = sender{own, func(s incident.State, steps []string) ([]incident.Body, error) {
				for _, step := range steps {
					asked[step]++
				}
				bodies, err := own.Sign(t.Context(), s, steps)
				if len(steps) == 3 {
					return bodies[:1], errors.New("the signer went away after the first")
				}
				return bodies, err
			}}
		})
		play(t, w, e)
		e.Stop()
		assert.Equal(t, incident.PhaseContained, w.the().Phase())
		assert.Equal(t, map[string]int{"a": 1, "b": 2, "c": 2}, asked, "what was signed is not signed again")
	})
}

func TestAVoteThatTheFoldRefusesIsTheVotersErrorAndNobodyElses(t *testing.T) {
	for name, c := range map[string]struct {
		decide func(s incident.State) incident.Body
		change func(*incident.Vote)
	}{
		"the quorum is miscounted": {decide: func(s incident.State) incident.Body {
			return incident.Authorised{Digest: s.Run().Digest, By: []string{"ana"}}
		}},
		"the rules panic":          {decide: func(incident.State) incident.Body { panic("division by nobody") }},
		"evidence that is no JSON": {change: func(v *incident.Vote) { v.Evidence = json.RawMessage(`{`) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "pause")
				e := w.start(func(o *engine.Options) {
					own := o.Authority
					o.Authority = judge{own, func(s incident.State) incident.Body {
						if s.Opened.Key == "another" || c.decide == nil {
							return own.Decide(s)
						}
						return c.decide(s)
					}}
				})
				defer e.Stop()
				e.Receive(t.Context(), received("r", "1"))
				synctest.Wait()
				s := w.the()
				v := approve("ana", s)
				if c.change != nil {
					c.change(&v)
				}
				_, err := e.Vote(t.Context(), s.ID, v)
				require.Error(t, err)
				assert.Empty(t, w.the().Run().Votes, "nothing was written")
				assert.Equal(t, incident.PhaseAsking, e.Active()[0].Phase(), "the incident goes on")
				healthy(t, w, e)
			})
		})
	}
}

type lane struct {
	engine.Watcher
	released func(steps []string)
}

func (l lane) Release(_ incident.State, steps []string) { l.released(steps) }

type pricer struct {
	engine.Sender
	price func(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error)
}

func (p pricer) Price(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error) {
	return p.price(ctx, s, steps)
}

// TestWhatWasPricedWhenTheIncidentIsLostGoesBackToItsLane: nobody else is
// priced on a lane while one incident's nonces are neither written nor back.
func TestWhatWasPricedWhenTheIncidentIsLostGoesBackToItsLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		var released []string
		price := make(chan struct{})
		e := w.start(func(o *engine.Options) {
			own := o.Sender
			o.Watcher = lane{o.Watcher, func(steps []string) { released = append(released, steps...) }}
			o.Sender = pricer{own, func(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error) {
				if ctx.Err() != nil {
					return nil, ctx.Err() // nothing can be had at once
				}
				<-price // the reservation is made whatever becomes of the caller
				return own.Price(t.Context(), s, steps)
			}}
		})
		defer e.Stop()
		e.Receive(t.Context(), received("r", "1"))
		synctest.Wait()
		s := w.the()
		for _, person := range []string{"ana", "ben"} {
			_, err := e.Vote(t.Context(), s.ID, approve(person, s))
			require.NoError(t, err)
		}
		synctest.Wait()
		s = w.the()
		_, err := w.journal.Append(t.Context(), incident.Entry{Stream: s.ID.Stream(), After: s.Seq, Open: true,
			Drafts: []incident.Draft{{Body: incident.Noted{By: "another replica"}}}})
		require.NoError(t, err)
		require.ErrorIs(t, e.Note(t.Context(), s.ID, incident.Noted{By: "ana"}), incident.ErrConflict)
		close(price)
		synctest.Wait()
		assert.Equal(t, []string{"pause"}, released)
		assert.NoError(t, e.Err(), "one incident in other hands is no lost journal")
	})
}

func TestAnIncidentThatWasLostWhileItRanDoesNotHoldItsKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		e.Receive(t.Context(), received("r", "1"))
		synctest.Wait()
		lost := w.the()
		_, err := w.journal.Append(t.Context(), incident.Entry{Stream: lost.ID.Stream(), After: lost.Seq, Open: true,
			Drafts: []incident.Draft{{Body: incident.Noted{By: "another process"}}}})
		require.NoError(t, err)
		require.ErrorIs(t, e.Note(t.Context(), lost.ID, incident.Noted{By: "ana"}), incident.ErrConflict)
		synctest.Wait()

		e.Receive(t.Context(), received("r", "2"))
		synctest.Wait()
		states := w.incidents()
		require.Len(t, states, 2)
		for _, s := range states {
			if s.ID == lost.ID {
				assert.Len(t, s.Receipts, 1, "nobody would read it there")
				continue
			}
			assert.Equal(t, incident.PhaseAsking, s.Phase())
		}
	})
}
