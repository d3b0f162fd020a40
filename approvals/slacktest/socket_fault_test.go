package slacktest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

func TestAnEnvelopeCanArriveTwiceAndAConnectionCanBreakUnderAClick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api := within(t, time.Second, overSockets)
		ts := postCard(t, api)
		l := connect(t, s)
		l.next()
		require.NoError(t, s.FaultNextEnvelope(slacktest.EnvelopeTwice))
		require.NoError(t, s.FaultNextEnvelope(slacktest.EnvelopeThenCut))
		require.Error(t, s.FaultNextEnvelope(0))
		result := press(t, s, ts)
		first, second := l.next(), l.next()
		assert.Equal(t, first, second)
		l.ack(first.EnvelopeID, nil)
		d := <-result
		assert.True(t, d.Acked)

		again := make(chan slacktest.Delivery, 1)
		go func() {
			d, err := s.Replay(t.Context(), d)
			assert.NoError(t, err)
			again <- d
		}()
		assert.Equal(t, first, l.next(), "a replay is the same envelope; this one breaks the connection")
		assert.Empty(t, l.next())
		assert.False(t, (<-again).Acked)
		assert.Error(t, s.Disconnect("boredom"))
	})
}

func TestAnAnswerOverTwentyKilobytesIsDroppedInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api := within(t, time.Second, overSockets)
		ts := postCard(t, api)
		l := connect(t, s)
		l.next()
		result := press(t, s, ts)
		l.ack(l.next().EnvelopeID, nil)
		v, err := api.OpenViewContext(t.Context(), (<-result).TriggerID, modal("one"))
		require.NoError(t, err)
		submit := func(answer any) slacktest.Delivery {
			out := make(chan slacktest.Delivery, 1)
			go func() {
				d, err := s.Submit(t.Context(), "U0BEN", v.ID, phrase("type.one", "PAUSE"))
				assert.NoError(t, err)
				out <- d
			}()
			m := l.next()
			assert.True(t, m.Accepts)
			l.ack(m.EnvelopeID, answer)
			return <-out
		}
		d := submit(map[string]any{"response_action": "errors", "errors": map[string]string{"type.one": "No."}})
		assert.Equal(t, map[string]string{"type.one": "No."}, d.FieldErrors)
		d = submit(map[string]any{"response_action": "errors", "errors": map[string]string{"type.one": strings.Repeat("x", 20<<10)}})
		assert.True(t, d.Acked && d.ReplyDropped)
		assert.Empty(t, d.Notice)
		_, open := s.OpenView("U0BEN")
		assert.False(t, open, "to Slack the answer was empty, which closes the view")
	})
}

func TestTheRealClientSurvivesARefreshInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := within(t, time.Second, overSockets)
		api := slack.New(token, slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken(appToken),
			slack.OptionHTTPClient(&http.Client{Transport: s.RoundTripper()}))
		client := socketmode.New(api, socketmode.OptionDialer(&websocket.Dialer{NetDialContext: s.Dial}))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- client.RunContext(ctx) }()
		go func() {
			for {
				select {
				case e := <-client.Events:
					if e.Request != nil && e.Request.EnvelopeID != "" {
						assert.NoError(t, client.AckCtx(ctx, e.Request.EnvelopeID, nil))
					}
				case <-ctx.Done():
					return
				}
			}
		}()
		ts := postCard(t, api)
		connected(t, s)
		assert.True(t, (<-press(t, s, ts)).Acked)
		require.NoError(t, s.Disconnect(slacktest.ReasonRefresh))
		connected(t, s)
		time.Sleep(6 * time.Hour) // it answers pings, and comes again when its time is up
		connected(t, s)
		assert.True(t, (<-press(t, s, ts)).Acked)
		assert.Greater(t, len(s.Calls("apps.connections.open")), 2)
		cancel()
		assert.ErrorIs(t, <-ended, context.Canceled)
	})
}

func TestOpeningAConnectionCanBeRefused(t *testing.T) {
	s, _ := start(t, overSockets)
	api := slack.New(token, slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken(appToken))
	open := func() error { _, _, err := api.StartSocketModeContext(t.Context()); return err }
	require.NoError(t, s.Inject(slacktest.Fault{Method: "apps.connections.open", Times: 1, Effect: slacktest.EffectError, Code: "invalid_auth"}))
	assert.EqualError(t, open(), "invalid_auth")
	require.NoError(t, s.Inject(slacktest.Fault{Method: "apps.connections.open", Times: 1, Effect: slacktest.EffectRateLimit, RetryAfter: 30 * time.Second}))
	var limited *slack.RateLimitedError
	require.ErrorAs(t, open(), &limited)
	assert.NoError(t, open())
}
