package engine_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/engine"
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

// course lets what was released go wrong.
type course struct {
	*parts
	refused, reverts, so bool
}

func (c course) Sign(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error) {
	if !c.refused {
		return c.parts.Sign(ctx, s, steps)
	}
	step, _ := s.Run().Step(steps[0])
	last, _ := step.Last()
	return []incident.Body{incident.Refused{Step: steps[0], Attempt: last.Attempt, Code: "KEY_FROZEN", Why: "frozen by cho"}}, nil
}

func (c course) Watch(ctx context.Context, s incident.State, name string) (incident.Body, error) {
	step, _ := s.Run().Step(name)
	if last, _ := step.Last(); c.reverts {
		return incident.Reverted{Step: name, Hash: last.Signed.Hash, Block: 1, GasUsed: 21_000, Why: "it reverts"}, nil
	}
	return c.parts.Watch(ctx, s, name)
}

func (c course) Recheck(_ context.Context, _ incident.State, name string) (incident.Body, error) {
	if c.so {
		return incident.AlreadySo{Step: name, Why: "somebody was faster"}, nil
	}
	return nil, nil
}

// Nobody was asked, so nobody waits for it: whatever comes of it is told.
func TestPeopleHearWhatCameOfARelease(t *testing.T) {
	for name, c := range map[string]struct {
		course
		end  incident.Phase
		says string
	}{
		"the key refuses":          {course{refused: true}, incident.PhaseEscalated, "frozen by cho"},
		"it reverts":               {course{reverts: true}, incident.PhaseEscalated, "it reverts"},
		"somebody else was faster": {course{reverts: true, so: true}, incident.PhaseContained, ""},
		"it works":                 {course{}, incident.PhaseContained, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := signedOff(t)
				e := w.start(func(o *engine.Options) {
					c.parts = o.Sender.(*parts)
					o.Sender, o.Watcher, o.Verifier = c.course, c.course, c.course
				})
				defer e.Stop()
				_, _, err := e.Receive(t.Context(), received("r", "1"))
				require.NoError(t, err)
				time.Sleep(time.Minute)
				synctest.Wait()
				s := w.the()
				assert.Equal(t, c.end, s.Phase())
				assert.Contains(t, s.Run().End, c.says)
				assert.Contains(t, w.told, "run0/pre-authorised executing")
				assert.Contains(t, w.told, "run0/end "+string(c.end))
				if c.end == incident.PhaseEscalated {
					assert.NotEmpty(t, s.Run().Mend)
				}
			})
		})
	}
}
