package slack_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"

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
