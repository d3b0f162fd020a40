package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/incident"
)

// Desk shows requests to people and tells them what came of it. It keeps
// nothing between calls and may be used concurrently; one incident's calls are
// expected one after the other, so that an older card cannot overtake a newer.
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
// channel when that one cannot be posted to: somebody has to see it. When it
// waits for a rate limit it does so for a minute at most.
func (d *Desk) Post(ctx context.Context, s incident.State) (incident.CardPosted, error) {
	card := d.render(s)
	var failures []error
	for _, channel := range d.places(s) {
		at, err := d.post(ctx, channel, d.content(s, card)...)
		if err == nil {
			at.Version = s.Face
			at.Render, err = digestOf(card)
			return at, err
		}
		failures = append(failures, fmt.Errorf("post card in %s: %w", channel, err))
		if !refusedAs(err, noSuchPlace) {
			break
		}
	}
	return incident.CardPosted{}, noChannel(failures)
}

// Update brings the card up to s. It answers CardLost when Slack says that the
// card can never be changed again, and an error when it may be tried again.
func (d *Desk) Update(ctx context.Context, s incident.State) (incident.Body, error) {
	if s.Card.Channel == "" || s.Card.TS == "" {
		return incident.CardLost{Why: "there is no card"}, nil
	}
	card := d.render(s)
	render, err := digestOf(card)
	if err != nil {
		return nil, err
	}
	err = patiently(ctx, func(ctx context.Context) error {
		_, _, _, err := d.api.UpdateMessageContext(ctx, s.Card.Channel, s.Card.TS, d.content(s, card)...)
		return err
	})
	switch {
	case refusedAs(err, lostForGood):
		return incident.CardLost{Why: codeOf(err)}, nil
	case err != nil:
		return nil, fmt.Errorf("update card: %w", err)
	}
	return incident.CardUpdated{Version: s.Face, Render: render}, nil
}

// Tell says once what the key stands for: in the card's thread, or in the
// channel when there is no card or its thread is gone. An update of a card
// notifies nobody; this does.
func (d *Desk) Tell(ctx context.Context, s incident.State, key string) (incident.Told, error) {
	if notice, ok := noticeOf(s, key); ok {
		return d.notify(ctx, key, notice)
	}
	text, loud := news(s, key)
	if loud {
		text += d.call(s)
	}
	options := []goslack.MsgOption{goslack.MsgOptionText(text, false),
		goslack.MsgOptionDisableLinkUnfurl(), goslack.MsgOptionDisableMediaUnfurl()}
	var failures []error
	if s.Card.TS != "" {
		inThread := append(options[:len(options):len(options)], goslack.MsgOptionTS(s.Card.TS))
		if loud {
			inThread = append(inThread, goslack.MsgOptionBroadcast())
		}
		_, err := d.post(ctx, s.Card.Channel, inThread...)
		if err == nil {
			return incident.Told{Key: key, Text: text}, nil
		}
		if !refusedAs(err, noSuchPlace) {
			return incident.Told{}, fmt.Errorf("tell in thread: %w", err)
		}
		failures = append(failures, fmt.Errorf("tell in thread: %w", err))
	}
	for _, channel := range d.places(s) {
		_, err := d.post(ctx, channel, options...)
		if err == nil {
			return incident.Told{Key: key, Text: text}, nil
		}
		failures = append(failures, fmt.Errorf("tell in %s: %w", channel, err))
		if !refusedAs(err, noSuchPlace) {
			break
		}
	}
	return incident.Told{}, noChannel(failures)
}

func (d *Desk) post(ctx context.Context, channel string, options ...goslack.MsgOption) (at incident.CardPosted, err error) {
	err = patiently(ctx, func(ctx context.Context) error {
		at.Channel, at.TS, err = d.api.PostMessageContext(ctx, channel, options...)
		return err
	})
	return at, err
}

// places are the channels to try, in order: the plan's, then home.
func (d *Desk) places(s incident.State) []string {
	home := d.c.Channels[d.c.Home]
	if plan := s.Run().Plan; plan != nil {
		if id, ok := d.c.channel(plan.Quorum.Channel); ok && id != home {
			return []string{id, home}
		}
	}
	return []string{home}
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

func digestOf(card Card) (incident.Digest, error) {
	raw, err := json.Marshal(card)
	if err != nil {
		return incident.Digest{}, fmt.Errorf("encode card: %w", err)
	}
	return incident.DigestOf("firebreak-card/1", raw), nil
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
