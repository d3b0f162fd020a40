package submitter_test

import (
	"context"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

const blockTime = 2 * time.Second

var contract = common.HexToAddress("0x1111111111111111111111111111111111111111")

// The scripted world, by the names that these tests use.
type (
	script = submittertest.Script
	rules  = submittertest.Rules
)

const (
	chainID = submittertest.ChainID
	gwei    = submittertest.Gwei
)

var said = submittertest.Said

// world is a chain, its endpoints and a key: what survives a crash.
type world struct {
	t         *testing.T
	chain     *submittertest.Chain
	endpoints []*submittertest.Endpoint
	key       *submittertest.Key
	config    submitter.Chain
	mu        sync.Mutex
	events    []submitter.Event
}

func newWorld(t *testing.T, rpcs int) *world {
	c := submittertest.NewChain()
	w := &world{t: t, chain: c, endpoints: c.Endpoints(rpcs), key: submittertest.NewKey()}
	w.config = submitter.Chain{Name: "lab", ID: chainID, BlockTime: blockTime, Bump: true, BumpAfter: 6 * time.Second}
	for _, e := range w.endpoints {
		w.config.Endpoints = append(w.config.Endpoints, submitter.Endpoint{Name: e.Name, Client: e})
	}
	return w
}

func (w *world) options() submitter.Options {
	return submitter.Options{
		Chains: []submitter.Chain{w.config}, Signer: w.key,
		Keys: []submitter.Key{{Name: "responder-1", ChainID: chainID, Address: w.key.Address()}},
		Observe: func(e submitter.Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, e)
		},
	}
}

// cold makes a submitter that has not read anything.
func (w *world) cold() *submitter.Submitter {
	s, err := submitter.New(w.options())
	require.NoError(w.t, err)
	return s
}

// start makes a submitter, as a process that starts, and warms it.
func (w *world) start() *submitter.Submitter {
	s := w.cold()
	s.Start(w.t.Context())
	w.t.Cleanup(s.Stop)
	w.warm(s)
	return s
}

func (w *world) warm(s *submitter.Submitter) {
	for range 100 {
		if s.Warm() == nil {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	require.NoError(w.t, s.Warm())
}

func (w *world) happened(what submitter.What) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, e := range w.events {
		if e.What == what {
			n++
		}
	}
	return n
}

// story writes an incident's facts and holds every one against the machine.
type story struct {
	t     *testing.T
	state incident.State
	at    time.Time
	// What was said of bids that wait and cannot be raised.
	stalls []incident.Stalled
}

var maxCost = new(big.Int).Mul(big.NewInt(20), big.NewInt(1e15)) // 0.02 ether

func call(step string) incident.Call {
	cost, _ := incident.QuantityFromBig(maxCost)
	check := incident.Check{Chain: "lab", ChainID: chainID, To: contract, Data: common.FromHex("0x5c975abb"), Type: "bool",
		Op: incident.Equals, Want: incident.NewQuantity(1), Text: "vault.paused() == true"}
	return incident.Call{Step: step, Verb: "pause", Chain: "lab", ChainID: chainID, To: contract,
		Data: common.FromHex("0x8456cb59"), Gas: 100_000, MaxCost: cost, Goal: check}
}

// authorised is an incident that may be carried out. id is one letter.
func authorised(t *testing.T, id string, steps ...string) *story {
	at := time.Now()
	s := &story{t: t, at: at, state: incident.State{}}
	budget, _ := incident.QuantityFromBig(new(big.Int).Mul(maxCost, big.NewInt(int64(len(steps)))))
	p := incident.Plan{Incident: incident.ID("01JEQ7V5M2K3000" + id), Revision: 1, Mode: incident.ModeLive, PlannedAt: at,
		Signer: "responder-1", Submit: time.Minute, MaxFee: budget, Reason: "outflow of 250000 USDC in\n5 minutes",
		Quorum: incident.Quorum{Need: 1, Teams: []string{"security"}, Assurance: incident.AssuranceSlack, Within: time.Hour}}
	for _, step := range steps {
		p.Calls = append(p.Calls, call(step))
	}
	d := p.Digest()
	s.add(incident.Opened{Key: "k" + id, Mode: incident.ModeLive},
		incident.Planned{Plan: p, Digest: d}, incident.Asked{Digest: d, Deadline: at.Add(time.Hour)},
		incident.Voted{Vote: incident.Vote{Person: "ana", Team: "security", Decision: incident.Approve, Digest: d,
			Assurance: incident.AssuranceSlack, Delivery: "ana" + id}},
		incident.Authorised{Digest: d, By: []string{"ana"}, Assurance: incident.AssuranceSlack})
	return s
}

func (s *story) add(bodies ...incident.Body) {
	s.t.Helper()
	for _, b := range bodies {
		next, err := s.state.Foresee(incident.Draft{Run: s.state.Run().Number, Body: b, Seen: s.at})
		require.NoError(s.t, err, "fact %s", b.Kind())
		if p, ok := b.(incident.Planned); ok {
			next.ID = p.Plan.Incident
		}
		s.state = next
	}
}

func (s *story) step(name string) incident.Step {
	step, ok := s.state.Run().Step(name)
	require.True(s.t, ok)
	return step
}

func (s *story) last(name string) incident.Attempt {
	a, ok := s.step(name).Last()
	require.True(s.t, ok)
	return a
}

// stalled writes down that a bid waits, and tells whether that is what body says.
func (s *story) stalled(body incident.Body) bool {
	b, ok := body.(incident.Stalled)
	if ok {
		s.add(b)
		s.stalls = append(s.stalls, b)
	}
	return ok
}

// do carries out one kind of effect and writes what came of it.
func (s *story) do(effect func(context.Context, incident.State, []string) ([]incident.Body, error), steps ...string) []incident.Body {
	s.t.Helper()
	bodies, err := effect(s.t.Context(), s.state, steps)
	require.NoError(s.t, err)
	s.add(bodies...)
	return bodies
}

// send brings steps to the chain for the first time.
func (s *story) send(sub *submitter.Submitter, steps ...string) {
	s.t.Helper()
	s.do(sub.Price, steps...)
	s.do(sub.Sign, steps...)
	s.do(sub.Broadcast, steps...)
}

// settle follows one step until a block settles it, raising as asked.
func (s *story) settle(sub *submitter.Submitter, step string) incident.Body {
	s.t.Helper()
	for {
		body, err := sub.Watch(s.t.Context(), s.state, step)
		require.NoError(s.t, err)
		if s.stalled(body) {
			continue
		}
		s.add(body)
		if body.Kind() != incident.KindPriced {
			return body
		}
		s.do(sub.Sign, step)
		if s.step(step).State == incident.StepSigned {
			s.do(sub.Broadcast, step)
		}
	}
}

// The submitter is the engine's Sender and Watcher.
var _ interface {
	Price(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error)
	Sign(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error)
	Broadcast(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error)
	Restore(states []incident.State) error
	Watch(ctx context.Context, s incident.State, step string) (incident.Body, error)
	Release(s incident.State, steps []string)
} = (*submitter.Submitter)(nil)
