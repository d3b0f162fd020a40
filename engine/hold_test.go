package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

// chain is a watcher and verifier whose chain does what the test says.
type chain struct {
	engine.Watcher
	engine.Verifier
	watch   func(s incident.State, step string) (incident.Body, error)
	recheck func(step string) (incident.Body, error)
	restore func([]incident.State) error
	gave    *[]string
}

func (c chain) Watch(ctx context.Context, s incident.State, step string) (incident.Body, error) {
	if c.watch == nil {
		return c.Watcher.Watch(ctx, s, step)
	}
	return c.watch(s, step)
}

func (c chain) Recheck(_ context.Context, _ incident.State, step string) (incident.Body, error) {
	return c.recheck(step)
}

func (c chain) Restore(states []incident.State) error {
	if c.restore == nil {
		return c.Watcher.Restore(states)
	}
	return c.restore(states)
}

func (c chain) Release(_ incident.State, steps []string) { *c.gave = append(*c.gave, steps...) }

func reverted(s incident.State, step string) (incident.Body, error) {
	now, _ := s.Run().Step(step)
	last, _ := now.Last()
	return incident.Reverted{Step: step, Hash: last.Signed.Hash, Why: "Pausable: paused"}, nil
}

func TestAStepThatRevertsIsTriedThreeTimesAndThenAPersons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start(func(o *engine.Options) {
			c := chain{Watcher: o.Watcher, Verifier: o.Verifier, watch: reverted,
				recheck: func(string) (incident.Body, error) { return nil, nil }}
			o.Watcher, o.Verifier = c, c
		})
		play(t, w, e)
		e.Stop()
		assert.Equal(t, incident.PhaseEscalated, w.the().Phase())
		assert.Equal(t, map[string]int{"pause": 3}, w.effects)
		assert.Contains(t, w.the().Run().End, "failed too often: Pausable: paused")
	})
}

func TestNothingNewIsSignedForAnIncidentThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start(func(o *engine.Options) {
			c := chain{Watcher: o.Watcher, Verifier: o.Verifier,
				watch: func(s incident.State, step string) (incident.Body, error) {
					if !s.Phase().Ended() {
						return incident.AlreadySo{Step: step, Why: "somebody else was faster"}, nil
					}
					return reverted(s, step)
				},
				recheck: func(string) (incident.Body, error) { return nil, nil }} // and it was undone since
			o.Watcher, o.Verifier = c, c
		})
		play(t, w, e)
		e.Stop()
		s := w.the()
		assert.Equal(t, incident.PhaseContained, s.Phase())
		assert.Equal(t, incident.StepFailed, s.Run().Steps[0].State)
		assert.Equal(t, 1, s.Run().Steps[0].Issue, "no other nonce")
		assert.Contains(t, w.told, "run0/undone/pause contained")
	})
}

func TestAStepThatRevertsBecauseItIsAlreadySoIsASuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start(func(o *engine.Options) {
			c := chain{Watcher: o.Watcher, Verifier: o.Verifier, watch: reverted,
				recheck: func(step string) (incident.Body, error) {
					return incident.AlreadySo{Step: step, Why: "somebody else was faster"}, nil
				}}
			o.Watcher, o.Verifier = c, c
		})
		play(t, w, e)
		e.Stop()
		assert.Equal(t, incident.PhaseContained, w.the().Phase())
		assert.Equal(t, map[string]int{"pause": 1}, w.effects)
	})
}

func TestANonceThatIsNotOursIsGivenBackAndAnotherTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		_, err := w.journal.Append(t.Context(), incident.Entry{Stream: "elsewhere", Drafts: []incident.Draft{{
			Body: incident.Priced{Step: "x", Attempt: 1, Issue: 1, ChainID: 1337}}}})
		require.NoError(t, err)
		var gave []string
		e := w.start(func(o *engine.Options) {
			o.Watcher = chain{Watcher: o.Watcher, gave: &gave}
		})
		play(t, w, e)
		e.Stop()
		assert.Equal(t, incident.PhaseContained, w.the().Phase())
		assert.Equal(t, []string{"pause"}, gave)
		step, _ := w.the().Run().Step("pause")
		assert.EqualValues(t, 1, step.Attempts[0].Nonce)
	})
}

func TestNoncesGoBackWhenTheirPriceIsNotWritten(t *testing.T) {
	for name, unfit := range map[string]bool{"the journal fails": false, "the price does not fit": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "pause")
				w.journal.OnAppend = func(entries []incident.Entry) (bool, error) {
					if entries[0].Drafts[0].Body.Kind() == incident.KindPriced {
						return false, errors.New("disk full")
					}
					return true, nil
				}
				var gave []string
				e := w.start(func(o *engine.Options) {
					own := o.Sender
					o.Watcher = chain{Watcher: o.Watcher, gave: &gave}
					o.Sender = pricer{own, func(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error) {
						if ctx.Err() != nil {
							return nil, ctx.Err() // nothing at once, so that it gets a commit of its own
						}
						bodies, err := own.Price(ctx, s, steps)
						if p := bodies[0].(incident.Priced); unfit {
							p.Gas++
							bodies[0] = p
						}
						return bodies, err
					}}
				})
				play(t, w, e)
				e.Stop()
				assert.Contains(t, gave, "pause")
				assert.Empty(t, w.effects)
			})
		})
	}
}

func TestADeliveryThatIsTakenIsTheVotersErrorAndNobodyElses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		e.Receive(t.Context(), received("r", "1"))
		synctest.Wait()
		s := w.the()
		v := approve("ana", s)
		_, err := w.journal.Append(t.Context(), incident.Entry{Stream: "elsewhere", Drafts: []incident.Draft{{Body: incident.Voted{Vote: v}}}})
		require.NoError(t, err)
		_, err = e.Vote(t.Context(), s.ID, v)
		_, ok := errors.AsType[*incident.ClaimedError](err)
		assert.True(t, ok, "%v", err)
		healthy(t, w, e)
	})
}

func TestAVoterWhoHasVotedIsStillRefusedOnAnotherDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		defer e.Stop()
		e.Receive(t.Context(), received("r", "1"))
		synctest.Wait()
		v := approve("ana", w.the())
		_, err := e.Vote(t.Context(), w.the().ID, v)
		require.NoError(t, err)
		v.Digest[0]++
		_, err = e.Vote(t.Context(), w.the().ID, v)
		assert.ErrorContains(t, err, "another revision")
	})
}

func TestACrashBetweenAttachingAndDecidingAttachesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		e.Receive(t.Context(), received("r", "1"))
		synctest.Wait()
		w.journal.OnAppend = func(entries []incident.Entry) (bool, error) {
			if entries[0].Stream == incident.Router {
				return false, errors.New("the power is gone")
			}
			return true, nil
		}
		e.Receive(t.Context(), received("r", "2"))
		<-e.Done()
		e.Stop()
		require.Len(t, w.the().Alerts, 2)
		w.journal.OnAppend = nil
		e = w.start()
		defer e.Stop()
		time.Sleep(5 * time.Second)
		assert.NoError(t, e.Err())
		assert.Len(t, w.the().Alerts, 2)
		routed := 0
		for range w.journal.Read(t.Context(), incident.Router, 0) {
			routed++
		}
		assert.Equal(t, 2, routed)
	})
}

func TestLanesLearnOfEveryOpenIncidentBeforeAnythingRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		play(t, w, e) // ended: its nonces are spent
		for i := range 2 {
			e.Receive(t.Context(), received(fmt.Sprint("r", i), fmt.Sprint(i)))
		}
		synctest.Wait()
		e.Stop()
		var told []incident.Phase
		e = w.start(func(o *engine.Options) {
			o.Watcher = chain{Watcher: o.Watcher, restore: func(states []incident.State) error {
				for _, s := range states {
					told = append(told, s.Phase())
				}
				return nil
			}}
		})
		e.Stop()
		assert.Equal(t, []incident.Phase{incident.PhaseAsking, incident.PhaseAsking}, told)

		p := &parts{world: w}
		c := chain{Watcher: p, restore: func([]incident.State) error { return errors.New("the account is not configured any more") }}
		_, err := engine.New(t.Context(), engine.Options{Journal: w.journal, Playbooks: p, Authority: p, Desk: p, Sender: p, Watcher: c, Verifier: p})
		assert.ErrorContains(t, err, "not configured any more")
	})
}

func TestTheJournalSaysWhatIsOwed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "pause")
		e := w.start()
		e.Receive(t.Context(), received("vault.outflow", "0"))
		synctest.Wait()
		owed := func() []incident.Stream {
			open, err := w.journal.Open(t.Context(), time.Now().Add(time.Hour))
			require.NoError(t, err)
			return open
		}
		assert.Equal(t, []incident.Stream{w.the().ID.Stream()}, owed())
		play(t, w, e)
		e.Stop()
		assert.Empty(t, owed())
	})
}
