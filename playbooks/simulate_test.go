package playbooks_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// simulator tells what the test tells it of every request.
type simulator struct {
	mu    sync.Mutex
	asked []actions.SimulateRequest
	says  func(ctx context.Context, r actions.SimulateRequest) (actions.Simulated, error)
}

func (s *simulator) Simulate(ctx context.Context, _ uint64, r actions.SimulateRequest) (actions.Simulated, error) {
	s.mu.Lock()
	s.asked = append(s.asked, r)
	s.mu.Unlock()
	return s.says(ctx, r)
}

// together is an endpoint where every call succeeds and every view goes from
// zero to one.
func together(_ context.Context, r actions.SimulateRequest) (actions.Simulated, error) {
	out := actions.Simulated{Endpoint: "node-a", Block: 101, Stateful: true, Calls: make([]actions.SimulatedCall, len(r.Calls))}
	for range r.Views {
		out.Before = append(out.Before, make([]byte, 32))
		out.After = append(out.After, common.BytesToHash([]byte{1}).Bytes())
	}
	for i, c := range r.Calls {
		out.Calls[i].Gas = 60_000 + uint64(i)
		if [4]byte(c.Data[:4]) == contracts.Selector("pause()") {
			by := common.BytesToHash(c.From[:])
			out.Calls[i].Logs = []actions.SimulatedLog{{Address: c.To, Topics: []common.Hash{crypto.Keccak256Hash([]byte("Paused(address)"))}, Data: by[:]},
				{Address: registry, Topics: []common.Hash{crypto.Keccak256Hash([]byte("Protected(address)")), by}}, {Address: c.To}}
		}
	}
	return out, nil
}

// simulating plans with a simulator.
func simulating(t *testing.T, set *playbooks.Set, c *chain, s actions.Simulator) incident.Plan {
	t.Helper()
	p, err := set.Planner(playbooks.PlannerOptions{Reader: c, Simulator: s, Now: func() time.Time { return t0 },
		Endpoints: func(uint64) int { return len(c.endpoints) }})
	require.NoError(t, err)
	body, err := p.Plan(t.Context(), state(t, set, drain()))
	require.NoError(t, err)
	planned, ok := body.(incident.Planned)
	require.True(t, ok, "%#v", body)
	require.NoError(t, incident.CheckPlan(planned))
	return planned.Plan
}

func TestAllCallsOfAChainAreTriedTogetherInOrderFromTheSigner(t *testing.T) {
	s := &simulator{says: together}
	p := simulating(t, with(t), newChain(), s)
	require.Len(t, s.asked, 1)
	require.Len(t, s.asked[0].Calls, len(p.Calls))
	for i, c := range p.Calls {
		assert.Equal(t, actions.Simulation{From: guardian, To: c.To, Data: c.Data}, s.asked[0].Calls[i])
	}
	pause, _ := p.Call("pause")
	require.NotNil(t, pause.Simulation)
	assert.Equal(t, incident.CallSimulation{Endpoint: "node-a", Block: 101, Stateful: true, Gas: 60_000,
		Changes: []incident.SimulatedChange{{Text: "lab-vault.paused()", Before: "false", After: "true"}},
		Events:  []string{"Paused(" + guardian.Hex() + ")", "Protected(" + guardian.Hex() + ") of lab-registry", "1 more"}}, *pause.Simulation)
	assert.Empty(t, pause.Warning)
	limit, _ := p.Call("cap")
	assert.Len(t, limit.Simulation.Changes, 2, "both words of the goal")
}

func TestACallThatRevertsTogetherShowsItsReasonAndThePlanProceeds(t *testing.T) {
	id := contracts.Selector("EnforcedPause()")
	s := &simulator{says: func(ctx context.Context, r actions.SimulateRequest) (actions.Simulated, error) {
		out, err := together(ctx, r)
		out.Calls[0].Revert = id[:]
		return out, err
	}}
	p := simulating(t, with(t), newChain(), s)
	require.Len(t, p.Calls, 4)
	pause, _ := p.Call("pause")
	assert.Contains(t, pause.Simulation.Revert, "EnforcedPause()")
	assert.Contains(t, pause.Simulation.Words(), "fails with EnforcedPause()")
	assert.Empty(t, pause.Simulation.Events, "what it emits is undone")
}

func TestTheHigherOfWhatWasEstimatedAndWhatWasUsedSettlesTheGas(t *testing.T) {
	s := &simulator{says: func(ctx context.Context, r actions.SimulateRequest) (actions.Simulated, error) {
		out, err := together(ctx, r)
		out.Calls[0].Gas, out.Calls[1].Gas = 90_000, 1<<60
		return out, err
	}}
	p := simulating(t, with(t), newChain(), s)
	assert.EqualValues(t, 135_000, p.Calls[0].Gas)
	assert.LessOrEqual(t, p.Calls[1].Gas, uint64(4*150_000), "an endpoint that lies high is bounded all the same")
	assert.Contains(t, p.Calls[1].Warning, "an endpoint says that it takes")
	c := newChain()
	c.revert = []byte{}
	p = simulating(t, with(t), c, &simulator{says: together})
	assert.Contains(t, p.Calls[0].Warning, "tried alone it reverts", "endpoints that differ are told of")
}

func TestASimulatorThatHangsOrFailsHoldsUpNothing(t *testing.T) {
	late, never := "not simulated in time", "not simulated: no endpoint could try it"
	for name, c := range map[string]struct {
		warning string
		says    func(context.Context, actions.SimulateRequest) (actions.Simulated, error)
	}{
		"it waits for the end": {late, func(ctx context.Context, _ actions.SimulateRequest) (actions.Simulated, error) {
			<-ctx.Done()
			time.Sleep(time.Millisecond) // whoever gives up when the planner does is too late
			return actions.Simulated{}, ctx.Err()
		}},
		"it heeds no context": {late, func(ctx context.Context, _ actions.SimulateRequest) (actions.Simulated, error) {
			time.Sleep(time.Minute)
			return actions.Simulated{}, nil
		}},
		"it fails": {never, func(context.Context, actions.SimulateRequest) (actions.Simulated, error) {
			return actions.Simulated{}, errors.New("no endpoint")
		}},
		"it answers something else": {never, func(context.Context, actions.SimulateRequest) (actions.Simulated, error) {
			return actions.Simulated{Stateful: true, Calls: make([]actions.SimulatedCall, 4)}, nil
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			p := simulating(t, with(t), newChain(), &simulator{says: c.says})
			assert.LessOrEqual(t, time.Since(began), 2*time.Second, name)
			for _, call := range p.Calls {
				assert.Nil(t, call.Simulation, name)
				assert.Equal(t, c.warning, call.Warning, name)
				assert.GreaterOrEqual(t, call.Gas, uint64(69_000), "the estimate still counts")
			}
			time.Sleep(2 * time.Minute) // until what heeds no context is gone
		})
	}
}

func TestASimulationHoldsUpHardlyWhatGoesOutBeforeAnybodyIsAsked(t *testing.T) {
	pre := edit{"approve:\n", "pre_authorize: {only: [pause], until: \"2027-03-31\", per: 24h}\napprove:\n"}
	set := with(t, append(append(append([]edit{}, noCap...), noBlock...), pre)...)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		p := simulating(t, set, newChain(), &simulator{says: func(ctx context.Context, _ actions.SimulateRequest) (actions.Simulated, error) {
			<-ctx.Done()
			return actions.Simulated{}, ctx.Err()
		}})
		require.NotNil(t, p.Pre)
		assert.Equal(t, 250*time.Millisecond, time.Since(began))
		assert.Contains(t, p.Calls[0].Warning, "not simulated in time")
	})
}

func TestCallsThatWereTriedAloneClaimNoChanges(t *testing.T) {
	s := &simulator{says: func(_ context.Context, r actions.SimulateRequest) (actions.Simulated, error) {
		return actions.Simulated{Endpoint: "old", Block: 9, Calls: make([]actions.SimulatedCall, len(r.Calls)), Before: make([][]byte, len(r.Views))}, nil
	}}
	p := simulating(t, with(t), newChain(), s)
	assert.Equal(t, incident.CallSimulation{Endpoint: "old", Block: 9}, *p.Calls[0].Simulation)
	assert.Contains(t, p.Calls[0].Simulation.Words(), "what they change together is not known")
}

func TestAViewThatCannotBeReadIsSaidNotToBe(t *testing.T) {
	s := &simulator{says: func(ctx context.Context, r actions.SimulateRequest) (actions.Simulated, error) {
		out, err := together(ctx, r)
		out.Before[0], out.After[0] = nil, []byte{1, 2, 3}
		return out, err
	}}
	p := simulating(t, with(t), newChain(), s)
	assert.Equal(t, "(not readable)", p.Calls[0].Simulation.Changes[0].Before)
	assert.Equal(t, "(not readable)", p.Calls[0].Simulation.Changes[0].After)
}

func TestASparesCallIsNotShownAsSimulatedFromTheSigner(t *testing.T) {
	spared := append(noCap[:len(noCap):len(noCap)], edit{"as: guardian", "as: guardian, spare: second"}, edit{"max: 20", "max: 5"})
	p := simulating(t, with(t, spared...), newChain(), &simulator{says: together})
	pause, _ := p.Call("pause")
	assert.NotNil(t, pause.Simulation)
	spare, _ := p.Call("pause/spare")
	assert.Nil(t, spare.Simulation)
}
