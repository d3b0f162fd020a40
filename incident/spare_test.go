package incident_test

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

// doubled is an authorised plan whose only call goes out by two keys.
func doubled(t *testing.T) *story {
	p := plan("pause", "pause/spare")
	p.Calls[1].SpareOf, p.Calls[1].Key = "pause", "second"
	d := p.Digest()
	return newStory(t).add(opened(), planned(p), incident.Asked{Digest: d, Deadline: t0.Add(10 * time.Minute)},
		vote("ana", incident.Approve, d), vote("ben", incident.Approve, d),
		incident.Authorised{Digest: d, By: []string{"ana", "ben"}, Assurance: incident.AssuranceSlack})
}

func spare(attempt int) incident.Priced {
	p := priced("pause/spare", attempt, 1, 9)
	p.Key, p.From = "second", common.Address{0x33}
	return p
}

func TestASpareIsTheSameCallByAnotherKey(t *testing.T) {
	cases := map[string]struct {
		change func(p *incident.Plan)
		ok     bool
	}{
		"the same call, another key": {func(*incident.Plan) {}, true},
		"the same key":               {func(p *incident.Plan) { p.Calls[1].Key = "guardian" }, false},
		"no key, which is the same":  {func(p *incident.Plan) { p.Calls[1].Key = "" }, false},
		"other calldata":             {func(p *incident.Plan) { p.Calls[1].Data = common.FromHex("0x8456cb58") }, false},
		"another contract":           {func(p *incident.Plan) { p.Calls[1].To[0]++ }, false},
		"another chain":              {func(p *incident.Plan) { p.Calls[1].ChainID++ }, false},
		"another goal":               {func(p *incident.Plan) { p.Calls[1].Goal.Want = incident.NewQuantity(0) }, false},
		"of a step that comes later": {func(p *incident.Plan) { p.Calls[1].SpareOf = "block" }, false},
		"of itself":                  {func(p *incident.Plan) { p.Calls[1].SpareOf = "pause/spare" }, false},
		"of a spare": {func(p *incident.Plan) {
			third := p.Calls[1]
			third.Step, third.SpareOf, third.Key = "third", "pause/spare", "third"
			p.Calls = append(p.Calls, third)
		}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := plan("pause", "pause/spare")
			p.Calls[1].SpareOf, p.Calls[1].Key = "pause", "second"
			c.change(&p)
			err := incident.CheckPlan(planned(p))
			assert.Equal(t, c.ok, err == nil, "%v", err)
		})
	}
}

func TestAStepIsPricedForTheKeyThatWasApprovedForIt(t *testing.T) {
	s := doubled(t)
	wrong := spare(1)
	wrong.Key = "guardian"
	require.ErrorContains(t, s.try(wrong), `approved was "second"`)
	s.add(spare(1), priced("pause", 1, 1, 0))
}

func TestBothKeysAreOwedAtOnce(t *testing.T) {
	for _, e := range incident.Next(doubled(t).state) {
		if e.Do == incident.DoPrice {
			assert.Equal(t, []string{"pause", "pause/spare"}, e.Steps)
		}
	}
}

func TestEitherOfTwoKeysContains(t *testing.T) {
	refusal := func(step string) incident.Refused {
		return incident.Refused{Step: step, Attempt: 1, Code: "FROZEN", Why: "the key is frozen"}
	}
	t.Run("the first", func(t *testing.T) {
		s := doubled(t).add(spare(1), refusal("pause/spare"), priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), included("pause", 1),
			incident.Executed{}, incident.Held{Step: "pause"}, incident.Final{Step: "pause"})
		s.add(owedRecord(t, s))
		assert.Equal(t, incident.PhaseContained, s.state.Phase())
	})
	t.Run("the second", func(t *testing.T) {
		s := doubled(t).add(priced("pause", 1, 1, 0), refusal("pause"), spare(1), signed("pause/spare", 1), sent("pause/spare", 1), included("pause/spare", 1),
			incident.Executed{}, incident.Held{Step: "pause/spare"}, incident.Final{Step: "pause/spare"})
		s.add(owedRecord(t, s))
		assert.Equal(t, incident.PhaseContained, s.state.Phase())
	})
	t.Run("neither", func(t *testing.T) {
		s := doubled(t).add(spare(1), refusal("pause/spare"), priced("pause", 1, 1, 0), refusal("pause"))
		s.add(owedRecord(t, s))
		assert.Equal(t, incident.PhaseEscalated, s.state.Phase())
	})
	t.Run("the first, while the second's bytes are out", func(t *testing.T) {
		s := doubled(t).add(spare(1), signed("pause/spare", 1), sent("pause/spare", 1),
			priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), included("pause", 1))
		require.Error(t, s.try(incident.Executed{}), "the second is not known to be needless yet")
		s.add(incident.AlreadySo{Step: "pause/spare"}, incident.Executed{}, incident.Held{Step: "pause"}, incident.Final{Step: "pause"})
		s.add(owedRecord(t, s))
		assert.Equal(t, incident.PhaseContained, s.state.Phase())
		assert.Contains(t, s.dos(), incident.DoWatch, "its nonce is followed to the end")
	})
}

func TestASpareWithoutANonceIsNeedlessOnceTheFirstHolds(t *testing.T) {
	s := doubled(t).add(priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), included("pause", 1), incident.Held{Step: "pause"},
		incident.Final{Step: "pause"})
	s.add(owedRecord(t, s))
	assert.Equal(t, incident.StepAlreadySo, s.step("pause/spare").State)
	assert.NotContains(t, s.dos(), incident.DoPrice)
	s.add(owedRecord(t, s))
	s.add(owedRecord(t, s))
	assert.Equal(t, incident.PhaseContained, s.state.Phase())
}

// owedRecord is the fact that is owed at once and needs nothing from outside.
func owedRecord(t *testing.T, s *story) incident.Body {
	for _, e := range incident.Next(s.state) {
		if e.Do == incident.DoRecord && e.At.IsZero() {
			return e.Body
		}
	}
	t.Fatalf("nothing is owed in phase %s", s.state.Phase())
	return nil
}

func TestARunDoesNotWaitForASpareWhoseKeyCannotBeReached(t *testing.T) {
	for name, stuck := range map[string]*story{
		"nothing is signed":          doubled(t).add(spare(1)),
		"a higher bid is not signed": doubled(t).add(spare(1), signed("pause/spare", 1), sent("pause/spare", 1), raised(spare(2))),
	} {
		t.Run(name, func(t *testing.T) {
			s := stuck.add(priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), included("pause", 1), incident.Held{Step: "pause"})
			assert.Error(t, s.try(incident.Executed{}), "the goal is not final yet")
			s.add(incident.Final{Step: "pause"})
			s.add(owedRecord(t, s))
			s.add(owedRecord(t, s))
			assert.Equal(t, incident.PhaseContained, s.state.Phase())
			assert.Contains(t, s.dos(), incident.DoSign, "its nonce has to be used up all the same")
		})
	}
}

func raised(p incident.Priced) incident.Priced {
	p.FeeCap = p.FeeCap.Times(2)
	return p
}

func TestNothingMoreIsPaidForASpareOnceTheFirstIsFinal(t *testing.T) {
	s := doubled(t).add(spare(1), signed("pause/spare", 1), sent("pause/spare", 1),
		priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), included("pause", 1), incident.Held{Step: "pause"},
		incident.Final{Step: "pause"})
	s.add(owedRecord(t, s))
	assert.True(t, s.step("pause/spare").Reached)
	assert.Contains(t, s.dos(), incident.DoWatch, "its nonce is followed to the end")

	s.add(incident.Reverted{Step: "pause/spare", Hash: hashOf("pause/spare", 1), Why: "Pausable: paused"})
	s.add(owedRecord(t, s))
	assert.Equal(t, incident.StepAlreadySo, s.step("pause/spare").State, "no other nonce is opened for it")
}

func TestASpareIsVerifiedAsTheStepThatItDoubles(t *testing.T) {
	p := plan("pause", "pause/spare")
	p.Calls[1].SpareOf, p.Calls[1].Key = "pause", "second"
	extra := p.Calls[0].Goal
	extra.Text = "vault.guardian() == 0x0"
	p.Verify = []incident.Verification{{Of: "pause", Check: &extra, Within: 5 * time.Minute}}
	assert.Equal(t, p.Checks("pause"), p.Checks("pause/spare"), "or it would excuse what the playbook's own check found")
	assert.Len(t, p.Checks("pause/spare"), 2)
	assert.Equal(t, 5*time.Minute, p.Within("pause/spare"))
}

func TestWhatWaitsForAStepGoesOnOnceEitherKeyHasDoneIt(t *testing.T) {
	p := plan("pause", "block", "pause/spare", "block/spare")
	p.Calls[2].SpareOf, p.Calls[2].Key = "pause", "second"
	p.Calls[3].SpareOf, p.Calls[3].Key = "block", "second"
	p.Calls[1].After, p.Calls[3].After = []string{"pause"}, []string{"pause"}
	d := p.Digest()
	s := newStory(t).add(opened(), planned(p), incident.Asked{Digest: d, Deadline: t0.Add(10 * time.Minute)},
		vote("ana", incident.Approve, d), vote("ben", incident.Approve, d),
		incident.Authorised{Digest: d, By: []string{"ana", "ben"}, Assurance: incident.AssuranceSlack},
		priced("pause", 1, 1, 0), // and its key cannot be reached
		spare(1), signed("pause/spare", 1), sent("pause/spare", 1))
	assert.NotContains(t, s.dos(), incident.DoPrice, "nobody has done it yet")
	s.add(included("pause/spare", 1))
	for _, e := range incident.Next(s.state) {
		if e.Do == incident.DoPrice {
			assert.Equal(t, []string{"block", "block/spare"}, e.Steps)
			return
		}
	}
	t.Fatal("the second key waits for the first, which it is there to stand in for")
}

func TestWhatDidNotHoldIsExcusedOnlyByWhatIsFinal(t *testing.T) {
	both := func() *story {
		return doubled(t).add(priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), included("pause", 1),
			spare(1), signed("pause/spare", 1), sent("pause/spare", 1))
	}
	unheld := incident.Unheld{Step: "pause", Why: "the playbook's own check does not hold"}
	s := both().add(incident.Reverted{Step: "pause/spare", Hash: hashOf("pause/spare", 1), Why: "Pausable: paused"},
		incident.AlreadySo{Step: "pause/spare"}, incident.Executed{}, unheld)
	s.add(owedRecord(t, s))
	assert.Equal(t, incident.PhaseEscalated, s.state.Phase(), "that a goal holds is less than was asked of the step")

	s = both().add(included("pause/spare", 1), incident.Executed{}, incident.Held{Step: "pause/spare"}, incident.Final{Step: "pause/spare"}, unheld)
	s.add(owedRecord(t, s))
	assert.Equal(t, incident.PhaseContained, s.state.Phase(), "the same was asked of the other, and held")
}

func TestWhatIsInABlockIsReadAtEveryLevelWhateverTheOtherKeyFinds(t *testing.T) {
	s := doubled(t).add(priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), included("pause", 1),
		spare(1), signed("pause/spare", 1), sent("pause/spare", 1), incident.Held{Step: "pause"},
		incident.Reverted{Step: "pause/spare", Hash: hashOf("pause/spare", 1), Why: "Pausable: paused"},
		incident.AlreadySo{Step: "pause/spare"}, incident.Executed{})
	assert.Error(t, s.try(incident.Contained{}), "the other key read it at latest")
	assert.NotContains(t, s.dos(), incident.DoRecord)
	s.add(incident.Final{Step: "pause"})
	s.add(owedRecord(t, s))
	assert.Equal(t, incident.PhaseContained, s.state.Phase())
}
