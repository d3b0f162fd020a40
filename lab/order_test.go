package lab

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
)

func ordered(t *testing.T) (*Range, context.Context) {
	scene, err := Find("vault-drain")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r, err := Start(ctx, Options{Scenario: scene, BlockTime: 60 * time.Millisecond, Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.Close()) })
	return r, ctx
}

// order types a command, gives a reason and returns what came of it.
func (r *Range) order(ctx context.Context, t *testing.T, name, text, why string) string {
	t.Helper()
	user := slackID(name)
	d, err := r.slack.Command(ctx, user, channelID, "/firebreak", text)
	require.NoError(t, err)
	require.True(t, d.Acked, d.Notice)
	view, err := r.slack.WaitView(ctx, user, func(v slacktest.View) bool { return v.Submit != "" })
	require.NoError(t, err)
	d, err = r.slack.Submit(ctx, user, view.ID, map[string]map[string]string{"why": {"why": why}})
	require.NoError(t, err)
	require.True(t, d.Acked, d.Notice)
	return string(d.Reply)
}

// TestWhoAsksForAPlaybookCannotApproveItAndOthersCan: without an alert, without
// the condition, and never before people agree.
func TestWhoAsksForAPlaybookCannotApproveItAndOthersCan(t *testing.T) {
	r, ctx := ordered(t)
	assert.Contains(t, r.order(ctx, t, "ana", "trigger no-such", "because"), "There is no playbook")
	assert.Contains(t, r.order(ctx, t, "ana", "trigger vault-drain", "the oracle is wrong"), "somebody else has to approve it")
	card, err := r.slack.WaitMessage(ctx, channelID, reviewable)
	require.NoError(t, err)
	assert.Contains(t, string(card.Blocks), "ana asked for it.")
	assert.Contains(t, string(card.Blocks), "the oracle is wrong")
	_, err = r.slack.Click(ctx, slackID("ana"), channelID, card.TS, "approval.review")
	require.NoError(t, err)
	view, err := r.slack.WaitView(ctx, slackID("ana"), func(slacktest.View) bool { return true })
	require.NoError(t, err)
	assert.Contains(t, string(view.Blocks), "You asked for this request, so you cannot approve it.")
	for _, name := range []string{"ben", "dee"} {
		require.NoError(t, Approve(ctx, r.slack, name))
	}
	require.Eventually(t, func() bool { return r.phase(ctx) == incident.PhaseContained }, 30*time.Second, 20*time.Millisecond)
	var refused int
	for f, err := range r.record.Read(ctx, incident.Door, 0) {
		require.NoError(t, err)
		assert.Equal(t, incident.KindTurnedAway, f.Kind)
		refused++
	}
	assert.Positive(t, refused, "what was refused is in the journal")
}

func TestOnePersonAloneFreezesNoKeyAndTwoDo(t *testing.T) {
	r, ctx := ordered(t)
	state := func() string {
		info, err := r.Key(ctx)
		require.NoError(t, err)
		return string(info.Info.State)
	}
	for range 2 { // the same person twice is one person
		assert.Contains(t, r.order(ctx, t, "ana", "freeze", "my laptop is gone"), "when a second person asks")
		assert.Equal(t, string(signer.Active), state())
	}
	assert.Contains(t, r.order(ctx, t, "dee", "freeze", "ana's laptop is gone"), "is frozen")
	assert.NotEqual(t, string(signer.Active), state())
	_, err := r.slack.WaitMessage(ctx, channelID, func(m slacktest.Message) bool { return strings.Contains(m.Text, "is frozen") })
	require.NoError(t, err, "everybody hears of it")
}

// TestACardInAChannelThatOthersCanReadLosesWhatItSays: Slack's own event makes
// the daemon look at once.
func TestACardInAChannelThatOthersCanReadLosesWhatItSays(t *testing.T) {
	r, ctx := ordered(t)
	r.order(ctx, t, "ana", "trigger vault-drain", "the oracle is wrong")
	card, err := r.slack.WaitMessage(ctx, channelID, reviewable)
	require.NoError(t, err)
	d, err := r.slack.ShareChannel(ctx, channelID, "T0OTHER")
	require.NoError(t, err)
	require.True(t, d.Acked)
	gone, err := r.slack.WaitMessage(ctx, channelID, func(m slacktest.Message) bool { return m.TS == card.TS && len(m.Buttons()) == 0 })
	require.NoError(t, err)
	assert.Contains(t, gone.Text, "shared with another workspace")
	assert.NotContains(t, gone.Text+string(gone.Blocks), "lab-vault")
	posts := len(r.slack.Messages(channelID))
	assert.Never(t, func() bool { return len(r.slack.Messages(channelID)) > posts }, time.Second, 50*time.Millisecond, "and nothing more is said there")
	assert.Equal(t, incident.PhaseAsking, r.phase(ctx), "the request stands, for those who vote elsewhere")
}

// TestAnAttackIsStoppedOverSocketModeAlone: nothing of Slack's reaches the daemon
// from outside.
func TestAnAttackIsStoppedOverSocketModeAlone(t *testing.T) {
	scene, err := Find("vault-drain")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := Start(ctx, Options{Scenario: scene, BlockTime: 60 * time.Millisecond, Guardians: true, Socket: true, Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { assert.NoError(t, r.Close()) }()
	answer, err := http.Post("http://"+r.responder().Addr()+"/slack/interactions", "application/x-www-form-urlencoded", strings.NewReader("payload={}"))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusNotFound, answer.StatusCode, "there is no such door")
	result, err := r.Play(ctx)
	require.NoError(t, err)
	assert.Equal(t, "contained", result.Outcome)
	for _, d := range r.slack.Deliveries() {
		assert.Equal(t, slacktest.OverSocket, d.Transport)
	}
}
