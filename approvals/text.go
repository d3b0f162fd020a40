package approvals

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text of rules, alerts, tokens and people may have been written by an
// attacker. Whoever shows it to a voter passes it through Printable first.

// Printable drops what is not seen or changes how its neighbours are seen
// (controls, bidi and zero-width characters, private use), and makes every
// run of white space one blank, so that nobody can add a line to a card.
func Printable(s string) string {
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

// Clip shortens text to n characters and says so with an ellipsis. It cuts
// between words where it can and never inside an address or a hash: half an
// address looks like another whose ends are the same.
func Clip(s string, n int) string {
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
