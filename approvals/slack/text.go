package slack

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/firebreak-project/firebreak/approvals"
)

// Text of rules, alerts, tokens and people may have been written by an
// attacker. It passes through clean and then through prose, plain or code
// before it is shown.

func clean(s string) string       { return approvals.Printable(s) }
func clip(s string, n int) string { return approvals.Clip(s, n) }

// marks escapes what Slack reads as markup. Asterisks, tildes and back quotes
// have no escape in Slack, so look-alikes stand in for them.
var marks = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "∗", "~", "∼", "`", "ˋ")

var mention = regexp.MustCompile(`(?i)@(channel|here|everyone|group)`)

func escape(s string) string { return marks.Replace(mention.ReplaceAllString(s, "＠$1")) }

// prose is text of others inside markup, at most n characters once escaped.
func prose(s string, n int) string {
	s = clean(s)
	for limit := n; ; {
		out := escape(clip(s, limit))
		over := utf8.RuneCountInString(out) - n
		if over <= 0 {
			return out
		}
		limit = max(0, limit-max(1, over/5))
	}
}

// plain is text of others where Slack reads no markup. What would be markup
// elsewhere is replaced all the same: clients differ, and so do notifications.
func plain(s string, n int) string {
	return clip(looks.Replace(mention.ReplaceAllString(clean(s), "＠$1")), n)
}

var looks = strings.NewReplacer("<", "‹", ">", "›", "*", "∗", "~", "∼", "`", "ˋ")

// code is a value in code style. It is never shortened: whoever shows it has
// to have room for it.
func code(s string) string {
	if s = clean(s); s == "" {
		return "(empty)"
	}
	return "`" + escape(s) + "`"
}

// pieces splits a value between its items so that every piece has at most n
// characters in code style. ok is false when an item is too long to be shown
// whole.
func pieces(value string, n int) (list []string, ok bool) {
	var piece strings.Builder
	size := 0
	for _, item := range strings.SplitAfter(clean(value), ",") {
		need := utf8.RuneCountInString(escape(item))
		if need > n-2 {
			return nil, false
		}
		if size+need > n-2 {
			list, size = append(list, code(piece.String())), 0
			piece.Reset()
		}
		piece.WriteString(item)
		size += need
	}
	return append(list, code(piece.String())), true
}

// escapeURL is an address inside Slack's brackets, where neither bracket nor
// stroke may stand.
func escapeURL(address string) string {
	return strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", "&", "&amp;").Replace(clean(address))
}
