package slacktest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

// asked is an app of slash commands, which answers the same to all, without a
// network.
type asked struct {
	t      *testing.T
	answer string
	wait   time.Duration
	got    []slack.SlashCommand
}

func (a *asked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	verifier, err := slack.NewSecretsVerifier(r.Header, secret)
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.Body = io.NopCloser(io.TeeReader(r.Body, &verifier))
	c, err := slack.SlashCommandParse(r)
	if err != nil || verifier.Ensure() != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	a.got = append(a.got, c)
	time.Sleep(a.wait)
	_, err = w.Write([]byte(a.answer))
	assert.NoError(a.t, err)
}

// typing is a fake with an app of slash commands; it runs inside a bubble.
func typing(t *testing.T, answer string) (*slacktest.Server, *slack.Client, *asked) {
	t.Helper()
	a := &asked{t: t, answer: answer}
	s, api := within(t, time.Second, func(c *slacktest.Config) {
		c.Transport, c.CommandURL = slacktest.HandlerTransport(a), "http://firebreak.test/slack/commands"
	})
	return s, api, a
}

func TestACommandIsAcceptedByTheRealVerifierAndParser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api, a := typing(t, "")
		d, err := s.Command(t.Context(), "U0BEN", channel, "/firebreak", "status now & <then>")
		require.NoError(t, err)
		assert.True(t, d.Acked)
		require.Len(t, a.got, 1)
		c := a.got[0]
		assert.Equal(t, []string{"/firebreak", "status now & <then>"}, []string{c.Command, c.Text})
		assert.Equal(t, []string{"U0BEN", "ben", team, "example"}, []string{c.UserID, c.UserName, c.TeamID, c.TeamDomain})
		assert.Equal(t, []string{channel, "privategroup", "A07BREAKER1"}, []string{c.ChannelID, c.ChannelName, c.APIAppID})
		assert.Equal(t, d.ResponseURL, c.ResponseURL)
		assert.Empty(t, s.Messages(channel), "an empty answer shows nothing")

		_, err = api.OpenViewContext(t.Context(), d.TriggerID, modal("one"))
		assert.NoError(t, err, "its trigger works as a click's does")
		answer := func(o ...slack.MsgOption) error {
			_, _, err := api.PostMessageContext(t.Context(), channel, append(o, slack.MsgOptionText("Later.", false))...)
			return err
		}
		require.NoError(t, answer(slack.MsgOptionResponseURL(d.ResponseURL, slack.ResponseTypeEphemeral)))
		assert.Error(t, answer(slack.MsgOptionReplaceOriginal(d.ResponseURL)), "a command has no message of its own")
		list := s.Messages(channel)
		require.Len(t, list, 1)
		assert.Equal(t, "U0BEN", list[0].To)
	})
}

func TestTheAnswerToACommandIsForItsPersonUnlessTheAppSaysOtherwise(t *testing.T) {
	for answer, want := range map[string]struct {
		to    string
		posts int
	}{
		`Nothing is open.`:            {"U0BEN", 1},
		`{"text":"Nothing is open."}`: {"U0BEN", 1},
		`{"response_type":"ephemeral","text":"x","blocks":[{"type":"section","text":{"type":"plain_text","text":"x"}}]}`: {"U0BEN", 1},
		`{"response_type":"in_channel","text":"Frozen."}`:                                                                {"", 2}, // what was typed is shown, too
		`{}`: {"", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, _, _ := typing(t, answer)
			d, err := s.Command(t.Context(), "U0BEN", channel, "/firebreak", "status")
			require.NoError(t, err)
			assert.Empty(t, d.Notice)
			list := s.Messages(channel)
			require.Len(t, list, want.posts, answer)
			if want.posts > 0 {
				last := list[want.posts-1]
				assert.Equal(t, want.to, last.To)
				assert.Equal(t, want.to != "", last.Ephemeral)
				assert.Equal(t, last.TS, d.TS)
			}
			if want.posts == 2 {
				assert.Equal(t, "/firebreak status", list[0].Text)
				assert.Equal(t, "U0BEN", list[0].User)
			}
		})
	}
}

func TestAnAnswerThatSlackWouldNotShowIsATrouble(t *testing.T) {
	for _, answer := range []string{
		`{"text":"` + strings.Repeat("x", 40001) + `"}`, `{"blocks":[{"type":"header"}]}`, `{"response_type":"in_channel"}`, `[1]`,
	} {
		synctest.Test(t, func(t *testing.T) {
			s, _, _ := typing(t, answer)
			d, err := s.Command(t.Context(), "U0BEN", channel, "/firebreak", "")
			require.NoError(t, err)
			assert.Contains(t, d.Notice, "trouble", answer)
			assert.Empty(t, s.Messages(channel))
		})
	}
}

func TestACommandIsAnsweredInThreeSecondsOrNotAtAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, a := typing(t, "Too late.")
		a.wait = 3*time.Second + time.Millisecond
		d, err := s.Command(t.Context(), "U0BEN", channel, "/firebreak", "status")
		require.NoError(t, err)
		assert.False(t, d.Acked)
		assert.Equal(t, 3*time.Second, d.Took)
		assert.Contains(t, d.Notice, "in time")
		time.Sleep(time.Second)
		assert.Empty(t, s.Messages(channel), "its answer came to nobody")
	})
}

func TestACommandIsTypedBySomebodyInAChannelTheySee(t *testing.T) {
	s, _, a := typing(t, "")
	for _, c := range []struct{ user, channel, command, why string }{
		{"U0NOBODY", channel, "/firebreak", "unknown"},
		{"U0DEE", channel, "/firebreak", "deactivated"},
		{"U0ELI", channel, "/firebreak", "not a member"},
		{"U0ANA", "C0NOWHERE", "/firebreak", "unknown"},
		{"U0ANA", channel, "/other", "not a command of this app"},
	} {
		_, err := s.Command(t.Context(), c.user, c.channel, c.command, "")
		assert.ErrorContains(t, err, c.why)
	}
	assert.Empty(t, a.got)
	x, err := s.NewCommand("U0ELI", channel, "/firebreak", "freeze")
	require.NoError(t, err, "an attack is not asked")
	d, err := x.Set("user_id", "U0ANA").Padded(1000).Send(t.Context())
	require.NoError(t, err)
	assert.True(t, d.Acked)
	require.Len(t, a.got, 1)
	assert.Equal(t, "U0ANA", a.got[0].UserID)
	x, err = s.NewCommand("U0ANA", channel, "/firebreak", "freeze")
	require.NoError(t, err)
	d, err = x.SignedWith("guess").Send(t.Context())
	require.NoError(t, err)
	assert.Equal(t, http.StatusUnauthorized, d.Status)
}

func TestOverASocketACommandIsAnsweredInItsAck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := within(t, time.Second, overSockets)
		l := connect(t, s)
		l.next()
		out := make(chan slacktest.Delivery, 1)
		go func() {
			d, err := s.Command(t.Context(), "U0BEN", channel, "/firebreak", "status")
			assert.NoError(t, err)
			out <- d
		}()
		m := l.next()
		assert.Equal(t, "slash_commands", m.Type)
		assert.True(t, m.Accepts)
		var c slack.SlashCommand
		require.NoError(t, json.Unmarshal(m.Payload, &c))
		assert.Equal(t, "status", c.Text)
		l.ack(m.EnvelopeID, map[string]any{"text": "Nothing is open."})
		assert.True(t, (<-out).Acked)
		list := s.Messages(channel)
		require.Len(t, list, 1)
		assert.Equal(t, "Nothing is open.", list[0].Text)
	})
}
