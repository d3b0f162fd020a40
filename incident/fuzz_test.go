package incident_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

// FuzzAnySequenceOfFacts writes facts in an order that the fuzzer chooses and
// demands that what must hold does: no sending without authority for that
// digest, no end left, one nonce for one step, and a replay that agrees.
func FuzzAnySequenceOfFacts(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24})
	f.Fuzz(func(t *testing.T, choices []byte) {
		if len(choices) > 60 {
			return
		}
		s := newStory(t)
		p := plan("pause", "block")
		menu := menu(p)
		for _, c := range choices {
			before := s.state
			if s.try(menu[int(c)%len(menu)](s.state)) != nil {
				require.Equal(t, before, s.state, "a refused fact changes nothing")
				continue
			}
			mustHold(t, before, s.state)
		}
		again, err := incident.Fold(s.facts)
		require.NoError(t, err)
		assert.Equal(t, s.state, again)
		incident.Next(again)
	})
}

func mustHold(t *testing.T, before, after incident.State) {
	run := after.Run()
	if before.Phase().Ended() {
		assert.Equal(t, before.Phase(), after.Phase(), "an end is never left")
	}
	nonces := map[uint64]string{}
	for _, step := range run.Steps {
		if step.State != incident.StepReady || len(step.Attempts) > 0 {
			require.NotNil(t, run.Authorised)
			assert.True(t, run.Authorised.Digest.Equal(run.Plan.Digest()))
		}
		for _, a := range step.Attempts {
			if a.Signed == nil {
				continue
			}
			if owner, ok := nonces[a.Nonce]; ok {
				assert.Equal(t, owner, step.Name, "nonce %d carries two steps", a.Nonce)
			}
			nonces[a.Nonce] = step.Name
		}
	}
	levelsOnlyRise(t, before.Run(), run)
	if before.Phase() != incident.PhaseContained && after.Phase() == incident.PhaseContained {
		for _, step := range run.Steps {
			if !step.Reached {
				assert.Contains(t, []incident.StepState{incident.StepFinal, incident.StepAlreadySo}, step.State)
			}
		}
	}
}

// menu is every fact, fitted to the state where that takes more than luck. The
// nonces of the two steps differ, as the journal's claims see to.
func menu(p incident.Plan) []func(incident.State) incident.Body {
	d := p.Digest()
	fixed := []incident.Body{opened(), planned(p), incident.Asked{Digest: d}, vote("ana", incident.Approve, d), vote("ben", incident.Approve, d),
		incident.Authorised{Digest: d, By: []string{"ana", "ben"}}, incident.Executed{}, incident.Contained{}, incident.Escalated{}, incident.Lapsed{},
		incident.Moot{}, incident.Declined{}, vote("ben", incident.Deny, d), incident.Noted{}, incident.CardLost{},
		incident.CardPosted{Version: 1}, incident.CardUpdated{Version: 9}, incident.Told{Key: "run0/end"}, incident.Confirmed{}}
	var all []func(incident.State) incident.Body
	for _, b := range fixed {
		all = append(all, func(incident.State) incident.Body { return b })
	}
	for i, name := range []string{"pause", "block"} {
		nonce := uint64(i * 100)
		last := func(s incident.State) int {
			step, _ := s.Run().Step(name)
			return max(1, len(step.Attempts))
		}
		all = append(all,
			func(s incident.State) incident.Body {
				step, _ := s.Run().Step(name)
				issue := step.Issue
				if step.State != incident.StepBroadcast {
					issue++
				}
				return priced(name, len(step.Attempts)+1, issue, nonce+uint64(issue))
			},
			func(s incident.State) incident.Body { return signed(name, last(s)) },
			func(s incident.State) incident.Body { return sent(name, last(s)) },
			func(s incident.State) incident.Body { return included(name, last(s)) },
			func(s incident.State) incident.Body {
				return incident.Reverted{Step: name, Hash: hashOf(name, last(s))}
			},
			func(s incident.State) incident.Body { return incident.Refused{Step: name, Attempt: last(s)} },
			func(incident.State) incident.Body { return incident.Preempted{Step: name} },
			func(incident.State) incident.Body { return incident.Displaced{Step: name} },
			func(incident.State) incident.Body { return incident.Held{Step: name} },
			func(incident.State) incident.Body { return incident.Held{Step: name, Level: incident.LevelSafe} },
			func(incident.State) incident.Body { return incident.Unheld{Step: name} },
			func(incident.State) incident.Body { return incident.Final{Step: name} },
			func(incident.State) incident.Body {
				return incident.Final{Step: name, Level: incident.LevelFinalized}
			},
			func(incident.State) incident.Body { return incident.AlreadySo{Step: name} },
			func(incident.State) incident.Body { return incident.GaveUp{Step: name} },
			func(s incident.State) incident.Body { return incident.Stalled{Step: name, Attempt: last(s)} },
			func(incident.State) incident.Body { return incident.Hurried{Step: name, By: "ana"} },
			func(incident.State) incident.Body { return incident.Cancelled{Step: name, By: "ana"} },
		)
	}
	return all
}
