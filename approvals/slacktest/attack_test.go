package slacktest_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

func TestTamperedClicksAreRefusedByTheRealVerifier(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	ts := postCard(t, api)
	press := slacktest.Press{User: "U0BEN", Channel: channel, TS: ts, ActionID: "approval.review"}
	attacks := map[string]func(*slacktest.Attempt) *slacktest.Attempt{
		"body changed after signing": func(x *slacktest.Attempt) *slacktest.Attempt {
			return x.AlteredAfterSigning(func(b []byte) []byte { return bytes.Replace(b, []byte("U0BEN"), []byte("U0ANA"), 1) })
		},
		"old timestamp":    func(x *slacktest.Attempt) *slacktest.Attempt { return x.SignedAt(time.Now().Add(-6 * time.Minute)) },
		"future timestamp": func(x *slacktest.Attempt) *slacktest.Attempt { return x.SignedAt(time.Now().Add(6 * time.Minute)) },
		"year 2603":        func(x *slacktest.Attempt) *slacktest.Attempt { return x.SignedAt(time.Unix(20000000000, 0)) },
		"wrong secret":     func(x *slacktest.Attempt) *slacktest.Attempt { return x.SignedWith("guess") },
		"no signature":     func(x *slacktest.Attempt) *slacktest.Attempt { return x.SignedWith("") },
	}
	for name, attack := range attacks {
		x, err := s.NewClick(press)
		require.NoError(t, err)
		d, err := attack(x).Send(t.Context())
		require.NoError(t, err, name)
		assert.Equal(t, 401, d.Status, name)
		assert.False(t, d.Acked, name)
	}
	assert.Len(t, a.refusals(), len(attacks))
	assert.Empty(t, a.seen())
}

func TestAProperlySignedLieReachesTheAppAsTold(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	x, err := s.NewClick(slacktest.Press{User: "U0ELI", Channel: channel, TS: postCard(t, api), ActionID: "approval.review"})
	require.NoError(t, err, "an attempt is not asked whether its user is a member")
	d, err := x.Set("team.id", "T0EVIL").Set("user.id", "U0ANA").Set("actions.0.value", "v1.other").
		WithQueryPayload(map[string]any{"type": "block_actions"}).Send(t.Context())
	require.NoError(t, err)
	assert.Contains(t, d.URL, "?payload=")
	require.Len(t, a.seen(), 1)
	assert.Equal(t, "T0EVIL", a.seen()[0].Team.ID)
	assert.Equal(t, "U0ANA", a.seen()[0].User.ID)
	assert.Equal(t, "T0OTHER", a.seen()[0].User.TeamID)
	assert.Equal(t, "v1.other", a.seen()[0].ActionCallback.BlockActions[0].Value)
}

func TestAnAttackThatMissesItsMarkIsNotSent(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	ts := postCard(t, api)
	for _, path := range []string{"user.idd", "actions.9.value", "type.x", "actions.first"} {
		x, err := s.NewClick(slacktest.Press{User: "U0BEN", Channel: channel, TS: ts, ActionID: "approval.review"})
		require.NoError(t, err)
		_, err = x.Set(path, "y").Send(t.Context())
		assert.ErrorContains(t, err, path)
	}
	assert.Empty(t, a.seen())
}

func TestAReplayIsByteForByteTheSameRequest(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	d, err := s.Click(t.Context(), "U0BEN", channel, postCard(t, api), "approval.review")
	require.NoError(t, err)
	again, err := s.Replay(t.Context(), d)
	require.NoError(t, err)
	assert.True(t, again.Acked, "a signature is not a nonce")
	assert.Equal(t, d.Body, again.Body)
	assert.Equal(t, d.Header, again.Header)
	assert.Len(t, a.seen(), 2)
	_, err = s.Replay(t.Context(), slacktest.Delivery{})
	assert.Error(t, err)
}

func TestAClickOnACardThatAThiefRewroteCarriesTheThiefsWords(t *testing.T) {
	s, api := start(t)
	a := newApp(t, s)
	ts := postCard(t, api)
	forged := card("r1")
	forged[0] = slack.NewHeaderBlock(text("Pay the attacker"))
	_, _, _, err := api.UpdateMessageContext(t.Context(), channel, ts, slack.MsgOptionText("x", false), slack.MsgOptionBlocks(forged...))
	require.NoError(t, err, "whoever has the bot token may rewrite what the bot wrote")
	_, err = s.Click(t.Context(), "U0BEN", channel, ts, "approval.review")
	require.NoError(t, err)
	require.Len(t, a.seen(), 1)
	header, ok := a.seen()[0].Message.Blocks.BlockSet[0].(*slack.HeaderBlock)
	require.True(t, ok)
	assert.Equal(t, "Pay the attacker", header.Text.Text)
	assert.Empty(t, a.seen()[0].Message.Edited, "nothing shows that it was changed")
}

func TestAnAttackOnTheSignatureNeedsHTTP(t *testing.T) {
	s, api := start(t, overSockets)
	press := slacktest.Press{User: "U0BEN", Channel: channel, TS: postCard(t, api), ActionID: "approval.review"}
	for _, attack := range []func(*slacktest.Attempt) *slacktest.Attempt{
		func(x *slacktest.Attempt) *slacktest.Attempt { return x.SignedWith("guess") },
		func(x *slacktest.Attempt) *slacktest.Attempt { return x.WithQuery("payload=x") },
		func(x *slacktest.Attempt) *slacktest.Attempt {
			return x.AlteredAfterSigning(func(b []byte) []byte { return b })
		},
	} {
		x, err := s.NewClick(press)
		require.NoError(t, err)
		_, err = attack(x).Send(t.Context())
		assert.ErrorContains(t, err, "this attack needs HTTP")
	}
}

func TestAHugePayloadIsAsLargeAsAsked(t *testing.T) {
	s, api := start(t)
	newApp(t, s)
	x, err := s.NewClick(slacktest.Press{User: "U0BEN", Channel: channel, TS: postCard(t, api), ActionID: "approval.review"})
	require.NoError(t, err)
	d, err := x.Padded(2 << 20).Send(t.Context())
	require.NoError(t, err)
	assert.Greater(t, len(d.Body), 2<<20)
	assert.True(t, d.Sent)
}
