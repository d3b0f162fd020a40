package incident_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

// levelsOnlyRise demands of any two states that follow each other that a level
// falls only when the block that it was read in is gone, and that nothing is
// final that did not hold.
func levelsOnlyRise(t *testing.T, before, after incident.Run) {
	for _, now := range after.Steps {
		was, _ := before.Step(now.Name)
		assert.Equal(t, now.Held, now.Level != "", "a step that held did so at a level")
		if now.State == incident.StepIncluded && was.State == incident.StepIncluded {
			rise := incident.LevelRank(now.Level) - incident.LevelRank(was.Level)
			assert.Contains(t, []int{0, 1}, rise, "%s to %s", was.Level, now.Level)
		}
		if now.State == incident.StepFinal && was.State != incident.StepFinal {
			assert.True(t, was.Held, "nothing is final that did not hold before")
			assert.GreaterOrEqual(t, incident.LevelRank(now.Level), incident.LevelRank(was.Level))
		}
		if now.State != incident.StepIncluded && now.State != incident.StepFinal && now.State != incident.StepFailed {
			assert.Empty(t, now.Level, "in %s", now.State)
		}
	}
}

func inABlock(t *testing.T) *story {
	return authorised(t, "pause").add(priced("pause", 1, 1, 0), signed("pause", 1), sent("pause", 1), included("pause", 1))
}

func level(s *story) string {
	step, _ := s.state.Run().Step("pause")
	return step.Level
}

func TestALevelOnlyRises(t *testing.T) {
	latest, safe := incident.Held{Step: "pause"}, incident.Held{Step: "pause", Level: incident.LevelSafe}
	for name, row := range map[string]struct {
		facts []incident.Body
		level string
		then  incident.Body
		ok    bool
	}{
		"latest comes first":          {nil, "", latest, true},
		"safe does not":               {nil, "", safe, false},
		"safe after latest":           {[]incident.Body{latest}, "latest", safe, true},
		"latest again":                {[]incident.Body{latest}, "latest", latest, false},
		"safe again":                  {[]incident.Body{latest, safe}, "safe", safe, false},
		"back to latest":              {[]incident.Body{latest, safe}, "safe", latest, false},
		"latest has one spelling":     {nil, "", incident.Held{Step: "pause", Level: incident.LevelLatest}, false},
		"finalized is for final":      {[]incident.Body{latest}, "latest", incident.Held{Step: "pause", Level: incident.LevelFinalized}, false},
		"a level that nobody knows":   {[]incident.Body{latest}, "latest", incident.Held{Step: "pause", Level: "pending"}, false},
		"final before it held":        {nil, "", incident.Final{Step: "pause", Level: incident.LevelFinalized}, false},
		"final at finalized":          {[]incident.Body{latest}, "latest", incident.Final{Step: "pause", Level: incident.LevelFinalized}, true},
		"final at safe":               {[]incident.Body{latest}, "latest", incident.Final{Step: "pause", Level: incident.LevelSafe}, true},
		"final by depth":              {[]incident.Body{latest, safe}, "safe", incident.Final{Step: "pause"}, true},
		"final at latest":             {[]incident.Body{latest}, "latest", incident.Final{Step: "pause", Level: incident.LevelLatest}, false},
		"final at an unknown level":   {[]incident.Body{latest}, "latest", incident.Final{Step: "pause", Level: "pending"}, false},
		"a reorganisation after safe": {[]incident.Body{latest, safe}, "safe", incident.Displaced{Step: "pause"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := inABlock(t).add(row.facts...)
			require.Equal(t, row.level, level(s))
			assert.Equal(t, row.ok, s.try(row.then) == nil)
		})
	}
}

func TestAfterAReorganisationTheGoalIsReadFromTheLowestLevelAgain(t *testing.T) {
	s := inABlock(t).add(incident.Held{Step: "pause"}, incident.Held{Step: "pause", Level: incident.LevelSafe}, incident.Displaced{Step: "pause"})
	assert.Empty(t, level(s))
	s.add(included("pause", 1))
	assert.Contains(t, s.dos(), incident.DoVerify)
	assert.Error(t, s.try(incident.Held{Step: "pause", Level: incident.LevelSafe}))
	s.add(incident.Held{Step: "pause"})
	assert.Equal(t, incident.LevelLatest, level(s))
}

func TestAtSafeTheNextLevelIsStillOwed(t *testing.T) {
	s := inABlock(t).add(incident.Held{Step: "pause"}, incident.Held{Step: "pause", Level: incident.LevelSafe})
	assert.Contains(t, s.dos(), incident.DoFinalise)
	assert.NotContains(t, s.dos(), incident.DoVerify)
	s.add(incident.Final{Step: "pause", Level: incident.LevelFinalized})
	assert.Equal(t, incident.LevelFinalized, level(s))
	assert.NotContains(t, s.dos(), incident.DoFinalise)
}

func TestPeopleAreShownEachLevelThatWasReached(t *testing.T) {
	s := inABlock(t)
	for _, b := range []incident.Body{incident.Held{Step: "pause"}, incident.Held{Step: "pause", Level: incident.LevelSafe}} {
		face := s.state.Face
		s.add(b)
		assert.Greater(t, s.state.Face, face, "%+v", b)
	}
}

func TestTheTimelineNamesTheLevel(t *testing.T) {
	for want, b := range map[string]incident.Body{
		"pause: the goal holds at latest: ":              incident.Held{Step: "pause"},
		"pause: the goal holds at safe: ":                incident.Held{Step: "pause", Level: incident.LevelSafe},
		"pause: the goal holds at depth 4: ":             incident.Final{Step: "pause", Depth: 4},
		"pause: the goal holds at finalized, depth 70: ": incident.Final{Step: "pause", Level: incident.LevelFinalized, Depth: 70},
	} {
		assert.Equal(t, want, incident.Words(b))
	}
}
