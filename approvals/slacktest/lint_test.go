package slacktest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

type block = map[string]any

func plainText(n int) block { return block{"type": "plain_text", "text": strings.Repeat("é", n)} }
func markdown(n int) block  { return block{"type": "mrkdwn", "text": strings.Repeat("é", n)} }

func times(n int, make func(i int) any) []any {
	out := []any{}
	for i := range n {
		out = append(out, make(i))
	}
	return out
}

func section(text any) block        { return block{"type": "section", "text": text} }
func actions(elements ...any) block { return block{"type": "actions", "elements": elements} }
func option(text int, value int) block {
	return block{"text": plainText(text), "value": strings.Repeat("v", value)}
}

// button is a valid button with some fields changed; changes come in pairs.
func button(changes ...any) block {
	b := block{"type": "button", "text": plainText(1), "action_id": "a"}
	for i := 0; i < len(changes); i += 2 {
		b[changes[i].(string)] = changes[i+1]
	}
	return b
}

func confirm(title, text, yes, no int) block {
	return block{"title": plainText(title), "text": plainText(text), "confirm": plainText(yes), "deny": plainText(no)}
}

func selectOf(options []any) block {
	return block{"type": "static_select", "action_id": "s", "options": options}
}

func numbered(n int) []any {
	return times(n, func(i int) any { return block{"text": plainText(1), "value": fmt.Sprint(i)} })
}

// TestEachLimitAcceptsItsEdgeAndRefusesOneMore states each limit twice: what
// is still allowed, and the smallest thing that is not.
func TestEachLimitAcceptsItsEdgeAndRefusesOneMore(t *testing.T) {
	cases := []struct {
		name     string
		ok, over []block
		at       string // pointer of the problem
	}{
		{"blocks per message", wrapAll(times(50, divider)), wrapAll(times(51, divider)), "/blocks"},
		{"header text", one(block{"type": "header", "text": plainText(150)}), one(block{"type": "header", "text": plainText(151)}), "/blocks/0/text/text"},
		{"header is plain text", one(block{"type": "header", "text": plainText(1)}), one(block{"type": "header", "text": markdown(1)}), "/blocks/0/text/type"},
		{"section text", one(section(markdown(3000))), one(section(markdown(3001))), "/blocks/0/text/text"},
		{"section text not empty", one(section(markdown(1))), one(section(markdown(0))), "/blocks/0/text/text"},
		{"section has something", one(section(markdown(1))), one(block{"type": "section"}), "/blocks/0"},
		{"fields", one(fields(10, 1)), one(fields(11, 1)), "/blocks/0/fields"},
		{"field text", one(fields(1, 2000)), one(fields(1, 2001)), "/blocks/0/fields/0/text"},
		{"context elements", one(contextOf(10)), one(contextOf(11)), "/blocks/0/elements"},
		{"actions elements", one(manyButtons(25)), one(manyButtons(26)), "/blocks/0/elements"},
		{"button text", one(actions(button("text", plainText(75)))), one(actions(button("text", plainText(76)))), "/blocks/0/elements/0/text/text"},
		{"button text is plain", one(actions(button())), one(actions(button("text", markdown(1)))), "/blocks/0/elements/0/text/type"},
		{"button value", one(actions(button("value", chars(2000)))), one(actions(button("value", chars(2001)))), "/blocks/0/elements/0/value"},
		{"button label", one(actions(button("accessibility_label", chars(75)))), one(actions(button("accessibility_label", chars(76)))), "/blocks/0/elements/0/accessibility_label"},
		{"button url", one(actions(button("url", "https://"+chars(2992)))), one(actions(button("url", "https://"+chars(2993)))), "/blocks/0/elements/0/url"},
		{"button url scheme", one(actions(button("url", "https://x"))), one(actions(button("url", "javascript:x"))), "/blocks/0/elements/0/url"},
		{"button style", one(actions(button("style", "danger"))), one(actions(button("style", "warning"))), "/blocks/0/elements/0/style"},
		{"action id", one(actions(button("action_id", chars(255)))), one(actions(button("action_id", chars(256)))), "/blocks/0/elements/0/action_id"},
		{"action id unique in block", []block{actions(button()), actions(button())}, one(actions(button(), button())), "/blocks/0/elements/1/action_id"},
		{"block id", one(with(section(markdown(1)), "block_id", chars(255))), one(with(section(markdown(1)), "block_id", chars(256))), "/blocks/0/block_id"},
		{"block id unique", named("a", "b"), named("a", "a"), "/blocks/1/block_id"},
		{"confirm title", one(actions(button("confirm", confirm(100, 300, 30, 30)))), one(actions(button("confirm", confirm(101, 1, 1, 1)))), "/blocks/0/elements/0/confirm/title/text"},
		{"confirm text", one(actions(button("confirm", confirm(1, 300, 1, 1)))), one(actions(button("confirm", confirm(1, 301, 1, 1)))), "/blocks/0/elements/0/confirm/text/text"},
		{"confirm yes", one(actions(button("confirm", confirm(1, 1, 30, 1)))), one(actions(button("confirm", confirm(1, 1, 31, 1)))), "/blocks/0/elements/0/confirm/confirm/text"},
		{"confirm no", one(actions(button("confirm", confirm(1, 1, 1, 30)))), one(actions(button("confirm", confirm(1, 1, 1, 31)))), "/blocks/0/elements/0/confirm/deny/text"},
		{"options", one(actions(selectOf(numbered(100)))), one(actions(selectOf(numbered(101)))), "/blocks/0/elements/0/options"},
		{"option text", one(actions(selectOf([]any{option(75, 1)}))), one(actions(selectOf([]any{option(76, 1)}))), "/blocks/0/elements/0/options/0/text/text"},
		{"option value", one(actions(selectOf([]any{option(1, 150)}))), one(actions(selectOf([]any{option(1, 151)}))), "/blocks/0/elements/0/options/0/value"},
		{"radio options", one(actions(with(selectOf(numbered(10)), "type", "radio_buttons"))), one(actions(with(selectOf(numbered(11)), "type", "radio_buttons"))), "/blocks/0/elements/0/options"},
		{"markdown", one(block{"type": "markdown", "text": chars(12000)}), one(block{"type": "markdown", "text": chars(12001)}), "/blocks/0/text"},
		{"table rows", one(table(100, 1)), one(table(101, 1)), "/blocks/0/rows"},
		{"table cells", one(table(1, 20)), one(table(1, 21)), "/blocks/0/rows/0"},
		{"alert is for modals", one(block{"type": "divider"}), one(block{"type": "alert", "text": plainText(1)}), "/blocks/0/type"},
		{"input is for modals", one(block{"type": "divider"}), one(block{"type": "input", "label": plainText(1)}), "/blocks/0/type"},
		{"known blocks", one(block{"type": "divider"}), one(block{"type": "carousel"}), "/blocks/0/type"},
		{"known elements", one(actions(button())), one(actions(button("type", "plain_text_input"))), "/blocks/0/elements/0/type"},
		{"image alt text", one(picture(2000)), one(picture(2001)), "/blocks/0/alt_text"},
		{"emoji is for plain text", one(section(with(plainText(1), "emoji", true))), one(section(with(markdown(1), "emoji", true))), "/blocks/0/text/emoji"},
		{"verbatim is for mrkdwn", one(section(with(markdown(1), "verbatim", true))), one(section(with(plainText(1), "verbatim", true))), "/blocks/0/text/verbatim"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			assert.Empty(t, slacktest.LintBlocks(c.ok))
			problems := slacktest.LintBlocks(c.over)
			require.NotEmpty(t, problems)
			assert.Equal(t, c.at, problems[0].Pointer)
			assert.Contains(t, problems[0].String(), "[json-pointer:"+c.at+"]")
		})
	}
}

func TestTheReferenceCardPassesAndIsAccepted(t *testing.T) {
	raw, err := os.ReadFile("testdata/card.json")
	require.NoError(t, err)
	require.Empty(t, slacktest.LintBlocks(raw))
	var blocks slack.Blocks
	require.NoError(t, json.Unmarshal(raw, &blocks))
	assert.Empty(t, slacktest.LintBlocks(blocks), "what a client library makes of it passes too")
	s, api := start(t)
	_, ts, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText("SEV1", false), slack.MsgOptionBlocks(blocks.BlockSet...))
	require.NoError(t, err)
	m, _ := s.Message(channel, ts)
	require.Len(t, m.Buttons(), 2)
	assert.Equal(t, "Review and approve", m.Buttons()[0].Text)
}

func TestTheRefusalNamesBlockAndLimit(t *testing.T) {
	_, api := start(t)
	long := slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, strings.Repeat("x", 3001), false, false), nil, nil)
	long.BlockID = "why.r1"
	_, _, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText("x", false), slack.MsgOptionBlocks(long))
	var refused slack.SlackErrorResponse
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "invalid_blocks", refused.Err)
	require.Len(t, refused.ResponseMetadata.Messages, 1)
	assert.Contains(t, refused.ResponseMetadata.Messages[0], "3000")
	assert.Contains(t, refused.ResponseMetadata.Messages[0], "why.r1")
}

func FuzzLintNeverPanics(f *testing.F) {
	for _, seed := range []string{`[]`, `[{"type":"section","text":"x"}]`, `[null,1,"x",[]]`, `{"type":"modal","blocks":[{}]}`,
		`[{"type":"actions","elements":[{"type":"static_select","option_groups":[1]}]}]`, `[{"type":"table","rows":[[1],2]}]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		_ = slacktest.LintView(raw)
		if len(slacktest.LintBlocks(raw)) == 0 {
			var list []any
			require.NoError(t, json.Unmarshal(raw, &list), "only a JSON array can pass")
		}
	})
}
