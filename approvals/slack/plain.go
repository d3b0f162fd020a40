package slack

import (
	"regexp"
	"strings"

	goslack "github.com/slack-go/slack"
)

var (
	markedDate = regexp.MustCompile(`<!date\^[^|>]*\|([^>]*)>`)
	markedLink = regexp.MustCompile(`<([^|<>]+)\|([^<>]+)>`)
	markedBold = regexp.MustCompile(`\*([^*\n]+)\*`)
)

// Plain is the card as plain text, for those who look at it without Slack. It
// is made from the very blocks that would be sent, so it shows what guardians
// are shown, and no more.
func (c Card) Plain() string {
	var parts []string
	for _, b := range c.Blocks {
		switch b := b.(type) {
		case *goslack.HeaderBlock:
			parts = append(parts, b.Text.Text)
		case *goslack.SectionBlock:
			parts = append(parts, unmarked(b.Text))
		case *goslack.ContextBlock:
			for _, e := range b.ContextElements.Elements {
				if t, ok := e.(*goslack.TextBlockObject); ok {
					parts = append(parts, unmarked(t))
				}
			}
		case *goslack.ActionBlock:
			var labels []string
			for _, e := range b.Elements.ElementSet {
				if button, ok := e.(*goslack.ButtonBlockElement); ok {
					labels = append(labels, "["+button.Text.Text+"]")
				}
			}
			parts = append(parts, strings.Join(labels, "  "))
		}
	}
	return strings.Join(parts, "\n\n")
}

// unmarked takes the markup off a text.
func unmarked(t *goslack.TextBlockObject) string {
	if t == nil || t.Type != goslack.MarkdownType {
		if t == nil {
			return ""
		}
		return t.Text
	}
	text := markedDate.ReplaceAllString(t.Text, "$1")
	text = markedLink.ReplaceAllString(text, "$2 ($1)")
	text = markedBold.ReplaceAllString(text, "$1")
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}
