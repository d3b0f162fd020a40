package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// asked waits for the card of the only incident.
func asked(t *testing.T, slack *slacktest.Server) slacktest.Message {
	t.Helper()
	var card slacktest.Message
	require.Eventually(t, func() bool {
		for _, m := range slack.Messages(channel) {
			card = m
			return true
		}
		return false
	}, 10*time.Second, 20*time.Millisecond)
	return card
}

// stateOf reads the only incident beside the daemon.
func (s *site) stateOf(t *testing.T) incident.State {
	t.Helper()
	j, err := sqlite.OpenReadOnly(t.Context(), s.dir+"/firebreak.db")
	require.NoError(t, err)
	defer j.Close()
	states, err := journal.Incidents(t.Context(), j)
	require.NoError(t, err)
	require.Len(t, states, 1)
	return states[0]
}

func (s *site) approve(t *testing.T, slack *slacktest.Server, card slacktest.Message, user string) slacktest.Delivery {
	t.Helper()
	_, err := slack.Click(t.Context(), user, channel, card.TS, "approval.review")
	require.NoError(t, err)
	view, ok := slack.OpenView(user)
	require.True(t, ok)
	d, err := slack.Submit(t.Context(), user, view.ID, map[string]map[string]string{"phrase": {"phrase": "PAUSE LAB-VAULT"}})
	require.NoError(t, err)
	return d
}

func TestAnIncidentThatRunsKeepsItsPlaybookAndWhoLeftTheRosterCannotVoteOnIt(t *testing.T) {
	s := newSite(t).manual(t)
	slack := s.openSlack(t)
	a, log := s.serving(t)
	slack.SetInteractivityURL(public(a, "/slack/interactions"))
	require.Equal(t, 202, post(t, a, drainAlert("a1")))
	card := asked(t, slack)
	before := s.stateOf(t)
	require.Equal(t, incident.PhaseAsking, before.Phase())

	// ana votes, and is then taken out of the roster; the playbook asks for more.
	s.approve(t, slack, card, "U0000000ANA")
	require.Eventually(t, func() bool { return len(s.stateOf(t).Run().Votes) == 1 }, 5*time.Second, 20*time.Millisecond)
	s.change(t, "inventory.yaml", "security: [ana, ben, cho]", "security: [ben, cho]")
	s.change(t, "inventory.yaml", "  ana: {slack: U0000000ANA}\n", "")
	s.change(t, "playbooks/vault-drain.yaml", "{quorum: 3,", "{quorum: 4,")
	s.change(t, "playbooks/vault-drain.yaml", "quorum: 2", "quorum: 3")
	done, err := app.RequestReload(t.Context(), s.socket())
	require.NoError(t, err)
	assert.Contains(t, done.Changed, "person ana removed")
	assert.Contains(t, done.Changed, "team security changed")
	assert.Empty(t, done.Warnings, "the others can still decide")

	// Her vote no longer counts, and she has no other.
	s.approve(t, slack, card, "U0000000BEN")
	require.Eventually(t, func() bool { return len(s.stateOf(t).Run().Votes) == 2 }, 5*time.Second, 20*time.Millisecond)
	assert.Equal(t, incident.PhaseAsking, s.stateOf(t).Phase(), "one vote of two: hers is gone")
	_, err = slack.Click(t.Context(), "U0000000ANA", channel, card.TS, "approval.deny")
	require.NoError(t, err)
	view, ok := slack.OpenView("U0000000ANA")
	require.True(t, ok)
	assert.Empty(t, view.Submit, "whoever left has nothing to submit")
	assert.Contains(t, string(view.Blocks), "roster")

	// The plan is as it was: two suffice, not three.
	s.approve(t, slack, card, "U0000000DEE")
	require.Eventually(t, func() bool { return s.stateOf(t).Phase() != incident.PhaseAsking }, 5*time.Second, 20*time.Millisecond)
	after := s.stateOf(t)
	assert.Equal(t, before.Run().Digest, after.Run().Digest)
	assert.Equal(t, before.Opened.Text, after.Opened.Text)
	require.NotNil(t, after.Run().Authorised)
	assert.ElementsMatch(t, []string{"ben", "dee"}, after.Run().Authorised.By)
	assert.NotContains(t, log.String(), "panic")
}

func TestAReloadSaysWhichOpenRequestCanNoLongerBeDecided(t *testing.T) {
	s := newSite(t).manual(t)
	slack := s.openSlack(t)
	a, _ := s.serving(t)
	slack.SetInteractivityURL(public(a, "/slack/interactions"))
	require.Equal(t, 202, post(t, a, drainAlert("a1")))
	asked(t, slack)
	require.Eventually(t, func() bool { return s.stateOf(t).Card.TS != "" }, 5*time.Second, 20*time.Millisecond)
	s.change(t, "inventory.yaml", channel, "C000000OTHER")
	done, err := app.RequestReload(t.Context(), s.socket())
	require.NoError(t, err)
	require.Len(t, done.Warnings, 1)
	assert.Contains(t, done.Warnings[0], "clicks on it do not count")
}
