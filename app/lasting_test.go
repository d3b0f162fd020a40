package app

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
)

// counter is a key that signs everything and counts.
type counter struct {
	signer.Signer
	signed int
}

func (c *counter) Sign(context.Context, signer.Request) (signer.Signed, error) {
	c.signed++
	return signer.Signed{}, nil
}

func rosterOf(t *testing.T, names ...string) approvals.Rules {
	var people []approvals.Person
	for _, name := range names {
		people = append(people, approvals.Person{Name: name, Teams: []string{"security"}})
	}
	r, err := approvals.NewRoster(people)
	require.NoError(t, err)
	return approvals.Rules{Roster: r}
}

// approvedBy is an incident of which ana and ben approved the plan.
func approvedBy(t *testing.T, rules approvals.Rules) incident.State {
	p := incident.Plan{Incident: "01JEQ7V5M2K30000", Revision: 1, Mode: incident.ModeLive,
		Quorum: incident.Quorum{Need: 2, Teams: []string{"security"}, Distinct: approvals.DistinctPerson, Assurance: incident.AssuranceSlack},
		Calls:  []incident.Call{{Step: "pause"}}}
	d := incident.DigestOf("plan", nil)
	run := incident.Run{Phase: incident.PhaseExecuting, Plan: &p, Digest: d,
		Authorised: &incident.Authorised{Digest: d, By: []string{"ana", "ben"}}, Steps: []incident.Step{{Name: "pause"}}}
	for _, name := range []string{"ana", "ben"} {
		run.Votes = append(run.Votes, incident.Vote{Person: name, Team: "security", Decision: incident.Approve, Digest: d,
			Assurance: incident.AssuranceSlack, Roster: rules.Roster.Digest(), At: time.Now()})
	}
	return incident.State{ID: "01JEQ7V5M2K30000", Runs: []incident.Run{run}}
}

func TestWhatWasApprovedIsSignedOnlyWhileItsApproversMayVote(t *testing.T) {
	all := rosterOf(t, "ana", "ben", "cho")
	state := approvedBy(t, all)
	key := &counter{}
	rules := all
	s := lasting{Signer: key, rules: func() approvals.Rules { return rules },
		state: func(context.Context, incident.ID) (incident.State, error) { return state, nil }}
	_, err := s.Sign(t.Context(), signer.Request{Incident: "01JEQ7V5M2K30000"})
	require.NoError(t, err)
	assert.Equal(t, 1, key.signed)

	rules = rosterOf(t, "ana", "cho")
	_, err = s.Sign(t.Context(), signer.Request{Incident: "01JEQ7V5M2K30000"})
	refusal, ok := errors.AsType[*signer.Refusal](err)
	require.True(t, ok, "a refusal is never retried: %v", err)
	assert.Equal(t, codeWithdrawn, refusal.Code)
	assert.Equal(t, 1, key.signed, "the key was not even asked")

	state.Runs[0].Steps[0].Attempts = []incident.Attempt{{Signed: &incident.Signed{Step: "pause"}}}
	_, err = s.Sign(t.Context(), signer.Request{Incident: "01JEQ7V5M2K30000"})
	require.NoError(t, err, "what is out is carried to its end")
}

func TestWhatIsNotApprovedAtAllNeverReachesTheKey(t *testing.T) {
	all := rosterOf(t, "ana", "ben")
	key := &counter{}
	for name, change := range map[string]func(*incident.State){
		"nothing authorised": func(s *incident.State) { s.Runs[0].Authorised = nil },
		"no plan":            func(s *incident.State) { s.Runs[0].Plan = nil },
		"a denial since": func(s *incident.State) {
			v := s.Runs[0].Votes[1]
			v.Decision = incident.Deny
			s.Runs[0].Votes = append(s.Runs[0].Votes, v)
		},
		"another digest": func(s *incident.State) { s.Runs[0].Digest = incident.DigestOf("other", nil) },
	} {
		state := approvedBy(t, all)
		change(&state)
		s := lasting{Signer: key, rules: func() approvals.Rules { return all },
			state: func(context.Context, incident.ID) (incident.State, error) { return state, nil }}
		_, err := s.Sign(t.Context(), signer.Request{Incident: "01JEQ7V5M2K30000"})
		assert.Error(t, err, name)
	}
	lost := lasting{Signer: key, rules: func() approvals.Rules { return all },
		state: func(context.Context, incident.ID) (incident.State, error) {
			return incident.State{}, errors.New("journal away")
		}}
	_, err := lost.Sign(t.Context(), signer.Request{})
	assert.ErrorContains(t, err, "journal away")
	assert.Zero(t, key.signed)
}
