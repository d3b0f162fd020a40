package slack_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

var vault = common.HexToAddress("0xA79C6968E3c75aE4eF388370d1f142720D498fEC")

// book is a journal with one incident in it and votes as the engine casts
// them: one after the other, decided and written in one go. Its faults are
// those of a disk.
type book struct {
	t     *testing.T
	rules approvals.Rules

	mu     sync.Mutex
	state  incident.State
	facts  []incident.Fact
	claims map[string]bool
	drill  bool          // the alert is an exercise
	fail   error         // the next vote fails with it
	landed bool          // ... after it was written
	hangs  bool          // votes hang until their context ends
	slow   chan struct{} // reads wait for it to be closed
}

func plan() incident.Plan {
	return incident.Plan{
		Incident: "01JEQ7V5M2K30000", Revision: 1, Mode: incident.ModeLive, PlannedAt: time.Now(), Submit: time.Minute,
		Playbook: incident.PlaybookRef{Name: "vault-drain"}, Title: "pause lab-vault on lab",
		Reason: "250000 USDC left the vault within one block.", Requester: "rule vault.outflow-spike (tenderly)",
		Summary: "Stops withdrawals while the cause is looked at.", Blocks: map[string]uint64{"lab": 21334571},
		Quorum: incident.Quorum{Need: 2, Teams: []string{"security"}, Distinct: "person", Assurance: incident.AssuranceSlack,
			Within: 10 * time.Minute, Channel: "#incidents", OnTimeout: "the duty officer"},
		Signer: "guardian", MaxFee: incident.NewQuantity(1e18), Recover: []string{"unpause() by 3 of 5 guardians"},
		Calls: []incident.Call{pauseCall("pause")},
	}
}

func pauseCall(step string) incident.Call {
	return incident.Call{
		Step: step, Verb: "pause", Target: "lab-vault", Chain: "lab", ChainID: 1337, To: vault, Data: common.FromHex("0x8456cb59"),
		Function: "pause()", Gas: 100_000, MaxCost: incident.NewQuantity(1e16), Effect: "All transfers stop until unpaused.",
		Undo: "Yes, unpause() by 3 of 5 guardians.",
		Goal: incident.Check{ChainID: 1337, To: vault, Data: common.FromHex("0x5c975abb"), Type: "bool", Op: incident.Equals,
			Want: incident.NewQuantity(1), Text: "lab-vault.paused() == true"},
	}
}

func opened() incident.Opened {
	return incident.Opened{Key: "vault-drain/lab-vault", Playbook: incident.PlaybookRef{Name: "vault-drain"}, Mode: incident.ModeLive,
		Owner: "team-vault", Alert: incident.Alert{Source: "tenderly", ID: "a1", Rule: "vault.outflow-spike",
			Severity: incident.SeverityCritical, Summary: "Outflow above limit"}}
}

func newBook(t *testing.T, rules approvals.Rules) *book {
	b := &book{t: t, rules: rules}
	b.restart(plan())
	return b
}

// restart forgets everything and asks for votes on a plan.
func (b *book) restart(p incident.Plan) {
	b.mu.Lock()
	b.state, b.facts, b.claims, b.drill = incident.State{}, nil, map[string]bool{}, p.Exercise
	b.mu.Unlock()
	open := opened()
	open.Mode = p.Mode
	b.add(open, incident.Planned{Plan: p, Digest: p.Digest()},
		incident.Asked{Digest: p.Digest(), Deadline: p.PlannedAt.Add(p.Quorum.Within)})
}

func (b *book) add(bodies ...incident.Body) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, body := range bodies {
		require.NoError(b.t, b.write(body))
	}
}

func (b *book) write(body incident.Body) error {
	if v, ok := body.(incident.Voted); ok {
		key := v.Claims("", 0)[0].Key
		if b.claims[key] {
			return fmt.Errorf("%s is claimed already", key)
		}
		b.claims[key] = true
	}
	d := incident.Draft{Run: b.state.Run().Number, Body: body, Seen: time.Now(), Exercise: b.drill}
	f, err := d.Seal(incident.Position{Stream: "01JEQ7V5M2K30000", Seq: b.state.Seq + 1, Prev: b.state.Head}, d.Seen)
	if err != nil {
		return err
	}
	next, err := b.state.Apply(f)
	if err != nil {
		return err
	}
	b.state, b.facts = next, append(b.facts, f)
	return nil
}

func (b *book) now() incident.State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// count is how many facts of a kind there are.
func (b *book) count(kind incident.Kind) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, f := range b.facts {
		if f.Kind == kind {
			n++
		}
	}
	return n
}

func (b *book) State(ctx context.Context, id incident.ID) (incident.State, error) {
	b.mu.Lock()
	slow := b.slow
	b.mu.Unlock()
	if slow != nil {
		select {
		case <-slow:
		case <-ctx.Done():
			return incident.State{}, ctx.Err()
		}
	}
	s := b.now()
	if id != s.ID {
		return incident.State{}, errors.New("there is no such incident")
	}
	return s, nil
}

func (b *book) Vote(ctx context.Context, id incident.ID, v incident.Vote) (incident.State, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	run := b.state.Run()
	for _, earlier := range run.Votes {
		if earlier.Person == v.Person && earlier.Decision == v.Decision && earlier.Digest.Equal(v.Digest) {
			return b.state, nil
		}
	}
	if run.Phase != incident.PhaseAsking {
		return b.state, fmt.Errorf("no vote is open: this request is already %s", run.Phase)
	}
	if err := b.rules.Admit(b.state, v); err != nil {
		return b.state, err
	}
	fail := b.fail
	b.fail = nil
	switch {
	case b.hangs:
		b.mu.Unlock()
		<-ctx.Done()
		b.mu.Lock()
		return b.state, ctx.Err()
	case fail != nil && !b.landed:
		return b.state, fail
	}
	if err := b.write(incident.Voted{Vote: v}); err != nil {
		return b.state, err
	}
	if body := b.rules.Decide(b.state); body != nil {
		if err := b.write(body); err != nil {
			return b.state, err
		}
	}
	return b.state, fail
}

// ship brings the only step of the plan to its end.
func (b *book) ship() common.Hash {
	hash := common.HexToHash("0x5be1d2c6d6c1fb1a4a0a5d3f0c3c1c7a0b6f5e4d3c2b1a09f8e7d6c5b4a39281")
	step := b.now().Run().Steps[0].Name
	b.add(
		incident.Priced{Key: "guardian", Step: step, Attempt: 1, Issue: 1, ChainID: 1337, Gas: 100_000, FeeCap: incident.NewQuantity(1e9), Tip: incident.NewQuantity(1)},
		incident.Signed{Step: step, Attempt: 1, Raw: []byte{2}, Hash: hash},
		incident.Broadcast{Step: step, Attempt: 1},
		incident.Included{Step: step, Hash: hash, Block: 21334580},
		incident.Held{Step: step}, incident.Executed{}, incident.Final{Step: step}, incident.Contained{})
	return hash
}

// shown is the incident as it was at a face.
func (b *book) shown(_ context.Context, _ incident.ID, face int) (incident.State, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var then incident.State
	for _, f := range b.facts {
		next, err := then.Apply(f)
		if err != nil {
			return then, err
		}
		if next.Face > face {
			break
		}
		then = next
	}
	return then, nil
}

// alarm writes one down.
func (b *book) alarm(_ context.Context, _ incident.ID, a incident.Alarmed) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.write(a)
}
