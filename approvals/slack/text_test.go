package slack

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func TestWhatIsNotSeenIsNotShown(t *testing.T) {
	for in, want := range map[string]string{
		"a\u202egnp.exe\u202c":     "agnp.exe",
		"pay\u200bpal\ufeff":       "paypal",
		"one\ntwo\r\n\tthree":      "one two three",
		"\u3164\u2800hangul\u115f": "hangul",
		"tag\U000e0041\U000e007f":  "tag",
		"\x00\x1b[31mred":          "[31mred",
		"bad\xffbyte":              "bad\ufffdbyte",
		"  edges  ":                "edges",
		"":                         "",
	} {
		assert.Equal(t, want, clean(in))
	}
}

func TestTextIsCutBetweenWordsAndNeverInsideAnAddress(t *testing.T) {
	const address = "0xA79C6968E3c75aE4eF388370d1f142720D498fEC"
	assert.Equal(t, "drained by…", clip("drained by "+address+" at once", 30))
	assert.Equal(t, "drained by "+address+"…", clip("drained by "+address+" at once", 55))
	assert.Equal(t, "…", clip(address, 20))
	assert.Equal(t, address, clip(address, 42))
	assert.Equal(t, "see…", clip("see "+address, 6))
	assert.Equal(t, "see…", clip("see "+address, 7))
	assert.Equal(t, "ééé", clip("ééé", 3))
	assert.Equal(t, "éé…", clip("éééé", 3))
	assert.Empty(t, clip("abc", 0))
	assert.Empty(t, prose("&", 4), "an escape that does not fit is not cut")
}

func TestMarkupOfStrangersIsTakenApart(t *testing.T) {
	assert.Equal(t, "&lt;!channel&gt; &amp;lt; ∗b∗ ∼s∼ ˋcˋ ＠here ＠Everyone", prose("<!channel> &lt; *b* ~s~ `c` @here @Everyone", 200))
	assert.Equal(t, "`a&lt;bˋ∗`", code("a<b`*"))
	assert.Equal(t, "(empty)", code("\u200b"))
	assert.Equal(t, "‹!channel›", plain("<!channel>", 50))
}

func TestAValueIsSplitAtItsCommasOrNotShown(t *testing.T) {
	list, ok := pieces("aaaa,bbbb,cccc", 12)
	assert.True(t, ok)
	assert.Equal(t, []string{"`aaaa,bbbb,`", "`cccc`"}, list)
	_, ok = pieces(strings.Repeat("a", 50), 20)
	assert.False(t, ok)
}

var address = regexp.MustCompile(`0x[0-9a-fA-F]+`)

func FuzzTextOfStrangersStaysInItsBounds(f *testing.F) {
	f.Add("<!channel> drained by 0xA79C6968E3c75aE4eF388370d1f142720D498fEC \u202e", 20)
	f.Add(strings.Repeat("&", 500), 100)
	f.Add("0x0x0x", 3)
	f.Add("&", 1)
	f.Add("000000000000000000000000000x000000X000000000000000000000000", 58)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n < 1 || n > 500 {
			return
		}
		for _, out := range []string{prose(s, n), plain(s, n)} {
			require.LessOrEqual(t, utf8.RuneCountInString(out), n)
			require.False(t, strings.ContainsAny(out, "<>*~`\n\r"), "%q", out)
			for _, r := range out {
				require.False(t, unicode.In(r, unicode.Cf, unicode.Cc), "%q", out)
			}
		}
		whole := address.FindAllString(plain(s, 1<<20), -1)
		for _, part := range address.FindAllString(plain(s, n), -1) {
			require.Contains(t, whole, part, "an address is shown whole or not at all")
		}
	})
}

func FuzzAPointerIsReadAsItIsWritten(f *testing.F) {
	f.Add("v1.01JEQ7V5M2K30000.r3.9c1f5c0e2b7a")
	f.Add("v1.01JEQ7V5M2K30000.r99999999999999999999.9c1f5c0e2b7a")
	f.Add("v1..r.")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePointer(s)
		if err != nil {
			return
		}
		_, err = incident.ParseID(string(p.id))
		require.NoError(t, err)
		again, err := parsePointer(p.String())
		require.NoError(t, err)
		require.Equal(t, p, again)
		require.False(t, p.current(incident.State{}), "nothing points to nothing")
	})
}

func FuzzRedactionKeepsEverythingButTheKeys(f *testing.F) {
	f.Add([]byte(`{"token":"x","a":[{"response_url":"https://hooks","n":1e400}],"view":{"trigger_id":7,"z":"\u00e9"}}`))
	f.Add([]byte(`{"Response_URLs":[1,2],"token":{"deep":{}}}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, err := redact(raw)
		if err != nil {
			return
		}
		require.True(t, json.Valid(out), "%s", out)
		again, err := redact(raw)
		require.NoError(t, err)
		require.Equal(t, out, again)
		twice, err := redact(out)
		require.NoError(t, err)
		require.Equal(t, out, twice)
	})
}

func TestEveryBearerValueIsRedactedWhereverItIs(t *testing.T) {
	in := `{"token":"SECRET","n":1.50,"list":[{"response_url":"SECRET"},{"TRIGGER_ID":"SECRET"}],"response_urls":[{"url":"SECRET"}],"user":{"id":"U0ANA"}}`
	out, err := redact([]byte(in))
	require.NoError(t, err)
	assert.Equal(t, `{"token":"[redacted]","n":1.50,"list":[{"response_url":"[redacted]"},{"TRIGGER_ID":"[redacted]"}],"response_urls":"[redacted]","user":{"id":"U0ANA"}}`, string(out))
	for _, bad := range []string{"", "{", `{"a":}`, "nope", strings.Repeat("[", 100) + strings.Repeat("]", 100)} {
		_, err := redact([]byte(bad))
		assert.Error(t, err, bad)
	}
}
