package approvals_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

func TestAReminderCallsThoseAloneWhoHaveNotVoted(t *testing.T) {
	s := asking(t, func(p *incident.Plan) { p.Quorum.Escalate = []string{"duty", "founders"} })
	rules := approvals.Rules{Roster: guardians(t)}
	all := rules.Called(s, "run0/remind/75")
	require.Contains(t, all, "ana")
	s = add(t, s, incident.Voted{Vote: vote(rules, s, "ana", incident.Approve)})
	assert.NotContains(t, rules.Called(s, "run0/remind/90"), "ana")
	assert.Len(t, rules.Called(s, "run0/remind/90"), len(all)-1)
	assert.Equal(t, []string{"founders"}, rules.Called(s, "run0/escalate/1"))
	for _, key := range []string{"run0/escalate/2", "run0/escalate/-1", "run0/escalate/x", "run0/vote/0", "nonsense"} {
		assert.Empty(t, rules.Called(s, key), key)
	}
}

func TestAnAlarmCallsTheOwner(t *testing.T) {
	s := asking(t, func(*incident.Plan) {})
	s.Opened.Owner = "security"
	assert.True(t, approvals.Loud(s, "alarm/0"))
	assert.Equal(t, []string{"security"}, approvals.Rules{}.Called(s, "alarm/0"))
}
