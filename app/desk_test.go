package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

func TestAPlanAtTheDeskAsksTheConfiguredChains(t *testing.T) {
	c := newClinic(t, habit{})
	cfg, err := app.LoadConfig(c.config())
	require.NoError(t, err)
	set, err := playbooks.Load(cfg.Inventory, cfg.Playbooks)
	require.NoError(t, err)
	o, closing, err := app.Online(cfg, set)
	defer func() { assert.NoError(t, closing()) }()
	require.NoError(t, err)
	o.Now = time.Now
	alert := incident.Alert{Source: "desk", ID: "1", Rule: "vault.outflow-spike", Severity: incident.SeverityCritical, Chain: "lab", Contract: "lab-vault"}
	drafts, err := rehearsal.Plan(t.Context(), set, alert, o)
	require.NoError(t, err)
	for _, d := range drafts {
		if !d.Verdict.Matched {
			continue
		}
		planned, ok := d.Body.(incident.Planned)
		require.True(t, ok, "%#v", d.Body)
		assert.Positive(t, planned.Plan.Blocks["lab"], "it was read at a block")
		assert.Empty(t, planned.Plan.Calls[0].Warning)
		return
	}
	t.Fatal("vault-drain did not match")
}

func TestADeskWithoutItsChainsSaysWhatIsMissing(t *testing.T) {
	c := newClinic(t, habit{})
	cfg, err := app.LoadConfig(c.config())
	require.NoError(t, err)
	set, err := playbooks.Load(cfg.Inventory, cfg.Playbooks)
	require.NoError(t, err)
	delete(cfg.Chains, "lab")
	_, closing, err := app.Online(cfg, set)
	require.ErrorContains(t, err, "is on chain lab, which is not reached")
	assert.NoError(t, closing())
}
