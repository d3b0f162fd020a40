package slack_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/incident"
)

func TestWhatASourceSaysSinceIsOnTheCardAndDecidesNothing(t *testing.T) {
	s := asking(plan())
	before := len(slack.Render(s).Blocks)
	s.Signals = []incident.SignalNoted{
		{Source: "tenderly", Signal: "s1", What: incident.InertReminder},
		{Source: "tenderly", Signal: "s1", What: incident.InertResolved},
		{Source: "<!channel>", Signal: "s2", What: incident.InertDismissed},
		{Source: "forta", Signal: "s3", What: "*bold* <https://evil.example|word>"},
	}
	card := slack.Render(s)
	_, text := blocksOf(t, s)
	assert.Len(t, card.Blocks, before+1)
	assert.Contains(t, text, "*tenderly* says that it is over.")
	assert.NotContains(t, text, "goes on", "the last word counts")
	assert.Contains(t, text, "FALSE ALARM")
	assert.NotContains(t, text, "<!channel>")
	assert.NotContains(t, text, "<https://evil")
	assert.Contains(t, text, "stops nothing and undoes nothing")
	assert.Contains(t, text, "approval needed", "it still asks")
}
