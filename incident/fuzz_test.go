package incident_test

import (
	"cmp"
	"slices"
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
	f.Fuzz(func(t *testing.T, choices []byte) { anySequence(t, plan("pause", "block"), choices) })
}

// FuzzAnySequenceOfFactsWithASpare does the same where one call goes out by two
// keys.
func FuzzAnySequenceOfFactsWithASpare(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte{0, 1, 2, 3, 4, 5, 19, 20, 21, 22, 38, 39, 40, 41})
	f.Add([]byte{0, 1, 2, 3, 4, 5, 19, 20, 21, 38, 39, 40, 33, 26, 6, 7})
	f.Fuzz(func(t *testing.T, choices []byte) {
		p := plan("pause", "pause/spare")
		p.Calls[1].SpareOf, p.Calls[1].Key = "pause", "second"
		anySequence(t, p, choices)
	})
}

func anySequence(t *testing.T, p incident.Plan, choices []byte) {
	if len(choices) > 60 {
		return
	}
	s := newStory(t)
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
	if again.Run().Authorised != nil {
		mustEnd(t, s)
	}
}

// mustEnd does what is owed, in a world where everything goes well from here on,
// and demands that the run ends and that nothing is owed in the end.
func mustEnd(t *testing.T, s *story) {
	for range 100 {
		owed := incident.Next(s.state)
		if len(owed) == 0 {
			assert.True(t, s.state.Phase().Ended(), "nothing is owed in phase %s", s.state.Phase())
			return
		}
		e := owed[0]
		for _, other := range owed { // what needs nothing from outside comes first
			if other.Do == incident.DoRecord {
				e = other
				break
			}
		}
		require.NoError(t, s.try(fulfil(s.state, e)), "%s is owed in phase %s", e.Do, s.state.Phase())
	}
	t.Fatalf("something is owed for ever: %v", incident.Next(s.state))
}

// fulfil is what comes of an effect when it goes well.
func fulfil(s incident.State, e incident.Effect) incident.Body {
	var name string
	if len(e.Steps) > 0 {
		name = e.Steps[0]
	}
	step, _ := s.Run().Step(name)
	last, _ := step.Last()
	switch e.Do {
	case incident.DoRecord:
		return e.Body
	case incident.DoPostCard:
		return incident.CardPosted{Version: e.Version}
	case incident.DoUpdateCard:
		return incident.CardUpdated{Version: e.Version}
	case incident.DoTell:
		return incident.Told{Key: e.Key}
	case incident.DoPrice:
		return bidFor(s, name)
	case incident.DoSign:
		return signed(name, last.Attempt)
	case incident.DoBroadcast:
		return sent(name, last.Attempt)
	case incident.DoWatch:
		live := step.Live()
		return included(name, live[len(live)-1].Attempt)
	case incident.DoRecheck:
		return incident.GaveUp{Step: name}
	case incident.DoVerify:
		return incident.Held{Step: name}
	}
	return incident.Final{Step: name}
}

// bidFor is the next bid of a step: dearer at its nonce, or the first at another.
func bidFor(s incident.State, name string) incident.Body {
	run := s.Run()
	step, _ := run.Step(name)
	issue := step.Issue
	if step.State != incident.StepBroadcast {
		issue++
	}
	nonce := uint64(issue)
	b := priced(name, len(step.Attempts)+1, issue, nonce)
	for i, other := range run.Steps {
		if other.Name == name {
			b.Nonce += uint64(i * 100)
		}
	}
	if run.Plan != nil {
		if c, ok := run.Plan.Call(name); ok {
			b.Key = run.Plan.KeyOf(c)
		}
	}
	return b
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
		well := map[string]bool{}
		for _, step := range run.Steps {
			call, _ := run.Plan.Call(step.Name)
			origin := cmp.Or(call.SpareOf, step.Name)
			good := step.State == incident.StepFinal || step.State == incident.StepAlreadySo ||
				step.Reached && step.State != incident.StepFailed
			well[origin] = well[origin] || good
		}
		for _, step := range run.Steps {
			if step.State == incident.StepIncluded && !step.Reached {
				assert.True(t, slices.ContainsFunc(run.Steps, func(o incident.Step) bool { return o.State == incident.StepFinal }),
					"%s is in a block and its goal is not final by either key", step.Name)
			}
		}
		for name, good := range well {
			assert.True(t, good, "%s is contained by neither key", name)
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
	if p.Pre != nil {
		fixed = append(fixed, incident.PreAuthorised{Digest: d, Slots: incident.PreSlots(&p)})
	}
	for _, b := range fixed {
		all = append(all, func(incident.State) incident.Body { return b })
	}
	for _, c := range p.Calls {
		name := c.Step
		last := func(s incident.State) int {
			step, _ := s.Run().Step(name)
			return max(1, len(step.Attempts))
		}
		all = append(all,
			func(s incident.State) incident.Body { return bidFor(s, name) },
			func(s incident.State) incident.Body { return signed(name, last(s)) },
			func(s incident.State) incident.Body { return sent(name, last(s)) },
			func(s incident.State) incident.Body { return included(name, last(s)) },
			func(s incident.State) incident.Body {
				return incident.Reverted{Step: name, Hash: hashOf(name, last(s))}
			},
			func(s incident.State) incident.Body { return incident.Refused{Step: name, Attempt: last(s)} },
			func(s incident.State) incident.Body {
				step, _ := s.Run().Step(name)
				a, _ := step.Last()
				return incident.Released{Step: name, Attempt: last(s), Slot: a.Slot()}
			},
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
