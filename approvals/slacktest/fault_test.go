package slacktest_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

func TestAFailedCallHasLandedOrIsLostAsTold(t *testing.T) {
	for _, effect := range []slacktest.Effect{slacktest.EffectStatus, slacktest.EffectReset, slacktest.EffectHang} {
		for _, landed := range []bool{false, true} {
			s, _ := start(t)
			api := slack.New(token, slack.OptionAPIURL(s.APIURL()),
				slack.OptionHTTPClient(&http.Client{Timeout: 100 * time.Millisecond}))
			require.NoError(t, s.Inject(slacktest.Fault{Method: "chat.postMessage", Times: 1, Effect: effect, Landed: landed}))
			_, _, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText("once", false))
			assert.Error(t, err, "the client cannot tell")
			// A hung call that is lost is recorded when its client has gone.
			call, err := s.WaitCall(t.Context(), "chat.postMessage", func(slacktest.Call) bool { return true })
			require.NoError(t, err)
			assert.Equal(t, landed, call.Done, call.Fault)
			assert.Equal(t, landed, len(s.Messages(channel)) == 1, call.Fault)
			postCard(t, api) // the fault was for one call
		}
	}
}

func TestADelayedCallIsAnsweredToAClientThatWaits(t *testing.T) {
	s, api := start(t)
	require.NoError(t, s.Inject(slacktest.Fault{Effect: slacktest.EffectDelay, Delay: 20 * time.Millisecond}))
	ts := postCard(t, api)
	_, found := s.Message(channel, ts)
	assert.True(t, found)
	ctx, cancel := context.WithCancel(t.Context())
	s.ClearFaults()
	require.NoError(t, s.Inject(slacktest.Fault{Channel: channel, Effect: slacktest.EffectDelay, Delay: time.Hour}))
	done := make(chan error, 1)
	go func() {
		_, _, err := api.PostMessageContext(ctx, channel, slack.MsgOptionText("never", false))
		done <- err
	}()
	_, _, err := api.PostMessageContext(t.Context(), public, slack.MsgOptionText("elsewhere", false))
	require.NoError(t, err, "the fault is for one channel")
	cancel()
	assert.ErrorIs(t, <-done, context.Canceled)
}

func TestAFaultThatMakesNoSenseIsRefused(t *testing.T) {
	s, _ := start(t)
	for _, f := range []slacktest.Fault{
		{},
		{Effect: 99},
		{Effect: slacktest.EffectError},
		{Effect: slacktest.EffectDelay},
		{Effect: slacktest.EffectReset, Times: -1},
		{Effect: slacktest.EffectStatus, Status: 200},
		{Effect: slacktest.EffectRateLimit, Landed: true},
		{Effect: slacktest.EffectReset, Method: "chat.postMesage"},
	} {
		assert.Error(t, s.Inject(f), "%+v", f)
	}
}

func TestAThirdUpdateTierIsFiftyPerMinute(t *testing.T) {
	c := &clock{now: time.Now()}
	s, api := start(t, func(cfg *slacktest.Config) { cfg.Now = c.Now })
	ts := postCard(t, api)
	update := func() error {
		_, _, _, err := api.UpdateMessageContext(t.Context(), channel, ts, slack.MsgOptionText("x", false))
		return err
	}
	for range 50 {
		require.NoError(t, update())
	}
	var limited *slack.RateLimitedError
	require.ErrorAs(t, update(), &limited)
	assert.Equal(t, 2*time.Second, limited.RetryAfter, "1.2 s, in whole seconds")
	_, err := api.AuthTestContext(t.Context())
	assert.NoError(t, err, "only that method is blocked")
	c.Advance(limited.RetryAfter)
	assert.NoError(t, update(), "whoever waits as told passes")
	assert.Equal(t, "ratelimited", s.Calls("chat.update")[50].Error)
}

func TestAChannelTakesOneMessagePerSecondAfterABurst(t *testing.T) {
	c := &clock{now: time.Now()}
	_, api := start(t, func(cfg *slacktest.Config) { cfg.Now = c.Now })
	post := func(ch string) error {
		_, _, err := api.PostMessageContext(t.Context(), ch, slack.MsgOptionText("x", false))
		return err
	}
	for range 5 {
		require.NoError(t, post(channel))
	}
	var limited *slack.RateLimitedError
	require.ErrorAs(t, post(channel), &limited)
	assert.Equal(t, time.Second, limited.RetryAfter)
	assert.NoError(t, post(public), "another channel has its own second")
	c.Advance(time.Second)
	assert.NoError(t, post(channel))
	assert.ErrorAs(t, post(channel), &limited)
}

func TestLimitsCanBeSetAndSwitchedOff(t *testing.T) {
	s, api := start(t, func(c *slacktest.Config) { c.Limits = &slacktest.Limits{Off: true} })
	for range 30 {
		postCard(t, api)
	}
	require.NoError(t, s.Inject(slacktest.Fault{Effect: slacktest.EffectRateLimit, RetryAfter: 7 * time.Second}))
	_, err := api.AuthTestContext(t.Context())
	var limited *slack.RateLimitedError
	require.ErrorAs(t, err, &limited)
	assert.Equal(t, 7*time.Second, limited.RetryAfter)

	_, tight := start(t, func(c *slacktest.Config) { c.Limits = &slacktest.Limits{PerMinute: map[string]int{"auth.test": 1}} })
	_, err = tight.AuthTestContext(t.Context())
	require.NoError(t, err)
	_, err = tight.AuthTestContext(t.Context())
	assert.ErrorAs(t, err, &limited)
}
