package faults_test

import (
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
	"github.com/firebreak-project/firebreak/verifier"
)

const (
	blockTime = 2 * time.Second
	gwei      = submittertest.Gwei
	keyName   = "responder-1"
)

// The contract of every test: pause() and paused().
var (
	pause  = common.FromHex("0x8456cb59")
	paused = common.FromHex("0x5c975abb")
)

type (
	script = submittertest.Script
	rules  = submittertest.Rules
)

var said = submittertest.Said

// world is everything outside the process and survives its end: the chain and
// its endpoints, the key, the journal, and what people were told.
type world struct {
	t         *testing.T
	journal   *book
	chain     *submittertest.Chain
	endpoints []*submittertest.Endpoint
	key       *submittertest.Key
	spare     *submittertest.Key // a second key that makes every call too; nil: none
	submit    submitter.Chain
	verify    verifier.Chain
	steps     []string
	gas       uint64
	cost      incident.Wei           // of one step
	pre       *incident.PreAuthority // of every plan; nil: people are asked
	taken     bool                   // another incident has its slots
	pulse     time.Duration
	now       func() time.Time

	mu     sync.Mutex
	events []submitter.Event
	told   []string
	early  []common.Hash
	gate   gate
	folded map[incident.Stream]incident.State
}

// gate sees every send before and after a node has it; its error is the reply.
type gate struct {
	before, after func(tx *types.Transaction) error
}

// newWorld makes a chain with endpoints, and an empty journal. Each step is a
// pause of a contract of its own.
func newWorld(t *testing.T, rpcs int, steps ...string) *world {
	if len(steps) == 0 {
		steps = []string{"pause"}
	}
	c := submittertest.NewChain()
	w := &world{t: t, journal: newBook(), folded: map[incident.Stream]incident.State{}, chain: c, endpoints: c.Endpoints(rpcs), key: submittertest.NewKey(), steps: steps,
		gas: 100_000, cost: incident.NewQuantity(20_000_000_000_000_000), pulse: 100 * time.Millisecond, now: time.Now}
	w.submit = submitter.Chain{Name: "lab", ID: submittertest.ChainID, BlockTime: blockTime, Bump: true, BumpAfter: 3 * blockTime}
	w.verify = verifier.Chain{Name: "lab", ID: submittertest.ChainID, BlockTime: blockTime, Depth: 3}
	c.Set(func(r *rules) {
		for _, step := range steps {
			r.Contracts[vault(step)] = submittertest.Contract{Act: pause, View: paused}
		}
	})
	for _, e := range w.endpoints {
		w.submit.Endpoints = append(w.submit.Endpoints, submitter.Endpoint{Name: e.Name, Client: e})
		w.verify.Endpoints = append(w.verify.Endpoints, verifier.Endpoint{Name: e.Name, Client: e})
		e.Set(func(s *script) { s.OnSend, s.AfterSend = w.arriving, w.arrived })
	}
	return w
}

// vault is the contract that a step pauses.
func vault(step string) common.Address {
	return common.BytesToAddress(crypto.Keccak256([]byte(step)))
}

// arriving holds every byte that reaches an endpoint against the journal.
func (w *world) arriving(tx *types.Transaction) error {
	durable := w.journal.signed(tx.Hash())
	w.mu.Lock()
	if !durable {
		w.early = append(w.early, tx.Hash())
	}
	before := w.gate.before
	w.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(tx)
}

func (w *world) arrived(tx *types.Transaction) error {
	w.mu.Lock()
	after := w.gate.after
	w.mu.Unlock()
	if after == nil {
		return nil
	}
	return after(tx)
}

// script changes all endpoints.
func (w *world) script(change func(s *script)) {
	for _, e := range w.endpoints {
		e.Set(change)
	}
}

func (w *world) observe(e submitter.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// happened counts events, all those of one kind.
func (w *world) happened(what submitter.What) int {
	return w.count(func(e submitter.Event) bool { return e.What == what })
}

// answers counts the answers of one kind that an endpoint gave.
func (w *world) answers(endpoint string, kind submitter.Kind) int {
	return w.count(func(e submitter.Event) bool {
		return e.What == submitter.Answered && e.Endpoint == endpoint && e.Kind == kind
	})
}

func (w *world) count(is func(submitter.Event) bool) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, e := range w.events {
		if is(e) {
			n++
		}
	}
	return n
}

// until waits for the only incident to come so far: ten minutes of virtual
// time, or 30 s of real time.
func (w *world) until(what string, is func(incident.State) bool) incident.State {
	w.t.Helper()
	for range int(10 * time.Minute / (100 * time.Millisecond)) {
		if states := w.incidents(); len(states) == 1 && is(states[0]) {
			return states[0]
		}
		time.Sleep(w.pulse)
	}
	require.FailNow(w.t, "never "+what, w.story())
	return incident.State{}
}

// story is what became of the incidents, for whoever reads a failure.
func (w *world) story() string {
	var b strings.Builder
	for _, s := range w.incidents() {
		fmt.Fprintf(&b, "%s: %s %s\n", s.ID, s.Phase(), s.Run().End)
		for _, step := range s.Run().Steps {
			fmt.Fprintf(&b, "  %s: %s, %d bids, %d nonces: %s\n", step.Name, step.State, len(step.Attempts), step.Issue, step.Why)
		}
		for _, f := range w.facts(s.ID.Stream(), 0) {
			fmt.Fprintf(&b, "  %s %s %.300s\n", f.Written.Format("04:05.0"), f.Kind, f.Raw)
		}
	}
	return b.String()
}

func (w *world) untilStep(state incident.StepState) incident.State {
	w.t.Helper()
	return w.until(string(state), func(s incident.State) bool {
		step, ok := s.Run().Step(w.steps[0])
		return ok && step.State == state
	})
}

func (w *world) contained() incident.State {
	w.t.Helper()
	return w.until("contained", func(s incident.State) bool { return s.Phase() == incident.PhaseContained })
}

// once demands what nearly every row demands of the end: one transaction per
// step and no more, nonces from 0 on without a gap, no second nonce for a step,
// every effect once, and nothing on a socket before it was on disk.
func (w *world) once(s incident.State) {
	w.t.Helper()
	mined := w.chain.Mined(w.key.Address())
	assert.Len(w.t, mined, len(w.steps), "one transaction per step")
	for _, name := range w.steps {
		step, _ := s.Run().Step(name)
		assert.Equal(w.t, 1, step.Issue, "step %s opened one nonce", name)
		assert.Equal(w.t, 1, w.chain.Effects(vault(name)), "step %s took effect once", name)
		require.NotNil(w.t, step.In, name)
		assert.Contains(w.t, mined, step.In.Hash, "step %s names the transaction that was mined", name)
	}
	w.durable()
}

// durable demands that no endpoint saw bytes which were not on disk.
func (w *world) durable() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	assert.Empty(w.t, w.early, "bytes left before they were in the journal")
}

// the is the only incident there is.
func (w *world) the() incident.State {
	w.t.Helper()
	states := w.incidents()
	require.Len(w.t, states, 1)
	return states[0]
}

// step is the first step of the only incident.
func (w *world) step() incident.Step {
	s, ok := w.the().Run().Step(w.steps[0])
	require.True(w.t, ok)
	return s
}

// virtual runs a test in a bubble of its own time.
func virtual(t *testing.T, test func(t *testing.T)) { synctest.Test(t, test) }

// tellings counts what people were told under a key's beginning.
func (w *world) tellings(prefix string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, key := range w.told {
		if len(key) >= len(prefix) && key[:len(prefix)] == prefix {
			n++
		}
	}
	return n
}

// outcome is what an endpoint said to an attempt.
func outcome(a incident.Attempt, endpoint string) incident.Outcome {
	for _, o := range a.Outcomes {
		if o.Endpoint == endpoint {
			return o
		}
	}
	return incident.Outcome{Text: fmt.Sprintf("%s said nothing", endpoint)}
}

var bigChain = big.NewInt(submittertest.ChainID)

func bigGwei(n int64) *big.Int { return big.NewInt(n * gwei) }
