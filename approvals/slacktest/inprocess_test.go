package slacktest_test

import (
	"context"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

// within runs a fake that listens nowhere, and a client of it, inside a bubble.
func within(t *testing.T, patience time.Duration, change ...func(*slacktest.Config)) (*slacktest.Server, *slack.Client) {
	t.Helper()
	cfg := config()
	for _, f := range change {
		f(&cfg)
	}
	s, err := slacktest.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	client := &http.Client{Transport: s.RoundTripper(), Timeout: patience}
	return s, slack.New(token, slack.OptionAPIURL(s.APIURL()), slack.OptionHTTPClient(client))
}

func TestFourHundredPostsGoOutAtSlacksRateInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api := within(t, 5*time.Second)
		began := time.Now()
		for range 400 {
			for {
				_, _, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText("x", false))
				if err == nil {
					break
				}
				var limited *slack.RateLimitedError
				require.ErrorAs(t, err, &limited)
				time.Sleep(limited.RetryAfter)
			}
		}
		assert.Len(t, s.Messages(channel), 400)
		assert.Equal(t, 395*time.Second, time.Since(began), "five at once, then one per second")
		assert.Len(t, s.Overruns(), 395)
		calls := s.Calls("chat.postMessage")
		assert.Equal(t, 395*time.Second, calls[len(calls)-1].At.Sub(calls[0].At))
	})
}

func TestInProcessAFailedCallHasLandedOrIsLostAsTold(t *testing.T) {
	for _, effect := range []slacktest.Effect{slacktest.EffectStatus, slacktest.EffectReset, slacktest.EffectHang} {
		for _, landed := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s, api := within(t, 5*time.Second)
				require.NoError(t, s.Inject(slacktest.Fault{Method: "chat.postMessage", Times: 1, Effect: effect, Landed: landed}))
				began := time.Now()
				_, _, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText("once", false))
				assert.Error(t, err, "the client cannot tell")
				switch effect {
				case slacktest.EffectHang:
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					assert.Equal(t, 5*time.Second, time.Since(began))
				case slacktest.EffectReset:
					assert.ErrorIs(t, err, syscall.ECONNRESET)
				}
				synctest.Wait() // a hung call is recorded once its client has gone
				require.Len(t, s.Calls("chat.postMessage"), 1)
				assert.Equal(t, landed, s.Calls("chat.postMessage")[0].Done)
				assert.Len(t, s.Messages(channel), map[bool]int{true: 1}[landed])
				postCard(t, api)
			})
		}
	}
}

func TestInProcessLatencyIsVirtualAndACancelledCallEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api := within(t, 5*time.Second)
		require.NoError(t, s.Inject(slacktest.Fault{Effect: slacktest.EffectDelay, Delay: 200 * time.Millisecond}))
		began := time.Now()
		postCard(t, api)
		assert.Equal(t, 200*time.Millisecond, time.Since(began))
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := api.AuthTestContext(ctx)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 250*time.Millisecond, time.Since(began))
	})
}

func TestInProcessTheTransportLeadsToTheFakeAlone(t *testing.T) {
	s, api := within(t, 5*time.Second)
	client := &http.Client{Transport: s.RoundTripper()}
	for _, url := range []string{"https://slack.com/api/auth.test", "http://169.254.169.254/"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, http.NoBody)
		require.NoError(t, err)
		resp, err := client.Do(req)
		if err == nil {
			assert.NoError(t, resp.Body.Close())
		}
		assert.ErrorContains(t, err, "leads to the fake slack alone")
	}
	assert.Empty(t, s.Calls(""))
	require.NoError(t, s.Close())
	_, err := api.AuthTestContext(t.Context())
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestAnAppThatListensNowhereIsClickedInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &app{}
		s, api := within(t, 5*time.Second, func(c *slacktest.Config) {
			c.Transport, c.InteractivityURL = slacktest.HandlerTransport(a), "http://firebreak.test/slack/interactions"
		})
		ts := postCard(t, api)
		d, err := s.Click(t.Context(), "U0BEN", channel, ts, "approval.review")
		require.NoError(t, err)
		assert.True(t, d.Acked)
		assert.Len(t, a.seen(), 1)

		a.answerWith(func(_ http.ResponseWriter, r *http.Request, _ slack.InteractionCallback) { <-r.Context().Done() })
		d, err = s.Click(t.Context(), "U0BEN", channel, ts, "approval.review")
		require.NoError(t, err)
		assert.False(t, d.Acked)
		assert.Equal(t, 3*time.Second, d.Took, "as long as Slack waits, and no longer")
		synctest.Wait()
	})
}

func TestTheDialerLeadsToTheFakeAloneAndNowhereOnceItIsClosed(t *testing.T) {
	s, _ := within(t, time.Second)
	_, err := s.Dial(t.Context(), "tcp", "slack.com:443")
	require.ErrorContains(t, err, "leads to the fake slack alone")
	client := &http.Client{Transport: &http.Transport{DialContext: s.Dial}}
	api := slack.New(token, slack.OptionAPIURL(s.APIURL()), slack.OptionHTTPClient(client))
	_, err = api.AuthTestContext(t.Context())
	require.NoError(t, err, "plain calls go through it, too")
	client.CloseIdleConnections()
	require.NoError(t, s.Close())
	_, err = s.Dial(t.Context(), "tcp", "slack.test:80")
	assert.ErrorContains(t, err, "closed")
}
