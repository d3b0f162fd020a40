package playbooks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

// readTime bounds all reads and simulations of one plan together: the card is
// wanted now, and what could not be read is said on it.
const readTime = 2 * time.Second

// PlannerOptions are what planning needs from outside. Reader is required.
type PlannerOptions struct {
	Reader actions.Reader
	// Evidence reads what the playbooks' evidence lists. Nil: it cannot be read,
	// and people are told so.
	Evidence actions.Evidence
	// KeyAddress gives a signer's address on a chain, to simulate from. Nil, or
	// false for a key: the inventory's address, or no simulation.
	KeyAddress func(signer string, chainID uint64) (common.Address, bool)
	// Simulator tries the calls of a plan together. Nil: each is estimated alone.
	Simulator actions.Simulator
	// Endpoints gives how many endpoints of a chain are configured. Where there
	// are two or more, two must agree before a call is left out as already so.
	// Nil counts as many.
	Endpoints func(chainID uint64) int
	// TxGas gives the most gas that one transaction may ask for on a chain: its
	// cap, or its block's gas limit. Nil, or zero for a chain: 2^24, which is
	// never exceeded in any case.
	TxGas func(chainID uint64) uint64
	// Roster is the digest of who may vote, as the part that counts votes
	// computes it. Zero: the inventory's.
	Roster incident.Digest
	// Explain is told of each item's condition as it was evaluated, in the order
	// of the playbook. Nil: nobody asks.
	Explain func(Reason)
	// Now tells the time. Nil: time.Now.
	Now func() time.Time
}

// Planner matches alerts and freezes plans. It keeps nothing and is safe for
// concurrent use.
type Planner struct {
	set *Set
	o   PlannerOptions
}

// Planner binds the set to a chain reader.
func (s *Set) Planner(o PlannerOptions) (*Planner, error) {
	if s == nil || s.language == nil {
		return nil, errors.New("make planner: there is no set of playbooks")
	}
	if o.Reader == nil {
		return nil, errors.New("make planner: a reader of chains is missing")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Roster.IsZero() {
		o.Roster = s.inv.RosterDigest()
	}
	return &Planner{set: s, o: o}, nil
}

// Match is Set.Match.
func (p *Planner) Match(alert incident.Alert) []incident.Opened { return p.set.Match(alert) }

// Plan freezes the plan of an incident's first run: Planned; Moot when the
// chain is already as wanted, or nothing of the playbook applies; Escalated
// when a person must decide. It works by the text that the incident pinned,
// against the present inventory. It writes nothing and may be repeated; a
// repeated plan can differ, because the chain has moved on. The only error is
// ctx's end.
func (p *Planner) Plan(ctx context.Context, s incident.State) (incident.Body, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("plan %s: %w", s.ID, err)
	}
	if s.Run().Number > 0 {
		return escalate("this planner prepares containment alone, and this is recovery run %d", s.Run().Number), nil
	}
	book, err := p.pinned(s.Opened)
	if err != nil {
		return escalate("the playbook can no longer be carried out: %s", err), nil
	}
	key, _ := p.set.inv.Signer(book.submit.signer)
	if key.Exercise && !s.Exercise {
		return escalate("key %s is for exercises, and this is none", key.Name), nil
	}
	work := newPlanning(p.set.inv, book, s.Opened.Alert)
	work.explain = p.o.Explain
	if s.Exercise && !key.Exercise {
		work.rehearse("an exercise: key %s is for real incidents, so nothing is sent", key.Name)
	}
	p.gather(ctx, work)
	work.prepare()
	reads, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	p.look(reads, work)
	// When the engine stops, half a look is no ground for a plan.
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("plan %s: %w", s.ID, err)
	}
	work.decide(p.endpoints)
	if end := work.end(); end != nil {
		return end, nil
	}
	plan := p.freeze(s, work)
	planned := incident.Planned{Plan: plan, Digest: plan.Digest()}
	if err := incident.CheckPlan(planned); err != nil {
		return escalate("the plan is not sound: %s", err), nil
	}
	return planned, nil
}

// pinned compiles the playbook that the incident began with.
func (p *Planner) pinned(o incident.Opened) (*Playbook, error) {
	if !incident.DigestOf(digestDomain, []byte(o.Text)).Equal(o.Playbook.Digest) {
		return nil, fmt.Errorf("the text of %s is not the one that the incident pinned", o.Playbook.Name)
	}
	for _, loaded := range p.set.all {
		if loaded.Digest.Equal(o.Playbook.Digest) && loaded.Name == o.Playbook.Name {
			return loaded, nil
		}
	}
	book, problems := p.set.language.parse(o.Playbook.Name+".yaml", o.Text)
	if err := problems.err(); err != nil {
		return nil, err
	}
	return book, nil
}

func (p *Planner) endpoints(chainID uint64) int {
	if p.o.Endpoints == nil {
		return 0
	}
	return p.o.Endpoints(chainID)
}

func escalate(format string, args ...any) incident.Escalated {
	return incident.Escalated{Stage: "plan", Why: fmt.Sprintf(format, args...),
		Mend: "decide by hand; nothing was prepared and nothing was sent"}
}
