package approvals_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

var t0 = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

func person(name, user string, teams ...string) approvals.Person {
	return approvals.Person{Name: name, Teams: teams, SlackTeam: "T0GUARD001", SlackUser: user}
}

// guardians: ana is in both teams, fay in one that no plan here asks.
func guardians(t testing.TB) approvals.Roster {
	t.Helper()
	r, err := approvals.NewRoster([]approvals.Person{
		person("ana", "U0ANA", "security", "treasury"),
		person("ben", "U0BEN", "security"),
		person("cho", "U0CHO", "security"),
		person("dee", "U0DEE", "treasury"),
		person("fay", "U0FAY", "marketing"),
	})
	require.NoError(t, err)
	return r
}

func plan(change ...func(*incident.Plan)) incident.Plan {
	vault := common.HexToAddress("0x1111111111111111111111111111111111111111")
	p := incident.Plan{
		Incident: "01JEQ7V5M2K30000", Revision: 1, Mode: incident.ModeLive, PlannedAt: t0, Submit: time.Minute,
		Requester: "rule vault.outflow-spike",
		Quorum: incident.Quorum{Need: 2, Teams: []string{"security", "treasury"}, Distinct: "person",
			Assurance: incident.AssuranceSlack, Within: 10 * time.Minute},
		MaxFee: incident.NewQuantity(1e18),
		Calls: []incident.Call{{
			Step: "pause", Verb: "pause", ChainID: 1337, To: vault, Data: common.FromHex("0x8456cb59"), Gas: 100_000,
			MaxCost: incident.NewQuantity(1e16),
			Goal: incident.Check{ChainID: 1337, To: vault, Data: common.FromHex("0x5c975abb"), Type: "bool",
				Op: incident.Equals, Want: incident.NewQuantity(1)},
		}},
	}
	for _, f := range change {
		f(&p)
	}
	return p
}

// asking is an incident whose plan waits for votes.
func asking(t testing.TB, change ...func(*incident.Plan)) incident.State {
	t.Helper()
	p := plan(change...)
	s := incident.State{ID: p.Incident}
	for _, body := range []incident.Body{
		incident.Opened{Mode: p.Mode},
		incident.Planned{Plan: p, Digest: p.Digest()},
		incident.Asked{Digest: p.Digest(), Deadline: t0.Add(10 * time.Minute)},
	} {
		s = add(t, s, body)
	}
	return s
}

func add(t testing.TB, s incident.State, body incident.Body) incident.State {
	t.Helper()
	next, err := s.Foresee(incident.Draft{Run: s.Run().Number, Body: body, Seen: t0})
	require.NoError(t, err)
	return next
}

// vote is an honest vote of somebody on the roster.
func vote(r approvals.Rules, s incident.State, name string, d incident.Decision) incident.Vote {
	team, _ := r.TeamFor(s, name)
	return incident.Vote{Person: name, Team: team, Decision: d, Digest: s.Run().Digest, Assurance: incident.AssuranceSlack,
		Roster: r.Roster.Digest(), Delivery: fmt.Sprintf("%s/%s/%d", name, d, len(s.Run().Votes))}
}

// cast votes as the engine does: admit, write, decide, write.
func cast(t testing.TB, r approvals.Rules, s incident.State, v incident.Vote) incident.State {
	t.Helper()
	require.NoError(t, r.Admit(s, v))
	s = add(t, s, incident.Voted{Vote: v})
	if body := r.Decide(s); body != nil {
		s = add(t, s, body)
	}
	return s
}

func teams() func(*incident.Plan) {
	return func(p *incident.Plan) { p.Quorum.Distinct = approvals.DistinctTeam }
}
