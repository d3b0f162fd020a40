package slack

import (
	"context"
	"fmt"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/incident"
)

// tampered compares the card that somebody clicked with what was written for
// that version of it, and says how they differ; "" for not at all. What was
// written is in the journal for the version that the card is known to have;
// for any other, such as one whose posting landed although its answer was lost,
// it is rendered again from the facts of that time.
//
// A journal that cannot be read now is no difference: the click is then refused
// for that reason, or its review is rendered from what is known.
func (h *Handler) tampered(ctx context.Context, in interaction, s incident.State) string {
	shown := fingerprintOf(in.Message.Blocks)
	version, ok := versionOf(in.Actions[0].BlockID)
	switch {
	case shown.IsZero():
		return "the clicked message has no blocks"
	case !ok:
		return "the clicked block carries no version of ours"
	case version == s.Card.Version && shown.Equal(s.Card.Render):
		return ""
	case version > s.Face:
		return fmt.Sprintf("it claims to be version %d, and there were %d", version, s.Face)
	}
	then := s
	if version != s.Face {
		if h.o.Shown == nil {
			return ""
		}
		// The right to open a view dies after three seconds: the person comes first.
		ctx, cancel := context.WithTimeout(ctx, glance)
		defer cancel()
		var err error
		if then, err = h.o.Shown(ctx, s.ID, version); err != nil {
			h.c.Log.Warn("a clicked card could not be compared", "incident", s.ID, "version", version, "err", err)
			return ""
		}
	}
	if h.c.render(then).fingerprint().Equal(shown) {
		return ""
	}
	return fmt.Sprintf("version %d is not what was written: its blocks give %s", version, shown.Short())
}

const changedCard = "The card that you pressed was changed by somebody other than firebreak. Do not go by it. What stands here is the journal's. People are told, and the card is put right."

// warned says in a view, before anything else, that its card cannot be trusted.
// The view can: it comes from the journal. So nobody is kept from voting by
// whoever can write into the channel, nor by blocks that Slack one day gives
// back in another form than it has taken them.
func warned(view goslack.ModalViewRequest) goslack.ModalViewRequest {
	alert := goslack.NewAlertBlock(mrkdwn(changedCard), goslack.AlertBlockOptionLevel("error"), goslack.AlertBlockOptionBlockID("changed"))
	view.Blocks.BlockSet = append([]goslack.Block{alert}, view.Blocks.BlockSet...)
	return view
}

// alarmed is what follows from a card that somebody else changed: an alarm that
// is made durable, and the card as it should be.
func (h *Handler) alarmed(p *press, how string) *refusal {
	p.alarm = &incident.Alarmed{What: AlarmCard, Who: plain(p.in.User.ID, 40), Detail: incident.OneLine(
		fmt.Sprintf("the card %s in channel %s: %s", plain(p.in.Container.MessageTS, 40), plain(p.in.Channel.ID, 40), how), 400)}
	no := shown(ReasonTampered, changedCard)
	no.detail = fmt.Errorf("%s", p.alarm.Detail)
	return no
}
