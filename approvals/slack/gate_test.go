package slack_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
)

func (st *stage) attempt(user string) *slacktest.Attempt {
	st.t.Helper()
	card := st.book.now().Card
	a, err := st.fake.NewClick(slacktest.Press{User: user, Channel: card.Channel, TS: card.TS, ActionID: review})
	require.NoError(st.t, err)
	return a
}

func TestARequestThatSlackDidNotSendIsRefused(t *testing.T) {
	long := strings.Repeat("a", 300<<10)
	for name, c := range map[string]struct {
		change func(*slacktest.Attempt) *slacktest.Attempt
		status int
		reason slack.Reason
	}{
		"wrong secret":      {func(a *slacktest.Attempt) *slacktest.Attempt { return a.SignedWith("0123456789abcdef") }, 401, slack.ReasonForged},
		"no signature":      {func(a *slacktest.Attempt) *slacktest.Attempt { return a.SignedWith("") }, 401, slack.ReasonForged},
		"five minutes old":  {func(a *slacktest.Attempt) *slacktest.Attempt { return a.SignedAt(time.Now().Add(-302 * time.Second)) }, 401, slack.ReasonForged},
		"five minutes late": {func(a *slacktest.Attempt) *slacktest.Attempt { return a.SignedAt(time.Now().Add(303 * time.Second)) }, 401, slack.ReasonForged},
		"the year 2603":     {func(a *slacktest.Attempt) *slacktest.Attempt { return a.SignedAt(time.Unix(20_000_000_000, 0)) }, 401, slack.ReasonForged},
		"one byte changed": {func(a *slacktest.Attempt) *slacktest.Attempt {
			return a.AlteredAfterSigning(func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
		}, 401, slack.ReasonForged},
		"a query": {func(a *slacktest.Attempt) *slacktest.Attempt { return a.WithQuery("x=1") }, 400, slack.ReasonMalformed},
		"a payload in the query": {func(a *slacktest.Attempt) *slacktest.Attempt {
			return a.WithQueryPayload(map[string]any{"type": "view_submission", "user": map[string]any{"id": "U0BEN"}})
		}, 400, slack.ReasonMalformed},
		"huge":              {func(a *slacktest.Attempt) *slacktest.Attempt { return a.Set("message.text", long) }, 413, slack.ReasonMalformed},
		"another app":       {func(a *slacktest.Attempt) *slacktest.Attempt { return a.Set("api_app_id", "A0OTHER") }, 403, slack.ReasonElsewhere},
		"another workspace": {func(a *slacktest.Attempt) *slacktest.Attempt { return a.Set("team.id", "T0OTHER") }, 403, slack.ReasonElsewhere},
		"nobody":            {func(a *slacktest.Attempt) *slacktest.Attempt { return a.Set("user.id", "") }, 400, slack.ReasonMalformed},
		"no action":         {func(a *slacktest.Attempt) *slacktest.Attempt { return a.Set("actions", []any{}) }, 400, slack.ReasonMalformed},
		"two actions": {func(a *slacktest.Attempt) *slacktest.Attempt {
			one := map[string]any{"type": "button", "action_id": review, "value": "v1.01JEQ7V5M2K30000.r1.000000000000"}
			return a.Set("actions", []any{one, one})
		}, 400, slack.ReasonMalformed},
		"an unknown action": {func(a *slacktest.Attempt) *slacktest.Attempt { return a.Set("actions.0.action_id", "approval.now") }, 400, slack.ReasonMalformed},
		"no button":         {func(a *slacktest.Attempt) *slacktest.Attempt { return a.Set("actions.0.type", "overflow") }, 400, slack.ReasonMalformed},
		"a forged value":    {func(a *slacktest.Attempt) *slacktest.Attempt { return a.Set("actions.0.value", "approve") }, 400, slack.ReasonMalformed},
		"a value with more": {func(a *slacktest.Attempt) *slacktest.Attempt {
			return a.Set("actions.0.value", "v1.01JEQ7V5M2K30000.r1.0123456789abcdef\n")
		}, 400, slack.ReasonMalformed},
		"channel and container differ": {func(a *slacktest.Attempt) *slacktest.Attempt { return a.Set("container.channel_id", elsewhere) }, 400, slack.ReasonMalformed},
		"another interaction":          {func(a *slacktest.Attempt) *slacktest.Attempt { return a.Set("type", "shortcut") }, 400, slack.ReasonMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			st := open(t)
			st.post()
			d, err := c.change(st.attempt("U0ANA")).Send(t.Context())
			require.NoError(t, err)
			assert.False(t, d.Acked)
			assert.Equal(t, c.status, d.Status)
			assert.Equal(t, []slack.Reason{c.reason}, st.refused())
			assert.NotContains(t, string(d.Reply), secret)
			_, sees := st.fake.OpenView("U0ANA")
			assert.False(t, sees)
			assert.Zero(t, st.book.count(incident.KindVoted))
		})
	}
}

func TestASignatureOfEitherSecretIsGoodWhileItIsBeingChanged(t *testing.T) {
	const next = "a-new-secret-of-the-app"
	st := open(t, func(_ *stage, c *slack.Config, _ *slacktest.Config) {
		c.SigningSecrets = []slack.Secret{next, secret}
	})
	st.post()
	for _, s := range []string{secret, next} {
		d, err := st.attempt("U0ANA").SignedWith(s).Send(t.Context())
		require.NoError(t, err)
		assert.True(t, d.Acked)
	}
	d, err := st.attempt("U0ANA").SignedWith("a-third-secret").Send(t.Context())
	require.NoError(t, err)
	assert.Equal(t, http.StatusUnauthorized, d.Status)
}

// bare is a handler without a workspace behind it.
func bare(t testing.TB) *slack.Handler {
	h, err := slack.NewHandler(slack.Config{Token: token, SigningSecrets: []slack.Secret{secret}, TeamID: team, AppID: app,
		Channels: map[string]string{"incidents": channel}, APIURL: "http://127.0.0.1:1/"},
		slack.HandlerOptions{Votes: &book{}, Rules: func() approvals.Rules { return approvals.Rules{} }})
	require.NoError(t, err)
	return h
}

func send(h http.Handler, change func(*http.Request), body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/slack", strings.NewReader(body))
	stamp, sig := slacktest.Sign(secret, time.Now(), []byte(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(slacktest.TimestampHeader, stamp)
	r.Header.Set(slacktest.SignatureHeader, sig)
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTheShapeOfARequestIsCheckedBeforeItsContent(t *testing.T) {
	h := bare(t)
	for name, c := range map[string]struct {
		change func(*http.Request)
		body   string
		status int
	}{
		"GET":                  {func(r *http.Request) { r.Method = http.MethodGet }, "payload={}", 405},
		"a bare question mark": {func(r *http.Request) { r.URL.ForceQuery = true }, "payload={}", 400},
		"JSON":                 {func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, "{}", 415},
		"no type":              {func(r *http.Request) { r.Header.Del("Content-Type") }, "payload={}", 415},
		"no v0 prefix":         {func(r *http.Request) { r.Header.Set(slacktest.SignatureHeader, strings.Repeat("0", 64)) }, "payload={}", 401},
		"a short signature":    {func(r *http.Request) { r.Header.Set(slacktest.SignatureHeader, "v0=00") }, "payload={}", 401},
		"two signatures":       {func(r *http.Request) { r.Header.Add(slacktest.SignatureHeader, "v0=00") }, "payload={}", 401},
		"two timestamps":       {func(r *http.Request) { r.Header.Add(slacktest.TimestampHeader, "0") }, "payload={}", 401},
		"a signed timestamp":   {func(r *http.Request) { r.Header.Set(slacktest.TimestampHeader, "+1764943231") }, "payload={}", 401},
		"a timestamp in words": {func(r *http.Request) { r.Header.Set(slacktest.TimestampHeader, "now") }, "payload={}", 401},
		"no payload":           {nil, "", 400},
		"two payloads":         {nil, "payload={}&payload={}", 400},
		"a field beside it":    {nil, "payload={}&command=/firebreak", 400},
		"a form that is none":  {nil, "payload=%zz", 400},
		"no JSON":              {nil, "payload=hello", 400},
		"JSON and more":        {nil, "payload=" + url.QueryEscape(`{} {}`), 400},
		"a list":               {nil, "payload=[]", 400},
		"another app's":        {nil, "payload={}", 403},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.status, send(h, c.change, c.body).Code)
		})
	}
}

func TestSlacksOwnExampleOfASignatureIsTooOldByNow(t *testing.T) {
	body := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	stamp, sig := slacktest.Sign(secret, time.Unix(1531420618, 0), []byte(body))
	assert.Equal(t, "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503", sig)
	w := send(bare(t), func(r *http.Request) {
		r.Header.Set(slacktest.TimestampHeader, stamp)
		r.Header.Set(slacktest.SignatureHeader, sig)
	}, body)
	assert.Equal(t, http.StatusUnauthorized, w.Code)
}

// FuzzTheHandlerNeverPanicsAndNeverVotes sends any payload, properly signed,
// to a handler with an empty roster.
func FuzzTheHandlerNeverPanicsAndNeverVotes(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"type":"block_actions","api_app_id":"A07BREAKER1","team":{"id":"T0GUARD001"},"user":{"id":"U0ANA","team_id":"T0GUARD001"},"container":{"type":"message","channel_id":"C08INCIDENT","message_ts":"1.2"},"channel":{"id":"C08INCIDENT"},"actions":[{"type":"button","action_id":"approval.review","value":"v1.01JEQ7V5M2K30000.r1.0123456789ab","action_ts":"1"}]}`))
	f.Add([]byte(`{"type":"view_submission","api_app_id":"A07BREAKER1","team":{"id":"T0GUARD001"},"user":{"id":"U0ANA","team_id":"T0GUARD001"},"view":{"id":"V1","hash":"h","callback_id":"approval.approve","private_metadata":"v1.01JEQ7V5M2K30000.r1.` + strings.Repeat("a", 64) + `","state":{"values":{"phrase":{"phrase":{"value":null}}}}}}`))
	f.Add([]byte(`{"user":[],"view":{"state":{"values":null}}}`))
	h := bare(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		w := send(h, nil, url.Values{"payload": {string(payload)}}.Encode())
		if w.Code == http.StatusOK {
			// Only a refusal in words or a closed view may be acknowledged.
			require.True(t, w.Body.Len() == 0 || bytes.Contains(w.Body.Bytes(), []byte("Your vote does not count")), "%s", w.Body)
		}
	})
}
