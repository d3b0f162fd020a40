package slacktest_test

import (
	"context"
	"encoding/json"
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

const appToken = "xapp-test"

func overSockets(c *slacktest.Config) { c.AppToken, c.SocketMode = appToken, true }

// line is one connection, as a client sees it. in ends with the connection.
type line struct {
	t    *testing.T
	conn *websocket.Conn
	in   chan message
}

// message is what comes through a line.
type message struct {
	Type           string          `json:"type"`
	Reason         string          `json:"reason"`
	NumConnections int             `json:"num_connections"`
	EnvelopeID     string          `json:"envelope_id"`
	Payload        json.RawMessage `json:"payload"`
	Accepts        bool            `json:"accepts_response_payload"`
	RetryAttempt   int             `json:"retry_attempt"`
	RetryReason    string          `json:"retry_reason"`
	DebugInfo      struct {
		Time int `json:"approximate_connection_time"`
	} `json:"debug_info"`
}

func connect(t *testing.T, s *slacktest.Server) *line {
	t.Helper()
	return connectTo(t, s, openURL(t, s))
}

func openURL(t *testing.T, s *slacktest.Server) string {
	t.Helper()
	api := slack.New(token, slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken(appToken),
		slack.OptionHTTPClient(&http.Client{Transport: s.RoundTripper()}))
	_, url, err := api.StartSocketModeContext(t.Context())
	require.NoError(t, err)
	return url
}

func connectTo(t *testing.T, s *slacktest.Server, url string, change ...func(*websocket.Conn)) *line {
	t.Helper()
	dialer := websocket.Dialer{NetDialContext: s.Dial}
	conn, resp, err := dialer.DialContext(t.Context(), url, nil)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	t.Cleanup(func() { _ = conn.Close() }) // the test may have cut it
	for _, f := range change {
		f(conn)
	}
	l := &line{t, conn, make(chan message, 100)}
	go func() {
		defer close(l.in)
		for {
			var m message
			if conn.ReadJSON(&m) != nil {
				return
			}
			l.in <- m
		}
	}()
	return l
}

// next is the next message, or the zero one when the connection has ended.
func (l *line) next() message {
	l.t.Helper()
	select {
	case m := <-l.in:
		return m
	case <-l.t.Context().Done():
		return message{}
	}
}

func (l *line) ack(id string, payload any) {
	l.t.Helper()
	out := map[string]any{"envelope_id": id}
	if payload != nil {
		out["payload"] = payload
	}
	require.NoError(l.t, l.conn.WriteJSON(out))
}

func TestTheTwoTokensDoNotDoEachOthersWork(t *testing.T) {
	s, bot := start(t, overSockets)
	_, _, err := slack.New(token, slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken(token)).StartSocketModeContext(t.Context())
	assert.EqualError(t, err, "not_allowed_token_type")
	_, err = slack.New(appToken, slack.OptionAPIURL(s.APIURL())).AuthTestContext(t.Context())
	assert.EqualError(t, err, "not_allowed_token_type")
	_, _, err = slack.New(token, slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken("xapp-guess")).StartSocketModeContext(t.Context())
	assert.EqualError(t, err, "invalid_auth")
	_, err = bot.AuthTestContext(t.Context())
	assert.NoError(t, err)
	cfg := config()
	cfg.SocketMode = true
	_, err = slacktest.New(cfg)
	assert.ErrorContains(t, err, "AppToken")
}

func TestAConnectionAddressWorksOnceAndSoon(t *testing.T) {
	c := &clock{now: time.Now()}
	s, _ := within(t, time.Second, overSockets, func(cfg *slacktest.Config) { cfg.Now = c.Now })
	dial := func(url string) int {
		conn, resp, err := (&websocket.Dialer{NetDialContext: s.Dial}).DialContext(t.Context(), url, nil)
		if err == nil {
			_ = conn.Close() // only the answer is of interest
		}
		require.NotNil(t, resp)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	url := openURL(t, s)
	assert.True(t, strings.HasPrefix(url, "ws://slack.test/link/?"), url)
	assert.Equal(t, http.StatusSwitchingProtocols, dial(url))
	assert.Equal(t, http.StatusForbidden, dial(url), "it was used")
	late := openURL(t, s)
	c.Advance(time.Minute)
	assert.Equal(t, http.StatusForbidden, dial(late), "it is old")
}

func TestTheEleventhConnectionIsSentAway(t *testing.T) {
	s, _ := within(t, time.Second, overSockets)
	for i := range 10 {
		hello := connect(t, s).next()
		assert.Equal(t, "hello", hello.Type)
		assert.Equal(t, i+1, hello.NumConnections)
		assert.Equal(t, 18060, hello.DebugInfo.Time)
	}
	eleventh := connect(t, s)
	assert.Equal(t, slacktest.ReasonTooMany, eleventh.next().Reason)
	assert.Empty(t, eleventh.next(), "the connection has ended")
	assert.Equal(t, 10, s.Connections())
}

func TestAPayloadGoesToOneConnectionAndItsAckCountsThereAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api := within(t, time.Second, overSockets)
		one, two := connect(t, s), connect(t, s)
		one.next()
		two.next()
		ts := postCard(t, api)
		seen := map[*line]int{}
		for i := range 40 {
			result := press(t, s, ts)
			synctest.Wait()
			require.Equal(t, 1, len(one.in)+len(two.in), "one connection and no other")
			to, other := one, two
			if len(two.in) == 1 {
				to, other = two, one
			}
			m := to.next()
			seen[to]++
			assert.Equal(t, "interactive", m.Type)
			assert.False(t, m.Accepts)
			// Half of the acks come from where the payload never was.
			from := to
			if i%2 == 1 {
				from = other
			}
			from.ack(m.EnvelopeID, nil)
			d := <-result
			assert.Equal(t, from == to, d.Acked)
			assert.Equal(t, slacktest.OverSocket, d.Transport)
			assert.Equal(t, m.EnvelopeID, d.EnvelopeID)
		}
		assert.Len(t, seen, 2, "each has had some")
		assert.Len(t, s.Unacked(), 20)
	})
}

// press clicks in the background, for somebody has to ack meanwhile.
func press(t *testing.T, s *slacktest.Server, ts string) chan slacktest.Delivery {
	out := make(chan slacktest.Delivery, 1)
	go func() {
		d, err := s.Click(t.Context(), "U0BEN", channel, ts, "approval.review")
		assert.NoError(t, err)
		out <- d
	}()
	return out
}

func TestOverASocketAClickIsLostAfterThreeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api := within(t, time.Second, overSockets)
		ts := postCard(t, api)
		d := <-press(t, s, ts)
		assert.False(t, d.Sent, "nobody is connected")
		assert.NotEmpty(t, d.Notice)

		l := connect(t, s)
		l.next()
		result := press(t, s, ts)
		m := l.next()
		time.Sleep(3*time.Second + time.Millisecond)
		l.ack(m.EnvelopeID, nil)
		d = <-result
		assert.True(t, d.Sent)
		assert.False(t, d.Acked)
		assert.Equal(t, 3*time.Second, d.Took)
		assert.Contains(t, d.Notice, "in time")
		assert.Len(t, s.Unacked(), 2)
	})
}

func TestSocketModeStopsHTTPAtOnceAndOffDisconnectsEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &app{}
		s, api := within(t, time.Second, func(c *slacktest.Config) {
			c.AppToken, c.Transport, c.InteractivityURL = appToken, slacktest.HandlerTransport(a), "http://firebreak.test/"
		})
		ts := postCard(t, api)
		assert.Equal(t, slacktest.ReasonLinkDisabled, connect(t, s).next().Reason, "it is off")
		assert.True(t, (<-press(t, s, ts)).Acked)
		require.NoError(t, s.SetSocketMode(true))
		assert.False(t, (<-press(t, s, ts)).Sent)
		assert.Len(t, a.seen(), 1, "the URL is still set, and nothing goes there")
		l := connect(t, s)
		assert.Equal(t, "hello", l.next().Type)
		require.NoError(t, s.SetSocketMode(false))
		assert.Equal(t, slacktest.ReasonLinkDisabled, l.next().Reason)
		assert.Empty(t, l.next())
		assert.True(t, (<-press(t, s, ts)).Acked)
		none, _ := within(t, time.Second)
		assert.ErrorContains(t, none.SetSocketMode(true), "AppToken")
	})
}

func TestSlackWarnsThenAsksToComeAgainWhenTheTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := within(t, time.Second, overSockets)
		began := time.Now()
		l := connectTo(t, s, openURL(t, s)+"&debug_reconnects=true")
		assert.Equal(t, 360, l.next().DebugInfo.Time)
		assert.Equal(t, slacktest.ReasonWarning, l.next().Reason)
		assert.Equal(t, 350*time.Second, time.Since(began))
		assert.Equal(t, slacktest.ReasonRefresh, l.next().Reason)
		assert.Equal(t, 360*time.Second, time.Since(began))
		assert.Empty(t, l.next())
	})
}

func TestAClientThatDoesNotAnswerPingsIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := within(t, time.Second, overSockets)
		mute := connectTo(t, s, openURL(t, s), func(c *websocket.Conn) { c.SetPingHandler(func(string) error { return nil }) })
		loud := connect(t, s)
		mute.next()
		loud.next()
		assert.Empty(t, mute.next())
		synctest.Wait()
		assert.Equal(t, 1, s.Connections())
	})
}

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

// connected waits until one client is there, for as long as it may take.
func connected(t *testing.T, s *slacktest.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, s.WaitConnections(ctx, 1))
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
