package incident

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxScrubbed is how many bytes of an endpoint's text enter a fact.
const maxScrubbed = 300

var (
	urls   = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://[^\s"']+`)
	tokens = regexp.MustCompile(`\b[A-Za-z0-9_-]{20,}\b`)
	digits = regexp.MustCompile(`^[0-9]+$`)
)

// Scrub makes an endpoint's text fit for facts and logs: URLs and what looks
// like a token are taken out, because both open the endpoint to whoever reads
// them; it is one printable line of at most 300 bytes. Hashes, addresses and
// amounts stay.
func Scrub(s string) string {
	if len(s) > 2048 {
		s = s[:2048]
	}
	s = WithoutURLs(strings.ToValidUTF8(s, "?"))
	s = tokens.ReplaceAllStringFunc(s, func(word string) string {
		if strings.HasPrefix(word, "0x") || digits.MatchString(word) || !strings.ContainsAny(word, "0123456789") {
			return word
		}
		return "[token]"
	})
	return OneLine(s, maxScrubbed)
}

// WithoutURLs takes URLs out of text: an endpoint's often holds its token.
func WithoutURLs(s string) string { return urls.ReplaceAllString(s, "[url]") }

// OneLine makes text one printable line of at most n bytes.
func OneLine(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
