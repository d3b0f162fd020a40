package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/journaltest"
)

var contract = common.HexToAddress("0x1111111111111111111111111111111111111111")

// world is everything outside the engine that survives a crash of it: the
// journal, the chain, and what people have seen.
type world struct {
	t       *testing.T
	journal *journaltest.Memory

	mu            sync.Mutex
	mined         map[uint64]common.Hash // by nonce: a chain takes one transaction per nonce
	effects       map[string]int         // by step: how often the contract was called
	cards         int
	told          []string
	lines         []string // those of the thread
	steps         []string
	failPlan      error
	mode          incident.Mode
	sources       int
	limit         *incident.Limit
	pre           *incident.PreAuthority // of every plan
	doubtful      bool                   // endpoints disagree
	blind         bool                   // the chain cannot be read again
	looked        int                    // how often it was
	unsilenceable bool
	inhibit       time.Duration
	log           []string // order of what matters: appends of kinds, signatures, sends
}

func newWorld(t *testing.T, steps ...string) *world {
	return &world{t: t, journal: &journaltest.Memory{}, mined: map[uint64]common.Hash{}, effects: map[string]int{},
		steps: steps, mode: incident.ModeLive}
}

// start makes an engine on the world, as a process that starts.
func (w *world) start(change ...func(*engine.Options)) *engine.Engine {
	p := &parts{world: w}
	o := engine.Options{Journal: w.journal, Playbooks: p, Authority: p, Desk: p, Sender: p, Watcher: p, Verifier: p, Looker: p}
	for _, c := range change {
		c(&o)
	}
	e, err := engine.New(w.t.Context(), o)
	require.NoError(w.t, err)
	e.Start()
	return e
}

func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, fmt.Sprintf(format, args...))
}

// parts are the parts of one process; what they keep dies with it.
type parts struct {
	*world
	nonces uint64
}

func (p *parts) Match(alert incident.Alert) []incident.Opened {
	if alert.Rule == "" {
		return nil
	}
	return []incident.Opened{{Key: alert.Rule, Playbook: incident.PlaybookRef{Name: "drain"}, Mode: p.mode, Cooldown: time.Hour,
		Sources: p.sources, Within: time.Minute, Limit: p.limit, Inhibit: p.inhibit, Unsilenceable: p.unsilenceable}}
}

func (p *parts) Plan(_ context.Context, s incident.State) (incident.Body, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failPlan != nil {
		return nil, p.failPlan
	}
	plan := incident.Plan{Pre: p.pre, Playbook: s.Opened.Playbook,
		Incident: s.ID, Revision: 1, Mode: s.Opened.Mode, PlannedAt: time.Now(), Submit: time.Minute,
		Quorum: incident.Quorum{Need: 2, Teams: []string{"security"}, Assurance: incident.AssuranceSlack, Within: 10 * time.Minute},
		MaxFee: incident.NewQuantity(1e18),
	}
	for _, name := range p.steps {
		check := incident.Check{ChainID: 1337, To: contract, Data: []byte{1, 2, 3, 4}, Type: "bool", Op: incident.Equals, Want: incident.NewQuantity(1)}
		plan.Calls = append(plan.Calls, incident.Call{Step: name, Verb: "pause", Chain: "lab", ChainID: 1337, To: contract,
			Data: []byte{0x84, 0x56, 0xcb, 0x59}, Gas: 100_000, MaxCost: incident.NewQuantity(1e16), Goal: check})
	}
	return incident.Planned{Plan: plan, Digest: plan.Digest()}, nil
}

func (p *parts) Admit(s incident.State, v incident.Vote) error {
	if v.Person == "mallory" {
		return errors.New("you are not on the roster")
	}
	return nil
}

func (p *parts) Decide(s incident.State) incident.Body {
	var by []string
	for _, v := range s.Run().Votes {
		if v.Decision == incident.Deny {
			return incident.Declined{By: []string{v.Person}, Why: "denied"}
		}
		by = append(by, v.Person)
	}
	if len(by) < s.Run().Plan.Quorum.Need {
		return nil
	}
	return incident.Authorised{Digest: s.Run().Digest, By: by, Assurance: incident.AssuranceSlack}
}

func (p *parts) Post(_ context.Context, s incident.State) (incident.CardPosted, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cards++
	return incident.CardPosted{Channel: "C", TS: fmt.Sprint(p.cards), Version: s.Face}, nil
}

func (p *parts) Update(_ context.Context, s incident.State) (incident.Body, error) {
	return incident.CardUpdated{Version: s.Face}, nil
}

func (p *parts) Tell(_ context.Context, s incident.State, key string) (incident.Told, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, what, _ := strings.Cut(key, "/")
	switch what, _, _ = strings.Cut(what, "/"); what {
	case "vote", "sent", "executed":
		p.lines = append(p.lines, key)
	default:
		p.told = append(p.told, fmt.Sprintf("%s %s", key, s.Phase()))
	}
	return incident.Told{Key: key}, nil
}

func (p *parts) Restore(states []incident.State) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := range p.mined {
		p.nonces = max(p.nonces, n+1)
	}
	for _, s := range states {
		for _, step := range s.Run().Steps {
			for _, a := range step.Attempts {
				p.nonces = max(p.nonces, a.Nonce+1)
			}
		}
	}
	return nil
}

func (p *parts) Release(incident.State, []string) {}

func (p *parts) Price(_ context.Context, s incident.State, steps []string) ([]incident.Body, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var bodies []incident.Body
	for _, name := range steps {
		step, _ := s.Run().Step(name)
		bodies = append(bodies, incident.Priced{Step: name, Attempt: len(step.Attempts) + 1, Issue: step.Issue + 1, ChainID: 1337,
			Nonce: p.nonces, Gas: 100_000, FeeCap: incident.NewQuantity(1e9), Tip: incident.NewQuantity(1)})
		p.nonces++
	}
	return bodies, nil
}

func (p *parts) Sign(_ context.Context, s incident.State, steps []string) ([]incident.Body, error) {
	var bodies []incident.Body
	for _, name := range steps {
		step, _ := s.Run().Step(name)
		last, _ := step.Last()
		p.note("sign %s", name)
		hash := common.BytesToHash(fmt.Appendf(nil, "%s/%d", name, last.Nonce))
		bodies = append(bodies, incident.Signed{Step: name, Attempt: last.Attempt, Raw: []byte{2}, Hash: hash})
	}
	return bodies, nil
}

// Broadcast mines at once: the worst case for doing things twice.
func (p *parts) Broadcast(_ context.Context, s incident.State, steps []string) ([]incident.Body, error) {
	var bodies []incident.Body
	for _, name := range steps {
		step, _ := s.Run().Step(name)
		last, _ := step.Last()
		p.note("send %s", name)
		p.mu.Lock()
		if _, spent := p.mined[last.Nonce]; !spent {
			p.mined[last.Nonce] = last.Signed.Hash
			p.effects[name]++
		}
		p.mu.Unlock()
		bodies = append(bodies, incident.Broadcast{Step: name, Attempt: last.Attempt})
	}
	return bodies, nil
}

func (p *parts) Watch(ctx context.Context, s incident.State, name string) (incident.Body, error) {
	step, _ := s.Run().Step(name)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range step.Live() {
		if p.mined[a.Nonce] == a.Signed.Hash {
			return incident.Included{Step: name, Hash: a.Signed.Hash, Block: 1}, nil
		}
	}
	return nil, errors.New("not mined yet")
}

func (p *parts) Verify(_ context.Context, _ incident.State, step string) (incident.Body, error) {
	return incident.Held{Step: step}, nil
}

func (p *parts) Finalise(_ context.Context, s incident.State, step string) (incident.Body, error) {
	if now, _ := s.Run().Step(step); now.Level == incident.LevelLatest {
		return incident.Held{Step: step, Level: incident.LevelSafe}, nil
	}
	return incident.Final{Step: step, Level: incident.LevelFinalized}, nil
}

func (p *parts) Recheck(context.Context, incident.State, string) (incident.Body, error) {
	return nil, nil
}

// Look: a contract that was called is as wanted, until somebody undoes it.
func (p *parts) Look(_ context.Context, _ incident.State, step string) (incident.Hold, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looked++
	switch {
	case p.blind:
		return incident.HoldSure, errors.New("no endpoint answers")
	case p.doubtful:
		return incident.HoldUnknown, nil
	case p.effects[step] == 0:
		return incident.HoldGone, nil
	}
	return incident.HoldSure, nil
}

func received(rule, id string) incident.Received {
	return incident.Received{Alert: incident.Alert{Source: "generic", ID: id, Rule: rule}, Raw: []byte("{}")}
}

// the returns the only incident there is.
func (w *world) the() incident.State {
	states := w.incidents()
	require.Len(w.t, states, 1)
	return states[0]
}

func (w *world) incidents() []incident.State {
	streams, err := w.journal.All(w.t.Context())
	require.NoError(w.t, err)
	var states []incident.State
	for _, stream := range streams {
		if _, err := incident.ParseID(string(stream)); err != nil {
			continue
		}
		states = append(states, w.fold(stream))
	}
	return states
}

func (w *world) fold(stream incident.Stream) incident.State {
	var facts []incident.Fact
	for f, err := range w.journal.Read(w.t.Context(), stream, 0) {
		require.NoError(w.t, err)
		facts = append(facts, f)
	}
	s, err := incident.Fold(facts)
	require.NoError(w.t, err)
	return s
}

func approve(person string, s incident.State) incident.Vote {
	return incident.Vote{Person: person, Team: "security", Decision: incident.Approve, Digest: s.Run().Digest,
		Assurance: incident.AssuranceSlack, Delivery: person + string(s.ID)}
}
