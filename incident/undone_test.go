package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
)

func TestPeopleHearThatWhatWasContainedIsNotAnyMore(t *testing.T) {
	s := out(t, "pause").add(incident.AlreadySo{Step: "pause"}, incident.Executed{}, incident.Contained{})
	_, owed := s.owedAt("run0/undone/pause")
	assert.False(t, owed)
	s.add(incident.Reverted{Step: "pause", Hash: hashOf("pause", 1)}, incident.GaveUp{Step: "pause", Why: "unpaused"})
	at, owed := s.owedAt("run0/undone/pause")
	assert.True(t, owed)
	assert.True(t, at.IsZero(), "at once")
	assert.Equal(t, incident.PhaseContained, s.state.Phase())
}

func TestPeopleHearThatARunCannotBeProved(t *testing.T) {
	s := out(t, "pause").add(included("pause", 1), incident.Executed{}, incident.Held{Step: "pause"})
	at, owed := s.owedAt("run0/unproved")
	assert.True(t, owed)
	assert.Equal(t, s.state.Run().ExecutedAt.Add(time.Hour), at)
	s.add(incident.Final{Step: "pause"}, incident.Contained{})
	_, owed = s.owedAt("run0/unproved")
	assert.False(t, owed)
}
