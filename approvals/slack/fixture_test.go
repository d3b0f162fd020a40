package slack_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
)

const (
	secret    = "8f742231b10e8888abcd99yyyzzz85a5"
	token     = "xoxb-guarded-token"
	team      = "T0GUARD001"
	app       = "A07BREAKER1"
	channel   = "C08INCIDENT"
	home      = "C09HOME"
	elsewhere = "C10ELSEWHERE"

	review  = "approval.review"
	deny    = "approval.deny"
	thePlan = "PAUSE LAB-VAULT"
)

// stage is a whole workspace with the app in it, and the journal behind it.
type stage struct {
	t       *testing.T
	fake    *slacktest.Server
	desk    *slack.Desk
	book    *book
	log     *safeBuffer
	mu      sync.Mutex
	why     []slack.Reason
	record  []slack.Refusal
	clock   func() time.Time
	config  slack.Config
	handler *slack.Handler
	cases   *orders
	events  []slack.Event
}

// safeBuffer collects the log of a concurrent program.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func users() []slacktest.User {
	list := []slacktest.User{{ID: "U0ZOE", Name: "zoe", RealName: "Zoe"}}
	for _, name := range []string{"ana", "ben", "cho", "dee", "eli", "fay"} {
		list = append(list, slacktest.User{ID: "U0" + strings.ToUpper(name), Name: name, RealName: name})
	}
	return list
}

func roster(t testing.TB) approvals.Roster {
	t.Helper()
	var people []approvals.Person
	for _, name := range []string{"ana", "ben", "cho", "dee", "eli"} {
		people = append(people, approvals.Person{Name: name, Teams: []string{"security"}, SlackTeam: team, SlackUser: "U0" + strings.ToUpper(name)})
	}
	people = append(people, approvals.Person{Name: "fay", Teams: []string{"marketing"}, SlackTeam: team, SlackUser: "U0FAY"})
	r, err := approvals.NewRoster(people)
	require.NoError(t, err)
	return r
}

// open builds the stage with an incident that asks for votes.
func open(t *testing.T, change ...func(*stage, *slack.Config, *slacktest.Config)) *stage {
	t.Helper()
	st := &stage{t: t, log: &safeBuffer{}, clock: time.Now}
	st.cases = &orders{st: st}
	var members []string
	for _, u := range users() {
		members = append(members, u.ID)
	}
	fc := slacktest.Config{SigningSecret: secret, BotToken: token, TeamID: team, AppID: app, Users: users(),
		Channels: []slacktest.Channel{
			{ID: channel, Name: "incident", IsPrivate: true, Members: members},
			{ID: home, Name: "home", IsPrivate: true, Members: members},
			{ID: elsewhere, Name: "elsewhere", Members: members},
		}}
	c := slack.Config{Token: token, SigningSecrets: []slack.Secret{secret}, TeamID: team, AppID: app,
		Channels: map[string]string{"incidents": channel, "home": home}, Home: "home", Timeout: 2 * time.Second,
		Log: slog.New(slog.NewTextHandler(st.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	st.book = newBook(t, approvals.Rules{Roster: roster(t)})
	c.Called = func(s incident.State, key string) []string { return st.book.rules.Called(s, key) }
	for _, f := range change {
		f(st, &c, &fc)
	}
	var err error
	st.fake, err = slacktest.New(fc)
	require.NoError(t, err)
	require.NoError(t, st.fake.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, st.fake.Close()) })
	c.APIURL = st.fake.APIURL()
	st.config = c
	st.desk, err = slack.NewDesk(c)
	require.NoError(t, err)
	st.handler, err = slack.NewHandler(c, slack.HandlerOptions{
		Cases: st.cases,
		Votes: st.book, Rules: func() approvals.Rules { return st.book.rules }, Now: func() time.Time { return st.clock() },
		Refused: st.note,
		Event: func(e slack.Event) {
			st.mu.Lock()
			defer st.mu.Unlock()
			st.events = append(st.events, e)
		},
		Shown: st.book.shown, Alarm: st.book.alarm,
	})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/slack/interactions", st.handler)
	mux.Handle("/slack/commands", st.handler.Commands())
	mux.Handle("/slack/events", st.handler.Events())
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	st.fake.SetInteractivityURL(srv.URL + "/slack/interactions")
	st.fake.SetCommandURL(srv.URL + "/slack/commands")
	st.fake.SetEventsURL(srv.URL + "/slack/events")
	return st
}

// note keeps a refusal.
func (st *stage) note(r slack.Refusal) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.why, st.record = append(st.why, r.Reason), append(st.record, r)
}

// refused are the reasons so far.
func (st *stage) refused() []slack.Reason {
	st.mu.Lock()
	defer st.mu.Unlock()
	return append([]slack.Reason(nil), st.why...)
}

// post shows the card, as the engine would.
func (st *stage) post() slacktest.Message {
	st.t.Helper()
	posted, err := st.desk.Post(st.t.Context(), st.book.now())
	require.NoError(st.t, err)
	st.book.add(posted)
	return st.card()
}

// update brings the card up to date, as the engine would.
func (st *stage) update() slacktest.Message {
	st.t.Helper()
	body, err := st.desk.Update(st.t.Context(), st.book.now())
	require.NoError(st.t, err)
	st.book.add(body)
	return st.card()
}

func (st *stage) card() slacktest.Message {
	st.t.Helper()
	card := st.book.now().Card
	m, ok := st.fake.Message(card.Channel, card.TS)
	require.True(st.t, ok)
	return m
}

// click presses a button of the present card.
func (st *stage) click(user, action string) slacktest.Delivery {
	st.t.Helper()
	card := st.book.now().Card
	d, err := st.fake.Click(st.t.Context(), user, card.Channel, card.TS, action)
	require.NoError(st.t, err)
	return d
}

// view is what the user has in front.
func (st *stage) view(user string) slacktest.View {
	st.t.Helper()
	v, ok := st.fake.OpenView(user)
	require.True(st.t, ok, "user %s sees no view", user)
	return v
}

// approve does what an honest guardian does: click, read, type, submit.
func (st *stage) approve(user string) slacktest.Delivery {
	st.t.Helper()
	require.True(st.t, st.click(user, review).Acked)
	return st.submit(user, "phrase", thePlan)
}

func (st *stage) submit(user, input, text string) slacktest.Delivery {
	st.t.Helper()
	d, err := st.fake.Submit(st.t.Context(), user, st.view(user).ID, map[string]map[string]string{input: {input: text}})
	require.NoError(st.t, err)
	return d
}

// seen is all text of a message or a view, as a person reads it.
func seen(raw json.RawMessage) string {
	var walk func(v any) []string
	walk = func(v any) (out []string) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range []string{"text", "label", "hint", "elements", "fields", "placeholder", "element"} {
				if s, ok := v[k].(string); ok {
					out = append(out, s)
				} else {
					out = append(out, walk(v[k])...)
				}
			}
		case []any:
			for _, item := range v {
				out = append(out, walk(item)...)
			}
		}
		return out
	}
	var doc any
	if err := json.Unmarshal(raw, &doc); err != nil {
		return fmt.Sprintf("not JSON: %v", err)
	}
	return strings.Join(walk(doc), "\n")
}
