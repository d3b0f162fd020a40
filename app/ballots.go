package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

// paperAge is how long a paper may lie around before it comes back signed: time
// to find a hardware wallet, and not to forget what it was about.
const paperAge = 15 * time.Minute

// clockSlip is how far ahead another replica's clock may be.
const clockSlip = time.Minute

// votes is where signed papers are cast; it is the engine.
type votes interface {
	// State returns an incident as it is now.
	State(ctx context.Context, id incident.ID) (incident.State, error)
	// Vote records a vote that the rules admit. It is durable when it returns
	// without an error; after one it is perhaps there.
	Vote(ctx context.Context, id incident.ID, v incident.Vote) (incident.State, error)
}

// ballots makes papers and takes them back signed. It remembers none: a paper is
// a function of the journal, of the key's documents and of four members that come
// back with it, so any replica can read what another one wrote, and a restart
// loses nothing. It is safe for concurrent use.
type ballots struct {
	votes votes
	keys  *keyring
	rules func() approvals.Rules
	now   func() time.Time
}

var _ console.Ballots = (*ballots)(nil)

// Paper implements console.Ballots. It refuses, before anybody signs anything,
// what could not count however it were signed.
func (b *ballots) Paper(ctx context.Context, q console.Query) (ballot.Paper, error) {
	s, err := b.votes.State(ctx, q.Incident)
	if err != nil {
		return ballot.Paper{}, err
	}
	// The strongest vote there is: which key will sign is not known yet.
	strongest := incident.Vote{Person: q.Person, Decision: q.Decision, Digest: s.Run().Digest, Assurance: incident.AssuranceWallet}
	if err := b.rules().Admit(s, b.placed(s, strongest)); err != nil {
		return ballot.Paper{}, err
	}
	keys, err := b.Keys(ctx, s)
	if err != nil {
		return ballot.Paper{}, err
	}
	a := ballot.Ask{State: s, Person: q.Person, Decision: q.Decision, Reason: q.Reason, Keys: keys, Now: b.now().UTC().Truncate(time.Second)}
	rand.Read(a.ID[:]) // never fails: crypto/rand ends the process first
	return ballot.Write(a)
}

// placed fills in what the rules of votes know of a person.
func (b *ballots) placed(s incident.State, v incident.Vote) incident.Vote {
	rules := b.rules()
	v.Team, _ = rules.TeamFor(s, v.Person)
	v.Roster = rules.Roster.Digest()
	return v
}

// Cast implements console.Ballots. The documents are read afresh: who was taken
// out of them a second ago votes no more.
func (b *ballots) Cast(ctx context.Context, c console.Cast) (incident.State, error) {
	s, err := b.votes.State(ctx, c.Incident)
	if err != nil {
		return s, err
	}
	if recorded(s, c) {
		return s, nil // an earlier delivery of this very paper
	}
	if age := b.now().Sub(c.Issued); age > paperAge || age < -clockSlip {
		return s, &approvals.VoterError{Sentence: fmt.Sprintf("What you signed is older than %s. Look at the request again and sign anew.", paperAge)}
	}
	if s.Run().Plan == nil {
		return s, &approvals.VoterError{Sentence: "No vote is open on this incident."}
	}
	keys, err := b.keys.of(ctx, 0, signersOf(s.Run().Plan)...)
	if err != nil {
		return s, err
	}
	vote, err := ballot.Read(ballot.Ask{State: s, Person: c.Person, Decision: c.Decision, Reason: c.Reason,
		Keys: keys, Now: c.Issued, ID: c.ID}, c.Signatures)
	if err != nil {
		return s, err
	}
	after, err := b.votes.Vote(ctx, c.Incident, b.placed(s, vote))
	if err == nil {
		return after, nil
	}
	return b.recheck(ctx, c, err)
}

// recheck looks at what a failed write has left: the vote may have landed all the
// same, or somebody else's may have closed the request.
func (b *ballots) recheck(ctx context.Context, c console.Cast, failed error) (incident.State, error) {
	s, err := b.votes.State(context.WithoutCancel(ctx), c.Incident)
	if err != nil {
		return s, failed
	}
	if recorded(s, c) {
		return s, nil
	}
	if errors.Is(failed, engine.ErrNotAsking) || s.Phase() != incident.PhaseAsking {
		return s, &approvals.VoterError{Sentence: fmt.Sprintf("Your vote is not recorded: this request is %s.", s.Phase())}
	}
	return s, failed
}

// recorded tells whether this very paper was counted, with this decision.
func recorded(s incident.State, c console.Cast) bool {
	delivery := ballot.Delivery(c.ID, c.Person)
	return slices.ContainsFunc(s.Run().Votes, func(v incident.Vote) bool {
		return v.Person == c.Person && v.Delivery == delivery && v.Decision == c.Decision && v.Digest.Equal(s.Run().Digest)
	})
}

// Keys implements console.Ballots.
func (b *ballots) Keys(ctx context.Context, s incident.State) (map[string]ballot.Key, error) {
	plan := s.Run().Plan
	if plan == nil {
		return map[string]ballot.Key{}, nil
	}
	return b.keys.of(ctx, keyringAge, signersOf(plan)...)
}

// signersOf are the keys that a plan signs with, each once.
func signersOf(p *incident.Plan) []string {
	names := []string{p.Signer}
	for _, c := range p.Calls {
		names = append(names, p.KeyOf(c))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
