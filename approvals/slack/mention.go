package slack

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/incident"
)

// maxMentions bounds how many phones one message makes ring.
const maxMentions = 40

var userPattern = regexp.MustCompile(`^[UW][A-Z0-9]{2,30}$`)

// mentions makes Slack tell the people of teams, each once.
func (c Config) mentions(names ...string) string {
	if c.Mention == nil {
		return ""
	}
	var ids []string
	for _, name := range names {
		ids = append(ids, c.Mention(name)...)
	}
	slices.Sort(ids)
	var b strings.Builder
	for i, id := range slices.Compact(ids) {
		if i == maxMentions {
			break
		}
		if userPattern.MatchString(id) { // nothing else may stand between the brackets
			fmt.Fprintf(&b, " <@%s>", id)
		}
	}
	return strings.TrimSpace(b.String())
}

// render is the card with those who are asked, because a phone rings for a
// mention and not for a message, and with the way to the approval page. Once it
// is decided nobody is called any more.
func (c Config) render(s incident.State) Card {
	card := Render(s)
	run := s.Run()
	if run.Phase != incident.PhaseAsking || run.Plan == nil {
		return card
	}
	if address := c.page(s.ID); address != "" {
		for _, b := range card.Blocks {
			if row, ok := b.(*goslack.ActionBlock); ok {
				row.Elements.ElementSet = append(row.Elements.ElementSet, pageButton(address, run.Plan))
			}
		}
	}
	if who := c.mentions(run.Plan.Quorum.Teams...); who != "" {
		last := len(card.Blocks) - 1
		asked := goslack.NewContextBlock(fmt.Sprintf("asked.r%dv%d", pointTo(s).revision, s.Face), mrkdwn("Asked: "+who))
		card.Blocks = slices.Insert(card.Blocks, last, goslack.Block(asked))
	}
	return card
}

// page is where a request can be read and voted on without Slack.
func (c Config) page(id incident.ID) string {
	if c.Page == nil {
		return ""
	}
	return c.Page(id)
}

func pageButton(address string, p *incident.Plan) *goslack.ButtonBlockElement {
	words := "Approval page"
	if !clickable(p) {
		words = "Approve with your key"
	}
	button := goslack.NewButtonBlockElement(actionPage, "page", plainText(words))
	button.URL, button.AccessibilityLabel = address, plain(words+": "+p.Title, 75)
	if !clickable(p) {
		button.Style = goslack.StylePrimary
	}
	return button
}

// called makes the phones ring of those whom a message calls.
func (d *Desk) called(s incident.State, key string) string {
	if d.c.Called == nil {
		return ""
	}
	return d.c.mentions(d.c.Called(s, key)...)
}

// noticeOf finds the playbook's notice that a key stands for: "run0/notify/1".
func noticeOf(s incident.State, key string) (incident.Notice, bool) {
	plan := s.Run().Plan
	if plan == nil {
		return incident.Notice{}, false
	}
	for i, n := range plan.Notify {
		if key == fmt.Sprintf("run%d/notify/%d", s.Run().Number, i) {
			return n, true
		}
	}
	return incident.Notice{}, false
}

// notify posts a notice into its channel, or into the home channel when that
// one cannot be posted to.
func (d *Desk) notify(ctx context.Context, key string, n incident.Notice) (incident.Told, error) {
	text := prose(n.Text, maxText)
	var failures []error
	for _, name := range []string{n.Channel, d.c.Home} {
		id, ok := d.c.channel(name)
		if !ok {
			continue
		}
		if why := d.c.closed(id); why != "" {
			failures = append(failures, fmt.Errorf("notify %s: the channel %s", name, why))
			continue
		}
		_, err := d.post(ctx, posting(id, always(rankEnd)), func() []goslack.MsgOption { return quiet(text) })
		if err == nil {
			return incident.Told{Key: key, Text: text}, nil
		}
		failures = append(failures, fmt.Errorf("notify %s: %w", name, err))
		if !refusedAs(err, noSuchPlace) {
			break
		}
	}
	return incident.Told{}, noChannel(failures)
}
