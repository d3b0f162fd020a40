package incident_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
)

// out is a step whose bytes are on their way.
func out(t *testing.T, steps ...string) *story {
	s := authorised(t, steps...)
	for i, name := range steps {
		s.add(priced(name, 1, 1, uint64(i)), signed(name, 1), sent(name, 1))
	}
	return s
}

func (s *story) step(name string) incident.Step {
	step, _ := s.state.Run().Step(name)
	return step
}

func (s *story) told() (keys []string) {
	for _, e := range incident.Next(s.state) {
		if e.Do == incident.DoTell && e.At.IsZero() {
			keys = append(keys, e.Key)
		}
	}
	return keys
}

func TestPeopleAreToldOnceOfEachBidThatStalls(t *testing.T) {
	s := out(t, "pause").add(incident.Stalled{Step: "pause", Attempt: 1, Why: "the budget is used up"})
	assert.Equal(t, []string{"run0/stalled/pause/1"}, s.told())
	assert.Error(t, s.try(incident.Stalled{Step: "pause", Attempt: 1}), "it was said")
	assert.Contains(t, s.dos(), incident.DoWatch, "its bytes go on being offered")
	s.add(incident.Told{Key: "run0/stalled/pause/1"})
	assert.Empty(t, s.told())
	s.add(priced("pause", 2, 1, 0), signed("pause", 2), sent("pause", 2), incident.Stalled{Step: "pause", Attempt: 2})
	assert.Equal(t, []string{"run0/stalled/pause/2"}, s.told())
}

func TestADirectionMakesTheWatchAnother(t *testing.T) {
	version := func(s *story) int {
		for _, e := range incident.Next(s.state) {
			if e.Do == incident.DoWatch {
				return e.Version
			}
		}
		return -1
	}
	s := out(t, "pause")
	assert.Equal(t, 0, version(s))
	s.add(incident.Hurried{Step: "pause", By: "ana"})
	assert.Equal(t, 1, version(s))
	assert.Equal(t, 1, s.step("pause").Hurried)
	s.add(incident.Cancelled{Step: "pause", By: "ana"})
	assert.Equal(t, 2, version(s))
	assert.ErrorContains(t, s.try(incident.Hurried{Step: "pause"}), "called off by ana")
}

func TestCallingAStepOffStopsWhatTheKeyCannotHaveSigned(t *testing.T) {
	cancelled := incident.Cancelled{Step: "pause", By: "ana", Why: "false alarm"}
	cases := map[string]struct {
		before []incident.Body
		state  incident.StepState
		owed   incident.Do // "" for nothing
	}{
		"it has no nonce":                {nil, incident.StepFailed, ""},
		"it is being signed":             {[]incident.Body{priced("pause", 1, 1, 0)}, incident.StepPriced, incident.DoSign},
		"its bytes were not sent":        {[]incident.Body{priced("pause", 1, 1, 0), signed("pause", 1)}, incident.StepSigned, incident.DoBroadcast},
		"its bytes are out":              {[]incident.Body{priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1)}, incident.StepBroadcast, incident.DoWatch},
		"its nonce was used by somebody": {[]incident.Body{priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), incident.Preempted{Step: "pause"}}, incident.StepFailed, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := authorised(t, "pause").add(c.before...).add(cancelled)
			assert.Equal(t, c.state, s.step("pause").State)
			assert.Contains(t, s.step("pause").NoBump, "false alarm")
			if c.owed != "" {
				assert.Contains(t, s.dos(), c.owed)
			}
			assert.Error(t, s.try(cancelled), "once is enough")
		})
	}
	assert.Error(t, out(t, "pause").add(included("pause", 1)).try(cancelled), "what is in a block cannot be called off")
}

func TestAStepThatWasCalledOffStaysSoWhileItsLastBidIsSigned(t *testing.T) {
	s := out(t, "pause").add(priced("pause", 2, 1, 0), incident.Cancelled{Step: "pause", By: "ana", Why: "enough"}, signed("pause", 2), sent("pause", 2))
	assert.Contains(t, s.step("pause").NoBump, "enough")
	s.add(incident.Reverted{Step: "pause", Hash: hashOf("pause", 2)})
	step := s.step("pause")
	call, _ := s.state.Run().Plan.Call("pause")
	assert.False(t, step.MayReissue(call))
	assert.Equal(t, "it was called off", step.Exhausted(call))
}

func TestWhenTheGoalHoldsTheRunEndsAndBytesThatAreOutAreFollowed(t *testing.T) {
	s := out(t, "pause").add(incident.AlreadySo{Step: "pause", Why: "somebody else paused it"}, incident.Executed{}, incident.Contained{})
	assert.Equal(t, incident.PhaseContained, s.state.Phase())
	assert.Contains(t, s.dos(), incident.DoWatch)
	assert.True(t, s.state.Open(), "a nonce that is out holds up everything above it")
	assert.ErrorContains(t, s.try(priced("pause", 2, 1, 0)), "nothing more is paid")
	s.add(incident.Reverted{Step: "pause", Hash: hashOf("pause", 1), Why: "Pausable: paused"})
	assert.Contains(t, s.dos(), incident.DoRecheck)
	s.add(incident.AlreadySo{Step: "pause"})
	s.add(incident.CardPosted{Version: s.state.Face}, incident.Told{Key: "run0/end"})
	assert.Empty(t, s.dos())
	assert.Equal(t, incident.PhaseContained, s.state.Phase())
}

func TestWhatFailedTransactionsCostIsMissingFromTheBudget(t *testing.T) {
	s := out(t, "pause") // 1 gwei a gas, of 0.01 ether for 100,000 gas
	s.add(incident.Reverted{Step: "pause", Hash: hashOf("pause", 1), GasUsed: 60_000})
	assert.Equal(t, incident.NewQuantity(60_000*1e9), s.step("pause").Spent)
	again := priced("pause", 2, 2, 1)
	again.FeeCap = incident.NewQuantity(100e9) // all that was approved
	assert.ErrorContains(t, s.try(again), "may be spent")
	again.FeeCap = incident.NewQuantity(99e9)
	s.add(again)
}

func TestAStepWhoseBudgetIsUsedUpGetsNoOtherNonce(t *testing.T) {
	s := authorised(t, "pause")
	first := priced("pause", 1, 1, 0)
	first.FeeCap = incident.NewQuantity(100e9)
	s.add(first, signed("pause", 1), sent("pause", 1), incident.Reverted{Step: "pause", Hash: hashOf("pause", 1), GasUsed: 100_000})
	call, _ := s.state.Run().Plan.Call("pause")
	assert.False(t, s.step("pause").MayReissue(call))
	assert.Equal(t, "what failed has used up what was approved", s.step("pause").Exhausted(call), "people read why")
	call.MaxCost = incident.NewQuantity(2e16)
	assert.True(t, s.step("pause").MayReissue(call))
}

func TestAStepThatWasCalledOffGetsNoOtherNonceForTheOneThatItGaveBack(t *testing.T) {
	first := priced("pause", 1, 1, 0)
	s := authorised(t, "pause").add(first, incident.Cancelled{Step: "pause", By: "ana", Why: "false alarm"},
		incident.Released{Step: "pause", Attempt: 1, Slot: first.Slot(), Why: "a nonce below it was given back"})
	assert.Equal(t, incident.StepFailed, s.step("pause").State)
	assert.Contains(t, s.step("pause").Why, "false alarm", "people read why it was not sent")
	assert.NotContains(t, s.dos(), incident.DoPrice)
}

func TestAGoalThatHeldIsReadAgainOnceItsTransactionFailedOrLeftItsBlock(t *testing.T) {
	cases := map[string][]incident.Body{
		"it failed":         {incident.Reverted{Step: "pause", Hash: hashOf("pause", 1)}},
		"its nonce is gone": {incident.Preempted{Step: "pause"}},
		"it left its block": {included("pause", 1), incident.Displaced{Step: "pause"}},
	}
	for name, after := range cases {
		t.Run(name, func(t *testing.T) {
			s := out(t, "pause", "block").add(incident.AlreadySo{Step: "pause"})
			s.add(after...).add(included("block", 1))
			assert.Error(t, s.try(incident.Executed{}), "whether the goal holds is a question again")
			assert.False(t, s.step("pause").Reached)
		})
	}
	s := out(t, "pause", "block").add(incident.AlreadySo{Step: "pause"}, included("pause", 1), incident.Displaced{Step: "pause"})
	s.add(priced("pause", 2, 1, 0))
}

func TestAnotherNonceMayBeRaisedWhereTheKeyRefusedToRaiseTheLast(t *testing.T) {
	s := out(t, "pause").add(priced("pause", 2, 1, 0), incident.Refused{Step: "pause", Attempt: 2, Code: "BUDGET"})
	assert.NotEmpty(t, s.step("pause").NoBump)
	s.add(incident.Reverted{Step: "pause", Hash: hashOf("pause", 1)}, priced("pause", 3, 2, 1))
	assert.Empty(t, s.step("pause").NoBump)
}

func TestOfSeveralBidsOnlyTheOneThatFailedCostAnything(t *testing.T) {
	s := out(t, "pause").add(priced("pause", 2, 1, 0), signed("pause", 2), sent("pause", 2),
		incident.Reverted{Step: "pause", Hash: hashOf("pause", 1), GasUsed: 60_000})
	assert.Equal(t, incident.NewQuantity(60_000*1e9), s.step("pause").Spent, "at the first bid's fees")
}

func TestOnlyTheNewestBidCanBeSaidToWait(t *testing.T) {
	s := out(t, "pause").add(priced("pause", 2, 1, 0), signed("pause", 2), sent("pause", 2))
	assert.Error(t, s.try(incident.Stalled{Step: "pause", Attempt: 1}))
	assert.NoError(t, s.try(incident.Stalled{Step: "pause", Attempt: 2}))
}

func TestNobodyHurriesWhatNeedsNoHigherBid(t *testing.T) {
	s := out(t, "pause").add(incident.AlreadySo{Step: "pause", Why: "somebody else paused it"})
	assert.ErrorContains(t, s.try(incident.Hurried{Step: "pause", By: "ana"}), "somebody else paused it")
}
