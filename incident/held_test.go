package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
)

// owedAt is when people are owed a message under a key; false: they are not.
func (s *story) owedAt(key string) (time.Time, bool) {
	for _, e := range incident.Next(s.state) {
		if e.Do == incident.DoTell && e.Key == key {
			return e.At, true
		}
	}
	return time.Time{}, false
}

func TestPeopleHearThatItHoldsWhenTheEndTakesLonger(t *testing.T) {
	s := out(t, "pause", "block").add(included("pause", 1), included("block", 1), incident.Executed{}, incident.Held{Step: "pause"})
	_, owed := s.owedAt("run0/held")
	assert.False(t, owed, "block is not read yet")
	s.add(incident.Held{Step: "block"})
	at, owed := s.owedAt("run0/held")
	assert.True(t, owed)
	assert.Equal(t, s.step("block").HeldAt.Add(20*time.Second), at, "an end that comes sooner says it")

	s.add(incident.Held{Step: "block", Level: incident.LevelSafe})
	again, _ := s.owedAt("run0/held")
	assert.Equal(t, at, again, "another level is no other news")

	s.add(incident.Final{Step: "pause"}, incident.Final{Step: "block"}, incident.Contained{})
	_, owed = s.owedAt("run0/held")
	assert.False(t, owed, "the end says more")
}

func TestAGoalThatVanishedIsNotHolding(t *testing.T) {
	s := out(t, "pause").add(included("pause", 1), incident.Executed{}, incident.Held{Step: "pause"}, incident.Displaced{Step: "pause"})
	_, owed := s.owedAt("run0/held")
	assert.False(t, owed)
	s.add(included("pause", 1), incident.Held{Step: "pause"})
	at, owed := s.owedAt("run0/held")
	assert.True(t, owed)
	assert.Equal(t, s.step("pause").HeldAt.Add(20*time.Second), at, "counted from when it held again")
}
