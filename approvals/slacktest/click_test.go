package slacktest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

func TestAClickIsAcceptedByTheRealVerifierAndParser(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	ts := postCard(t, api)
	d, err := s.Click(t.Context(), "U0BEN", channel, ts, "approval.review")
	require.NoError(t, err)
	assert.True(t, d.Acked)
	assert.Equal(t, http.StatusOK, d.Status)
	require.Len(t, a.seen(), 1)
	cb := a.seen()[0]
	assert.Equal(t, slack.InteractionTypeBlockActions, cb.Type)
	assert.Equal(t, "A07BREAKER1", cb.APIAppID)
	assert.Equal(t, team, cb.Team.ID)
	assert.Equal(t, "U0BEN", cb.User.ID)
	assert.Equal(t, team, cb.User.TeamID)
	assert.Equal(t, channel, cb.Channel.ID)
	assert.Equal(t, "privategroup", cb.Channel.Name)
	assert.Equal(t, ts, cb.Container.MessageTs)
	assert.Equal(t, ts, cb.Message.Timestamp)
	assert.Equal(t, "Approval needed: pause USDX.", cb.Message.Text)
	assert.Len(t, cb.Message.Blocks.BlockSet, 3)
	require.Len(t, cb.ActionCallback.BlockActions, 1)
	act := cb.ActionCallback.BlockActions[0]
	assert.Equal(t, "approval.review", act.ActionID)
	assert.Equal(t, "act.r1", act.BlockID)
	assert.Equal(t, "v1.r1", act.Value)
	assert.NotEmpty(t, act.ActionTs)
	assert.NotEmpty(t, cb.TriggerID)
	assert.True(t, strings.HasPrefix(cb.ResponseURL, s.PageURL()+"response/"))
}

func TestEveryClickHasItsOwnTriggerAndActionTS(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	ts := postCard(t, api)
	for range 2 {
		_, err := s.Click(t.Context(), "U0BEN", channel, ts, "approval.deny")
		require.NoError(t, err)
	}
	one, two := a.seen()[0], a.seen()[1]
	assert.NotEqual(t, one.TriggerID, two.TriggerID)
	assert.NotEqual(t, one.ActionCallback.BlockActions[0].ActionTs, two.ActionCallback.BlockActions[0].ActionTs)
}

func TestARemovedButtonCanOnlyBeClickedStale(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	ts := postCard(t, api)
	_, _, _, err := api.UpdateMessageContext(t.Context(), channel, ts,
		slack.MsgOptionText("Paused.", false), slack.MsgOptionBlocks(card("r2")[:2]...))
	require.NoError(t, err)
	_, err = s.Click(t.Context(), "U0BEN", channel, ts, "approval.review")
	require.ErrorContains(t, err, "nothing with action id")
	p := slacktest.Press{User: "U0BEN", Channel: channel, TS: ts, ActionID: "approval.review"}
	_, err = s.ClickStale(t.Context(), p)
	require.ErrorContains(t, err, "which Revision")
	p.Revision = 1
	d, err := s.ClickStale(t.Context(), p)
	require.NoError(t, err)
	assert.True(t, d.Acked)
	assert.Equal(t, "Approval needed: pause USDX.", a.seen()[0].Message.Text, "the payload carries the message that was clicked")
}

func TestSomebodyWhoCannotSeeTheCardCannotClickIt(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	ts := postCard(t, api)
	for user, why := range map[string]string{
		"U0NOBODY": "unknown", "U0DEE": "deactivated", "U0ELI": "not a member",
	} {
		_, err := s.Click(t.Context(), user, channel, ts, "approval.review")
		assert.ErrorContains(t, err, why)
	}
	whisper, err := api.PostEphemeralContext(t.Context(), channel, "U0BEN", slack.MsgOptionText("x", false), slack.MsgOptionBlocks(card("e1")...))
	require.NoError(t, err)
	_, err = s.Click(t.Context(), "U0ANA", channel, whisper, "approval.review")
	assert.ErrorContains(t, err, "alone")
	assert.Empty(t, a.seen())
}

func TestAClickIsLostWhenTheAppIsSilentSlowOrBroken(t *testing.T) {
	s, api := start(t, func(c *slacktest.Config) { c.AckTimeout = 50 * time.Millisecond })
	ts := postCard(t, api)
	_, err := s.Click(t.Context(), "U0BEN", channel, ts, "approval.review")
	require.ErrorContains(t, err, "no interactivity URL")

	a := newApp(t, s)
	a.answerWith(func(_ http.ResponseWriter, r *http.Request, _ slack.InteractionCallback) { <-r.Context().Done() })
	d, err := s.Click(t.Context(), "U0BEN", channel, ts, "approval.review")
	require.NoError(t, err)
	assert.False(t, d.Acked)
	assert.Zero(t, d.Status)
	assert.Contains(t, d.Notice, "in time")

	a.answerWith(func(w http.ResponseWriter, _ *http.Request, _ slack.InteractionCallback) { w.WriteHeader(500) })
	d, err = s.Click(t.Context(), "U0BEN", channel, ts, "approval.review")
	require.NoError(t, err)
	assert.False(t, d.Acked)
	assert.Equal(t, 500, d.Status)

	a.answerWith(func(w http.ResponseWriter, r *http.Request, _ slack.InteractionCallback) {
		http.Redirect(w, r, "/", http.StatusFound)
	})
	d, err = s.Click(t.Context(), "U0BEN", channel, ts, "approval.review")
	require.NoError(t, err)
	assert.False(t, d.Acked, "a redirect is not followed")
	assert.Len(t, s.Deliveries(), 3)
}
