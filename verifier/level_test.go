package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/verifier"
)

// tags lets safe follow the head by two blocks and finalized by ten.
func (w *world) tags(t *testing.T) {
	w.config.Levels = []string{incident.LevelSafe, incident.LevelFinalized}
	w.chain.run(t)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		time.Sleep(blockTime / 4) // so that no round falls between what two endpoints say
		for {
			select {
			case <-stop:
				return
			case <-time.After(blockTime):
			}
			w.chain.mu.Lock()
			head := len(w.chain.blocks) - 1
			w.chain.safe, w.chain.final = max(0, head-2), max(0, head-10)
			w.chain.mu.Unlock()
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
}

// levels verifies and finalises until there is no more to read.
func (w *world) levels(ctx context.Context, v *verifier.Verifier, s incident.State) (incident.State, []incident.Body) {
	body, err := v.Verify(ctx, s, "pause")
	require.NoError(w.t, err)
	got := []incident.Body{body}
	for body.Kind() == incident.KindHeld {
		s = held(s, body)
		body, err = v.Finalise(ctx, s, "pause")
		require.NoError(w.t, err)
		got = append(got, body)
	}
	return s, got
}

func TestAGoalIsReadAtLatestThenSafeThenFinalized(t *testing.T) {
	for rpcs := 1; rpcs <= 3; rpcs++ {
		t.Run(fmt.Sprintf("%d endpoints", rpcs), func(t *testing.T) {
			play(t, rpcs, func(t *testing.T, w *world) {
				w.tags(t)
				s := w.included()
				in := s.Run().Steps[0].In
				_, got := w.levels(t.Context(), w.verifier(), s)
				require.Len(t, got, 3)
				latest, safe, final := got[0].(incident.Held), got[1].(incident.Held), got[2].(incident.Final)
				assert.Empty(t, latest.Level)
				assert.Equal(t, incident.LevelSafe, safe.Level)
				assert.Equal(t, incident.LevelFinalized, final.Level)
				for _, seen := range [][]incident.Observation{latest.Seen, safe.Seen, final.Seen} {
					assert.GreaterOrEqual(t, seen[0].Block, in.Block, "never at a block before the transaction's")
				}
				if rpcs == 1 {
					return
				}
				assert.NotEqual(t, in.Endpoint, latest.Seen[0].Endpoint)
				assert.NotEqual(t, latest.Seen[0].Endpoint, safe.Seen[0].Endpoint)
				assert.NotEqual(t, safe.Seen[0].Endpoint, final.Seen[0].Endpoint)
				if rpcs > 2 {
					assert.NotEqual(t, in.Endpoint, safe.Seen[0].Endpoint, "who reported it is asked where there is nobody else")
					assert.NotEqual(t, in.Endpoint, final.Seen[0].Endpoint)
				}
			})
		})
	}
}

func TestSafeAloneEndsTheVerificationWhereItIsTheLastLevel(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		w.tags(t)
		w.config.Levels = []string{incident.LevelSafe}
		_, got := w.levels(t.Context(), w.verifier(), w.included())
		require.Len(t, got, 2)
		assert.Equal(t, incident.LevelSafe, got[1].(incident.Final).Level)
	})
}

func TestAReorganisationAtAnyLevelDisplacesTheStep(t *testing.T) {
	for _, level := range []string{"", incident.LevelSafe} {
		t.Run("after "+level, func(t *testing.T) {
			play(t, 2, func(t *testing.T, w *world) {
				w.tags(t)
				v, s := w.verifier(), w.included()
				body, err := v.Verify(t.Context(), s, "pause")
				require.NoError(t, err)
				if level != "" {
					s = held(s, body)
					body, err = v.Finalise(t.Context(), s, "pause")
					require.NoError(t, err)
				}
				require.Equal(t, level, body.(incident.Held).Level)
				w.chain.reorganise(int(s.Run().Steps[0].In.Block))
				body, err = v.Finalise(t.Context(), held(s, body), "pause")
				require.NoError(t, err)
				assert.Equal(t, incident.KindDisplaced, body.Kind())
			})
		})
	}
}

func TestAGoalThatIsUndoneBetweenLevelsIsNotFinal(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		w.tags(t)
		s := w.included()
		w.chain.set(int(s.Run().Steps[0].In.Block)+8, false)
		_, got := w.levels(t.Context(), w.verifier(), s)
		last := got[len(got)-1]
		assert.Contains(t, []incident.Kind{incident.KindUnheld, incident.KindFinal}, last.Kind())
		if final, ok := last.(incident.Final); ok {
			assert.Less(t, final.Seen[0].Block, s.Run().Steps[0].In.Block+8)
		}
	})
}

// unknown are the ways in which nodes say that they do not know a tag.
var unknown = map[string]func() (any, error){
	"null":      func() (any, error) { return nil, nil },
	"geth":      func() (any, error) { return nil, &answerError{text: "safe block not found"} },
	"a code":    func() (any, error) { return nil, &codeError{-39001, "Unknown block"} },
	"a refusal": func() (any, error) { return nil, &codeError{-32602, "invalid params"} },
}

type codeError struct {
	code int
	text string
}

func (e *codeError) Error() string  { return e.text }
func (e *codeError) ErrorCode() int { return e.code }

func TestATagThatNobodyKnowsIsLeftOutWhenThereIsAHigherOne(t *testing.T) {
	for name, answer := range unknown {
		t.Run(name, func(t *testing.T) {
			play(t, 2, func(t *testing.T, w *world) {
				w.tags(t)
				for _, e := range w.endpoints {
					e.noTag = map[string]func() (any, error){"safe": answer}
				}
				_, got := w.levels(t.Context(), w.verifier(), w.included())
				require.Len(t, got, 2)
				assert.Equal(t, incident.LevelFinalized, got[1].(incident.Final).Level)
			})
		})
	}
}

func TestATagThatOneEndpointKnowsIsNotLeftOut(t *testing.T) {
	play(t, 3, func(t *testing.T, w *world) {
		w.tags(t)
		w.endpoints[2].noTag = map[string]func() (any, error){"safe": unknown["null"]}
		_, got := w.levels(t.Context(), w.verifier(), w.included())
		require.Len(t, got, 3)
		assert.Equal(t, "rpc1", got[1].(incident.Held).Seen[0].Endpoint, "the only one that knows it and did not attest the level before")
	})
}

func TestWithoutItsLastTagAStepIsNeverFinal(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		w.tags(t)
		for _, e := range w.endpoints {
			e.noTag = map[string]func() (any, error){"finalized": unknown["null"], "safe": unknown["null"]}
		}
		v, s := w.verifier(), w.included()
		body, err := v.Verify(t.Context(), s, "pause")
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err = v.Finalise(ctx, held(s, body), "pause")
		assert.ErrorIs(t, err, context.DeadlineExceeded, "neither final by a guess nor unheld")
	})
}

func TestAnEndpointThatCannotBeReadIsNotOneWithoutTheTag(t *testing.T) {
	for name, err := range map[string]error{
		"a lost reply":  errLost,
		"a rate limit":  &codeError{-32005, "limit exceeded"},
		"another error": errors.New("EOF"),
	} {
		assert.False(t, verifier.UnknownTag(err), name)
	}
	for name, answer := range unknown {
		if _, err := answer(); err != nil {
			assert.True(t, verifier.UnknownTag(err), name)
		}
	}
}

func TestALevelThatAChangedConfigurationHasPassedIsNotReadAgain(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		w.tags(t)
		s, _ := w.levels(t.Context(), w.verifier(), w.included())
		require.Equal(t, incident.LevelSafe, s.Run().Steps[0].Level)
		w.config.Levels = []string{incident.LevelSafe}
		body, err := w.verifier().Finalise(t.Context(), s, "pause")
		require.NoError(t, err)
		assert.Equal(t, incident.KindFinal, body.Kind(), "what was the way is now the end")
	})
}

func TestATagThatComesLateIsReadBeforeTheOneAboveIt(t *testing.T) {
	play(t, 2, func(t *testing.T, w *world) {
		w.tags(t)
		young := time.Now().Add(5 * time.Second) // a node that has just started knows no tag
		for _, e := range w.endpoints {
			e.noTag = map[string]func() (any, error){}
			e.noTag["safe"] = func() (any, error) {
				if time.Now().Before(young) {
					return nil, nil
				}
				delete(e.noTag, "safe")
				return e.blockOf("safe", len(w.chain.blocks)-1)
			}
		}
		_, got := w.levels(t.Context(), w.verifier(), w.included())
		require.Len(t, got, 3)
		assert.Equal(t, incident.LevelSafe, got[1].(incident.Held).Level)
	})
}

func TestWhenNoOtherEndpointCanTellTheWordOfOneIsTakenInTheEnd(t *testing.T) {
	cases := map[string]func(e *endpoint){
		"the other knows no tag": func(e *endpoint) {
			e.noTag = map[string]func() (any, error){"finalized": unknown["null"], "safe": unknown["null"]}
		},
		"the other goes down": func(e *endpoint) { e.down = true },
	}
	for name, script := range cases {
		t.Run(name, func(t *testing.T) {
			play(t, 2, func(t *testing.T, w *world) {
				w.tags(t)
				v, s := w.verifier(), w.included()
				body, err := v.Verify(t.Context(), s, "pause")
				require.NoError(t, err)
				first := body.(incident.Held).Seen[0].Endpoint
				for _, e := range w.endpoints {
					if e.name != first {
						e.mu.Lock()
						script(e)
						e.mu.Unlock()
					}
				}
				began := time.Now()
				for body.Kind() == incident.KindHeld {
					s = held(s, body)
					body, err = v.Finalise(t.Context(), s, "pause")
					require.NoError(t, err)
				}
				require.IsType(t, incident.Final{}, body)
				assert.Equal(t, first, body.(incident.Final).Seen[0].Endpoint, "the fact says who was believed")
				assert.GreaterOrEqual(t, time.Since(began), 5*time.Minute, "and not before others had their time")
			})
		})
	}
}
