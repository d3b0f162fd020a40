package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/incident"
)

// Desk shows requests to people and tells them what came of it. It keeps
// nothing between calls but its pace and may be used concurrently; one
// incident's calls are expected one after the other, so that an older card
// cannot overtake a newer.
//
// It fails open: after an error the message is perhaps there, and asking again
// makes a second one. Two cards of one request do no harm: both carry the same
// pointer, and a person's vote counts once.
type Desk struct {
	c   Config
	api *goslack.Client
}

// NewDesk checks the configuration. It calls nobody.
func NewDesk(c Config) (*Desk, error) {
	c, err := c.checked()
	if err != nil {
		return nil, err
	}
	return &Desk{c: c, api: c.client()}, nil
}

// Post puts the card of s into the channel of its plan, or into the home
// channel when that one cannot be posted to: somebody has to see it. It is one
// call of Slack where nothing is wrong.
func (d *Desk) Post(ctx context.Context, s incident.State) (incident.CardPosted, error) {
	var card Card
	failures := d.nowhere(s)
	for _, channel := range d.places(s) {
		at, err := d.post(ctx, posting(channel, always(rankOfPost(s))), func() []goslack.MsgOption {
			s = d.newest(ctx, s)
			card = d.c.render(s)
			return d.content(s, card)
		})
		if err == nil {
			at.Version, at.Render = s.Face, card.fingerprint()
			return at, nil
		}
		failures = append(failures, fmt.Errorf("post card in %s: %w", channel, err))
		if !refusedAs(err, noSuchPlace) {
			break
		}
	}
	return incident.CardPosted{}, noChannel(failures)
}

// Update brings the card up to the newest state. It answers CardLost when Slack
// says that the card can never be changed again, and an error when it may be
// tried again. While it waits for its turn newer states replace older ones, so
// that a storm of facts is few updates; ends go first.
func (d *Desk) Update(ctx context.Context, s incident.State) (incident.Body, error) {
	if s.Card.Channel == "" || s.Card.TS == "" {
		return incident.CardLost{Why: "there is no card"}, nil
	}
	if why := d.c.closed(s.Card.Channel); why != "" {
		return d.withdraw(ctx, s, why)
	}
	at := s.Card
	var card Card
	err := d.patiently(ctx, &turn{method: "chat.update", channel: at.Channel, rank: d.rankOfUpdate(ctx, s)}, func(ctx context.Context) error {
		s = d.newest(ctx, s)
		card = d.c.render(s)
		_, _, _, err := d.api.UpdateMessageContext(ctx, at.Channel, at.TS, d.content(s, card)...)
		return err
	})
	switch {
	case refusedAs(err, lostForGood):
		return incident.CardLost{Why: codeOf(err)}, nil
	case err != nil:
		return nil, fmt.Errorf("update card: %w", err)
	}
	return incident.CardUpdated{Version: s.Face, Render: card.fingerprint()}, nil
}

// withdraw takes a card out of a channel that others can read now: what it says
// and its buttons go, and another card is owed elsewhere.
func (d *Desk) withdraw(ctx context.Context, s incident.State, why string) (incident.Body, error) {
	at := s.Card
	text := fmt.Sprintf("This request was moved: the channel %s.", escape(plain(why, 200)))
	err := d.patiently(ctx, &turn{method: "chat.update", channel: at.Channel, rank: always(rankCall)}, func(ctx context.Context) error {
		_, _, _, err := d.api.UpdateMessageContext(ctx, at.Channel, at.TS, goslack.MsgOptionText(text, false),
			goslack.MsgOptionBlocks(goslack.NewSectionBlock(mrkdwn(text), nil, nil)))
		return err
	})
	if err != nil && !refusedAs(err, lostForGood) {
		return nil, fmt.Errorf("withdraw card: %w", err)
	}
	return incident.CardLost{Why: "the channel " + clean(why)}, nil
}

// How pressing a message is; the lowest goes first.
const (
	rankAsk  = iota // a request that nobody has seen
	rankEnd         // how it ended
	rankCall        // somebody has to act
	rankShow        // what stands while it is open
	rankLine        // a line under a card
)

func always(rank int) func() int { return func() int { return rank } }

func rankOfPost(s incident.State) int {
	if s.Phase().Ended() {
		return rankEnd
	}
	return rankAsk
}

// rankOfUpdate asks the newest state, because the incident may end while its
// card waits.
func (d *Desk) rankOfUpdate(ctx context.Context, s incident.State) func() int {
	return func() int {
		if d.newest(ctx, s).Phase().Ended() {
			return rankEnd
		}
		return rankShow
	}
}

func posting(channel string, rank func() int) *turn {
	return &turn{method: "chat.postMessage", channel: channel, rank: rank}
}

// newest is the incident as it is now, or as it was given where that cannot be
// told.
func (d *Desk) newest(ctx context.Context, s incident.State) incident.State {
	if d.c.Newest == nil {
		return s
	}
	if now, err := d.c.Newest(ctx, s.ID); err == nil && now.Seq >= s.Seq {
		return now
	}
	return s
}

// post writes a message in its turn. What it says is made when it may be said.
func (d *Desk) post(ctx context.Context, t *turn, options func() []goslack.MsgOption) (at incident.CardPosted, err error) {
	err = d.patiently(ctx, t, func(ctx context.Context) error {
		at.Channel, at.TS, err = d.api.PostMessageContext(ctx, t.channel, options()...)
		return err
	})
	return at, err
}

// places are the channels to try, in order: the plan's, then home.
func (d *Desk) places(s incident.State) []string {
	home := d.c.Channels[d.c.Home]
	places := []string{home}
	if plan := s.Run().Plan; plan != nil {
		if id, ok := d.c.channel(plan.Quorum.Channel); ok && id != home {
			places = []string{id, home}
		}
	}
	return slices.DeleteFunc(places, func(id string) bool { return d.c.closed(id) != "" })
}

// content is the card as options. The metadata names the request and nothing
// else: everybody in the workspace can read it.
func (d *Desk) content(s incident.State, card Card) []goslack.MsgOption {
	return []goslack.MsgOption{
		goslack.MsgOptionText(card.Text, false), goslack.MsgOptionBlocks(card.Blocks...),
		goslack.MsgOptionDisableLinkUnfurl(), goslack.MsgOptionDisableMediaUnfurl(),
		goslack.MsgOptionMetadata(goslack.SlackMetadata{EventType: "firebreak_card",
			EventPayload: map[string]any{"incident": string(s.ID), "version": s.Face}}),
	}
}

// quiet are the options of a message that unfurls nothing.
func quiet(text string) []goslack.MsgOption {
	return []goslack.MsgOption{goslack.MsgOptionText(text, false),
		goslack.MsgOptionDisableLinkUnfurl(), goslack.MsgOptionDisableMediaUnfurl()}
}

// nowhere is why nothing could be posted, where every channel is closed.
func (d *Desk) nowhere(s incident.State) []error {
	if len(d.places(s)) > 0 {
		return nil
	}
	return []error{errors.New("every channel for it is shared with another workspace, so nothing is posted; end the sharing, or name another channel")}
}

// noChannel says how to mend what no channel would take.
func noChannel(failures []error) error {
	err := errors.Join(failures...)
	for _, failure := range failures {
		if refusedAs(failure, []string{"not_in_channel", "channel_not_found"}) {
			return fmt.Errorf("%w (invite the app into the channel, or correct its id)", err)
		}
	}
	return err
}
