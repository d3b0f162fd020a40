package slack_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

func probe(t *testing.T, api, bot string) *slack.Probe {
	t.Helper()
	p, err := slack.NewProbe(slack.Config{Token: slack.Secret(bot), TeamID: team, AppID: app, APIURL: api,
		Channels: map[string]string{"incidents": channel}, Timeout: 2 * time.Second})
	require.NoError(t, err)
	return p
}

func TestAProbeTellsWhoTheTokenIsAndSlacksTime(t *testing.T) {
	st := open(t)
	id, err := probe(t, st.fake.APIURL(), token).Identity(t.Context())
	require.NoError(t, err)
	assert.Equal(t, team, id.Team)
	assert.NotEmpty(t, id.Bot)
	assert.WithinDuration(t, time.Now(), id.Date, time.Minute)
	assert.Nil(t, id.Scopes, "what Slack does not say is not known")
}

func TestAProbeNeverPosts(t *testing.T) {
	st := open(t)
	p := probe(t, st.fake.APIURL(), token)
	_, err := p.Identity(t.Context())
	require.NoError(t, err)
	_, err = p.Channel(t.Context(), channel)
	require.NoError(t, err)
	_, _, err = p.Members(t.Context(), channel)
	require.NoError(t, err)
	_, err = p.Person(t.Context(), "U0ANA")
	require.NoError(t, err)
	for _, call := range st.fake.Calls("") {
		assert.Contains(t, []string{"auth.test", "conversations.info", "conversations.members", "users.info"}, call.Method)
	}
}

func TestATokenThatSlackRefusesIsDeniedInSlacksWords(t *testing.T) {
	st := open(t)
	_, err := probe(t, st.fake.APIURL(), "xoxb-another-token").Identity(t.Context())
	var denied *slack.Denied
	require.ErrorAs(t, err, &denied)
	assert.Equal(t, slack.Denied{Method: "auth.test", Code: "invalid_auth"}, *denied)
	assert.NotContains(t, err.Error(), "xoxb")
}

func TestAChannelWhereAVoteCouldNotCountHasFlaws(t *testing.T) {
	st := open(t)
	p := probe(t, st.fake.APIURL(), token)
	flaws, err := p.Channel(t.Context(), channel)
	require.NoError(t, err)
	assert.Empty(t, flaws)
	for words, c := range map[string]slacktest.Channel{
		"is archived":                                   {IsArchived: true},
		"is shared with another workspace":              {IsExtShared: true},
		"is about to be shared with another workspace":  {IsPendingExtShared: true},
		"does not have the app as a member":             {BotAbsent: true},
		"conversations.info: Slack says channel_not_fo": {IsPrivate: true, BotAbsent: true},
	} {
		c.ID, c.Name = channel, "incident"
		require.NoError(t, st.fake.SetChannel(c))
		flaws, err := p.Channel(t.Context(), channel)
		if err != nil {
			flaws = []string{err.Error()}
		}
		require.Len(t, flaws, 1, words)
		assert.Contains(t, flaws[0], words)
	}
}

func TestTheMembersOfAChannelAreItsPeopleAndTheApp(t *testing.T) {
	st := open(t)
	users, whole, err := probe(t, st.fake.APIURL(), token).Members(t.Context(), channel)
	require.NoError(t, err)
	assert.True(t, whole)
	assert.Contains(t, users, "U0ANA")
	assert.Contains(t, users, "U0FIREBREAK")
}

func TestAnAccountWhoseVoteWouldNotCountHasFlaws(t *testing.T) {
	st := open(t)
	p := probe(t, st.fake.APIURL(), token)
	for words, u := range map[string]slacktest.User{
		"":               {},
		"is deactivated": {Deleted: true},
		"is a guest":     {IsRestricted: true},
		"is a bot":       {IsBot: true},
	} {
		u.ID = "U0ANA"
		require.NoError(t, st.fake.SetUser(u))
		flaws, err := p.Person(t.Context(), "U0ANA")
		require.NoError(t, err)
		if words == "" {
			assert.Empty(t, flaws)
			continue
		}
		assert.Equal(t, []string{words}, flaws)
	}
	flaws, err := p.Person(t.Context(), "U0NOBODY")
	require.NoError(t, err)
	assert.Equal(t, []string{"is not known in this workspace"}, flaws)
}

func TestWhatOnlySomeWorkspacesTellIsRead(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-OAuth-Scopes", "chat:write, users:read")
		switch r.URL.Path {
		case "/auth.test":
			w.Write([]byte(`{"ok":true,"team_id":"T0GUARD001","bot_id":"B01"}`))
		case "/bots.info":
			assert.Equal(t, "B01", r.FormValue("bot"))
			w.Write([]byte(`{"ok":true,"bot":{"id":"B01","app_id":"A07BREAKER1"}}`))
		}
	}))
	defer srv.Close()
	p := probe(t, srv.URL+"/", token)
	id, err := p.Identity(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"chat:write", "users:read"}, id.Scopes)
	got, err := p.App(t.Context(), id.Bot)
	require.NoError(t, err)
	assert.Equal(t, app, got)
}
