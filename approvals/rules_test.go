package approvals_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

func TestAVoteThatMustNotCountIsRefusedInASentence(t *testing.T) {
	rules := approvals.Rules{Roster: guardians(t)}
	for name, c := range map[string]struct {
		plan func(*incident.Plan)
		vote func(*incident.Vote)
		says string
	}{
		"stranger":           {vote: func(v *incident.Vote) { v.Person = "mallory" }, says: "not on the approvers' roster"},
		"nobody":             {vote: func(v *incident.Vote) { v.Person = "" }, says: "not on the approvers' roster"},
		"team not asked":     {vote: func(v *incident.Vote) { v.Person, v.Team = "fay", "marketing" }, says: "This request is for security, treasury"},
		"somebody's team":    {vote: func(v *incident.Vote) { v.Team = "treasury" }, says: "cannot vote for team"},
		"no team":            {vote: func(v *incident.Vote) { v.Team = "" }, says: "cannot vote for team"},
		"requester":          {plan: func(p *incident.Plan) { p.Requester = "ben" }, says: "You asked for this request, so you cannot approve it."},
		"requester in caps":  {plan: func(p *incident.Plan) { p.Requester = "BEN" }, says: "You asked for this request"},
		"another digest":     {vote: func(v *incident.Vote) { v.Digest[0] ^= 1 }, says: "replaced by another revision"},
		"no digest":          {vote: func(v *incident.Vote) { v.Digest = incident.Digest{} }, says: "replaced by another revision"},
		"another roster":     {vote: func(v *incident.Vote) { v.Roster[0] ^= 1 }, says: "roster changed"},
		"no decision":        {vote: func(v *incident.Vote) { v.Decision = "" }, says: "no decision"},
		"no assurance":       {vote: func(v *incident.Vote) { v.Assurance = "" }, says: "too weak"},
		"unknown assurance":  {vote: func(v *incident.Vote) { v.Assurance = "oath" }, says: "too weak"},
		"a click for a key":  {plan: func(p *incident.Plan) { p.Quorum.Assurance = incident.AssuranceWallet }, says: "a vote by wallet"},
		"denial, too weak":   {vote: func(v *incident.Vote) { v.Decision, v.Assurance = incident.Deny, "" }, says: "too weak"},
		"requester's denial": {plan: func(p *incident.Plan) { p.Requester = "ben" }, vote: func(v *incident.Vote) { v.Decision = incident.Deny }, says: "You asked"},
	} {
		t.Run(name, func(t *testing.T) {
			var changes []func(*incident.Plan)
			if c.plan != nil {
				changes = append(changes, c.plan)
			}
			s := asking(t, changes...)
			v := vote(rules, s, "ben", incident.Approve)
			if c.vote != nil {
				c.vote(&v)
			}
			err := rules.Admit(s, v)
			var voter *approvals.VoterError
			require.ErrorAs(t, err, &voter)
			assert.Contains(t, voter.Sentence, c.says)
		})
	}
}

func TestTheZeroValueRefusesEverybody(t *testing.T) {
	s := asking(t)
	v := vote(approvals.Rules{Roster: guardians(t)}, s, "ana", incident.Approve)
	var zero approvals.Rules
	assert.Error(t, zero.Admit(s, v))
	v.Roster = incident.Digest{}
	assert.Error(t, zero.Admit(s, v))
	for _, name := range []string{"ana", "ben", "cho"} {
		s = add(t, s, incident.Voted{Vote: incident.Vote{Person: name, Team: "security", Decision: incident.Approve,
			Digest: s.Run().Digest, Assurance: incident.AssuranceWallet, Delivery: name}})
	}
	assert.Nil(t, zero.Decide(s))
	_, ok := zero.TeamFor(s, "ana")
	assert.False(t, ok)
	assert.Error(t, approvals.Rules{Roster: guardians(t)}.Admit(incident.State{}, v), "nothing was asked")
}

func TestAnApprovalMayBecomeADenialAndNeverTheOtherWayRound(t *testing.T) {
	rules := approvals.Rules{Roster: guardians(t)}
	s := cast(t, rules, asking(t), vote(rules, asking(t), "ana", incident.Approve))
	assert.ErrorContains(t, rules.Admit(s, vote(rules, s, "ana", incident.Approve)), "already recorded: approved")
	s = cast(t, rules, s, vote(rules, s, "ana", incident.Deny))
	assert.Len(t, approvals.Objections(s.Run()), 1)
	assert.ErrorContains(t, rules.Admit(s, vote(rules, s, "ana", incident.Approve)), "cannot be taken back")
	assert.ErrorContains(t, rules.Admit(s, vote(rules, s, "ana", incident.Deny)), "already recorded: denied")

	// Even written past Admit, a yes after a no does not count.
	s = add(t, s, incident.Voted{Vote: vote(rules, s, "ana", incident.Approve)})
	s = add(t, s, incident.Voted{Vote: vote(rules, s, "ben", incident.Approve)})
	assert.Nil(t, rules.Decide(s))
}

func TestAQuorumOfPeopleAuthorisesExactlyThatDigest(t *testing.T) {
	rules := approvals.Rules{Roster: guardians(t)}
	s := cast(t, rules, asking(t), vote(rules, asking(t), "ana", incident.Approve))
	assert.Nil(t, rules.Decide(s))
	strong := vote(rules, s, "ben", incident.Approve)
	strong.Assurance = incident.AssurancePasskey
	s = cast(t, rules, s, strong)
	require.Equal(t, incident.PhaseExecuting, s.Phase())
	assert.Equal(t, incident.Authorised{Digest: s.Run().Digest, By: []string{"ana", "ben"}, Assurance: incident.AssuranceSlack}, *s.Run().Authorised)
	assert.ErrorContains(t, rules.Admit(s, vote(rules, s, "cho", incident.Approve)), "No vote is open")
}

func TestTeamsAreFilledAsWellAsTheyCanBe(t *testing.T) {
	rules := approvals.Rules{Roster: guardians(t)}
	for name, c := range map[string]struct {
		voters []string
		met    bool
	}{
		"two of one team":                   {[]string{"ben", "cho"}, false},
		"one person in both teams":          {[]string{"ana"}, false},
		"one of each":                       {[]string{"ben", "dee"}, true},
		"both teams first, then the first":  {[]string{"ana", "ben"}, true},
		"the first, then both teams":        {[]string{"ben", "ana"}, true},
		"both teams first, then the second": {[]string{"ana", "dee"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := asking(t, teams())
			for _, name := range c.voters {
				s = cast(t, rules, s, vote(rules, s, name, incident.Approve))
			}
			assert.Equal(t, c.met, s.Run().Authorised != nil)
		})
	}
}

func TestAVoterFillsATeamThatNobodyHasFilled(t *testing.T) {
	rules := approvals.Rules{Roster: guardians(t)}
	s := asking(t, teams())
	team, ok := rules.TeamFor(s, "ana")
	assert.True(t, ok)
	assert.Equal(t, "security", team)
	s = cast(t, rules, s, vote(rules, s, "ben", incident.Approve))
	team, _ = rules.TeamFor(s, "ana")
	assert.Equal(t, "treasury", team)
	team, ok = rules.TeamFor(s, "cho")
	assert.True(t, ok, "cho may still vote")
	assert.Equal(t, "security", team)
	_, ok = rules.TeamFor(s, "fay")
	assert.False(t, ok)
}

func TestOneDenialIsAnObjectionAndTwoPeopleDecline(t *testing.T) {
	rules := approvals.Rules{Roster: guardians(t)}
	no := vote(rules, asking(t), "ana", incident.Deny)
	no.Reason = "false alarm"
	s := cast(t, rules, asking(t), no)
	assert.Equal(t, incident.PhaseAsking, s.Phase(), "one stolen account must not keep the door open")

	approved := cast(t, rules, s, vote(rules, s, "ben", incident.Approve))
	approved = cast(t, rules, approved, vote(rules, approved, "cho", incident.Approve))
	assert.Equal(t, incident.PhaseExecuting, approved.Phase(), "an objection leaves the need unchanged")

	denied := cast(t, rules, s, vote(rules, s, "ben", incident.Deny))
	assert.Equal(t, incident.PhaseDeclined, denied.Phase())
	assert.Equal(t, "denied by ana (false alarm), ben", denied.Run().End)

	strict := approvals.Rules{Roster: guardians(t), DenyThreshold: 1}
	assert.Equal(t, incident.PhaseDeclined, cast(t, strict, asking(t), no).Phase())
}

func TestOneDenialEndsARecovery(t *testing.T) {
	rules := approvals.Rules{Roster: guardians(t)}
	s := asking(t)
	s.Runs[0].Number = 1
	assert.Equal(t, incident.PhaseDeclined, cast(t, rules, s, vote(rules, s, "ana", incident.Deny)).Phase())
}

func TestADryRunNeverAuthorises(t *testing.T) {
	rules := approvals.Rules{Roster: guardians(t)}
	for mode, want := range map[incident.Mode]incident.Phase{
		incident.ModeDryRun: incident.PhaseMoot, incident.ModeOff: incident.PhaseAsking, "": incident.PhaseAsking, "lvie": incident.PhaseAsking,
	} {
		s := asking(t, func(p *incident.Plan) { p.Mode = mode })
		s = cast(t, rules, s, vote(rules, s, "ana", incident.Approve))
		s = cast(t, rules, s, vote(rules, s, "ben", incident.Approve))
		assert.Equal(t, want, s.Phase(), "mode %q", mode)
		assert.Nil(t, s.Run().Authorised)
	}
}

func TestWhoLeftTheRosterOrTheTeamNoLongerCounts(t *testing.T) {
	rules := approvals.Rules{Roster: guardians(t)}
	s := cast(t, rules, asking(t), vote(rules, asking(t), "ana", incident.Approve))
	for name, left := range map[string][]approvals.Person{
		"the roster": {person("ben", "U0BEN", "security"), person("cho", "U0CHO", "security")},
		"the team":   {person("ana", "U0ANA", "marketing"), person("ben", "U0BEN", "security"), person("cho", "U0CHO", "security")},
	} {
		t.Run(name, func(t *testing.T) {
			roster, err := approvals.NewRoster(left)
			require.NoError(t, err)
			now := approvals.Rules{Roster: roster}
			s := cast(t, now, s, vote(now, s, "ben", incident.Approve))
			assert.Equal(t, incident.PhaseAsking, s.Phase())
			s = cast(t, now, s, vote(now, s, "cho", incident.Approve))
			require.NotNil(t, s.Run().Authorised)
			assert.Equal(t, []string{"ben", "cho"}, s.Run().Authorised.By)
		})
	}
}

func TestAQuorumThatCountsInAnUnknownWayIsNeverMet(t *testing.T) {
	rules := approvals.Rules{Roster: guardians(t)}
	s := asking(t, func(p *incident.Plan) { p.Quorum.Distinct = "account" })
	for _, name := range []string{"ana", "ben", "cho", "dee"} {
		s = cast(t, rules, s, vote(rules, s, name, incident.Approve))
	}
	assert.Equal(t, incident.PhaseAsking, s.Phase())
}
