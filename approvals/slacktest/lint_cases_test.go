package slacktest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

func one(b block) []block { return []block{b} }

func wrapAll(list []any) []block {
	out := []block{}
	for _, v := range list {
		out = append(out, v.(block))
	}
	return out
}

func divider(int) any    { return block{"type": "divider"} }
func chars(n int) string { return strings.Repeat("c", n) }
func contextOf(n int) block {
	return block{"type": "context", "elements": times(n, func(int) any { return markdown(1) })}
}
func picture(n int) block {
	return block{"type": "image", "image_url": "https://x/y.png", "alt_text": chars(n)}
}
func fields(n, length int) block {
	return block{"type": "section", "fields": times(n, func(int) any { return markdown(length) })}
}

func manyButtons(n int) block {
	return actions(times(n, func(i int) any { return button("action_id", strings.Repeat("a", i+1)) })...)
}

func table(rows, cells int) block {
	cell := func(int) any { return block{"type": "raw_text", "text": "x"} }
	return block{"type": "table", "rows": times(rows, func(int) any { return times(cells, cell) })}
}

func with(b block, name string, value any) block { b[name] = value; return b }

func named(ids ...string) []block {
	out := []block{}
	for _, id := range ids {
		out = append(out, block{"type": "divider", "block_id": id})
	}
	return out
}

func view(changes ...any) block {
	v := block{"type": "modal", "title": plainText(1), "blocks": []any{block{"type": "divider"}}}
	for i := 0; i < len(changes); i += 2 {
		v[changes[i].(string)] = changes[i+1]
	}
	return v
}

func input(element block) []any {
	return []any{block{"type": "input", "label": plainText(1), "element": element}}
}

func TestEachViewLimitAcceptsItsEdgeAndRefusesOneMore(t *testing.T) {
	typed := func(changes ...any) block {
		e := block{"type": "plain_text_input", "action_id": "p"}
		for i := 0; i < len(changes); i += 2 {
			e[changes[i].(string)] = changes[i+1]
		}
		return e
	}
	cases := []struct {
		name     string
		ok, over block
		at       string
	}{
		{"title", view("title", plainText(24)), view("title", plainText(25)), "/view/title/text"},
		{"title is required", view(), view("title", nil), "/view/title"},
		{"submit", view("submit", plainText(24)), view("submit", plainText(25)), "/view/submit/text"},
		{"close", view("close", plainText(24)), view("close", plainText(25)), "/view/close/text"},
		{"private metadata", view("private_metadata", chars(3000)), view("private_metadata", chars(3001)), "/view/private_metadata"},
		{"callback id", view("callback_id", chars(255)), view("callback_id", chars(256)), "/view/callback_id"},
		{"external id", view("external_id", chars(255)), view("external_id", chars(256)), "/view/external_id"},
		{"blocks", view("blocks", times(100, divider)), view("blocks", times(101, divider)), "/view/blocks"},
		{"only modals", view(), view("type", "home"), "/view/type"},
		{"input needs submit", view("submit", plainText(1), "blocks", input(typed())), view("blocks", input(typed())), "/view/submit"},
		{"min length", view("submit", plainText(1), "blocks", input(typed("min_length", 3000))),
			view("submit", plainText(1), "blocks", input(typed("min_length", 3001))), "/view/blocks/0/element/min_length"},
		{"max length", view("submit", plainText(1), "blocks", input(typed("max_length", 1))),
			view("submit", plainText(1), "blocks", input(typed("max_length", 0))), "/view/blocks/0/element/max_length"},
		{"alert level", view("blocks", []any{block{"type": "alert", "text": plainText(1), "level": "error"}}),
			view("blocks", []any{block{"type": "alert", "text": plainText(1), "level": "fatal"}}), "/view/blocks/0/level"},
		{"tables are for messages", view(), view("blocks", []any{table(1, 1)}), "/view/blocks/0/type"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			assert.Empty(t, slacktest.LintView(c.ok))
			problems := slacktest.LintView(c.over)
			require.NotEmpty(t, problems)
			assert.Equal(t, c.at, problems[0].Pointer)
		})
	}
}

func TestAViewOver250KBIsTooLarge(t *testing.T) {
	huge := times(100, func(int) any { return section(markdown(1500)) })
	problems := slacktest.LintView(view("blocks", huge))
	require.Len(t, problems, 1)
	assert.Contains(t, problems[0].Message, "256000")
}
