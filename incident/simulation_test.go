package incident_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
)

func TestASimulationIsToldInOneLine(t *testing.T) {
	paused := incident.SimulatedChange{Text: "vault.paused()", Before: "false", After: "true"}
	for want, s := range map[string]*incident.CallSimulation{
		"": nil,
		"simulated at block 7 by node-a: succeeds, vault.paused() false -> true, event Paused(0x01)": {Endpoint: "node-a", Block: 7,
			Stateful: true, Changes: []incident.SimulatedChange{paused}, Events: []string{"Paused(0x01)"}},
		"simulated at block 7 by node-a: succeeds, vault.limit() stays 5, events A(), B()": {Endpoint: "node-a", Block: 7, Stateful: true,
			Changes: []incident.SimulatedChange{{Text: "vault.limit()", Before: "5", After: "5"}}, Events: []string{"A()", "B()"}},
		"simulated at block 7 by node-a: fails with EnforcedPause(), each call alone: what they change together is not known": {
			Endpoint: "node-a", Block: 7, Revert: "EnforcedPause()"},
	} {
		assert.Equal(t, want, s.Words())
	}
}

func TestAPlanWithoutASimulationHasTheDigestItHadBefore(t *testing.T) {
	a, b := full(), full()
	a.Calls[0].Simulation = nil
	assert.NotEqual(t, a.Digest(), b.Digest())
	b.Calls[0].Simulation = &incident.CallSimulation{}
	assert.NotEqual(t, a.Digest(), b.Digest(), "tried, though nothing is known of it")
}
