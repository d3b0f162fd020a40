package alerts

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

var oddDocuments = []string{
	`{"a":1,"b":[{"a":1},{"a":{"A":2}}]}`, `{"a":1,"A":2}`, `{"a":{"b":1,"c":[],"b":2}}`, `{"a":"\"","b":"\\"}`, `{"a\u0062":1,"ab":2}`,
	`{"s":1,"` + "\u017f" + `":2}`, `{"k":1,"` + "\u212a" + `":2}`, `[{"a":1,"a":1}]`, `{"a":1}{`, `{"a":1} x`, ``, `"a"`, `1`, `null`, `[]`, `{}`, ` {"a" : [ "a" , "a" ] } `,
	`{"":1,"":2}`, `{"a":["b","b",{"b":1}],"b":"a"}`, `{"a":"{\"a\":1,\"a\":2}"}`, strings.Repeat("[", 17) + strings.Repeat("]", 17), strings.Repeat("[", 16) + strings.Repeat("]", 16),
	strings.Repeat(`{"a":`, 17) + `1` + strings.Repeat("}", 17), `{"a":1,}`, `{"a"}`, `{"a":01}`, `{"a":tru}`, `{"a":"` + "\x01" + `"}`,
}

// TestTheShortCutNeverPassesWhatTheLongWayRefuses: and takes no ordinary
// document the long way.
func TestTheShortCutNeverPassesWhatTheLongWayRefuses(t *testing.T) {
	passed := 0
	for _, body := range oddDocuments {
		if clearlyStrict([]byte(body)) {
			passed++
			assert.NoError(t, checkTokens([]byte(body)), body)
		}
	}
	assert.Greater(t, passed, 8)
	var wide []string
	for i := range 2 * maxQuickKeys {
		wide = append(wide, fmt.Sprintf(`"k%d":1`, i))
	}
	many := "{" + strings.Join(wide, ",") + "}"
	assert.False(t, clearlyStrict([]byte(many)), "keys are not held against each other one by one without end")
	assert.NoError(t, checkJSON([]byte(many)))
	assert.Error(t, checkJSON([]byte(strings.Replace(many, `"k1"`, `"K63"`, 1))))
}

func FuzzTheShortCutNeverPassesWhatTheLongWayRefuses(f *testing.F) {
	for _, body := range oddDocuments {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if utf8.Valid(body) && clearlyStrict(body) {
			assert.NoError(t, checkTokens(body))
		}
	})
}
