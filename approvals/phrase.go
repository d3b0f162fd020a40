package approvals

import (
	"fmt"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// Deeds are the calls of a plan without those that another key makes too.
func Deeds(p *incident.Plan) []incident.Call {
	return slices.DeleteFunc(slices.Clone(p.Calls), func(c incident.Call) bool { return c.SpareOf != "" })
}

// Phrase is what a person types to approve, wherever they vote: the deed in
// capitals, in characters that any keyboard has.
func Phrase(p *incident.Plan) string {
	calls := Deeds(p)
	if len(calls) == 0 {
		return "APPROVE"
	}
	text := typeable(calls[0].Verb) + " " + typeable(calls[0].Target)
	if more := len(calls) - 1; more > 0 {
		text += fmt.Sprintf(" AND %d MORE", more)
	}
	return strings.Join(strings.Fields(text), " ")
}

func typeable(s string) string {
	return Clip(strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("-._/ ", r):
			return r
		}
		return -1
	}, s), 40)
}

// Typed compares what a person typed with a phrase: case and blanks are forgiven,
// nothing else is. Nothing matches an empty phrase.
func Typed(text, phrase string) bool {
	words := func(s string) []string { return strings.Fields(strings.ToUpper(Printable(s))) }
	return len(words(phrase)) > 0 && slices.Equal(words(text), words(phrase))
}
