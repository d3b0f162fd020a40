package incident_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
)

// toldAt lists when what people are told falls due, by key.
func (s *story) toldAt() map[string]time.Time {
	due := map[string]time.Time{}
	for _, e := range incident.Next(s.state) {
		if e.Do == incident.DoTell {
			due[e.Key] = e.At
		}
	}
	return due
}

func askedOf(t *testing.T, change func(*incident.Quorum)) *story {
	p := plan("pause", "block/1")
	change(&p.Quorum)
	return newStory(t).add(opened(), planned(p), incident.Asked{Digest: p.Digest(), Deadline: t0.Add(10 * time.Minute)})
}

func TestWhoIsAskedIsRemindedAtThreeQuartersAndNineTenths(t *testing.T) {
	s := askedOf(t, func(*incident.Quorum) {})
	assert.Equal(t, map[string]time.Time{
		"run0/remind/75": t0.Add(7*time.Minute + 30*time.Second), "run0/remind/90": t0.Add(9 * time.Minute),
	}, s.toldAt())
	s.add(incident.Told{Key: "run0/remind/75"})
	assert.NotContains(t, s.toldAt(), "run0/remind/75", "once")
	s.add(vote("ana", incident.Approve, s.state.Run().Digest), vote("ben", incident.Approve, s.state.Run().Digest),
		incident.Authorised{Digest: s.state.Run().Digest, By: []string{"ana", "ben"}})
	assert.NotContains(t, s.toldAt(), "run0/remind/90", "nobody is reminded of what is decided")
}

func TestOthersHearOfItWhileNobodyHasDecided(t *testing.T) {
	s := askedOf(t, func(q *incident.Quorum) { q.Escalate, q.OnTimeout = []string{"duty", "founders"}, "manager" })
	assert.Equal(t, t0.Add(2*time.Minute+30*time.Second), s.toldAt()["run0/escalate/0"])
	assert.Equal(t, t0.Add(5*time.Minute), s.toldAt()["run0/escalate/1"])
	plain := askedOf(t, func(q *incident.Quorum) { q.OnTimeout = "manager" })
	assert.Equal(t, []string{"manager"}, plain.state.Run().Plan.Quorum.Escalation(), "without its own list, whom silence calls anyway")
	assert.Contains(t, plain.toldAt(), "run0/escalate/0")
	assert.NotContains(t, askedOf(t, func(*incident.Quorum) {}).toldAt(), "run0/escalate/0", "where nobody is named, nobody")
}

func TestAnObjectionIsToldToOthersAtOnce(t *testing.T) {
	s := askedOf(t, func(q *incident.Quorum) { q.Escalate = []string{"duty", "founders"} })
	s.add(vote("ana", incident.Deny, s.state.Run().Digest))
	assert.Zero(t, s.toldAt()["run0/escalate/0"])
	assert.Zero(t, s.toldAt()["run0/escalate/1"])
	assert.Equal(t, incident.PhaseAsking, s.state.Phase(), "one objection decides nothing")
}

func TestEveryVoteIsALineUnderTheCardUntilTheEndSaysIt(t *testing.T) {
	s := askedOf(t, func(*incident.Quorum) {})
	s.add(vote("ana", incident.Approve, s.state.Run().Digest))
	assert.NotContains(t, s.toldAt(), "run0/vote/0", "there is no card yet to write under")
	s.add(incident.CardPosted{Channel: "C1", TS: "1.0", Version: s.state.Face})
	assert.Contains(t, s.toldAt(), "run0/vote/0")
	s.add(vote("ben", incident.Deny, s.state.Run().Digest), vote("cho", incident.Deny, s.state.Run().Digest),
		incident.Declined{By: []string{"ben", "cho"}, Why: "no"})
	assert.Equal(t, []string{"run0/end"}, keys(s.toldAt()), "the end names everybody")
}

func TestWhatIsSentAndMinedIsALineEach(t *testing.T) {
	s := authorised(t, "pause", "block")
	s.add(incident.CardPosted{Channel: "C1", TS: "1.0", Version: s.state.Face})
	assert.Empty(t, s.toldAt()["run0/vote/0"], "nothing is written between a quorum and the bytes on their way")
	s.add(incident.Told{Key: "run0/vote/0"}, incident.Told{Key: "run0/vote/1"})
	s.add(priced("pause", 1, 1, 0), priced("block", 1, 1, 1), signed("pause", 1), signed("block", 1), sent("pause", 1))
	assert.NotContains(t, s.toldAt(), "run0/sent", "one of them has not left")
	s.add(sent("block", 1))
	assert.Contains(t, s.toldAt(), "run0/sent")
	s.add(included("pause", 1), included("block", 1), incident.Executed{})
	assert.NotContains(t, s.toldAt(), "run0/sent", "in a block says more")
	assert.Contains(t, s.toldAt(), "run0/executed")
}

func TestAnAlarmIsToldWhateverThePhaseAndOnce(t *testing.T) {
	s := askedOf(t, func(*incident.Quorum) {})
	s.add(incident.Alarmed{What: "card-changed", Detail: "x"})
	assert.Contains(t, s.toldAt(), "alarm/0")
	s.add(incident.Told{Key: "alarm/0"}, incident.Lapsed{Why: "time"}, incident.Alarmed{What: "card-changed", Detail: "y"})
	assert.Contains(t, s.toldAt(), "alarm/1")
	assert.NotContains(t, s.toldAt(), "alarm/0")
}

func TestNobodyFillsACaseFileWithAlarms(t *testing.T) {
	s := askedOf(t, func(*incident.Quorum) {})
	for i := range incident.MaxAlarms {
		s.add(incident.Alarmed{What: "card-changed", Detail: fmt.Sprint(i)})
	}
	assert.Error(t, s.try(incident.Alarmed{What: "card-changed"}))
}

func keys(due map[string]time.Time) (list []string) {
	for key := range due {
		list = append(list, key)
	}
	return list
}
