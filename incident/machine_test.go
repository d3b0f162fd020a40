package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func TestAnIncidentThatGoesWellOwesEachStepOfTheStoryInTurn(t *testing.T) {
	p := plan("pause")
	d := p.Digest()
	s := newStory(t).add(opened())
	assert.Equal(t, []incident.Do{incident.DoPlan}, s.dos())
	s.add(planned(p))
	assert.Equal(t, []incident.Do{incident.DoRecord}, s.dos(), "the vote opens by itself")
	s.add(incident.Asked{Digest: d, Deadline: t0.Add(time.Hour)})
	assert.Equal(t, []incident.Do{incident.DoRecord, incident.DoPostCard, incident.DoTell, incident.DoTell}, s.dos(), "a lapse in an hour, two reminders before it, and the card now")
	s.add(incident.CardPosted{Channel: "C1", TS: "1.0", Version: s.state.Face})
	s.add(vote("ana", incident.Approve, d))
	assert.Equal(t, []incident.Do{incident.DoRecord, incident.DoUpdateCard, incident.DoTell, incident.DoTell, incident.DoTell}, s.dos(), "a line about the vote beside the reminders")
	s.add(vote("ben", incident.Approve, d), incident.Authorised{Digest: d, By: []string{"ana", "ben"}})
	assert.Contains(t, s.dos(), incident.DoPrice)
	s.add(priced("pause", 1, 1, 0))
	assert.Contains(t, s.dos(), incident.DoSign)
	s.add(signed("pause", 1))
	assert.Contains(t, s.dos(), incident.DoBroadcast)
	s.add(sent("pause", 1))
	assert.Contains(t, s.dos(), incident.DoWatch)
	s.add(included("pause", 1))
	assert.Contains(t, s.dos(), incident.DoVerify)
	s.add(incident.Executed{}, incident.Held{Step: "pause"})
	assert.Contains(t, s.dos(), incident.DoFinalise)
	s.add(incident.Final{Step: "pause", Depth: 2}, incident.Contained{})
	assert.Equal(t, incident.PhaseContained, s.state.Phase())
	s.add(incident.CardUpdated{Version: s.state.Face}, incident.Told{Key: "run0/end"})
	assert.Empty(t, s.dos(), "nothing is owed any more")
	assert.False(t, s.state.Open())
}

func TestRestartingFromTheFactsOwesWhatWasOwed(t *testing.T) {
	s := authorised(t, "pause", "block").add(priced("pause", 1, 1, 0), priced("block", 1, 1, 1), signed("pause", 1))
	again, err := incident.Fold(s.facts)
	require.NoError(t, err)
	assert.Equal(t, s.state, again)
	assert.Equal(t, incident.Next(s.state), incident.Next(again))
}

func TestManyStepsAreHandledTogether(t *testing.T) {
	s := authorised(t, "a", "b", "c")
	var together []string
	for _, e := range incident.Next(s.state) {
		if e.Do == incident.DoPrice {
			together = e.Steps
		}
	}
	assert.Equal(t, []string{"a", "b", "c"}, together)
}

func TestNoticesAreOwedOnceTheRunIsContained(t *testing.T) {
	p := plan("pause")
	p.Notify = []incident.Notice{{Channel: "#a", Text: "one"}, {Channel: "#b", Text: "two"}}
	d := p.Digest()
	s := newStory(t).add(opened(), planned(p), incident.Asked{Digest: d},
		vote("ana", incident.Approve, d), vote("ben", incident.Approve, d), incident.Authorised{Digest: d, By: []string{"ana", "ben"}},
		priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), included("pause", 1), incident.Executed{}, incident.Held{Step: "pause"})
	keys := func() (got []string) {
		for _, e := range incident.Next(s.state) {
			if e.Do == incident.DoTell && e.At.IsZero() {
				got = append(got, e.Key)
			}
		}
		return got
	}
	assert.Empty(t, keys(), "nothing is announced before it is proved")
	s.add(incident.Final{Step: "pause"}, incident.Contained{})
	assert.Equal(t, []string{"run0/end", "run0/notify/0", "run0/notify/1"}, keys())
	s.add(incident.Told{Key: "run0/notify/0"})
	assert.Equal(t, []string{"run0/end", "run0/notify/1"}, keys())
}

func TestAStepWaitsForWhatItComesAfter(t *testing.T) {
	p := plan("pause", "block")
	p.Calls[1].After = []string{"pause"}
	d := p.Digest()
	s := newStory(t).add(opened(), planned(p), incident.Asked{Digest: d},
		vote("ana", incident.Approve, d), vote("ben", incident.Approve, d),
		incident.Authorised{Digest: d, By: []string{"ana", "ben"}})
	steps := func() (got []string) {
		for _, e := range incident.Next(s.state) {
			if e.Do == incident.DoPrice {
				got = e.Steps
			}
		}
		return got
	}
	assert.Equal(t, []string{"pause"}, steps())
	s.add(priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1))
	assert.Empty(t, steps())
	s.add(included("pause", 1))
	assert.Equal(t, []string{"block"}, steps())
}

func TestNothingIsAuthorisedWithoutStandingApprovalsOfThatDigest(t *testing.T) {
	p := plan("pause")
	d := p.Digest()
	other := incident.DigestOf("x", nil)
	cases := map[string]struct {
		votes []incident.Voted
		say   incident.Authorised
	}{
		"nobody voted":              {nil, incident.Authorised{Digest: d, By: []string{"ana", "ben"}}},
		"one of two":                {[]incident.Voted{vote("ana", incident.Approve, d)}, incident.Authorised{Digest: d, By: []string{"ana"}}},
		"one person named twice":    {[]incident.Voted{vote("ana", incident.Approve, d)}, incident.Authorised{Digest: d, By: []string{"ana", "ana"}}},
		"an approval taken back":    {[]incident.Voted{vote("ana", incident.Approve, d), vote("ben", incident.Approve, d), vote("ben", incident.Deny, d)}, incident.Authorised{Digest: d, By: []string{"ana", "ben"}}},
		"another digest":            {[]incident.Voted{vote("ana", incident.Approve, d), vote("ben", incident.Approve, d)}, incident.Authorised{Digest: other, By: []string{"ana", "ben"}}},
		"no digest":                 {[]incident.Voted{vote("ana", incident.Approve, d), vote("ben", incident.Approve, d)}, incident.Authorised{By: []string{"ana", "ben"}}},
		"an approver who is absent": {[]incident.Voted{vote("ana", incident.Approve, d), vote("ben", incident.Approve, d)}, incident.Authorised{Digest: d, By: []string{"ana", "cho"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStory(t).add(opened(), planned(p), incident.Asked{Digest: d})
			for _, v := range c.votes {
				s.add(v)
			}
			assert.Error(t, s.try(c.say))
			assert.Equal(t, incident.PhaseAsking, s.state.Phase())
		})
	}
}

func TestADryRunIsNeverAuthorised(t *testing.T) {
	p := plan("pause")
	p.Mode = incident.ModeDryRun
	d := p.Digest()
	s := newStory(t).add(opened(), planned(p), incident.Asked{Digest: d}, vote("ana", incident.Approve, d), vote("ben", incident.Approve, d))
	assert.ErrorContains(t, s.try(incident.Authorised{Digest: d, By: []string{"ana", "ben"}}), "can never be carried out")
	s.add(incident.Moot{Why: "dry run"})
}

func TestNoStepMovesBeforeAuthority(t *testing.T) {
	p := plan("pause")
	s := newStory(t).add(opened(), planned(p), incident.Asked{Digest: p.Digest()})
	for _, b := range []incident.Body{priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), included("pause", 1)} {
		assert.Error(t, s.try(b), "%s", b.Kind())
	}
}

func TestAnEndIsNeverLeft(t *testing.T) {
	p := plan("pause")
	d := p.Digest()
	s := newStory(t).add(opened(), planned(p), incident.Asked{Digest: d}, incident.Lapsed{Why: "silence"})
	for _, b := range []incident.Body{vote("ana", incident.Approve, d), incident.Authorised{Digest: d}, planned(p),
		incident.Asked{Digest: d}, incident.Contained{}, incident.Escalated{}, opened(), priced("pause", 1, 1, 0)} {
		assert.Error(t, s.try(b), "%s", b.Kind())
	}
	s.add(incident.Noted{By: "ana", Text: "notes go on"}, incident.AlertAttached{Receipt: 7})
	assert.Error(t, s.try(incident.AlertAttached{Receipt: 7}), "an alert is attached once")
}

func TestAFeeBumpKeepsItsNonceAndStaysInBudget(t *testing.T) {
	bump := priced("pause", 2, 1, 0)
	cases := map[string]struct {
		change func(*incident.Priced)
		ok     bool
	}{
		"higher fee, same nonce":      {func(*incident.Priced) {}, true},
		"another nonce":               {func(p *incident.Priced) { p.Nonce = 1 }, false},
		"another issue":               {func(p *incident.Priced) { p.Issue = 2 }, false},
		"another account":             {func(p *incident.Priced) { p.From[0]++ }, false},
		"another key":                 {func(p *incident.Priced) { p.Key = "recovery" }, false},
		"the same fee":                {func(p *incident.Priced) { p.FeeCap = incident.NewQuantity(1e9) }, false},
		"a lower tip":                 {func(p *incident.Priced) { p.Tip = incident.NewQuantity(1) }, false},
		"a tip above the cap":         {func(p *incident.Priced) { p.Tip = incident.NewQuantity(3e9) }, false},
		"more than was approved":      {func(p *incident.Priced) { p.FeeCap = incident.NewQuantity(1e12) }, false},
		"more gas than was approved":  {func(p *incident.Priced) { p.Gas++ }, false},
		"another chain":               {func(p *incident.Priced) { p.ChainID = 1 }, false},
		"an attempt that is left out": {func(p *incident.Priced) { p.Attempt = 3 }, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := authorised(t, "pause").add(priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1))
			b := bump
			c.change(&b)
			assert.Equal(t, c.ok, s.try(b) == nil)
		})
	}
}

func TestALiveAttemptIsWatchedWhileAHigherBidIsBeingSigned(t *testing.T) {
	s := authorised(t, "pause").add(priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), priced("pause", 2, 1, 0))
	assert.Contains(t, s.dos(), incident.DoSign)
	assert.Contains(t, s.dos(), incident.DoWatch)
	s.add(included("pause", 1))
	assert.NotContains(t, s.dos(), incident.DoSign, "the first bid won")
}

func TestARefusedBumpLeavesTheLiveAttemptAlive(t *testing.T) {
	s := authorised(t, "pause").add(priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), priced("pause", 2, 1, 0),
		incident.Refused{Step: "pause", Attempt: 2, Code: "FEE", Why: "above the policy's ceiling"})
	step, _ := s.state.Run().Step("pause")
	assert.Equal(t, incident.StepBroadcast, step.State)
	assert.Contains(t, step.NoBump, "FEE")
	s.add(included("pause", 1))
}

func TestARefusedFirstAttemptFailsTheStepAndTheOthersGoOn(t *testing.T) {
	s := authorised(t, "pause", "block").add(priced("pause", 1, 1, 0), priced("block", 1, 1, 1),
		incident.Refused{Step: "pause", Attempt: 1, Code: "NO_RULE", Why: "not in the policy"}, signed("block", 1), sent("block", 1), included("block", 1),
		incident.Executed{}, incident.Held{Step: "block"}, incident.Final{Step: "block"})
	assert.Error(t, s.try(incident.Contained{}), "half a containment is none")
	var escalated incident.Escalated
	for _, e := range incident.Next(s.state) {
		if b, ok := e.Body.(incident.Escalated); ok {
			escalated = b
		}
	}
	assert.Contains(t, escalated.Why, "NO_RULE")
	s.add(escalated)
}

func TestAReorganisationSendsTheStepBackToBroadcast(t *testing.T) {
	s := authorised(t, "pause").add(priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), included("pause", 1),
		incident.Executed{}, incident.Held{Step: "pause"}, incident.Displaced{Step: "pause"})
	assert.Contains(t, s.dos(), incident.DoWatch)
	assert.Error(t, s.try(incident.Final{Step: "pause"}))
	s.add(included("pause", 1))
	assert.Contains(t, s.dos(), incident.DoVerify, "what held in the lost block proves nothing in this one")
}

func TestAForeignTransactionHashSettlesNothing(t *testing.T) {
	s := authorised(t, "pause").add(priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1))
	foreign := included("pause", 1)
	foreign.Hash[0] = 0xff
	assert.Error(t, s.try(foreign))
}

func TestAFactOutOfOrderOrTamperedIsRefused(t *testing.T) {
	s := authorised(t, "pause")
	last := s.facts[len(s.facts)-1]
	_, err := s.state.Apply(last)
	assert.ErrorContains(t, err, "came where")
	changed := append([]incident.Fact(nil), s.facts...)
	changed[2].Raw = append([]byte(nil), changed[2].Raw...)
	changed[2].Raw[len(changed[2].Raw)-3] ^= 1
	_, err = incident.Fold(changed)
	assert.ErrorContains(t, err, "fact 3")
	_, err = incident.Fold(append(append([]incident.Fact(nil), s.facts[:2]...), s.facts[3:]...))
	assert.Error(t, err, "a missing fact is noticed")
}

func TestAnExerciseStaysAnExercise(t *testing.T) {
	s := newStory(t).add(opened())
	_, err := s.state.Foresee(incident.Draft{Body: incident.Noted{}, Exercise: true})
	assert.ErrorContains(t, err, "exercise")
}

func TestAnUnsignedNonceCanBeGivenBackAndASignedOneCannot(t *testing.T) {
	first := priced("pause", 1, 1, 5)
	s := authorised(t, "pause").add(first, incident.Released{Step: "pause", Attempt: 1, Slot: first.Slot()})
	assert.Contains(t, s.dos(), incident.DoPrice)
	second := priced("pause", 2, 2, 4)
	s.add(second, signed("pause", 2))
	assert.Error(t, s.try(incident.Released{Step: "pause", Attempt: 2, Slot: second.Slot()}))
	s.add(sent("pause", 2))
	third := priced("pause", 3, 2, 4)
	s.add(third)
	slot := third.Slot()
	assert.Error(t, s.try(incident.Released{Step: "pause", Attempt: 3, Slot: slot}), "the second attempt has this nonce and is live")
	assert.Error(t, s.try(incident.Refused{Step: "pause", Attempt: 3, Slot: &slot}), "a refusal does not free a live nonce either")
}
