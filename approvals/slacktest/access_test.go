package slacktest_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

func TestAServerWithoutItsSecretsIsRefused(t *testing.T) {
	for _, clear := range []func(*slacktest.Config){
		func(c *slacktest.Config) { c.SigningSecret = "" },
		func(c *slacktest.Config) { c.BotToken = "" },
		func(c *slacktest.Config) { c.TeamID = "" },
		func(c *slacktest.Config) { c.AppID = "" },
		func(c *slacktest.Config) { c.AckTimeout = -1 },
		func(c *slacktest.Config) { c.Users = append(c.Users, c.Users[0]) },
		func(c *slacktest.Config) { c.Channels = append(c.Channels, c.Channels[0]) },
		func(c *slacktest.Config) { c.Channels[0].Members = []string{"U0NOBODY"} },
	} {
		cfg := config()
		clear(&cfg)
		_, err := slacktest.New(cfg)
		assert.Error(t, err)
	}
}

func TestTheTokenIsTakenFromHeaderOrFormAndNeverFromTheQuery(t *testing.T) {
	s, _ := start(t)
	call := func(method, query, header, body string) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.APIURL()+method+query, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if header != "" {
			req.Header.Set("Authorization", "Bearer "+header)
		}
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer func() { assert.NoError(t, resp.Body.Close()) }()
		out, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(out)
	}
	form := url.Values{"token": {token}}.Encode()
	assert.Contains(t, call("auth.test", "", "", form), `"ok":true`)
	assert.Contains(t, call("auth.test", "", token, ""), `"ok":true`)
	assert.Contains(t, call("auth.test", "?token="+token, "", ""), "not_authed")
	assert.Contains(t, call("auth.test", "", "xoxb-wrong", ""), "invalid_auth")
	assert.Contains(t, call("chat.scheduleMessage", "", token, ""), "unknown_method")
	for _, c := range s.Calls("") {
		assert.NotContains(t, c.Args, "token")
	}
}

func TestACallOutsideTheScopesIsRefused(t *testing.T) {
	_, api := start(t, func(c *slacktest.Config) { c.Scopes = []string{"channels:read"} })
	_, _, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText("x", false))
	assert.EqualError(t, err, "missing_scope")
	_, err = api.GetConversationInfoContext(t.Context(), &slack.GetConversationInfoInput{ChannelID: channel})
	assert.NoError(t, err)
}

func TestPeopleAndChannelsShowWhatAnAppMustCheck(t *testing.T) {
	s, api := start(t)
	who, err := api.AuthTestContext(t.Context())
	require.NoError(t, err)
	assert.Equal(t, team, who.TeamID)
	for id, check := range map[string]func(*slack.User) bool{
		"U0CHO": func(u *slack.User) bool { return u.IsRestricted },
		"U0DEE": func(u *slack.User) bool { return u.Deleted },
		"U0ELI": func(u *slack.User) bool { return u.IsStranger && u.TeamID == "T0OTHER" },
		"U0ANA": func(u *slack.User) bool { return u.RealName == "Ana" && u.TeamID == team && !u.Deleted },
	} {
		u, err := api.GetUserInfoContext(t.Context(), id)
		require.NoError(t, err)
		assert.True(t, check(u), id)
	}
	_, err = api.GetUserInfoContext(t.Context(), "U0NOBODY")
	assert.EqualError(t, err, "user_not_found")
	all, err := api.GetUsersContext(t.Context(), slack.GetUsersOptionLimit(2))
	require.NoError(t, err)
	assert.Len(t, all, 6) // five people and the bot, over three pages

	require.NoError(t, s.SetChannel(slacktest.Channel{ID: channel, IsExtShared: true, IsPendingExtShared: true, Members: []string{"U0ANA"}}))
	c, err := api.GetConversationInfoContext(t.Context(), &slack.GetConversationInfoInput{ChannelID: channel})
	require.NoError(t, err)
	assert.True(t, c.IsExtShared && c.IsPendingExtShared && !c.IsPrivate)
	members, _, err := api.GetUsersInConversationContext(t.Context(), &slack.GetUsersInConversationParameters{ChannelID: channel})
	require.NoError(t, err)
	assert.Equal(t, []string{"U0ANA", "U0FIREBREAK"}, members)
}

func TestAFileGoesUpInThreeCallsAndIsSharedOnce(t *testing.T) {
	s, api := start(t)
	f, err := api.UploadFileContext(t.Context(), slack.UploadFileParameters{
		Channel: channel, Filename: "calldata.txt", Title: "Full calldata", Content: "0x8456cb59", FileSize: 10, SnippetType: "text",
	})
	require.NoError(t, err)
	list := s.Messages(channel)
	require.Len(t, list, 1)
	require.Len(t, list[0].Files, 1)
	assert.Equal(t, "0x8456cb59", string(list[0].Files[0].Content))
	_, err = api.CompleteUploadExternalContext(t.Context(), slack.CompleteUploadExternalParameters{
		Files: []slack.FileSummary{{ID: f.ID}}, Channel: channel,
	})
	assert.EqualError(t, err, "file_not_found")
	_, err = api.UploadFileContext(t.Context(), slack.UploadFileParameters{
		Channel: channel, Filename: "short.txt", Content: "four", FileSize: 5,
	})
	assert.Error(t, err, "a body that is not the announced length")
}
