package playbooks_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

var (
	t0       = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	vault    = common.HexToAddress("0x1111111111111111111111111111111111111111")
	registry = common.HexToAddress("0x2222222222222222222222222222222222222222")
	guardian = common.HexToAddress("0x4444444444444444444444444444444444444444")
)

// endpoint is one node with its own view of the chain. It answers views as the
// lab's contracts do, from its state.
type endpoint struct {
	name          string
	block         uint64
	down          bool
	paused        bool
	blocked       map[common.Address]bool
	limit, window *big.Int
	raw           []byte // answered instead of everything, when not nil
}

func (e *endpoint) answer(to common.Address, data []byte) []byte {
	if e.raw != nil {
		return e.raw
	}
	number := func(n *big.Int) []byte { return common.BigToHash(n).Bytes() }
	flag := func(yes bool) []byte { return number(new(big.Int).SetUint64(map[bool]uint64{true: 1}[yes])) }
	switch id := [4]byte(data[:4]); {
	case to == vault && id == contracts.Selector("paused()"):
		return flag(e.paused)
	case to == vault && id == contracts.Selector("withdrawalLimit()"):
		return number(e.limit)
	case to == vault && id == contracts.Selector("withdrawalWindow()"):
		return number(e.window)
	case to == registry && id == contracts.Selector("isBlacklisted(address)"):
		return flag(e.blocked[common.BytesToAddress(data[4:])])
	}
	return []byte{} // a fallback that returns nothing
}

// chain is what a planner reads: endpoints that may disagree, and what a
// simulation says.
type chain struct {
	mu        sync.Mutex
	endpoints []*endpoint
	gas       uint64
	revert    []byte
	estimate  error
	hang      bool // until the caller gives up
	asked     []actions.Simulation
	reads     int
}

func newChain() *chain {
	c := &chain{gas: 46_000}
	for i, name := range []string{"first", "second"} {
		c.endpoints = append(c.endpoints, &endpoint{name: name, block: uint64(100 + i), blocked: map[common.Address]bool{},
			limit: contracts.UnlimitedWithdrawal(), window: big.NewInt(3600)})
	}
	return c
}

func (c *chain) CallAll(ctx context.Context, chainID uint64, to common.Address, data []byte) ([]actions.Answer, error) {
	if c.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	var answers []actions.Answer
	for _, e := range c.endpoints {
		if e.down {
			continue
		}
		var hash common.Hash
		binary.BigEndian.PutUint64(hash[:], e.block)
		answers = append(answers, actions.Answer{Endpoint: e.name, Block: e.block, BlockHash: hash, Data: e.answer(to, data)})
	}
	if len(answers) == 0 {
		return nil, errors.New("no endpoint answered")
	}
	return answers, nil
}

func (c *chain) Estimate(ctx context.Context, _ uint64, call actions.Simulation) (uint64, []byte, error) {
	if c.hang {
		<-ctx.Done()
		return 0, nil, ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, call)
	if c.revert != nil || c.estimate != nil {
		return 0, c.revert, c.estimate
	}
	return c.gas, nil, nil
}

// each changes every endpoint.
func (c *chain) each(change func(*endpoint)) {
	for _, e := range c.endpoints {
		change(e)
	}
}

// state is an incident that an alert has opened, as far as a plan needs it.
func state(t testing.TB, set *playbooks.Set, alert incident.Alert) incident.State {
	t.Helper()
	opened := set.Match(alert)
	require.Len(t, opened, 1)
	o := opened[0]
	o.Alert = alert
	return incident.State{ID: "01JEQ7V5M2K30000", Opened: o, OpenedAt: t0, Alerts: []incident.Alert{alert},
		Runs: []incident.Run{{Phase: incident.PhaseOpened}}}
}

func planner(t testing.TB, set *playbooks.Set, c *chain) *playbooks.Planner {
	t.Helper()
	p, err := set.Planner(playbooks.PlannerOptions{Reader: c, Now: func() time.Time { return t0 },
		Endpoints: func(uint64) int { return len(c.endpoints) }})
	require.NoError(t, err)
	return p
}

// plan plans, and demands a plan.
func plan(t testing.TB, set *playbooks.Set, c *chain, alert incident.Alert) incident.Plan {
	t.Helper()
	body, err := planner(t, set, c).Plan(t.Context(), state(t, set, alert))
	require.NoError(t, err)
	planned, ok := body.(incident.Planned)
	require.True(t, ok, "%#v", body)
	require.NoError(t, incident.CheckPlan(planned))
	return planned.Plan
}

// escalated plans, and demands that a person decides.
func escalated(t testing.TB, set *playbooks.Set, c *chain, alert incident.Alert) incident.Escalated {
	t.Helper()
	body, err := planner(t, set, c).Plan(t.Context(), state(t, set, alert))
	require.NoError(t, err)
	e, ok := body.(incident.Escalated)
	require.True(t, ok, "%#v", body)
	return e
}
