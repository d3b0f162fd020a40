package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func TestAPlanIsOfTheIncidentAndRunThatItIsWrittenInto(t *testing.T) {
	for name, change := range map[string]func(*incident.Plan){
		"another incident": func(p *incident.Plan) { p.Incident = "01JEQ7V5M2K30001" },
		"another run":      func(p *incident.Plan) { p.Run = 1 },
		"an exercise":      func(p *incident.Plan) { p.Exercise = true },
	} {
		p := plan("pause")
		change(&p)
		assert.ErrorContains(t, newStory(t).add(opened()).try(planned(p)), "the plan is", name)
	}
}

// asked opens a vote that ends a minute after the story began.
func asked(t *testing.T) (*story, incident.Digest) {
	p := plan("pause")
	return newStory(t).add(opened(), planned(p), incident.Asked{Digest: p.Digest(), Deadline: t0.Add(time.Minute)}), p.Digest()
}

func TestAVoteSeenAtTheDeadlineOrLaterIsNoVote(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		ok    bool
	}{{-time.Microsecond, true}, {0, false}, {time.Hour, false}} {
		s, d := asked(t)
		_, err := s.state.Foresee(incident.Draft{Body: vote("ana", incident.Approve, d), Seen: t0.Add(time.Minute + c.after)})
		assert.Equal(t, c.ok, err == nil, "%s after: %v", c.after, err)
	}
}

func TestAVoteNamesItsPersonDecisionAndDelivery(t *testing.T) {
	for name, change := range map[string]func(*incident.Vote){
		"no person":           func(v *incident.Vote) { v.Person = "" },
		"no decision":         func(v *incident.Vote) { v.Decision = "" },
		"an unknown decision": func(v *incident.Vote) { v.Decision = "yes" },
		"no delivery":         func(v *incident.Vote) { v.Delivery = "" },
		"another digest":      func(v *incident.Vote) { v.Digest[0]++ },
		"no digest":           func(v *incident.Vote) { v.Digest = incident.Digest{} },
	} {
		s, d := asked(t)
		v := vote("ana", incident.Approve, d)
		change(&v.Vote)
		assert.Error(t, s.try(v), name)
	}
	s, d := asked(t)
	s.add(vote("ana", incident.Approve, d))
	again := vote("ben", incident.Approve, d)
	again.Vote.Delivery = vote("ana", incident.Approve, d).Vote.Delivery
	assert.ErrorContains(t, s.try(again), "counted already", "one delivery is one vote, whoever it says it is from")
}

// TestNoEscalationLeavesATransactionUnwatched: an end is never left, so what
// is live then would be nobody's.
func TestNoEscalationLeavesATransactionUnwatched(t *testing.T) {
	give := incident.Escalated{Stage: "execute", Why: "had enough"}
	s := authorised(t, "pause", "block")
	assert.Error(t, s.try(give))
	s.add(priced("pause", 1, 1, 0), priced("block", 1, 1, 1), signed("pause", 1), sent("pause", 1),
		incident.Refused{Step: "block", Attempt: 1, Code: "NO_RULE"})
	assert.Error(t, s.try(give), "pause is on its way")
	s.add(included("pause", 1), incident.Executed{})
	assert.Error(t, s.try(give), "pause is in a block and unproved")
	s.add(incident.Held{Step: "pause"}, incident.Final{Step: "pause"})
	require.NoError(t, s.try(give))
}

func TestANonceThatCameBackUnsignedIsNoTry(t *testing.T) {
	s := authorised(t, "pause")
	for i := range 3 {
		p := priced("pause", i+1, i+1, uint64(i))
		s.add(p, incident.Released{Step: "pause", Attempt: i + 1, Slot: p.Slot()})
	}
	may := func() bool {
		run := s.state.Run()
		step, _ := run.Step("pause")
		call, _ := run.Plan.Call("pause")
		return step.MayReissue(call)
	}
	for try := 4; try <= 6; try++ {
		assert.True(t, may(), "%d transactions were sent", try-4)
		s.add(priced("pause", try, try, uint64(try)), signed("pause", try), sent("pause", try),
			incident.Reverted{Step: "pause", Hash: hashOf("pause", try)})
	}
	assert.False(t, may(), "three transactions failed")
}

// FuzzWhatIsOwedIsTaken: a fact that the engine owes and the fold refuses is
// an incident that can never go on.
func FuzzWhatIsOwedIsTaken(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 19, 20, 21, 22, 32, 33, 34, 35, 6})
	f.Fuzz(func(t *testing.T, choices []byte) {
		if len(choices) > 60 {
			return
		}
		s := newStory(t)
		menu := menu(plan("pause", "block"))
		for _, c := range choices {
			if s.try(menu[int(c)%len(menu)](s.state)) != nil {
				continue
			}
			for _, e := range incident.Next(s.state) {
				if e.Do != incident.DoRecord {
					continue
				}
				seen := t0.Add(time.Hour)
				if e.At.After(seen) {
					seen = e.At
				}
				_, err := s.state.Foresee(incident.Draft{Run: e.Run, Body: e.Body, Seen: seen})
				require.NoError(t, err, "%s in phase %s", e.Body.Kind(), s.state.Phase())
			}
		}
	})
}
