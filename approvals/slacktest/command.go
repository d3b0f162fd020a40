package slacktest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// Command types a slash command in a channel, as a person who can see the
// channel would, and waits for the app as long as Slack waits. The answer is
// kept as a message, which only that person sees unless the app said
// in_channel. The error says that nothing was sent.
func (s *Server) Command(ctx context.Context, user, channel, command, text string) (Delivery, error) {
	s.mu.Lock()
	_, err := s.mayAct(user, channel)
	s.mu.Unlock()
	if err != nil {
		return Delivery{}, fmt.Errorf("command: %w", err)
	}
	a, err := s.NewCommand(user, channel, command, text)
	if err != nil {
		return Delivery{}, err
	}
	return a.Send(ctx)
}

// NewCommand builds a command without sending it and without asking whether
// the person could type it: attacks start here.
func (s *Server) NewCommand(user, channel, command, text string) (*Attempt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, known := s.users[user]
	c, exists := s.channels[channel]
	switch {
	case !known:
		return nil, fmt.Errorf("command: user %s is unknown", user)
	case !exists:
		return nil, fmt.Errorf("command: channel %s is unknown", channel)
	case !slices.Contains(s.cfg.Commands, command):
		return nil, fmt.Errorf("command: %q is not a command of this app", command)
	}
	meta := Delivery{
		Kind: "slash_command", User: u.ID, Channel: c.ID, Action: command, TriggerID: s.newTrigger(u.ID, ""),
	}
	meta.ResponseURL = s.newResponseURL(&responseURL{channel: c.ID, user: u.ID})
	payload := map[string]any{
		"token": "deprecated", "team_id": s.cfg.TeamID, "team_domain": s.cfg.TeamDomain, "is_enterprise_install": "false",
		"channel_id": c.ID, "channel_name": s.payloadChannelName(c.ID), "user_id": u.ID, "user_name": u.Name,
		"command": command, "text": text, "api_app_id": s.cfg.AppID,
		"response_url": meta.ResponseURL, "trigger_id": meta.TriggerID,
	}
	return s.newAttempt(commands(), payload, meta), nil
}

// applyCommandReply shows the app's immediate answer, if it has one: JSON as
// for a response_url, or plain text. The caller holds mu.
func (s *Server) applyCommandReply(d *Delivery) {
	body := bytes.TrimSpace(d.Reply)
	if !d.Acked || len(body) == 0 {
		return
	}
	a := &args{values: map[string]string{}}
	if !json.Valid(body) {
		a.values["text"] = string(body)
	} else if a.addJSON(body) != nil {
		d.Notice = noticeTrouble
		return
	}
	if len(a.values) == 0 {
		return // {} counts as empty
	}
	r, no := s.content(a, maxPostText)
	if no != nil || isEmpty(r) {
		d.Notice = noticeTrouble
		return
	}
	if a.text("response_type") == "in_channel" {
		// Everybody then sees what was typed, too.
		var asked struct{ Command, Text string }
		_ = json.Unmarshal(d.Payload, &asked) // the fake wrote it; an attack may have bent it, and is shown as far as it goes
		s.post(&Message{Channel: d.Channel, User: d.User}, Revision{Text: asked.Command + " " + asked.Text, At: s.cfg.Now()})
	}
	m := s.answerIn(a, d.Channel, d.User)
	s.post(m, r)
	d.TS = m.TS
}
