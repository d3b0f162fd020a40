package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Message is one message as the channel shows it now, with every form it has
// had. Blocks and Metadata are what a click on it would carry.
type Message struct {
	Channel     string
	TS          string // unique in the workspace
	ThreadTS    string // the parent's TS for a reply, else ""
	User        string // who wrote it
	Text        string
	Blocks      json.RawMessage
	Attachments json.RawMessage
	Metadata    json.RawMessage
	Files       []File
	ByApp       bool
	Broadcast   bool   // a reply that the channel shows too
	Ephemeral   bool   // shown to To alone, and not editable with chat.update
	To          string // for an ephemeral message
	Deleted     bool
	Revisions   []Revision // oldest first; the last one is what is shown
}

// Revision is one form of a message. Slack shows nobody that there was an
// earlier one.
type Revision struct {
	Text        string
	Blocks      json.RawMessage
	Attachments json.RawMessage
	Metadata    json.RawMessage
	At          time.Time
}

// Button is a clickable element of a message.
type Button struct {
	ActionID, BlockID, Text, Value, Style, URL string
}

// Revision is the number of the form that is shown, from 1.
func (m Message) Revision() int { return len(m.Revisions) }

// Buttons lists the buttons that can be clicked now, in reading order.
func (m Message) Buttons() []Button {
	var out []Button
	for el := range elements(m.Blocks) {
		if el.kind() == "button" {
			out = append(out, Button{
				ActionID: el.str("action_id"), BlockID: el.blockID, Text: el.obj("text").str("text"),
				Value: el.str("value"), Style: el.str("style"), URL: el.str("url"),
			})
		}
	}
	return out
}

// copy gives callers a message that later updates do not touch. Raw JSON is
// replaced and never written into, so it can be shared.
func (m *Message) copy() Message {
	c := *m
	c.Files = slices.Clone(m.Files)
	c.Revisions = slices.Clone(m.Revisions)
	return c
}

// show makes a revision the current one.
func (m *Message) show(r Revision) {
	m.Revisions = append(m.Revisions, r)
	m.Text, m.Blocks, m.Attachments, m.Metadata = r.Text, r.Blocks, r.Attachments, r.Metadata
}

// api is the message as the Web API and payloads spell it. Metadata goes out
// only to those who ask for it.
func (s *Server) apiMessage(m *Message, withMetadata bool) map[string]any {
	out := map[string]any{"type": "message", "user": m.User, "ts": m.TS, "text": m.Text, "team": s.cfg.TeamID}
	if m.ByApp {
		out["bot_id"], out["app_id"] = s.botID(), s.cfg.AppID
	}
	if len(m.Blocks) > 0 {
		out["blocks"] = m.Blocks
	}
	if len(m.Attachments) > 0 {
		out["attachments"] = m.Attachments
	}
	if withMetadata && len(m.Metadata) > 0 {
		out["metadata"] = m.Metadata
	}
	if m.ThreadTS != "" {
		out["thread_ts"] = m.ThreadTS
	} else if n := len(s.repliesTo(m)); n > 0 {
		out["thread_ts"], out["reply_count"] = m.TS, n
	}
	if len(m.Files) > 0 {
		files := make([]any, len(m.Files))
		for i, f := range m.Files {
			files[i] = f.api()
		}
		out["files"] = files
	}
	return out
}

// newTS is a timestamp with microseconds that no message has had before, even
// when the clock stands still or steps back.
func (s *Server) newTS() string {
	s.lastMicros = max(s.lastMicros+1, s.cfg.Now().UnixMicro())
	return fmt.Sprintf("%d.%06d", s.lastMicros/1e6, s.lastMicros%1e6)
}

// find is the live message with this ts, or nil. The caller holds mu.
func (s *Server) find(channel, ts string) *Message {
	for _, m := range s.messages {
		if m.Channel == channel && m.TS == ts && !m.Deleted {
			return m
		}
	}
	return nil
}

// repliesTo lists the live replies in a thread, oldest first. The caller
// holds mu.
func (s *Server) repliesTo(parent *Message) []*Message {
	var out []*Message
	for _, m := range s.messages {
		if m.ThreadTS == parent.TS && m.Channel == parent.Channel && !m.Deleted && !m.Ephemeral {
			out = append(out, m)
		}
	}
	return out
}

// Messages are the live messages of a channel, threads and ephemeral ones
// included, in order of posting.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.messages {
		if m.Channel == channel && !m.Deleted {
			out = append(out, m.copy())
		}
	}
	return out
}

// Message is one live message, or false.
func (s *Server) Message(channel, ts string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.find(channel, ts); m != nil {
		return m.copy(), true
	}
	return Message{}, false
}

// Say posts a plain message as a person, for example to test that the app
// cannot update what is not its own. thread may be "".
func (s *Server) Say(user, channel, thread, text string) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.mayAct(user, channel); err != nil {
		return Message{}, fmt.Errorf("say: %w", err)
	}
	m := &Message{Channel: channel, TS: s.newTS(), ThreadTS: thread, User: user}
	m.show(Revision{Text: text, At: s.cfg.Now()})
	s.messages = append(s.messages, m)
	s.touch()
	return m.copy(), nil
}

// mayAct reports why a person cannot see or use a channel. The caller holds
// mu.
func (s *Server) mayAct(user, channel string) (User, error) {
	u, known := s.users[user]
	c, exists := s.channels[channel]
	switch {
	case !known:
		return u, fmt.Errorf("user %s is unknown", user)
	case u.Deleted:
		return u, fmt.Errorf("user %s is deactivated and cannot log in", user)
	case !exists:
		return u, fmt.Errorf("channel %s is unknown", channel)
	case c.IsPrivate && !c.has(user):
		return u, fmt.Errorf("user %s is not a member of private channel %s and cannot see it", user, channel)
	}
	return u, nil
}
