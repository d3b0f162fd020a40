package slacktest_test

import (
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

// reach clicks and returns a function that answers through the click's
// response_url.
func reach(t *testing.T, s *slacktest.Server, api *slack.Client) func(text string) error {
	t.Helper()
	newApp(t, s)
	d, err := s.Click(t.Context(), "U0BEN", channel, postCard(t, api), "approval.review")
	require.NoError(t, err)
	return func(text string) error {
		_, _, err := api.PostMessageContext(t.Context(), channel,
			slack.MsgOptionResponseURL(d.ResponseURL, slack.ResponseTypeEphemeral), slack.MsgOptionText(text, false))
		return err
	}
}

func TestAResponseURLWorksFiveTimes(t *testing.T) {
	s, api := start(t)
	use := reach(t, s, api)
	for range 5 {
		require.NoError(t, use("You may not approve this."))
	}
	assert.Error(t, use("sixth"))
	list := s.Messages(channel)
	require.Len(t, list, 6)
	assert.True(t, list[1].Ephemeral)
	assert.Equal(t, "U0BEN", list[1].To)
}

func TestAResponseURLLastsThirtyMinutes(t *testing.T) {
	c := &clock{now: time.Now()}
	s, api := start(t, func(cfg *slacktest.Config) { cfg.Now = c.Now })
	use := reach(t, s, api)
	c.Advance(30 * time.Minute)
	require.NoError(t, use("in time"))
	c.Advance(time.Millisecond)
	assert.Error(t, use("too late"))
}

func TestOnlyAResponseURLChangesAnEphemeralMessage(t *testing.T) {
	s, api := start(t)
	ts, err := api.PostEphemeralContext(t.Context(), channel, "U0BEN", slack.MsgOptionText("x", false), slack.MsgOptionBlocks(card("e1")...))
	require.NoError(t, err)
	newApp(t, s)
	d, err := s.Click(t.Context(), "U0BEN", channel, ts, "approval.deny")
	require.NoError(t, err)
	_, _, err = api.PostMessageContext(t.Context(), channel, slack.MsgOptionReplaceOriginal(d.ResponseURL), slack.MsgOptionText("Changed.", false))
	require.NoError(t, err)
	m, _ := s.Message(channel, ts)
	assert.Equal(t, "Changed.", m.Text)
	_, _, err = api.PostMessageContext(t.Context(), channel, slack.MsgOptionDeleteOriginal(d.ResponseURL), slack.MsgOptionText("", false))
	require.NoError(t, err)
	_, there := s.Message(channel, ts)
	assert.False(t, there)
}
