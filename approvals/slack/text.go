package slack

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text of rules, alerts, tokens and people may have been written by an
// attacker. It passes through clean and then through prose, plain or code
// before it is shown.

// clean drops what is not seen or changes how its neighbours are seen
// (controls, bidi and zero-width characters, private use), and makes every
// run of white space one blank, so that nobody can add a line to a card.
func clean(s string) string {
	var b strings.Builder
	blank := false
	for _, r := range s {
		switch {
		case '!' <= r && r <= '~':
			if blank && b.Len() > 0 {
				b.WriteByte(' ')
			}
			blank = false
			b.WriteByte(byte(r))
		case unicode.IsSpace(r) || invisible(r):
			blank = true
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Variation_Selector):
		default:
			if blank && b.Len() > 0 {
				b.WriteByte(' ')
			}
			blank = false
			b.WriteRune(r)
		}
	}
	return b.String()
}

// invisible lists letters that look like nothing: fillers and blanks that
// Unicode does not call spaces.
func invisible(r rune) bool {
	switch r {
	case '\u115F', '\u1160', '\u3164', '\uFFA0', '\u2800', '\u034F', '\u17B4', '\u17B5':
		return true
	}
	return false
}

// clip shortens text to n characters and says so with an ellipsis. It cuts
// between words where it can and never inside an address or a hash: half an
// address looks like another whose ends are the same.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	cut, room := 0, max(0, n-1)
	for at := range s {
		if room == 0 {
			cut = at
			break
		}
		room--
	}
	if room > 0 || utf8.RuneCountInString(s[cut:]) <= 1 {
		return s // n characters or fewer, of several bytes each
	}
	cut = beforeHex(s, cut)
	if word := strings.LastIndexByte(s[:cut], ' '); word > cut-40 && word > 0 {
		cut = word
	}
	return strings.TrimRight(s[:cut], " ") + "…"
}

// beforeHex moves a cut that falls inside 0x... to its start.
func beforeHex(s string, cut int) int {
	if cut == 0 || cut >= len(s) {
		return cut
	}
	if s[cut-1] == '0' && (s[cut] == 'x' || s[cut] == 'X') {
		return beforeHex(s, cut-1) // that 0 may be the end of another
	}
	start := cut
	for start > 0 && isHex(s[start-1]) {
		start--
	}
	if start >= 2 && s[start-2] == '0' && (s[start-1] == 'x' || s[start-1] == 'X') && (isHex(s[cut]) || start == cut) {
		return beforeHex(s, start-2)
	}
	return cut
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

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
