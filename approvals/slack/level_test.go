package slack_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
)

func TestTheCardSaysHowFarAGoalThatHoldsHasCome(t *testing.T) {
	in := &incident.Included{Step: "pause", Hash: common.Hash{0xaa}, Block: 100}
	seen := []incident.Observation{{Block: 101, Endpoint: "rpc2"}}
	for want, step := range map[string]incident.Step{
		"is in a block; being checked": {State: incident.StepIncluded},
		"works: it holds at block 101 (latest), final when no reorganisation can undo it": {State: incident.StepIncluded, Held: true,
			Level: incident.LevelLatest, Seen: seen},
		"works: it holds at block 101 (safe), final when its block is finalized": {State: incident.StepIncluded, Held: true,
			Level: incident.LevelSafe, Seen: seen},
		"is done and checked at depth":     {State: incident.StepFinal, Held: true, Level: incident.LevelLatest, Seen: seen},
		"is done and checked at finalized": {State: incident.StepFinal, Held: true, Level: incident.LevelFinalized, Seen: seen},
	} {
		s := asking(plan())
		step.Name, step.In = "pause", in
		s.Runs[0].Phase = incident.PhaseVerifying
		s.Runs[0].Authorised = &incident.Authorised{By: []string{"ana", "ben"}}
		s.Runs[0].Steps = []incident.Step{step}
		_, text := blocksOf(t, s)
		assert.Contains(t, text, want)
	}
}

func TestARequestForAKeyIsReadInSlackAndVotedOnElsewhere(t *testing.T) {
	st := open(t, func(_ *stage, c *slack.Config, _ *slacktest.Config) {
		c.Page = func(id incident.ID) string { return "https://approve.example.org/r/" + string(id) }
	})
	p := plan()
	p.Quorum.Assurance = incident.AssurancePasskey
	st.book.restart(p)
	card := st.post()
	var labels []string
	for _, b := range card.Buttons() {
		labels = append(labels, b.Text)
	}
	assert.Equal(t, []string{"Review", "Approve with your key"}, labels)
	require.True(t, st.click("U0ANA", review).Acked)
	v := st.view("U0ANA")
	assert.Empty(t, v.Submit, "there is nothing to submit")
	assert.Contains(t, st.readView("U0ANA"), "A click is no vote on this request: it takes a passkey or wallet")
	assert.Contains(t, st.readView("U0ANA"), "https://approve.example.org/r/01JEQ7V5M2K30000")
	assert.True(t, st.click("U0ANA", "approval.page").Acked, "Slack tells of a link too, and wants its answer")
	assert.Empty(t, st.refused())
	assert.Zero(t, st.book.count(incident.KindVoted))
}
