package incident_test

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func TestAVoteOpensOnThePlansDigestAlone(t *testing.T) {
	s := newStory(t).add(opened(), planned(plan("pause")))
	assert.ErrorContains(t, s.try(incident.Asked{Digest: incident.Digest{1}, Deadline: t0.Add(time.Hour)}), "another digest")
	assert.Error(t, s.try(incident.Asked{Deadline: t0.Add(time.Hour)}))
}

func TestAClickIsNotEnoughWhereAKeyWasAskedFor(t *testing.T) {
	p := plan("pause")
	p.Quorum.Assurance = incident.AssuranceWallet
	d := p.Digest()
	s := newStory(t).add(opened(), planned(p), incident.Asked{Digest: d},
		vote("ana", incident.Approve, d), vote("ben", incident.Approve, d))
	by := incident.Authorised{Digest: d, By: []string{"ana", "ben"}, Assurance: incident.AssuranceWallet}
	assert.ErrorContains(t, s.try(by), "0 of the 2")
	for _, person := range []string{"ana", "ben"} {
		v := vote(person, incident.Approve, d)
		v.Vote.Assurance, v.Vote.Delivery = incident.AssuranceWallet, person+" with a wallet"
		s.add(v)
	}
	s.add(by)
}

func TestNothingIsExecutedBeforeEveryStepIsSettled(t *testing.T) {
	s := authorised(t, "pause", "block").add(priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), included("pause", 1))
	assert.ErrorContains(t, s.try(incident.Executed{}), "block is still ready")
}

func TestAFactOfAnotherRunIsRefused(t *testing.T) {
	s := newStory(t).add(opened())
	_, err := s.state.Foresee(incident.Draft{Run: 1, Body: incident.Noted{By: "ana"}, Seen: t0})
	assert.ErrorContains(t, err, "run 1")
}

func TestAStepIsPricedByItsPlanToTheLastWei(t *testing.T) {
	exact := priced("pause", 1, 1, 0)
	exact.FeeCap = incident.NewQuantity(1e11) // times 100 000 gas is what was approved
	require.NoError(t, authorised(t, "pause").try(exact))
	exact.FeeCap = incident.NewQuantity(1e11 + 1)
	assert.ErrorContains(t, authorised(t, "pause").try(exact), "approved were")
	assert.ErrorContains(t, authorised(t, "pause").try(priced("pause", 1, 2, 0)), "issue 2")
}

func TestWhatIsSaidOfAnotherAttemptIsRefused(t *testing.T) {
	first := priced("pause", 1, 1, 5)
	elsewhere := first.Slot()
	elsewhere.Nonce++
	s := authorised(t, "pause").add(first)
	for name, b := range map[string]incident.Body{
		"a signature of another attempt":     signed("pause", 2),
		"a signature without bytes":          incident.Signed{Step: "pause", Attempt: 1, Hash: hashOf("pause", 1)},
		"a signature without a hash":         incident.Signed{Step: "pause", Attempt: 1, Raw: []byte{2}},
		"a release of another nonce":         incident.Released{Step: "pause", Attempt: 1, Slot: elsewhere},
		"a release of another attempt":       incident.Released{Step: "pause", Attempt: 2, Slot: first.Slot()},
		"a refusal that frees another":       incident.Refused{Step: "pause", Attempt: 1, Slot: &elsewhere},
		"a broadcast of what is not signed":  sent("pause", 1),
		"a step that the plan does not have": priced("unpause", 1, 1, 6),
	} {
		assert.Error(t, s.try(b), name)
	}
	s.add(signed("pause", 1))
	assert.Error(t, s.try(sent("pause", 2)), "a broadcast of another attempt")
	s.add(sent("pause", 1))
}

func TestAGoalIsReadAtItsBlockBeforeAtDepth(t *testing.T) {
	s := authorised(t, "pause").add(priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), included("pause", 1))
	assert.ErrorContains(t, s.try(incident.Final{Step: "pause"}), "before it is read at depth")
	s.add(incident.Held{Step: "pause"}, incident.Displaced{Step: "pause"})
	step, _ := s.state.Run().Step("pause")
	assert.False(t, step.Held, "what held in a block that is gone does not hold")
	assert.Nil(t, step.In)
}

// TestEveryFieldOfAFactIsInItsHash changes one after the other.
func TestEveryFieldOfAFactIsInItsHash(t *testing.T) {
	sealed, err := incident.Draft{Run: 1, Body: incident.Noted{By: "ana"}, Happened: t0, Seen: t0.Add(1e6)}.Seal(
		incident.Position{Stream: "s", Seq: 3, Prev: incident.Digest{7}}, t0.Add(2e6))
	require.NoError(t, err)
	require.NoError(t, sealed.Verify(incident.Digest{7}))
	for name, change := range map[string]func(*incident.Fact){
		"stream":   func(f *incident.Fact) { f.Stream = "t" },
		"seq":      func(f *incident.Fact) { f.Seq++ },
		"run":      func(f *incident.Fact) { f.Run++ },
		"kind":     func(f *incident.Fact) { f.Kind = "told" },
		"happened": func(f *incident.Fact) { f.Happened = f.Happened.Add(time.Microsecond) },
		"seen":     func(f *incident.Fact) { f.Seen = f.Seen.Add(time.Microsecond) },
		"written":  func(f *incident.Fact) { f.Written = f.Written.Add(time.Microsecond) },
		"exercise": func(f *incident.Fact) { f.Exercise = true },
		"body":     func(f *incident.Fact) { f.Raw = append(f.Raw[:len(f.Raw)-1:len(f.Raw)-1], ' ', '}') },
		"prev":     func(f *incident.Fact) { f.Prev[0]++ },
		"hash":     func(f *incident.Fact) { f.Hash[0]++ },
	} {
		f := sealed
		change(&f)
		assert.Error(t, f.Verify(f.Prev), name)
	}
	assert.ErrorContains(t, sealed.Verify(incident.Digest{8}), "does not follow")
}

func TestAFactThatDoesNotChainIsRefused(t *testing.T) {
	s := newStory(t).add(opened())
	next := func(stream incident.Stream, prev incident.Digest) error {
		f, err := incident.Draft{Body: incident.Noted{By: "ana"}, Seen: t0}.Seal(incident.Position{Stream: stream, Seq: 2, Prev: prev}, t0)
		require.NoError(t, err)
		_, err = s.state.Apply(f)
		return err
	}
	require.NoError(t, next(s.state.ID.Stream(), s.state.Head))
	assert.ErrorContains(t, next("01JEQ7V5M2K30001", s.state.Head), "came into")
	assert.ErrorContains(t, next(s.state.ID.Stream(), incident.Digest{1}), "does not follow")
}

func TestABodyIsReadStrictly(t *testing.T) {
	for raw, ok := range map[string]bool{
		`{"by":"ana","text":"x"}`: true, `{"by":"ana","text":"x","since":"a newer version"}`: false,
		`{"by":"ana","text":"x"} {}`: false, `{"by":7}`: false, `{`: false, ``: false,
	} {
		_, err := incident.Fact{Kind: incident.KindNoted, Raw: []byte(raw)}.Body()
		assert.Equal(t, ok, err == nil, raw)
	}
}

func TestPeopleAreToldWhenSendingTakesLong(t *testing.T) {
	s := authorised(t, "pause")
	late := func() (at []time.Time) {
		for _, e := range incident.Next(s.state) {
			if e.Do == incident.DoTell && e.Key == "run0/late" {
				at = append(at, e.At)
			}
		}
		return at
	}
	assert.Equal(t, []time.Time{s.state.Run().AuthorisedAt.Add(time.Minute)}, late())
	s.add(incident.Told{Key: "run0/late"})
	assert.Empty(t, late(), "once")
}

func TestOneSourceThatStaysAloneLapses(t *testing.T) {
	o := opened()
	o.Sources, o.Within = 2, 5*time.Minute
	s := newStory(t).add(o)
	owed := incident.Next(s.state)
	require.Len(t, owed, 1)
	assert.Equal(t, incident.KindLapsed, owed[0].Body.Kind())
	assert.Equal(t, s.state.OpenedAt.Add(5*time.Minute), owed[0].At)
}

func TestAClaimSaysWhatIsTakenAndForWhat(t *testing.T) {
	p := incident.Priced{Step: "pause", Issue: 2, ChainID: 1, From: common.Address{0xab}, Nonce: 7}
	want := []incident.Claim{{Key: "nonce:1:0xab00000000000000000000000000000000000000:7", Owner: "S/0/pause/2"}}
	assert.Equal(t, want, p.Claims("S", 0))
	assert.Equal(t, want, incident.Released{Step: "pause", Slot: p.Slot()}.Releases("S", 0))
	assert.Equal(t, want, incident.Refused{Step: "pause", Slot: new(p.Slot())}.Releases("S", 0))
	assert.Empty(t, incident.Refused{Step: "pause"}.Releases("S", 0))
	assert.Equal(t, []incident.Claim{{Key: "delivery:x"}}, incident.Voted{Vote: incident.Vote{Delivery: "x"}}.Claims("S", 0), "nobody may have it again")
}
