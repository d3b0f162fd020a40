package playbooks_test

import (
	"context"
	"errors"
	"math/big"
	"strings"
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

// witness is one endpoint as evidence is read from it: what its views answer by
// their signatures, and what it says was moved.
type witness struct {
	name  string
	block uint64
	views map[string][]byte // missing: the view reverts
	moved []actions.Transfer
	cut   bool
	down  bool
	short bool // it leaves out the last answer
}

// witnesses are all endpoints of a chain. They count what they are asked.
type witnesses struct {
	mu    sync.Mutex
	list  []*witness
	hang  bool // until the caller gives up
	calls int
	query actions.TransferQuery // the last one
}

func newWitnesses() *witnesses {
	w := &witnesses{}
	for i, name := range []string{"first", "second"} {
		w.list = append(w.list, &witness{name: name, block: uint64(200 + i), views: map[string][]byte{
			"paused()": word(0), "totalAssets()": word(7_000_000), "balanceOf(address)": word(9),
			"owner()": treasury.Hash().Bytes(), "hasRole(bytes32,address)": word(1),
		}})
	}
	return w
}

var treasury = wide(common.HexToAddress("0x5555555555555555555555555555555555555555"))

// wide is an address as a word of a view.
type wide common.Address

func (w wide) Hash() common.Hash { return common.BytesToHash(w[:]) }

func word(n uint64) []byte { return common.BigToHash(word64(n)).Bytes() }

func word64(n uint64) *big.Int { return new(big.Int).SetUint64(n) }

func units(n int64) incident.Quantity { return incident.NewQuantity(uint64(n)) }

var _ actions.Evidence = (*witnesses)(nil)

// each changes every endpoint.
func (w *witnesses) each(change func(*witness)) {
	for _, e := range w.list {
		change(e)
	}
}

func (w *witnesses) CallTogether(ctx context.Context, chainID uint64, views []actions.View) ([]actions.Together, error) {
	if w.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	for _, v := range views {
		if v.ChainID != chainID || len(v.Data) < 4 {
			return nil, errors.New("a view of another chain, or none")
		}
	}
	var all []actions.Together
	for _, e := range w.list {
		if e.down {
			continue
		}
		one := actions.Together{Endpoint: e.name, Block: e.block, Data: make([][]byte, len(views))}
		for i, v := range views {
			for signature, answer := range e.views {
				if id := contracts.Selector(signature); strings.HasPrefix(v.Data, string(id[:])) {
					one.Data[i] = answer
				}
			}
		}
		if e.short {
			one.Data = one.Data[:len(one.Data)-1]
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return nil, errors.New("no endpoint answered")
	}
	return all, nil
}

func (w *witnesses) Transfers(ctx context.Context, _ uint64, q actions.TransferQuery) ([]actions.Transfers, error) {
	if w.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	w.query = q
	var all []actions.Transfers
	for _, e := range w.list {
		if !e.down {
			all = append(all, actions.Transfers{Endpoint: e.name, FromBlock: 100, ToBlock: e.block, List: e.moved, Cut: e.cut})
		}
	}
	if len(all) == 0 {
		return nil, errors.New("no endpoint answered")
	}
	return all, nil
}

// asking gives the good playbook with evidence, and pause's condition.
func asking(t testing.TB, evidence, when string, changes ...edit) *playbooks.Set {
	t.Helper()
	text := strings.Replace(goodPlaybook, "prepare:\n", "evidence:\n"+evidence+"prepare:\n", 1)
	text = strings.Replace(text, `when: alert.severity == "critical"`, "when: '"+when+"'", 1)
	text = strings.Replace(text, "    after: [pause]\n", "", 1)
	for _, c := range changes {
		require.Equal(t, 1, strings.Count(text, c.old), c.old)
		text = strings.Replace(text, c.old, c.new, 1)
	}
	set, err := loadText(sourcedInventory, text)
	require.NoError(t, err)
	return set
}

// options are a planner's, with evidence where there are witnesses.
func options(c *chain, w *witnesses) playbooks.PlannerOptions {
	o := playbooks.PlannerOptions{Reader: c, Now: func() time.Time { return t0 }}
	if w != nil {
		o.Evidence, o.Endpoints = w, func(uint64) int { return len(w.list) }
	}
	return o
}

// witnessed plans with evidence.
func witnessed(t testing.TB, set *playbooks.Set, w *witnesses, alert incident.Alert) incident.Body {
	t.Helper()
	p, err := set.Planner(options(newChain(), w))
	require.NoError(t, err)
	body, err := p.Plan(t.Context(), state(t, set, alert))
	require.NoError(t, err)
	return body
}

// evident is witnessed, and demands a plan.
func evident(t testing.TB, set *playbooks.Set, w *witnesses, alert incident.Alert) incident.Plan {
	t.Helper()
	body := witnessed(t, set, w, alert)
	planned, ok := body.(incident.Planned)
	require.True(t, ok, "%#v", body)
	require.NoError(t, incident.CheckPlan(planned))
	return planned.Plan
}
