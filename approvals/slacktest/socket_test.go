package slacktest_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

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
