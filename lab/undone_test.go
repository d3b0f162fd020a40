package lab

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// TestWhenSomebodyUndoesAContainmentTheNextAlertAsksAtOnce plays the vault's
// story to its end on a real chain. Then the recovery key unpauses the vault, and
// the next alert asks people again, long before the cooldown is over.
func TestWhenSomebodyUndoesAContainmentTheNextAlertAsksAtOnce(t *testing.T) {
	scene, err := Find("vault-drain")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	r, err := Start(ctx, Options{Scenario: scene, BlockTime: 60 * time.Millisecond, Guardians: true, Proxies: 2, Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { assert.NoError(t, r.Close()) }()
	_, err = r.Play(ctx)
	require.NoError(t, err)

	require.NoError(t, r.sender.Mine(ctx, []contracts.Transaction{{From: r.cast.Recovery, To: &r.at.Vault, Data: contracts.Unpause(), Gas: 100_000, Note: "unpause"}}))
	require.NoError(t, r.PostAlert(ctx, http.DefaultClient, map[string]any{"id": "again", "rule": scene.Rule, "severity": "critical", "chain": "lab", "contract": scene.Target}))
	require.Eventually(t, func() bool {
		states, err := journal.Incidents(ctx, r.record)
		return err == nil && len(states) == 2 && states[1].Phase() != incident.PhaseOpened
	}, 30*time.Second, 20*time.Millisecond)
	states, err := journal.Incidents(ctx, r.record)
	require.NoError(t, err)
	assert.Equal(t, "again", states[1].Opened.Alert.ID)
	assert.NotEqual(t, incident.PhaseMoot, states[1].Phase(), "there is something to do")
}
