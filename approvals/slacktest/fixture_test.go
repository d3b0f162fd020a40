package slacktest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

const (
	secret  = "8f742231b10e8888abcd99yyyzzz85a5"
	token   = "xoxb-test"
	team    = "T0GUARD001"
	channel = "C08INCIDENT"
	public  = "C09GENERAL"
)

// clock is a time that moves when told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func config() slacktest.Config {
	return slacktest.Config{
		SigningSecret: secret, BotToken: token, TeamID: team, AppID: "A07BREAKER1",
		Users: []slacktest.User{
			{ID: "U0ANA", Name: "ana", RealName: "Ana"},
			{ID: "U0BEN", Name: "ben", RealName: "Ben"},
			{ID: "U0CHO", Name: "cho", RealName: "Cho", IsRestricted: true},
			{ID: "U0DEE", Name: "dee", RealName: "Dee", Deleted: true},
			{ID: "U0ELI", Name: "eli", RealName: "Eli", TeamID: "T0OTHER", IsStranger: true},
		},
		Channels: []slacktest.Channel{
			{ID: channel, Name: "incident", IsPrivate: true, Members: []string{"U0ANA", "U0BEN", "U0CHO", "U0DEE"}},
			{ID: public, Name: "general", Members: []string{"U0ANA"}},
		},
	}
}

// start runs a fake on a free port with the changes made to its config.
func start(t *testing.T, change ...func(*slacktest.Config)) (*slacktest.Server, *slack.Client) {
	t.Helper()
	cfg := config()
	for _, f := range change {
		f(&cfg)
	}
	s, err := slacktest.New(cfg)
	require.NoError(t, err)
	require.NoError(t, s.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, slack.New(token, slack.OptionAPIURL(s.APIURL()))
}

// app is the other side: it verifies and parses as a real app does, and
// answers what the test wants.
type app struct {
	mu       sync.Mutex
	verified []slack.InteractionCallback
	refused  []error
	answer   func(w http.ResponseWriter, r *http.Request, cb slack.InteractionCallback)
}

func newApp(t *testing.T, s *slacktest.Server) *app {
	t.Helper()
	a := &app{}
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	s.SetInteractivityURL(srv.URL + "/slack/interactions")
	return a
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sv, err := slack.NewSecretsVerifier(r.Header, secret)
	if err == nil {
		r.Body = io.NopCloser(io.TeeReader(r.Body, &sv))
	}
	cb, parseErr := slack.InteractionCallbackParse(r)
	if err == nil {
		err = sv.Ensure()
	}
	if err == nil {
		err = parseErr
	}
	a.mu.Lock()
	answer := a.answer
	if err != nil {
		a.refused = append(a.refused, err)
	} else {
		a.verified = append(a.verified, cb)
	}
	a.mu.Unlock()
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
	} else if answer != nil {
		answer(w, r, cb)
	}
}

func (a *app) answerWith(f func(http.ResponseWriter, *http.Request, slack.InteractionCallback)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = f
}

func (a *app) seen() []slack.InteractionCallback {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.verified
}

func (a *app) refusals() []error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.refused
}

func text(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

// card is a small approval card with two buttons.
func card(rev string) []slack.Block {
	review := slack.NewButtonBlockElement("approval.review", "v1."+rev, text("Review and approve"))
	review.Style = slack.StylePrimary
	deny := slack.NewButtonBlockElement("approval.deny", "v1."+rev, text("Deny"))
	return []slack.Block{
		slack.NewHeaderBlock(text("Pause USDX on Ethereum")),
		slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, "*Why now:* minted without reserves", false, true), nil, nil),
		slack.NewActionBlock("act."+rev, review, deny),
	}
}

// postCard posts a card and returns its ts.
func postCard(t *testing.T, api *slack.Client) string {
	t.Helper()
	_, ts, err := api.PostMessageContext(t.Context(), channel,
		slack.MsgOptionText("Approval needed: pause USDX.", false), slack.MsgOptionBlocks(card("r1")...))
	require.NoError(t, err)
	return ts
}

// modal is a view with one required text input.
func modal(id string) slack.ModalViewRequest {
	input := slack.NewInputBlock("type."+id, text("Type PAUSE USDX"), nil, slack.NewPlainTextInputBlockElement(nil, "phrase"))
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: text("Review " + id), Submit: text("Approve"), Close: text("Cancel"),
		CallbackID: "approval.vote", PrivateMetadata: "request " + id,
		Blocks: slack.Blocks{BlockSet: []slack.Block{input}},
	}
}
