package slack_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
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
	"github.com/firebreak-project/firebreak/incident"
)

// ballots counts votes; there is no incident in it.
type ballots struct{ votes int }

func (b *ballots) State(context.Context, incident.ID) (incident.State, error) {
	return incident.State{}, errors.New("there is no such incident")
}

func (b *ballots) Vote(context.Context, incident.ID, incident.Vote) (incident.State, error) {
	b.votes++
	return incident.State{}, nil
}

// nobody answers for Slack's API, at once.
type nobody struct{}

func (nobody) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no Slack here")
}

// FuzzWhateverSlackSignsIsAnsweredAndIsNoVote sends bodies with Slack's own
// signature to each door: what Slack sends tomorrow, or somebody with its secret.
func FuzzWhateverSlackSignsIsAnsweredAndIsNoVote(f *testing.F) {
	click := `{"type":"block_actions","api_app_id":"` + app + `","team":{"id":"` + team + `"},"user":{"id":"U0ANA","team_id":"` + team + `"},` +
		`"trigger_id":"1.2.3","container":{"type":"message","message_ts":"1.2","channel_id":"` + channel + `"},"channel":{"id":"` + channel + `"},` +
		`"message":{"blocks":[{"type":"section","block_id":"a.r1v1"}]},"actions":[{"type":"button","action_id":"approval.review","block_id":"act.r1v1","value":"v1.01JEQ7V5M2K30000.r1.0123456789ab"}]}`
	submit := `{"type":"view_submission","api_app_id":"` + app + `","team":{"id":"` + team + `"},"user":{"id":"U0ANA","team_id":"` + team + `"},` +
		`"view":{"id":"V1","hash":"h","callback_id":"approval.approve","private_metadata":"v1.01JEQ7V5M2K30000.r1.` + strings.Repeat("ab", 32) + `","state":{"values":{"phrase":{"phrase":{"value":"x"}}}}}}`
	for _, seed := range []string{click, submit, strings.Replace(submit, "approval.approve", "order.trigger", 1), `{}`, `[]`, `null`, `{"type":"url_verification","challenge":"x"}`,
		`{"api_app_id":"` + app + `","team_id":"` + team + `","event":{"type":"channel_shared","channel":{"id":7}}}`, "team_id=" + team + "&api_app_id=" + app + "&user_id=U0ANA&text=show+x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b := &ballots{}
		r := roster(t)
		h, err := slack.NewHandler(slack.Config{Token: token, SigningSecrets: []slack.Secret{secret}, TeamID: team, AppID: app, Transport: nobody{},
			Channels: map[string]string{"incidents": channel}}, slack.HandlerOptions{Votes: b, Rules: func() approvals.Rules { return approvals.Rules{Roster: r} }})
		require.NoError(t, err)
		for _, door := range []struct {
			http.Handler
			kind, body string
		}{
			{h, "application/x-www-form-urlencoded", "payload=" + url.QueryEscape(text)},
			{h, "application/x-www-form-urlencoded", text},
			{h.Commands(), "application/x-www-form-urlencoded", text},
			{h.Events(), "application/json", text},
		} {
			stamp := fmt.Sprint(time.Now().Unix())
			mac := hmac.New(sha256.New, []byte(secret))
			fmt.Fprintf(mac, "v0:%s:%s", stamp, door.body)
			q := httptest.NewRequest(http.MethodPost, "/slack", strings.NewReader(door.body))
			q.Header.Set("Content-Type", door.kind)
			q.Header.Set("X-Slack-Request-Timestamp", stamp)
			q.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
			w := httptest.NewRecorder()
			door.ServeHTTP(w, q)
			assert.NotEqual(t, http.StatusInternalServerError, w.Code)
		}
		assert.Zero(t, b.votes)
	})
}
