package document

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCanonicalJSONFollowsRFC8785(t *testing.T) {
	for in, want := range map[string]string{
		`{ "b" : 1 , "a" : [ true , false , "x" ] }`: `{"a":[true,false,"x"],"b":1}`,
		// The sorting sample of RFC 8785 section 3.2.3: U+1F600 sorts by its
		// surrogates, below U+FB33.
		`{"\u20ac":"e","\r":"c","\ufb33":"d","1":"o","\ud83d\ude00":"s","\u0080":"n","\u00f6":"u"}`: "{\"\\r\":\"c\",\"1\":\"o\",\"\u0080\":\"n\",\"ö\":\"u\",\"€\":\"e\",\"😀\":\"s\",\"\ufb33\":\"d\"}",
		`"\u0000\b\t\n\f\r\u001f\"\\\/<>&\u2028"`:                                                   "\"\\u0000\\b\\t\\n\\f\\r\\u001f\\\"\\\\/<>&\u2028\"",
		`[9007199254740991,-9007199254740991,0]`:                                                    `[9007199254740991,-9007199254740991,0]`,
		`{}`:                                                                                        `{}`, `[]`: `[]`,
	} {
		node, err := Read([]byte(in))
		require.NoError(t, err, in)
		assert.Equal(t, want, string(Canonical(node)))
	}
}

func TestADocumentThatTwoParsersReadDifferentlyIsRefused(t *testing.T) {
	for name, in := range map[string]string{
		"a duplicate key":           `{"a":1,"a":2}`,
		"a duplicate by escape":     `{"a":1,"\u0061":2}`,
		"null":                      `{"a":null}`,
		"a fraction":                `1.5`,
		"an exponent":               `1e3`,
		"minus zero":                `-0`,
		"an integer beyond 2^53":    `9007199254740992`,
		"a lone surrogate":          `"\ud800"`,
		"the replacement character": `"\ufffd"`,
		"invalid UTF-8":             "\"\xff\"",
		"two documents":             `{} {}`,
		"a trailing comma":          `[1,]`,
		"a comment":                 `{} // x`,
		"nothing":                   ``,
		"a byte order mark":         "\ufeff{}",
		"deep nesting":              strings.Repeat("[", 20) + strings.Repeat("]", 20),
		"a long document":           `"` + strings.Repeat("a", maxDocument) + `"`,
	} {
		_, err := Read([]byte(in))
		require.Error(t, err, name)
	}
}

func FuzzCanonicalJSONIsAFixedPoint(f *testing.F) {
	f.Add([]byte(`{"b":1,"a":["\u20ac",true]}`))
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Add([]byte(`"\ud83d\ude00"`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		node, err := Read(raw)
		if err != nil {
			return
		}
		once := Canonical(node)
		again, err := Read(once)
		if len(once) > maxDocument {
			return // escapes may grow
		}
		require.NoError(t, err)
		require.Equal(t, once, Canonical(again))
		require.True(t, json.Valid(once))
	})
}
