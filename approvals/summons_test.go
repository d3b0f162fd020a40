package approvals_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

func TestAMessageIsLoudExactlyWhenSomebodyHasToAct(t *testing.T) {
	state := func(p incident.Phase) incident.State { return incident.State{Runs: []incident.Run{{Phase: p}}} }
	for key, want := range map[string]bool{"run0/late": true, "run0/stalled/block/2/1": true, "run0/unproved": true, "run0/undone/pause": true,
		"run0/pre-authorised": true, "run0/held": false, "run0/notify/0": false, "run0/end": false, "nonsense": false} {
		assert.Equal(t, want, approvals.Loud(state(incident.PhaseContained), key), key)
	}
	for phase, want := range map[incident.Phase]bool{incident.PhaseLapsed: true, incident.PhaseEscalated: true,
		incident.PhaseContained: false, incident.PhaseMoot: false, incident.PhaseDeclined: false} {
		assert.Equal(t, want, approvals.Loud(state(phase), "run0/end"), phase)
	}
}

func TestWhoIsCalledIsTheOwnerUnlessNobodyAnswered(t *testing.T) {
	s := asking(t, func(p *incident.Plan) { p.Quorum.OnTimeout = "duty" })
	s.Opened.Owner = "security"
	assert.Equal(t, "security", approvals.Summoned(s))
	s = add(t, s, incident.Lapsed{Why: "silence"})
	assert.Equal(t, "duty", approvals.Summoned(s))
	s.Run().Plan.Quorum.OnTimeout = ""
	assert.Equal(t, "security", approvals.Summoned(s))
}
