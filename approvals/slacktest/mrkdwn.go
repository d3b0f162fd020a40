package slacktest

import (
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// span is a piece of formatted text as a tree. The page's template writes it
// out, so that every character of a message is escaped by html/template and
// nothing here ever builds HTML.
type span struct {
	Kind string // text, br, code, pre, bold, italic, strike, quote, link, mention, date
	Text string
	URL  string // of a link; http, https or mailto only
	Kids []span
}

// maxDepth bounds nested emphasis; deeper markers are shown as written.
const maxDepth = 6

// mrkdwn reads Slack's message markup. The names in it are looked up, and
// dates are shown in loc.
type mrkdwn struct {
	nameOf    func(user string) string
	channelOf func(channel string) string
	loc       *time.Location
	now       time.Time
}

// parse splits fenced code from the rest, then lines, then spans.
func (p *mrkdwn) parse(text string) []span {
	var out []span
	for i, part := range strings.Split(text, "```") {
		if i%2 == 1 && part != "" {
			out = append(out, span{Kind: "pre", Text: unescape(strings.Trim(part, "\n"))})
			continue
		}
		out = append(out, p.lines(strings.Trim(part, "\n"))...)
	}
	return out
}

func (p *mrkdwn) lines(text string) []span {
	var out, quote []span
	flush := func() {
		if quote != nil {
			out = append(out, span{Kind: "quote", Kids: quote})
			quote = nil
		}
	}
	if text == "" {
		return nil
	}
	for _, line := range strings.Split(text, "\n") {
		if rest, quoted := cutQuote(line); quoted {
			if quote != nil {
				quote = append(quote, span{Kind: "br"})
			}
			quote = append(quote, p.inline(rest, 0)...)
			continue
		}
		if quote == nil && len(out) > 0 {
			out = append(out, span{Kind: "br"})
		}
		flush()
		out = append(out, p.inline(line, 0)...)
	}
	flush()
	return out
}

func cutQuote(line string) (string, bool) {
	for _, mark := range []string{"&gt;", ">"} {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			return strings.TrimPrefix(rest, " "), true
		}
	}
	return line, false
}

// inline reads one line. Whatever does not close is text.
func (p *mrkdwn) inline(s string, depth int) []span {
	var out []span
	plain := 0 // start of the text not yet written
	emit := func(to int) {
		if to > plain {
			out = append(out, span{Kind: "text", Text: unescape(s[plain:to])})
		}
	}
	for i := 0; i < len(s); {
		sp, n := p.at(s, i, depth)
		if n == 0 {
			i++
			continue
		}
		emit(i)
		out = append(out, sp)
		i += n
		plain = i
	}
	emit(len(s))
	return out
}

// at reads the span that starts at s[i] and its length, or length 0.
func (p *mrkdwn) at(s string, i, depth int) (span, int) {
	switch c := s[i]; c {
	case '`':
		if end := strings.IndexByte(s[i+1:], '`'); end > 0 {
			return span{Kind: "code", Text: unescape(s[i+1 : i+1+end])}, end + 2
		}
	case '<':
		if end := strings.IndexByte(s[i:], '>'); end > 1 {
			return p.token(s[i+1 : i+end]), end + 1
		}
	case '*', '_', '~':
		if depth < maxDepth && opens(s, i) {
			if end := closes(s, i, c); end > 0 {
				kind := map[byte]string{'*': "bold", '_': "italic", '~': "strike"}[c]
				return span{Kind: kind, Kids: p.inline(s[i+1:end], depth+1)}, end - i + 1
			}
		}
	}
	return span{}, 0
}

// opens: a marker starts emphasis at the edge of a word, before a non-space.
func opens(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, size := utf8.DecodeRuneInString(s[i+1:])
	return size > 0 && !unicode.IsSpace(after) && (i == 0 || !isWord(before))
}

// closes finds the marker that ends the emphasis opened at i.
func closes(s string, i int, mark byte) int {
	for j := i + 2; j < len(s); j++ {
		if s[j] != mark {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(s[:j])
		after, size := utf8.DecodeRuneInString(s[j+1:])
		if !unicode.IsSpace(before) && (size == 0 || !isWord(after)) {
			return j
		}
	}
	return 0
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// token reads what stands between angle brackets.
func (p *mrkdwn) token(body string) span {
	target, label, labelled := strings.Cut(body, "|")
	label = unescape(label)
	switch {
	case strings.HasPrefix(target, "@"):
		return span{Kind: "mention", Text: "@" + p.nameOf(target[1:])}
	case strings.HasPrefix(target, "#"):
		return span{Kind: "mention", Text: "#" + p.channelOf(target[1:])}
	case strings.HasPrefix(target, "!date^"):
		return p.date(target, label)
	case strings.HasPrefix(target, "!"):
		if !labelled {
			label = "@" + unescape(target[1:])
		}
		return span{Kind: "mention", Text: label}
	}
	link := unescape(target)
	if !labelled {
		label = link
	}
	if !safeLink(link) {
		return span{Kind: "text", Text: "<" + unescape(body) + ">"}
	}
	return span{Kind: "link", Text: label, URL: link}
}

// safeLink allows what a click may open. Everything else is shown as text.
func safeLink(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http" || u.Scheme == "mailto")
}

// unescape undoes the three escapes that Slack knows, once.
func unescape(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}
