package slacktest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

// subscriber is an app of events, without a network: it verifies, parses and
// answers with one status after the other, then 200.
type subscriber struct {
	t        *testing.T
	mu       sync.Mutex // a handler may outlive the call that it was for
	statuses []int
	noRetry  bool
	echo     func(challenge string) string
	got      []slackevents.EventsAPIEvent
	headers  []http.Header
	at       []time.Time
}

func (a *subscriber) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	verifier, err := slack.NewSecretsVerifier(r.Header, secret)
	require.NoError(a.t, err)
	raw, err := io.ReadAll(io.TeeReader(r.Body, &verifier))
	require.NoError(a.t, err)
	if !assert.NoError(a.t, verifier.Ensure()) {
		return
	}
	event, err := slackevents.ParseEvent(raw, slackevents.OptionNoVerifyToken())
	assert.NoError(a.t, err)
	status := a.note(event, r.Header)
	if ask, ok := event.Data.(*slackevents.EventsAPIURLVerificationEvent); ok && a.echo != nil {
		_, err = w.Write([]byte(a.echo(ask.Challenge)))
		assert.NoError(a.t, err)
		return
	}
	if a.noRetry {
		w.Header().Set("X-Slack-No-Retry", "1")
	}
	if status == 0 {
		<-r.Context().Done()
		return
	}
	w.WriteHeader(status)
}

// note keeps what came and says how it is answered.
func (a *subscriber) note(event slackevents.EventsAPIEvent, header http.Header) (status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.got, a.headers, a.at = append(a.got, event), append(a.headers, header), append(a.at, time.Now())
	if len(a.statuses) == 0 {
		return http.StatusOK
	}
	status, a.statuses = a.statuses[0], a.statuses[1:]
	return status
}

func subscribed(t *testing.T, statuses ...int) (*slacktest.Server, *subscriber, *slack.Client) {
	t.Helper()
	a := &subscriber{t: t, statuses: statuses}
	s, api := within(t, time.Second, func(c *slacktest.Config) {
		c.Transport, c.EventsURL = slacktest.HandlerTransport(a), "http://firebreak.test/slack/events"
	})
	return s, a, api
}

func TestAnEventIsSentAgainAtOnceThenAfterOneAndFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a, _ := subscribed(t, 500, 0, 503, 302)
		began := time.Now()
		d, err := s.Event(t.Context(), "channel_archive", map[string]any{"channel": channel, "user": "U0ANA"})
		require.NoError(t, err)
		assert.False(t, d.Acked)
		assert.Equal(t, 1, d.Retry)
		for range 20 {
			time.Sleep(time.Minute)
			_, err := s.DeliverDue(t.Context())
			require.NoError(t, err)
		}
		require.Len(t, a.got, 4, "three retries, and no more")
		var after []time.Duration
		for _, at := range a.at {
			after = append(after, at.Sub(began).Truncate(time.Minute))
		}
		assert.Equal(t, []time.Duration{0, 0, time.Minute, 6 * time.Minute}, after)
		assert.Empty(t, a.headers[0].Get("X-Slack-Retry-Num"))
		for i, reason := range []string{"http_error", "http_timeout", "http_error"} {
			assert.Equal(t, string(rune('1'+i)), a.headers[i+1].Get("X-Slack-Retry-Num"))
			assert.Equal(t, reason, a.headers[i+1].Get("X-Slack-Retry-Reason"))
		}
		ids := map[string]bool{}
		for _, sent := range s.Deliveries() {
			ids[sent.EventID] = true
		}
		assert.Len(t, ids, 1, "it is one event")
		assert.Len(t, s.Unacked(), 4)
	})
}

func TestAnEventThatIsAcknowledgedOrRefusedForGoodIsNotSentAgain(t *testing.T) {
	for _, c := range []struct {
		status  int
		noRetry bool
		sent    int
	}{{200, false, 1}, {204, false, 1}, {500, true, 1}, {500, false, 2}} {
		synctest.Test(t, func(t *testing.T) {
			s, a, _ := subscribed(t, c.status)
			a.noRetry = c.noRetry
			_, err := s.Event(t.Context(), "app_uninstalled", nil)
			require.NoError(t, err)
			time.Sleep(time.Hour)
			_, err = s.DeliverDue(t.Context())
			require.NoError(t, err)
			assert.Len(t, a.got, c.sent)
		})
	}
}

func TestAnEventsURLMustGiveTheChallengeBack(t *testing.T) {
	s, a, _ := subscribed(t)
	assert.ErrorContains(t, s.VerifyEventsURL(t.Context()), "not the challenge")
	for _, echo := range []func(string) string{
		func(c string) string { return c + "\n" },
		func(c string) string { return `{"challenge":"` + c + `"}` },
		func(c string) string { return "challenge=" + c },
	} {
		a.echo = echo
		assert.NoError(t, s.VerifyEventsURL(t.Context()))
	}
	a.echo = func(string) string { return "another" }
	assert.ErrorContains(t, s.VerifyEventsURL(t.Context()), "not the challenge")
	s.SetEventsURL("")
	assert.ErrorContains(t, s.VerifyEventsURL(t.Context()), "SetEventsURL")
	_, err := s.Event(t.Context(), "", nil)
	assert.ErrorContains(t, err, "type is empty")
}

func TestWhatHappensToTheWorkspaceIsToldToTheApp(t *testing.T) {
	s, a, api := subscribed(t)
	told := func(d slacktest.Delivery, err error) any {
		t.Helper()
		require.NoError(t, err)
		assert.True(t, d.Acked)
		return a.got[len(a.got)-1].InnerEvent.Data
	}
	changed := told(s.ChangeUser(t.Context(), slacktest.User{ID: "U0BEN", RealName: "Ben", Deleted: true})).(*slackevents.UserChangeEvent)
	assert.True(t, changed.User.Deleted)
	shared := told(s.ShareChannel(t.Context(), channel, "T0OTHER")).(*slackevents.ChannelSharedEvent)
	assert.Equal(t, []string{channel, "T0OTHER"}, []string{shared.Channel, shared.ConnectedTeamID})
	info, err := api.GetConversationInfoContext(t.Context(), &slack.GetConversationInfoInput{ChannelID: channel})
	require.NoError(t, err)
	assert.True(t, info.IsExtShared)

	archived := told(s.ArchiveChannel(t.Context(), channel, "U0ANA")).(*slackevents.GroupArchiveEvent)
	assert.Equal(t, channel, archived.Channel, "a private channel is a group to the Events API")
	_ = told(s.ArchiveChannel(t.Context(), public, "U0ANA")).(*slackevents.ChannelArchiveEvent)
	_, _, err = api.PostMessageContext(t.Context(), public, slack.MsgOptionText("x", false))
	assert.EqualError(t, err, "is_archived")
	_, err = s.ArchiveChannel(t.Context(), "C0NOWHERE", "U0ANA")
	assert.Error(t, err)
	_, err = s.ShareChannel(t.Context(), "C0NOWHERE", "T0OTHER")
	assert.Error(t, err)

	revoked := told(s.RevokeToken(t.Context())).(*slackevents.TokensRevokedEvent)
	assert.Equal(t, []string{"U0FIREBREAK"}, revoked.Tokens.Bot)
	_, err = api.AuthTestContext(t.Context())
	assert.EqualError(t, err, "token_revoked")
	_ = told(s.Uninstall(t.Context())).(*slackevents.AppUninstalledEvent)
	_, err = api.AuthTestContext(t.Context())
	assert.EqualError(t, err, "account_inactive")

	require.NoError(t, s.Reinstall("xoxb-next"))
	_, err = api.AuthTestContext(t.Context())
	assert.EqualError(t, err, "invalid_auth", "the old token is unknown")
	next := slack.New("xoxb-next", slack.OptionAPIURL(s.APIURL()), slack.OptionHTTPClient(&http.Client{Transport: s.RoundTripper()}))
	_, err = next.AuthTestContext(t.Context())
	assert.NoError(t, err)
	assert.Error(t, s.Reinstall(""))
	deaf, _ := within(t, time.Second)
	d, err := deaf.RevokeToken(t.Context())
	require.NoError(t, err)
	assert.False(t, d.Sent, "an app that subscribes to nothing hears nothing")
}

func TestOverASocketAnEventIsAnEnvelopeThatComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := within(t, time.Second, overSockets)
		l := connect(t, s)
		l.next()
		out := make(chan slacktest.Delivery, 1)
		go func() {
			d, err := s.RevokeToken(t.Context())
			assert.NoError(t, err)
			out <- d
		}()
		first := l.next()
		assert.Equal(t, "events_api", first.Type)
		assert.False(t, first.Accepts)
		assert.Zero(t, first.RetryAttempt)
		second := l.next() // the first one was not acknowledged
		assert.Equal(t, 1, second.RetryAttempt)
		assert.Equal(t, "timeout", second.RetryReason)
		assert.NotEqual(t, first.EnvelopeID, second.EnvelopeID)
		assert.JSONEq(t, string(first.Payload), string(second.Payload))
		l.ack(second.EnvelopeID, nil)
		assert.True(t, (<-out).Acked)
		var event struct {
			ID string `json:"event_id"`
		}
		require.NoError(t, json.Unmarshal(second.Payload, &event))
		assert.NotEmpty(t, event.ID)
	})
}

func TestABotIsKnownByItsBotID(t *testing.T) {
	_, api := start(t)
	bot, err := api.GetBotInfoContext(t.Context(), slack.GetBotInfoParameters{Bot: "B0FIREBREAK"})
	require.NoError(t, err)
	assert.Equal(t, []string{"A07BREAKER1", "U0FIREBREAK"}, []string{bot.AppID, bot.UserID})
	_, err = api.GetBotInfoContext(t.Context(), slack.GetBotInfoParameters{Bot: "B0NONE"})
	assert.EqualError(t, err, "bot_not_found")
}
