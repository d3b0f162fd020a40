package playbooks_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// capped plans where a transaction may ask for no more than most gas.
func capped(t *testing.T, c *chain, most uint64) incident.Body {
	set := with(t)
	p, err := set.Planner(playbooks.PlannerOptions{Reader: c, Now: func() time.Time { return t0 },
		TxGas: func(chain uint64) uint64 { return map[uint64]uint64{1337: most}[chain] }})
	require.NoError(t, err)
	body, err := p.Plan(t.Context(), state(t, set, drain()))
	require.NoError(t, err)
	return body
}

func TestNoCallAsksForMoreGasThanAChainAllows(t *testing.T) {
	for name, row := range map[string]struct {
		most, estimate, want uint64
		warned               bool
	}{
		"the chain does not matter":           {1 << 24, 46_000, 100_000, false},
		"a chain that nobody knows":           {0, 46_000, 100_000, false},
		"less than the verb usually takes":    {80_000, 46_000, 80_000, false},
		"more than is ever asked for":         {1 << 30, 1 << 29, 400_000, true},
		"the estimate is above what it may":   {60_000, 70_000, 60_000, true},
		"nobody can estimate, and it is less": {70_000, 0, 70_000, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChain()
			if c.gas = row.estimate; row.estimate == 0 {
				c.estimate = assert.AnError
			}
			planned, ok := capped(t, c, row.most).(incident.Planned)
			require.True(t, ok)
			require.NoError(t, incident.CheckPlan(planned))
			pause, _ := planned.Plan.Call("pause")
			assert.Equal(t, row.want, pause.Gas)
			if row.warned {
				assert.Contains(t, pause.Warning, "an endpoint says that it takes")
			} else {
				assert.NotContains(t, pause.Warning, "an endpoint says that it takes")
			}
		})
	}
}

func TestACallThatItsChainHasNoGasForIsRefusedWhenThePlanIsMade(t *testing.T) {
	least := incident.LeastGas(contracts.Pause())
	planned, ok := capped(t, newChain(), least).(incident.Planned)
	require.True(t, ok)
	assert.Equal(t, []string{"pause"}, steps(planned.Plan), "it fits exactly; the others have more calldata")
	require.NoError(t, incident.CheckPlan(planned))
	escalated, ok := capped(t, newChain(), least-1).(incident.Escalated)
	require.True(t, ok)
	assert.Contains(t, escalated.Why, "bytes of calldata take")
}
