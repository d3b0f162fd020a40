package lab

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

func TestThePlanOfARealDrainSaysWhatPausingChangedWhenItWasTried(t *testing.T) {
	scene, err := Find("vault-drain")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := Start(ctx, Options{Scenario: scene, BlockTime: 60 * time.Millisecond, Guardians: true, Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { assert.NoError(t, r.Close()) }()
	_, err = r.Play(ctx)
	require.NoError(t, err)
	states, err := journal.Incidents(ctx, r.record)
	require.NoError(t, err)
	require.NotEmpty(t, states)
	plan := states[0].Run().Plan
	require.NotNil(t, plan)
	require.NotEmpty(t, plan.Calls)
	tried := plan.Calls[0].Simulation
	require.NotNil(t, tried, plan.Calls[0].Warning)
	assert.True(t, tried.Stateful, "go-ethereum has eth_simulateV1")
	assert.Empty(t, tried.Revert)
	assert.Contains(t, tried.Changes, incident.SimulatedChange{Text: "lab-vault.paused()", Before: "false", After: "true"})
	assert.Equal(t, []string{"Paused(" + r.cast.Responder.Hex() + ")"}, tried.Events)
	assert.Greater(t, tried.Gas, uint64(21_000))
}
