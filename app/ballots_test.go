package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/signer/plugin"
	"github.com/firebreak-project/firebreak/signer/policy/policytest"
)

// polling is one incident that asks for votes, with the real key behind it.
type polling struct {
	t     *testing.T
	clock time.Time
	state incident.State
	rules approvals.Rules
	vault *plugin.Local
	asked int   // calls of Vault
	away  error // what Vault answers
	lands bool  // a vote that fails is written all the same
	fails error // what the journal answers
}

func newPolling(t *testing.T) *polling {
	p := &polling{t: t, clock: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)}
	var err error
	p.vault, err = plugin.InProcess(t.Context(), &logical.InmemStorage{}, plugin.WithClock(func() time.Time { return p.clock }))
	require.NoError(t, err)
	policy := strings.Replace(policytest.Policy("responder-1"), `"approvals":{"need":0}}`, `"approvals":{"need":2}}`, 1)
	_, err = p.vault.Create(t.Context(), signer.NewKey{Name: "responder-1", Class: signer.Containment, Policy: policy,
		Guardians: consenttest.Guardians("responder-1", consenttest.People("ana", "ben", "eve")...)})
	require.NoError(t, err)
	roster, err := approvals.NewRoster([]approvals.Person{
		{Name: "ana", Teams: []string{"security"}}, {Name: "ben", Teams: []string{"security"}}, {Name: "dee", Teams: []string{"security"}}})
	require.NoError(t, err)
	p.rules = approvals.Rules{Roster: roster}
	p.ask()
	return p
}

func (p *polling) ask() {
	core := common.HexToAddress(policytest.Core)
	plan := incident.Plan{
		Incident: "01JEQ7V5M2K30000", Revision: 1, Mode: incident.ModeLive, Title: "pause core", PlannedAt: p.clock,
		Requester: "rule r", Signer: "responder-1", MaxFee: incident.NewQuantity(1e17), Submit: time.Minute,
		Quorum: incident.Quorum{Need: 2, Teams: []string{"security"}, Assurance: incident.AssurancePasskey, Within: 20 * time.Minute},
		Calls: []incident.Call{{Step: "pause", Verb: "pause", ChainID: 1, To: core, Data: common.FromHex("0x8456cb59"), Function: "pause()",
			Gas: 100_000, MaxCost: incident.NewQuantity(1e16),
			Goal: incident.Check{ChainID: 1, To: core, Data: common.FromHex("0x5c975abb"), Type: "bool", Op: incident.Equals}}},
	}
	p.state = incident.State{ID: plan.Incident}
	for _, body := range []incident.Body{incident.Opened{Mode: plan.Mode}, incident.Planned{Plan: plan, Digest: plan.Digest()},
		incident.Asked{Digest: plan.Digest(), Deadline: p.clock.Add(20 * time.Minute)}} {
		p.add(body)
	}
}

func (p *polling) add(body incident.Body) {
	p.t.Helper()
	next, err := p.state.Foresee(incident.Draft{Body: body, Seen: p.clock})
	require.NoError(p.t, err)
	p.state = next
}

// State implements votes.
func (p *polling) State(context.Context, incident.ID) (incident.State, error) { return p.state, nil }

// Vote implements votes, by the engine's own rule.
func (p *polling) Vote(_ context.Context, _ incident.ID, v incident.Vote) (incident.State, error) {
	if p.fails != nil && !p.lands {
		return p.state, p.fails
	}
	drafts, err := engine.Cast(p.rules, p.state, v, p.clock)
	if err != nil {
		return p.state, err
	}
	for _, d := range drafts {
		p.add(d.Body)
	}
	return p.state, p.fails
}

// Key implements keeper.
func (p *polling) Key(ctx context.Context, name string) (signer.KeyInfo, error) {
	if p.asked++; p.away != nil {
		return signer.KeyInfo{}, p.away
	}
	return p.vault.Key(ctx, name)
}

// Document implements keeper.
func (p *polling) Document(ctx context.Context, name string, what signer.What) (signer.Document, error) {
	if p.asked++; p.away != nil {
		return signer.Document{}, p.away
	}
	return p.vault.Document(ctx, name, what)
}

func (p *polling) keyring() *keyring {
	return newKeyring(p, []string{"responder-1"}, func() time.Time { return p.clock })
}

func (p *polling) ballots() *ballots {
	return &ballots{votes: p, keys: p.keyring(), now: func() time.Time { return p.clock }, rules: func() approvals.Rules { return p.rules }}
}

func query(person string) console.Query {
	return console.Query{Incident: "01JEQ7V5M2K30000", Person: person, Decision: incident.Approve}
}

// signedBy is a paper that its person has signed.
func signedBy(q console.Query, paper ballot.Paper) console.Cast {
	c := console.Cast{Query: q, ID: paper.ID, Issued: paper.Issued}
	for _, sheet := range paper.Sheets {
		c.Signatures = append(c.Signatures, consenttest.WithWallet(q.Person).Sign(sheet.Digest))
	}
	return c
}

// vote asks for a paper, signs and casts it.
func (p *polling) vote(b *ballots, person string) (console.Cast, incident.State, error) {
	p.t.Helper()
	paper, err := b.Paper(p.t.Context(), query(person))
	require.NoError(p.t, err)
	c := signedBy(query(person), paper)
	s, err := b.Cast(p.t.Context(), c)
	return c, s, err
}

func isVoterError(err error) bool {
	_, ok := errors.AsType[*approvals.VoterError](err)
	return ok
}

func TestTwoSignedPapersAreAQuorumThatTheKeyCounts(t *testing.T) {
	p := newPolling(t)
	b := p.ballots()
	for _, person := range []string{"ana", "ben"} {
		_, _, err := p.vote(b, person)
		require.NoError(t, err)
	}
	require.Equal(t, incident.PhaseExecuting, p.state.Phase())
	assert.Equal(t, []string{"ana", "ben"}, p.state.Run().Authorised.By)
	assert.Equal(t, incident.AssuranceWallet, p.state.Run().Authorised.Assurance)
	assert.Len(t, p.state.Run().Consents("pause"), 2)
}

// TestAnotherReplicaReadsAPaper: nothing of a paper is in memory.
func TestAnotherReplicaReadsAPaper(t *testing.T) {
	p := newPolling(t)
	paper, err := p.ballots().Paper(t.Context(), query("ana"))
	require.NoError(t, err)
	_, err = p.ballots().Cast(t.Context(), signedBy(query("ana"), paper))
	require.NoError(t, err)
	assert.Len(t, p.state.Run().Votes, 1)
}

func TestAPaperThatIsCastTwiceCountsOnce(t *testing.T) {
	p := newPolling(t)
	b := p.ballots()
	c, _, err := p.vote(b, "ana")
	require.NoError(t, err)
	_, err = b.Cast(t.Context(), c)
	require.NoError(t, err)
	assert.Len(t, p.state.Run().Votes, 1)
	_, _, err = p.vote(b, "ben")
	require.NoError(t, err)
	require.Equal(t, incident.PhaseExecuting, p.state.Phase())
	_, err = b.Cast(t.Context(), c)
	assert.NoError(t, err, "also after the request has closed")
	c.Decision, c.Reason = incident.Deny, "no"
	_, err = b.Cast(t.Context(), c)
	assert.True(t, isVoterError(err), "but not as another vote: %v", err)
}

func TestAVoteWhoseWriteFailedIsToldAsItIs(t *testing.T) {
	for name, c := range map[string]struct {
		lands bool
		want  bool
	}{"failing but landed": {true, true}, "failing and lost": {false, false}} {
		t.Run(name, func(t *testing.T) {
			p := newPolling(t)
			p.fails, p.lands = errors.New("the disk is full"), c.lands
			cast, _, err := p.vote(p.ballots(), "ana")
			assert.Equal(t, c.want, err == nil, "%v", err)
			assert.False(t, isVoterError(err), "nobody knows, so it may be tried again")
			p.fails = nil
			_, err = p.ballots().Cast(t.Context(), cast)
			require.NoError(t, err)
			assert.Len(t, p.state.Run().Votes, 1)
		})
	}
}

func TestWhatCouldNotCountIsRefusedBeforeAnybodySigns(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(p *polling, q *console.Query)
		says  string
	}{
		"a guardian who is not on the roster":     {func(_ *polling, q *console.Query) { q.Person = "eve" }, "not on the approvers' roster"},
		"somebody on the roster without a key":    {func(_ *polling, q *console.Query) { q.Person = "dee" }, `no guardian "dee"`},
		"a vote that stands":                      {func(p *polling, q *console.Query) { _, _, _ = p.vote(p.ballots(), "ana") }, "already recorded"},
		"a request that is over":                  {func(p *polling, _ *console.Query) { p.add(incident.Lapsed{Why: "time"}) }, "No vote is open"},
		"a denial without a reason":               {func(_ *polling, q *console.Query) { q.Decision = incident.Deny }, "say why"},
		"a deadline that has passed":              {func(p *polling, _ *console.Query) { p.clock = p.clock.Add(20 * time.Minute) }, "has passed"},
		"a decision that is none":                 {func(_ *polling, q *console.Query) { q.Decision = "maybe" }, "no decision"},
		"a requester who would approve their own": {func(p *polling, _ *console.Query) { p.state.Runs[0].Plan.Requester = "ana" }, "You asked for this"},
	} {
		t.Run(name, func(t *testing.T) {
			p, q := newPolling(t), query("ana")
			c.spoil(p, &q)
			_, err := p.ballots().Paper(t.Context(), q)
			assert.True(t, isVoterError(err), "%v", err)
			assert.ErrorContains(t, err, c.says)
		})
	}
}

func TestAPaperIsReadByWhatIsInForceNow(t *testing.T) {
	p := newPolling(t)
	b := p.ballots()
	paper, err := b.Paper(t.Context(), query("ana"))
	require.NoError(t, err)
	info, err := p.vault.Key(t.Context(), "responder-1")
	require.NoError(t, err)
	without := consenttest.NextGuardians("responder-1", 2, info.GuardiansHash, consenttest.People("ben", "eve")...)
	p.dismiss(without)
	_, err = b.Cast(t.Context(), signedBy(query("ana"), paper))
	assert.ErrorContains(t, err, `no guardian "ana"`, "though the documents of a second ago are at hand")
	assert.Empty(t, p.state.Run().Votes)
}

// dismiss puts another guardian document into force, which the guardians sign.
func (p *polling) dismiss(next string) {
	keys, err := p.keyring().all(p.t.Context())
	require.NoError(p.t, err)
	proposal, err := keys["responder-1"].Replace(signer.ChangeRoster, next, p.clock, 0)
	require.NoError(p.t, err)
	found, err := proposal.Judge()
	require.NoError(p.t, err)
	for _, id := range []string{"ana", "ben", "eve"} {
		require.NoError(p.t, proposal.Add(consenttest.WithWallet(id).Sign(found.Digest)))
	}
	change, err := proposal.Change()
	require.NoError(p.t, err)
	_, err = p.vault.Change(p.t.Context(), change)
	require.NoError(p.t, err)
}

func TestAnOldPaperAndOneOfTheFutureAreNoVotes(t *testing.T) {
	for _, off := range []time.Duration{-paperAge - time.Second, clockSlip + time.Second} {
		p := newPolling(t)
		b := p.ballots()
		keys, err := b.Keys(t.Context(), p.state)
		require.NoError(t, err)
		a := ballot.Ask{State: p.state, Person: "ana", Decision: incident.Approve, Keys: keys, Now: p.clock.Add(off), ID: common.Hash{1}}
		paper, err := ballot.Write(a)
		require.NoError(t, err)
		_, err = b.Cast(t.Context(), signedBy(query("ana"), paper))
		assert.True(t, isVoterError(err), "%s: %v", off, err)
		assert.Empty(t, p.state.Run().Votes)
	}
}

func TestWhileVaultIsAwayNobodyVotesAndNobodySignsIn(t *testing.T) {
	p := newPolling(t)
	b := p.ballots()
	g := guardians{b.keys}
	paper, err := b.Paper(t.Context(), query("ana"))
	require.NoError(t, err)
	p.away = fmt.Errorf("%w: sealed", signer.ErrUnavailable)
	_, err = b.Cast(t.Context(), signedBy(query("ana"), paper))
	assert.ErrorIs(t, err, signer.ErrUnavailable)
	assert.Empty(t, p.state.Run().Votes)
	_, err = g.Find(t.Context(), "ana")
	assert.NoError(t, err, "what was read a moment ago still says who is who")
	p.clock = p.clock.Add(keyringAge)
	_, err = g.Find(t.Context(), "ana")
	assert.ErrorIs(t, err, signer.ErrUnavailable)
	_, err = g.Login(t.Context(), console.Login{Person: "ana"})
	assert.ErrorIs(t, err, signer.ErrUnavailable)
	assert.ErrorIs(t, g.Verify(t.Context(), common.Hash{1}, consent.Signature{}), signer.ErrUnavailable)
	_, err = b.Paper(t.Context(), query("ben"))
	assert.ErrorIs(t, err, signer.ErrUnavailable)
}

func TestDocumentsAreReadOnceInAWhile(t *testing.T) {
	p := newPolling(t)
	k := p.keyring()
	for range 5 {
		_, err := k.all(t.Context())
		require.NoError(t, err)
	}
	assert.Equal(t, 3, p.asked)
	p.clock = p.clock.Add(keyringAge)
	_, err := k.all(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 6, p.asked)
}

func TestASignInIsTheSameForStrangersAndOpensForGuardiansAlone(t *testing.T) {
	p := newPolling(t)
	g := guardians{p.keyring()}
	for _, person := range []string{"ana", "mallory"} {
		l := console.Login{Person: person, Origin: "https://approve.example.org", Nonce: common.Hash{1}, Until: p.clock.Add(time.Minute)}
		sheet, err := g.Login(t.Context(), l)
		require.NoError(t, err)
		again, err := g.Login(t.Context(), l)
		require.NoError(t, err)
		assert.Equal(t, sheet, again)
		err = g.Verify(t.Context(), sheet.Digest, consenttest.WithWallet(person).Sign(sheet.Digest))
		if person == "ana" {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorIs(t, err, consent.FaultUnknownGuardian)
	}
	assert.ErrorIs(t, g.Verify(t.Context(), common.Hash{2}, consenttest.NewWallet("ben").Sign("ana", common.Hash{2})), consent.FaultSignature)
	keys, err := g.Find(t.Context(), "ana")
	require.NoError(t, err)
	assert.Len(t, keys, 1)
	none, err := g.Find(t.Context(), "mallory")
	require.NoError(t, err)
	assert.Empty(t, none)
}
