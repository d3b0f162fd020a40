package slack_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
)

const appToken = "xapp-1-guarded-token"

// socketed is a stage whose clicks come over WebSockets alone.
func socketed(t *testing.T) *stage {
	st := open(t, func(_ *stage, c *slack.Config, fc *slacktest.Config) {
		c.SocketMode, c.SigningSecrets = true, nil
		fc.SocketMode, fc.AppToken = true, appToken
	})
	socket, err := slack.NewSocket(st.config, slack.SocketOptions{AppToken: appToken, Handler: func() *slack.Handler { return st.handler }})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); socket.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	require.NoError(t, st.fake.WaitConnections(t.Context(), 2))
	return st
}

func TestTheWholeStoryOverSocketMode(t *testing.T) {
	st := socketed(t)
	st.post()
	assert.Equal(t, "update", st.approve("U0ANA").ResponseAction)
	assert.Equal(t, "update", st.approve("U0BEN").ResponseAction)
	assert.Equal(t, incident.PhaseExecuting, st.book.now().Phase())
	assert.Contains(t, string(st.book.now().Run().Votes[0].Evidence), `"transport":"slack-socket"`)
	assert.NotContains(t, string(st.book.now().Run().Votes[0].Evidence), "response_url\":\"http")
	d := st.command("U0ANA", "status")
	assert.Contains(t, string(d.Reply), "01JEQ7V5M2K30000")
	_, err := st.fake.Event(t.Context(), "channel_shared", map[string]any{"channel": channel})
	require.NoError(t, err)
	assert.Equal(t, []slack.Event{{Type: "channel_shared", Channel: channel}}, st.events)
	assert.NotContains(t, st.log.String(), appToken)
}

func TestNothingComesInOverHTTPWhileSocketModeIsOn(t *testing.T) {
	st := socketed(t)
	st.post()
	require.NoError(t, st.fake.SetSocketMode(false)) // so that the fake sends over HTTP, signed well
	d := st.click("U0ANA", review)
	assert.False(t, d.Acked)
	assert.Equal(t, []slack.Reason{slack.ReasonForged}, st.refused(), "there is no secret to hold it against")
}

func TestAnEnvelopeThatArrivesTwiceIsOneVote(t *testing.T) {
	st := socketed(t)
	st.post()
	st.click("U0ANA", review)
	require.NoError(t, st.fake.FaultNextEnvelope(slacktest.EnvelopeTwice))
	st.submit("U0ANA", "phrase", thePlan)
	assert.Equal(t, 1, st.book.count(incident.KindVoted))
}

func TestAVoteThatCannotBeStoredIsNotAcknowledgedOverTheSocketEither(t *testing.T) {
	st := socketed(t)
	st.post()
	st.click("U0ANA", review)
	st.book.hangs = true
	d := st.submit("U0ANA", "phrase", thePlan)
	assert.NotEqual(t, "update", d.ResponseAction)
	assert.Zero(t, st.book.count(incident.KindVoted))
}

func TestAVoteIsTakenWhileSlackRenewsOneConnection(t *testing.T) {
	st := socketed(t)
	st.post()
	require.NoError(t, st.fake.Disconnect("refresh_requested"))
	for _, user := range []string{"U0ANA", "U0BEN"} {
		var d slacktest.Delivery
		for range 50 { // as a person would: press again
			if d = st.click(user, review); d.Acked {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		require.True(t, d.Acked, d.Notice)
		assert.Equal(t, "update", st.submit(user, "phrase", thePlan).ResponseAction)
	}
	assert.Equal(t, incident.PhaseExecuting, st.book.now().Phase())
	require.NoError(t, st.fake.WaitConnections(t.Context(), 2), "and it is made again")
}

func TestASocketNeedsItsTokenAndAHandler(t *testing.T) {
	c := slack.Config{Token: token, TeamID: team, AppID: app, SocketMode: true, Channels: map[string]string{"incidents": channel}}
	h := func() *slack.Handler { return nil }
	for name, o := range map[string]slack.SocketOptions{
		"no token":    {Handler: h},
		"no handler":  {AppToken: appToken},
		"one too few": {AppToken: appToken, Handler: h, Connections: -1},
		"too many":    {AppToken: appToken, Handler: h, Connections: 6},
	} {
		_, err := slack.NewSocket(c, o)
		assert.Error(t, err, name)
	}
}
