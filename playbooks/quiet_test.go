package playbooks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

func TestWhatAPlaybookSaysOfQuietGoesWithTheIncidentThatItOpens(t *testing.T) {
	text := strings.Replace(goodPlaybook, "cooldown: 30m", "cooldown: 30m\n  inhibit: 6h\n  unsilenceable: true", 1)
	require.NotEqual(t, goodPlaybook, text)
	set, err := loadText(goodInventory, text)
	require.NoError(t, err)
	opened := set.Match(incident.Alert{Source: "detector", ID: "a1", Rule: "vault.outflow-spike", Severity: incident.SeverityCritical, Chain: "lab", Contract: "lab-vault",
		Loss: &incident.Amount{Units: incident.NewQuantity(300_000_000_000), Token: "USDX", Decimals: 6}})
	require.Len(t, opened, 1)
	assert.True(t, opened[0].Unsilenceable)
	assert.Equal(t, 6*time.Hour, opened[0].Inhibit)
	d := set.Describe(set.Playbooks()[0])
	assert.True(t, d.Incident.Unsilenceable)
	assert.Equal(t, playbooks.Duration(6*time.Hour), d.Incident.Inhibit)
}
