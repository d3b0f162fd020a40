package slacktest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

func TestEveryTimestampIsUniqueWhenTheClockStandsStill(t *testing.T) {
	c := &clock{now: time.Unix(1764943212, 338219000)}
	s, api := start(t, func(cfg *slacktest.Config) { cfg.Now = c.Now })
	seen := map[string]bool{}
	for range 5 {
		seen[postCard(t, api)] = true
	}
	assert.Len(t, seen, 5)
	assert.Contains(t, seen, "1764943212.338219")
	assert.Len(t, s.Messages(channel), 5)
}

func TestUpdateReplacesBlocksAndKeepsEveryRevision(t *testing.T) {
	s, api := start(t)
	ts := postCard(t, api)
	_, _, _, err := api.UpdateMessageContext(t.Context(), channel, ts,
		slack.MsgOptionText("Denied.", false), slack.MsgOptionBlocks(card("r2")[:2]...))
	require.NoError(t, err)
	m, ok := s.Message(channel, ts)
	require.True(t, ok)
	assert.Empty(t, m.Buttons())
	assert.Equal(t, 2, m.Revision())
	assert.Equal(t, "Approval needed: pause USDX.", m.Revisions[0].Text)
	assert.Contains(t, string(m.Revisions[0].Blocks), "approval.review")
}

func TestTextWithoutBlocksRemovesTheBlocks(t *testing.T) {
	s, api := start(t)
	ts := postCard(t, api)
	_, _, _, err := api.UpdateMessageContext(t.Context(), channel, ts, slack.MsgOptionText("Only text.", false))
	require.NoError(t, err)
	m, _ := s.Message(channel, ts)
	assert.Empty(t, m.Blocks)
}

func TestOmittedMetadataIsKeptAndAnEmptyObjectRemovesIt(t *testing.T) {
	s, api := start(t)
	meta := slack.SlackMetadata{EventType: "approval_card", EventPayload: map[string]any{"rev": 3}}
	_, ts, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText("x", false), slack.MsgOptionMetadata(meta))
	require.NoError(t, err)
	update := func(o ...slack.MsgOption) {
		_, _, _, err := api.UpdateMessageContext(t.Context(), channel, ts, append(o, slack.MsgOptionText("y", false))...)
		require.NoError(t, err)
	}
	update()
	m, _ := s.Message(channel, ts)
	assert.JSONEq(t, `{"event_type":"approval_card","event_payload":{"rev":3}}`, string(m.Metadata))
	update(slack.MsgOptionMetadata(slack.SlackMetadata{}))
	m, _ = s.Message(channel, ts)
	assert.Empty(t, m.Metadata)
}

func TestUpdateErrorsAreSlacksOwn(t *testing.T) {
	s, api := start(t)
	ts := postCard(t, api)
	human, err := s.Say("U0ANA", channel, "", "looking")
	require.NoError(t, err)
	whisper, err := api.PostEphemeralContext(t.Context(), channel, "U0BEN", slack.MsgOptionText("psst", false))
	require.NoError(t, err)
	update := func(ch, ts, text string) string {
		_, _, _, err := api.UpdateMessageContext(t.Context(), ch, ts, slack.MsgOptionText(text, false))
		require.Error(t, err)
		return err.Error()
	}
	assert.Equal(t, "message_not_found", update(channel, "1.000001", "x"))
	assert.Equal(t, "message_not_found", update(channel, whisper, "x"))
	assert.Equal(t, "cant_update_message", update(channel, human.TS, "x"))
	assert.Equal(t, "channel_not_found", update("C0NOWHERE", ts, "x"))
	assert.Equal(t, "msg_too_long", update(channel, ts, strings.Repeat("é", 4001)))
	assert.Equal(t, "no_text", update(channel, ts, ""))

	require.NoError(t, s.Inject(slacktest.Fault{Method: "chat.update", Times: 1, Effect: slacktest.EffectError, Code: "edit_window_closed"}))
	assert.Equal(t, "edit_window_closed", update(channel, ts, "x"))
	require.NoError(t, s.SetChannel(slacktest.Channel{ID: channel, IsArchived: true}))
	assert.Equal(t, "is_inactive", update(channel, ts, "x"))
}

func TestRichTextCannotBecomePlain(t *testing.T) {
	_, api := start(t)
	rich := slack.NewRichTextBlock("rt", slack.NewRichTextSection(slack.NewRichTextSectionTextElement("hi", nil)))
	_, ts, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText("hi", false), slack.MsgOptionBlocks(rich))
	require.NoError(t, err)
	_, _, _, err = api.UpdateMessageContext(t.Context(), channel, ts, slack.MsgOptionText("hi", false), slack.MsgOptionBlocks(card("r1")...))
	assert.EqualError(t, err, "block_mismatch")
}

func TestPostingIsRefusedWhereTheBotMayNotPost(t *testing.T) {
	s, api := start(t)
	post := func() error {
		_, _, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText("x", false))
		return err
	}
	for want, c := range map[string]slacktest.Channel{
		"is_archived":       {ID: channel, IsArchived: true},
		"not_in_channel":    {ID: channel, BotAbsent: true},
		"channel_not_found": {ID: channel, BotAbsent: true, IsPrivate: true},
	} {
		require.NoError(t, s.SetChannel(c))
		assert.EqualError(t, post(), want)
	}
	assert.Empty(t, s.Messages(channel))
	_, err := api.PostEphemeralContext(t.Context(), public, "U0BEN", slack.MsgOptionText("x", false))
	assert.EqualError(t, err, "user_not_in_channel")
}

func TestThreadsHistoryAndPermalinks(t *testing.T) {
	s, api := start(t)
	parent := postCard(t, api)
	_, inThread, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText("voted", false), slack.MsgOptionTS(parent))
	require.NoError(t, err)
	// A reply to a reply belongs to the same thread.
	_, deeper, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText("again", false), slack.MsgOptionTS(inThread))
	require.NoError(t, err)
	replies, _, _, err := api.GetConversationRepliesContext(t.Context(), &slack.GetConversationRepliesParameters{ChannelID: channel, Timestamp: parent})
	require.NoError(t, err)
	require.Len(t, replies, 3)
	assert.Equal(t, []string{parent, inThread, deeper}, []string{replies[0].Timestamp, replies[1].Timestamp, replies[2].Timestamp})
	assert.Equal(t, 2, replies[0].ReplyCount)

	newer := postCard(t, api)
	hist, err := api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: channel, Limit: 1})
	require.NoError(t, err)
	require.Len(t, hist.Messages, 1)
	assert.Equal(t, newer, hist.Messages[0].Timestamp)
	require.True(t, hist.HasMore)
	hist, err = api.GetConversationHistoryContext(t.Context(),
		&slack.GetConversationHistoryParameters{ChannelID: channel, Cursor: hist.ResponseMetaData.NextCursor})
	require.NoError(t, err)
	require.Len(t, hist.Messages, 1)
	assert.Equal(t, parent, hist.Messages[0].Timestamp)

	link, err := api.GetPermalinkContext(t.Context(), &slack.PermalinkParameters{Channel: channel, Ts: parent})
	require.NoError(t, err)
	assert.Equal(t, s.PageURL()+"archives/"+channel+"/p"+strings.Replace(parent, ".", "", 1), link)
	_, _, err = api.DeleteMessageContext(t.Context(), channel, newer)
	require.NoError(t, err)
	_, there := s.Message(channel, newer)
	assert.False(t, there)
}

func TestWaitMessageWakesOnTheMessageAndEndsWithItsContext(t *testing.T) {
	s, api := start(t)
	got := make(chan slacktest.Message, 1)
	go func() {
		m, err := s.WaitMessage(t.Context(), channel, func(m slacktest.Message) bool { return len(m.Buttons()) == 2 })
		assert.NoError(t, err)
		got <- m
	}()
	ts := postCard(t, api)
	assert.Equal(t, ts, (<-got).TS)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.WaitMessage(ended, channel, func(slacktest.Message) bool { return false })
	assert.ErrorIs(t, err, context.Canceled)
}
