package slack_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
)

// orders is what the slash command asks and orders.
type orders struct {
	st       *stage
	mu       sync.Mutex
	triggers []slack.Trigger
	freezes  []slack.Freeze
	fail     error
}

func (o *orders) Open() []incident.State {
	if s := o.st.book.now(); !s.Phase().Ended() {
		return []incident.State{s}
	}
	return nil
}

func (o *orders) Trigger(_ context.Context, t slack.Trigger) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return "", o.fail
	}
	o.triggers = append(o.triggers, t)
	return "being prepared", nil
}

func (o *orders) Freeze(_ context.Context, f slack.Freeze) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.freezes = append(o.freezes, f)
	return "recorded", o.fail
}

func (st *stage) command(user, text string) slacktest.Delivery {
	st.t.Helper()
	d, err := st.fake.Command(st.t.Context(), user, channel, "/firebreak", text)
	require.NoError(st.t, err)
	return d
}

// answer is what the person sees of a command.
func (st *stage) answer(user, text string) string {
	st.t.Helper()
	d := st.command(user, text)
	require.True(st.t, d.Acked, d.Notice)
	return string(d.Reply)
}

func TestACommandTellsWhatIsOpenToThePersonAlone(t *testing.T) {
	st := open(t, func(_ *stage, c *slack.Config, _ *slacktest.Config) {
		c.Page = func(id incident.ID) string { return "https://approve.example.org/r/" + string(id) }
	})
	st.post()
	for _, text := range []string{"", "status", "pending", "  STATUS "} {
		said := st.answer("U0ANA", text)
		assert.Contains(t, said, "01JEQ7V5M2K30000", text)
		assert.Contains(t, said, "approvals 0 of 2", text)
		assert.Contains(t, said, "https://approve.example.org/r/01JEQ7V5M2K30000", text)
		assert.Contains(t, said, `"ephemeral"`, text)
	}
	shown := st.answer("U0ANA", "show 01jeq7v5m2k30000")
	assert.Contains(t, shown, vault.Hex())
	assert.NotContains(t, shown, "approval.review", "an answer is for reading")
	assert.Contains(t, st.answer("U0ANA", "help"), "/firebreak trigger PLAYBOOK")
	assert.Contains(t, st.answer("U0ANA", "dance <!channel>"), "There is no `dance`")
	assert.Contains(t, st.answer("U0ANA", "show nonsense"), "Say which")
	st.book.add(incident.Lapsed{Why: "the deadline passed"})
	assert.Contains(t, st.answer("U0ANA", "status"), "Nothing is open.")
	assert.Contains(t, st.answer("U0ANA", "pending"), "Nothing waits")
}

func TestACommandOfAStrangerSaysNothingAndIsRecorded(t *testing.T) {
	st := open(t)
	st.post()
	assert.NotContains(t, st.answer("U0ZOE", "status"), "01JEQ7V5M2K30000")
	assert.Equal(t, []slack.Reason{slack.ReasonUnknown}, st.refused())
	a, err := st.fake.NewCommand("U0ANA", channel, "/firebreak", "status")
	require.NoError(t, err)
	assert.False(t, st.send(a.Set("team_id", "T0OTHER")).Acked)
	a, err = st.fake.NewCommand("U0ANA", channel, "/firebreak", "status")
	require.NoError(t, err)
	assert.False(t, st.send(a.SignedWith("another secret")).Acked)
	assert.Equal(t, []slack.Reason{slack.ReasonUnknown, slack.ReasonElsewhere, slack.ReasonForged}, st.refused())
}

func TestAPersonAsksForAPlaybookWithAReasonAndOnce(t *testing.T) {
	st := open(t)
	require.True(t, st.command("U0ANA", "trigger vault-drain").Acked)
	assert.Contains(t, seen(st.view("U0ANA").Blocks), "you cannot approve it")
	a, err := st.fake.NewSubmit("U0ANA", st.view("U0ANA").ID, map[string]map[string]string{"why": {"why": "the oracle is wrong"}})
	require.NoError(t, err)
	require.Equal(t, "update", st.send(a).ResponseAction)
	require.Len(t, st.cases.triggers, 1)
	got := st.cases.triggers[0]
	assert.Equal(t, "ana", got.Person)
	assert.Equal(t, "vault-drain", got.Playbook)
	assert.Equal(t, "the oracle is wrong", got.Why)
	st.send(a)
	assert.Equal(t, got.Delivery, st.cases.triggers[1].Delivery, "the same submission has the same name, and counts once by it")
}

func TestAnOrderThatCouldNotBeRecordedIsNotSaidToBe(t *testing.T) {
	st := open(t)
	st.command("U0ANA", "freeze guardian")
	st.cases.fail = errors.New("disk full")
	d := st.submit("U0ANA", "why", "stolen laptop")
	assert.Equal(t, "errors", d.ResponseAction)
	assert.Contains(t, d.FieldErrors["why"], "It is not known that this is recorded")
	st.cases.fail = &approvals.VoterError{Sentence: "Say which key: a, b."}
	st.submit("U0ANA", "why", "stolen laptop")
	assert.Contains(t, st.readView("U0ANA"), "Say which key")
}

func TestAnOrderOfWhoeverMayNotVoteIsRefusedWhenItIsGiven(t *testing.T) {
	st := open(t)
	st.command("U0ANA", "trigger vault-drain")
	a, err := st.fake.NewSubmit("U0ANA", st.view("U0ANA").ID, map[string]map[string]string{"why": {"why": "x y z"}})
	require.NoError(t, err)
	require.NoError(t, st.fake.SetUser(slacktest.User{ID: "U0ANA", Name: "ana", Deleted: true}))
	st.send(a)
	assert.Empty(t, st.cases.triggers)
	assert.Contains(t, st.refused(), slack.ReasonAccount)
	for _, bad := range []string{"trigger", "trigger ../x", "trigger a b", "freeze A_B C"} {
		assert.Contains(t, st.answer("U0BEN", bad), "ephemeral", bad)
	}
}

func TestSlacksEventsAreHeardWhenTheyAreSlacks(t *testing.T) {
	st := open(t)
	require.NoError(t, st.fake.VerifyEventsURL(t.Context()))
	d, err := st.fake.Event(t.Context(), "channel_shared", map[string]any{"channel": channel, "connected_team_id": "T0OTHER"})
	require.NoError(t, err)
	assert.True(t, d.Acked)
	_, err = st.fake.Event(t.Context(), "tokens_revoked", map[string]any{"tokens": map[string]any{"bot": []string{"U0FIREBREAK"}}})
	require.NoError(t, err)
	assert.Equal(t, []slack.Event{{Type: "channel_shared", Channel: channel}, {Type: "tokens_revoked"}}, st.events)
	a, err := st.fake.NewEvent("channel_shared", map[string]any{"channel": channel})
	require.NoError(t, err)
	st.send(a.SignedWith("another secret"))
	assert.Len(t, st.events, 2)
	assert.Equal(t, []slack.Reason{slack.ReasonForged}, st.refused())
}
