package faults_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/journaltest"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// book is the journal, and knows which bytes are in it.
type book struct {
	journaltest.Memory
	mu    sync.Mutex
	bytes map[common.Hash]bool
}

func newBook() *book { return &book{bytes: map[common.Hash]bool{}} }

func (b *book) Append(ctx context.Context, entries ...incident.Entry) ([]incident.Fact, error) {
	facts, err := b.Memory.Append(ctx, entries...)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range facts {
		if body, failed := f.Body(); failed == nil {
			if s, ok := body.(incident.Signed); ok {
				b.bytes[s.Hash] = true
			}
		}
	}
	return facts, err
}

func (b *book) signed(h common.Hash) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes[h]
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

func (w *world) facts(stream incident.Stream, after uint64) (facts []incident.Fact) {
	for f, err := range w.journal.Read(w.t.Context(), stream, after) {
		require.NoError(w.t, err)
		facts = append(facts, f)
	}
	return facts
}

// fold is an incident as the journal has it. What was folded once is kept.
func (w *world) fold(stream incident.Stream) incident.State {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.folded[stream]
	for _, f := range w.facts(stream, s.Seq) {
		var err error
		s, err = s.Apply(f)
		require.NoError(w.t, err)
	}
	w.folded[stream] = s
	return s
}

// kinds are the facts of the only incident, in order.
func (w *world) kinds() (all []incident.Kind) {
	for _, f := range w.facts(w.the().ID.Stream(), 0) {
		all = append(all, f.Kind)
	}
	return all
}

// tally counts the facts of a kind.
func (w *world) tally(kind incident.Kind) (n int) {
	for _, k := range w.kinds() {
		if k == kind {
			n++
		}
	}
	return n
}

// parts are what an incident needs beside the chain: a playbook that pauses,
// one guardian, and a desk that hears everything.
type parts struct{ *world }

func (p parts) Match(incident.Alert) []incident.Opened {
	return []incident.Opened{{Key: "outflow", Playbook: incident.PlaybookRef{Name: "drain"}, Mode: incident.ModeLive, Cooldown: time.Hour}}
}

func (p parts) Plan(_ context.Context, s incident.State) (incident.Body, error) {
	plan := incident.Plan{Incident: s.ID, Revision: 1, Playbook: s.Opened.Playbook, Pre: p.pre, Mode: s.Opened.Mode, PlannedAt: p.now(), Submit: time.Minute, Signer: keyName,
		Reason: "250000 USDC left in five minutes", MaxFee: p.cost.Times(uint64(len(p.steps))),
		Quorum: incident.Quorum{Need: 1, Teams: []string{"security"}, Assurance: incident.AssuranceSlack, Within: time.Hour}}
	for _, step := range p.steps {
		goal := incident.Check{Chain: "lab", ChainID: submittertest.ChainID, To: vault(step), Data: paused, Type: "bool",
			Op: incident.Equals, Want: incident.NewQuantity(1), Text: step + ".paused() == true"}
		plan.Calls = append(plan.Calls, incident.Call{Step: step, Verb: "pause", Chain: "lab", ChainID: submittertest.ChainID,
			To: vault(step), Data: pause, Gas: p.gas, MaxCost: p.cost, Goal: goal})
		plan.Verify = append(plan.Verify, incident.Verification{Of: step, Within: 2 * time.Minute})
	}
	if p.spare != nil {
		plan.MaxFee = plan.MaxFee.Times(2)
		for _, double := range slices.Clone(plan.Calls) {
			double.Step, double.SpareOf, double.Key = double.Step+"/spare", double.Step, spareName
			plan.Calls = append(plan.Calls, double)
		}
	}
	return incident.Planned{Plan: plan, Digest: plan.Digest()}, nil
}

func (p parts) Admit(incident.State, incident.Vote) error { return nil }

func (p parts) Decide(s incident.State) incident.Body {
	if len(s.Run().Votes) == 0 {
		return nil
	}
	return incident.Authorised{Digest: s.Run().Digest, By: []string{s.Run().Votes[0].Person}, Assurance: incident.AssuranceSlack}
}

func (p parts) Post(_ context.Context, s incident.State) (incident.CardPosted, error) {
	return incident.CardPosted{Channel: "C", TS: "1", Version: s.Face}, nil
}

func (p parts) Update(_ context.Context, s incident.State) (incident.Body, error) {
	return incident.CardUpdated{Version: s.Face}, nil
}

func (p parts) Tell(_ context.Context, _ incident.State, key string) (incident.Told, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.told, key) {
		p.told = append(p.told, key)
	}
	return incident.Told{Key: key}, nil
}
