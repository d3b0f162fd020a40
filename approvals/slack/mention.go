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

// render is the card with those who are asked: a phone rings for a mention and
// not for a message. Once it is decided nobody is called any more.
func (c Config) render(s incident.State) Card {
	card := Render(s)
	run := s.Run()
	if run.Phase != incident.PhaseAsking || run.Plan == nil {
		return card
	}
	if who := c.mentions(run.Plan.Quorum.Teams...); who != "" {
		last := len(card.Blocks) - 1
		asked := goslack.NewContextBlock(fmt.Sprintf("asked.r%dv%d", pointTo(s).revision, s.Face), mrkdwn("Asked: "+who))
		card.Blocks = slices.Insert(card.Blocks, last, goslack.Block(asked))
	}
	return card
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
