package approvals_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

func TestAQuorumIsReachableExactlyWhenItsPeopleCouldFillIt(t *testing.T) {
	rules := approvals.Rules{Roster: guardians(t)}
	teams := []string{"security", "treasury"}
	for name, c := range map[string]struct {
		q     incident.Quorum
		names []string
		want  bool
	}{
		"enough people":          {incident.Quorum{Need: 2, Teams: teams}, []string{"ben", "cho"}, true},
		"one too few":            {incident.Quorum{Need: 2, Teams: teams}, []string{"ben"}, false},
		"one person twice":       {incident.Quorum{Need: 2, Teams: teams}, []string{"ben", "ben"}, false},
		"a stranger":             {incident.Quorum{Need: 2, Teams: teams}, []string{"ben", "mallory"}, false},
		"a team that is no part": {incident.Quorum{Need: 2, Teams: teams}, []string{"ben", "fay"}, false},
		"one team for two":       {incident.Quorum{Need: 2, Teams: teams, Distinct: "team"}, []string{"ben", "cho"}, false},
		"one in both teams":      {incident.Quorum{Need: 2, Teams: teams, Distinct: "team"}, []string{"ana", "ben"}, true},
		"the same person twice":  {incident.Quorum{Need: 2, Teams: teams, Distinct: "team"}, []string{"ana"}, false},
		"a quorum of nobody":     {incident.Quorum{Teams: teams}, []string{"ben", "cho"}, false},
		"counted in another way": {incident.Quorum{Need: 1, Teams: teams, Distinct: "moon"}, []string{"ben"}, false},
		"nobody":                 {incident.Quorum{Need: 1, Teams: teams}, nil, false},
	} {
		assert.Equal(t, c.want, rules.Reachable(c.q, c.names), name)
	}
	assert.False(t, approvals.Rules{}.Reachable(incident.Quorum{Need: 1, Teams: teams}, []string{"ben"}), "an empty roster reaches nothing")
}
