package slack

import (
	"context"
	"fmt"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// notSaid is recorded of a line under a card that the end has made needless
// while it waited for its turn.
const notSaid = "not said: the incident had ended before its turn came"

// Tell says once what the key stands for: in the card's thread, or in the
// channel when there is no card or its thread is gone. An update of a card
// notifies nobody; this does.
func (d *Desk) Tell(ctx context.Context, s incident.State, key string) (incident.Told, error) {
	if notice, ok := noticeOf(s, key); ok {
		return d.notify(ctx, key, notice)
	}
	if isFile(key) {
		return d.attach(ctx, s, key)
	}
	m := &message{desk: d, key: key, state: s}
	failures := d.nowhere(s)
	if card := s.Card; card.TS != "" && d.c.closed(card.Channel) == "" {
		err := m.say(ctx, card.Channel, goslack.MsgOptionTS(card.TS))
		if err == nil {
			return incident.Told{Key: key, Text: m.text}, nil
		}
		failures = append(failures, fmt.Errorf("tell in thread: %w", err))
		if !refusedAs(err, noSuchPlace) {
			return incident.Told{}, noChannel(failures)
		}
	}
	for _, channel := range d.places(s) {
		err := m.say(ctx, channel)
		if err == nil {
			return incident.Told{Key: key, Text: m.text}, nil
		}
		failures = append(failures, fmt.Errorf("tell in %s: %w", channel, err))
		if !refusedAs(err, noSuchPlace) {
			break
		}
	}
	return incident.Told{}, noChannel(failures)
}

// message is one thing that people are told.
type message struct {
	desk  *Desk
	key   string
	state incident.State
	text  string // as it was said last
}

// say posts it in its turn. What it says is made then, of the incident as it is.
func (m *message) say(ctx context.Context, channel string, where ...goslack.MsgOption) error {
	d := m.desk
	return d.patiently(ctx, posting(channel, m.rank), func(ctx context.Context) error {
		m.state = d.newest(ctx, m.state)
		if isLine(m.key) && m.state.Phase().Ended() {
			m.text = notSaid
			return nil
		}
		text, loud := d.words(m.state, m.key)
		if who := d.called(m.state, m.key); who != "" {
			text, loud = text+"\n"+who, true
		}
		m.text = text
		options := append(quiet(text), where...)
		if loud && len(where) > 0 {
			options = append(options, goslack.MsgOptionBroadcast())
		}
		_, _, err := d.api.PostMessageContext(ctx, channel, options...)
		return err
	})
}

// words are what the key stands for, and whether it is for the whole channel.
func (d *Desk) words(s incident.State, key string) (text string, loud bool) {
	if text, ok := d.newsOpen(s, key); ok {
		return text + fmt.Sprintf("\nIncident %s.", s.ID), approvals.Loud(s, key)
	}
	return news(s, key)
}

func (m *message) rank() int {
	switch {
	case isLine(m.key):
		return rankLine
	case approvals.Loud(m.state, m.key):
		return rankCall
	case m.state.Phase().Ended():
		return rankEnd
	}
	return rankCall
}

// isLine tells whether a key is of a line that the end makes needless.
func isLine(key string) bool {
	what, _ := cutKey(key)
	switch what {
	case "vote", "sent", "executed", "remind", "escalate":
		return true
	}
	return false
}
