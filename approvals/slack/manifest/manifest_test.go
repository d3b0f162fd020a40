package manifest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/approvals/slack/manifest"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

// read parses a manifest as Slack's own types have it; a key that they do not
// know is an error.
func read(t *testing.T, transport, base string) slack.Manifest {
	t.Helper()
	text, err := manifest.For(transport, base)
	require.NoError(t, err)
	dec := yaml.NewDecoder(strings.NewReader(text))
	dec.KnownFields(true)
	var m slack.Manifest
	require.NoError(t, dec.Decode(&m))
	return m
}

func both(t *testing.T) map[string]slack.Manifest {
	return map[string]slack.Manifest{"http": read(t, "http", "https://fb.example.org/base/"), "socket": read(t, "socket", "")}
}

func TestBothManifestsKeepSlacksLimits(t *testing.T) {
	for name, m := range both(t) {
		assert.Equal(t, 1, m.Metadata.MajorVersion, name)
		between := func(what, text string, least, most int) {
			n := len([]rune(text))
			assert.True(t, n >= least && n <= most, "%s %s has %d characters, not %d to %d", name, what, n, least, most)
		}
		between("name", m.Display.Name, 1, 35)
		between("description", m.Display.Description, 1, 140)
		between("long description", m.Display.LongDescription, 174, 4000)
		assert.Regexp(t, `^#[0-9a-f]{6}$`, m.Display.BackgroundColor)
		assert.Regexp(t, regexp.MustCompile(`^[a-z0-9\-_.]{1,80}$`), m.Features.BotUser.DisplayName)
		require.Len(t, m.Features.SlashCommands, 1)
		c := m.Features.SlashCommands[0]
		assert.Equal(t, "/firebreak", c.Command)
		between("command", c.Command, 2, 32)
		between("command description", c.Description, 1, 2000)
		between("usage hint", c.UsageHint, 1, 1000)
		assert.LessOrEqual(t, len(m.Settings.EventSubscriptions.BotEvents), 100)
		assert.True(t, m.Settings.Interactivity.IsEnabled)
		assert.False(t, m.Settings.TokenRotationEnabled, "nothing here renews a token")
		assert.False(t, m.Settings.OrgDeployEnabled)
		assert.Empty(t, m.OAuthConfig.Scopes.User, "the app acts for nobody")
		assert.Empty(t, m.Settings.EventSubscriptions.UserEvents)
	}
}

func TestEachTransportHasItsOwnAddressesAndNotTheOthers(t *testing.T) {
	m := both(t)
	web, socket := m["http"], m["socket"]
	assert.False(t, web.Settings.SocketModeEnabled)
	assert.Equal(t, "https://fb.example.org/base/slack/interactions", web.Settings.Interactivity.RequestUrl)
	assert.Equal(t, "https://fb.example.org/base/slack/events", web.Settings.EventSubscriptions.RequestUrl)
	assert.Equal(t, "https://fb.example.org/base/slack/commands", web.Features.SlashCommands[0].Url)
	assert.True(t, socket.Settings.SocketModeEnabled)
	text, err := manifest.For("socket", "")
	require.NoError(t, err)
	assert.NotContains(t, text, "url:")

	// Nothing else differs.
	web.Settings.SocketModeEnabled = true
	web.Settings.Interactivity.RequestUrl, web.Settings.EventSubscriptions.RequestUrl = "", ""
	web.Features.SlashCommands[0].Url = ""
	assert.Equal(t, socket, web)
}

func TestAnAddressThatSlackOrYAMLWouldMisreadIsRefused(t *testing.T) {
	for _, base := range []string{
		"", "http://fb.example.org", "https://", "fb.example.org", "https://ana:secret@fb.example.org",
		"https://fb.example.org?x=1", "https://fb.example.org?", "https://fb.example.org#x", "https://fb.example.org/a b",
		"https://fb.example.org/\nsettings:", "https://fb.example.org/{}", "https://fb.example.org/" + strings.Repeat("x", 3000),
	} {
		_, err := manifest.For("http", base)
		assert.Error(t, err, "%.60q", base)
	}
	_, err := manifest.For("socket", "https://fb.example.org")
	assert.ErrorContains(t, err, "leave the URL out")
	_, err = manifest.For("", "https://fb.example.org")
	assert.ErrorContains(t, err, "http, socket")
}

func TestNoScopeIsAskedForThatAThiefOfTheTokenWouldLike(t *testing.T) {
	for _, m := range both(t) {
		for _, scope := range m.OAuthConfig.Scopes.Bot {
			assert.NotContains(t, []string{"chat:write.customize", "chat:write.public", "users:read.email", "usergroups:read"}, scope)
			assert.False(t, strings.HasPrefix(scope, "admin") || strings.HasSuffix(scope, ":history"), scope)
		}
	}
}

// methods are the Web API methods behind the client's calls.
var methods = map[string][]string{
	"AuthTestContext":               {"auth.test"},
	"GetBotInfoContext":             {"bots.info"},
	"StartSocketModeContext":        {}, // by the app-level token, whose one scope no manifest grants
	"GetConversationInfoContext":    {"conversations.info"},
	"GetUsersInConversationContext": {"conversations.members"},
	"GetUserInfoContext":            {"users.info"},
	"OpenViewContext":               {"views.open"},
	"UpdateViewContext":             {"views.update"},
	"PostMessageContext":            {"chat.postMessage"},
	"PostEphemeralContext":          {"chat.postEphemeral"},
	"UpdateMessageContext":          {"chat.update"},
	"GetPermalinkContext":           {"chat.getPermalink"},
	"UploadFileContext":             {"files.getUploadURLExternal", "files.completeUploadExternal"},
}

// events are the scopes that Slack demands for an event.
var events = map[string][]string{
	"app_uninstalled": nil,
	"tokens_revoked":  nil,
	"channel_shared":  {"channels:read", "groups:read"},
	"channel_archive": {"channels:read"},
	"group_archive":   {"groups:read"},
	"user_change":     {"users:read"},
}

// called are the client's methods that the code of approvals/slack calls.
func called(t *testing.T) []string {
	client, set, out := reflect.TypeFor[*slack.Client](), token.NewFileSet(), map[string]bool{}
	files, err := filepath.Glob("../*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if of, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasSuffix(of.Sel.Name, "Context") {
				if _, is := client.MethodByName(of.Sel.Name); is {
					out[of.Sel.Name] = true
				}
			}
			return true
		})
	}
	require.NotEmpty(t, out)
	return slices.Sorted(maps.Keys(out))
}

func TestTheScopesAreThoseOfTheCallsAndEventsAndNoOthers(t *testing.T) {
	need := map[string]bool{"commands": true} // of the slash command
	for _, name := range called(t) {
		require.Contains(t, methods, name, "which method of the Web API is this? add it above, and its scope to both manifests")
		for _, method := range methods[name] {
			scope, served := slacktest.MethodScope(method)
			assert.True(t, served, "the fake does not serve %s", method)
			switch {
			case scope == "groups:read":
				need[scope], need["channels:read"] = true, true // cards live in either kind of channel
			case scope != "":
				need[scope] = true
			}
		}
	}
	for name, m := range both(t) {
		for _, event := range m.Settings.EventSubscriptions.BotEvents {
			require.Contains(t, events, event, "which scope does this event need?")
			for _, scope := range events[event] {
				assert.Contains(t, m.OAuthConfig.Scopes.Bot, scope, "%s of %s", event, name)
			}
		}
		assert.ElementsMatch(t, slices.Collect(maps.Keys(need)), m.OAuthConfig.Scopes.Bot, name)
	}
}

func TestEveryMethodOfTheTableIsServedByTheFakeUnderTheseScopes(t *testing.T) {
	scopes := read(t, "socket", "").OAuthConfig.Scopes.Bot
	for _, list := range methods {
		for _, method := range list {
			scope, served := slacktest.MethodScope(method)
			assert.True(t, served, method)
			if scope != "" {
				assert.Contains(t, scopes, scope, method)
			}
		}
	}
}

func TestEveryScopeAndEventSaysWhy(t *testing.T) {
	for transport, base := range map[string]string{"http": "https://fb.example.org", "socket": ""} {
		text, err := manifest.For(transport, base)
		require.NoError(t, err)
		for line := range strings.Lines(text) {
			item, ok := strings.CutPrefix(strings.TrimSpace(line), "- ")
			if ok && !strings.HasPrefix(item, "command:") {
				assert.Contains(t, item, " # ", line)
			}
		}
	}
}
