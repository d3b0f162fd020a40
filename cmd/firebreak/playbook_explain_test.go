package main

import (
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func TestAnExplanationLeadsFromWhatWasReadToTheTransactionInItsBlock(t *testing.T) {
	files(t)
	hash := common.Hash{0xaf}
	plan := &incident.Plan{
		Evidence: []incident.Evidence{
			{ID: "delay", Asked: "lab-timelock.getMinDelay()", Value: "3600", Block: 7},
			{ID: "flows", Asked: "transfers\x1b[2J", Doubt: "two endpoints disagree"},
		},
		Calls: []incident.Call{{Step: "pause", Simulation: &incident.CallSimulation{Endpoint: "node-b", Block: 8, Revert: "not the pauser"}}},
	}
	state := incident.State{Runs: []incident.Run{{Plan: plan, Steps: []incident.Step{
		{Name: "pause", In: &incident.Included{Step: "pause", Hash: hash, Block: 9, Endpoint: "node-a"}}, {Name: "block"},
	}}}}
	var out strings.Builder
	require.NoError(t, explain(state, &shelf{inventory: "gone.yaml"}).text(&out))
	for _, want := range []string{
		"read: delay, lab-timelock.getMinDelay(): 3600 at block 7\n",
		"no value, two endpoints disagree\n",
		"tried: simulated at block 8 by node-b:", "not the pauser",
		"pause is in block 9: " + hash.String() + ", says node-a\n",
	} {
		assert.Contains(t, out.String(), want)
	}
	assert.NotContains(t, out.String(), "\x1b", "what comes from outside is made printable")
	assert.NotContains(t, out.String(), "block is in block", "what is in no block is not said to be")
}
