package slacktest

import (
	"html/template"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func reader() *mrkdwn {
	return &mrkdwn{
		nameOf:    func(id string) string { return map[string]string{"U1": "Ana"}[id] },
		channelOf: func(string) string { return "incident" },
		loc:       time.UTC, now: time.Date(2025, 12, 5, 13, 0, 0, 0, time.UTC),
	}
}

func drawn(t testing.TB, text string) string {
	t.Helper()
	views, err := template.ParseFS(pageFiles, "page/*.gohtml")
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, views.ExecuteTemplate(&out, "spans", reader().parse(text)))
	return out.String()
}

func TestMarkupIsReadAsSlackReadsIt(t *testing.T) {
	for text, want := range map[string]string{
		"*Why now:* 41":                "<strong>Why now:</strong> 41",
		"a * b * c":                    "a * b * c",
		"snake_case_name":              "snake_case_name",
		"*_both_*":                     "<strong><em>both</em></strong>",
		"~gone~":                       "<s>gone</s>",
		"`*not bold* &lt;x&gt;`":       "<code>*not bold* &lt;x&gt;</code>",
		"one\ntwo":                     "one<br>two",
		"> quoted\n> more\nnot":        "<blockquote>quoted<br>more</blockquote>not",
		"```\ncode *x*\n```":           "<pre>code *x*</pre>",
		"<@U1> and <#C1>":              `<span class="mention">@Ana</span> and <span class="mention">#incident</span>`,
		"<!channel>":                   `<span class="mention">@channel</span>`,
		"<https://x.test/?a=1|the tx>": `<a href="https://x.test/?a=1" target="_blank" rel="noopener noreferrer">the tx</a>`,
		"<javascript:alert(1)|x>":      "&lt;javascript:alert(1)|x&gt;",
		"a &lt;b&gt; &amp;amp; c":      "a &lt;b&gt; &amp;amp; c",
		"*open `tick <never":           "*open `tick &lt;never",
	} {
		assert.Equal(t, want, drawn(t, text), text)
	}
}

func TestDatesAreWrittenInTheReadersZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	p := reader()
	p.loc = berlin
	date := func(token string) string { return p.parse(token)[0].Text }
	assert.Equal(t, "today 15:05:00 CET", date("<!date^1764943500^{date_short_pretty} {time_secs}|x>"))
	assert.Equal(t, "tomorrow", date("<!date^1765029900^{date_pretty}|x>"))
	assert.Equal(t, "yesterday", date("<!date^1764857100^{date_long_pretty}|x>"))
	assert.Equal(t, "2025-12-12 December 12th, 2025", date("<!date^1765548300^{date_num} {date_pretty}|x>"))
	assert.Equal(t, "in 1h5m0s", date("<!date^1764943500^{ago}|x>"))
	assert.Equal(t, "Dec 5", date("<!date^soon^{date}|Dec 5>"))
	assert.Equal(t, "Dec 5", date("<!date^9|Dec 5>"))
	assert.Equal(t, "link", p.parse("<!date^1764943500^{date}^https://x.test|x>")[0].Kind)
}

func FuzzMarkupIsEscapedWhateverItIs(f *testing.F) {
	for _, seed := range []string{"*a*", "<@U1>", "```", "<!date^1^{time}|x>", "_*~`_*~`", "> &gt;\n>", "<https://x|<b>>", strings.Repeat("*", 99)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := drawn(t, text)
		for _, tag := range strings.Split(out, "<")[1:] {
			name := strings.TrimLeft(strings.FieldsFunc(tag+" ", func(r rune) bool { return r == ' ' || r == '>' })[0], "/")
			assert.Contains(t, []string{"br", "code", "pre", "strong", "em", "s", "blockquote", "span", "time", "a"}, name)
		}
	})
}
