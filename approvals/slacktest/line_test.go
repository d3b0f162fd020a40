package slacktest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
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

// connected waits until one client is there, for as long as it may take.
func connected(t *testing.T, s *slacktest.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, s.WaitConnections(ctx, 1))
}
