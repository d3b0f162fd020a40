package slack_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/slack"
)

func sound() slack.Config {
	return slack.Config{Token: token, SigningSecrets: []slack.Secret{secret}, TeamID: team, AppID: app,
		Channels: map[string]string{"incidents": channel}}
}

func TestAConfigurationThatCouldNotWorkIsRefused(t *testing.T) {
	_, err := slack.NewDesk(sound())
	require.NoError(t, err)
	for says, change := range map[string]func(*slack.Config){
		"token is missing":    func(c *slack.Config) { c.Token = "" },
		"team id":             func(c *slack.Config) { c.TeamID = "guard" },
		"app id":              func(c *slack.Config) { c.AppID = "" },
		"no channel is named": func(c *slack.Config) { c.Channels = nil },
		"has id":              func(c *slack.Config) { c.Channels["incidents"] = "#incidents" },
		"home channel":        func(c *slack.Config) { c.Channels["other"] = home },
		"in clear text":       func(c *slack.Config) { c.APIURL = "http://slack.example/api/" },
		"end in a slash":      func(c *slack.Config) { c.APIURL = "https://slack.com/api" },
		"credentials":         func(c *slack.Config) { c.APIURL = "https://a:b@slack.com/api/" },
		"the timeout":         func(c *slack.Config) { c.Timeout = time.Hour },
	} {
		c := sound()
		change(&c)
		_, err := slack.NewDesk(c)
		assert.ErrorContains(t, err, says)
		_, err = slack.NewHandler(c, slack.HandlerOptions{Votes: &book{}, Rules: func() approvals.Rules { return approvals.Rules{} }})
		assert.Error(t, err)
	}
	for says, secrets := range map[string][]slack.Secret{
		"is missing": nil, "anybody could click": {""}, "more than two": {"a", "b", "c"}, "the same": {"a", "a"},
	} {
		c := sound()
		c.SigningSecrets = secrets
		_, err := slack.NewHandler(c, slack.HandlerOptions{Votes: &book{}, Rules: func() approvals.Rules { return approvals.Rules{} }})
		assert.ErrorContains(t, err, says)
	}
	_, err = slack.NewHandler(sound(), slack.HandlerOptions{})
	assert.ErrorContains(t, err, "needs Votes and Rules")
}

func TestASecretIsNeverPrinted(t *testing.T) {
	c := sound()
	var out bytes.Buffer
	raw, err := json.Marshal(map[string]any{"c": c.Token, "list": c.SigningSecrets})
	require.NoError(t, err)
	out.Write(raw)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, c.Token)
		fmt.Fprintf(&out, verb, struct{ S slack.Secret }{c.Token})
		fmt.Fprintf(&out, verb, c.SigningSecrets)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "token", c.Token, "all", c.SigningSecrets)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "token", c.Token, "all", c.SigningSecrets)
	y, err := c.Token.MarshalYAML()
	require.NoError(t, err)
	fmt.Fprint(&out, y, c.Token.String(), c.Token.GoString())
	assert.NotContains(t, out.String(), token)
	assert.NotContains(t, out.String(), secret)
	assert.NotContains(t, out.String(), fmt.Sprintf("%x", token))
	assert.Contains(t, out.String(), "[redacted]")
}
