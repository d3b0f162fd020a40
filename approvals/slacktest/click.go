package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Press names what is clicked, by whom, and in which form of the message.
type Press struct {
	User     string
	Channel  string
	TS       string
	ViewID   string // instead of Channel and TS: an element of an open modal
	ActionID string
	BlockID  string // needed only when the action id is in several blocks
	Value    string // the chosen option (several: one per line) or date
	Revision int    // an earlier form of the message, from 1; 0 is the present one
}

// Click presses what is in the message now, as a person who can see it would,
// and waits for the app as long as Slack waits. A button that has been
// removed cannot be clicked. The error says that there was no click; look at
// [Delivery.Acked] for what the app made of it.
func (s *Server) Click(ctx context.Context, user, channel, ts, actionID string) (Delivery, error) {
	return s.Press(ctx, Press{User: user, Channel: channel, TS: ts, ActionID: actionID})
}

// Press is [Server.Click] with every choice, modals included.
func (s *Server) Press(ctx context.Context, p Press) (Delivery, error) {
	if p.Revision != 0 {
		return Delivery{}, errors.New("press: a revision can only be clicked with ClickStale")
	}
	if err := s.checkPerson(p); err != nil {
		return Delivery{}, err
	}
	a, err := s.NewClick(p)
	if err != nil {
		return Delivery{}, err
	}
	return a.Send(ctx)
}

// ClickStale presses a button of an earlier revision: what a person does
// whose screen has not caught up. The payload carries that earlier message.
func (s *Server) ClickStale(ctx context.Context, p Press) (Delivery, error) {
	if p.Revision < 1 {
		return Delivery{}, errors.New("click stale: say which Revision is clicked, from 1")
	}
	if err := s.checkPerson(p); err != nil {
		return Delivery{}, err
	}
	a, err := s.NewClick(p)
	if err != nil {
		return Delivery{}, err
	}
	return a.Send(ctx)
}

func (s *Server) checkPerson(p Press) error {
	if p.ViewID != "" {
		return wrap("click", s.inFront(p.User, p.ViewID))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.mayAct(p.User, p.Channel)
	if err == nil {
		if m := s.find(p.Channel, p.TS); m != nil && m.Ephemeral && m.To != p.User {
			err = fmt.Errorf("message %s is shown to %s alone", p.TS, m.To)
		}
	}
	return wrap("click", err)
}

// NewClick builds a click without sending it and without asking whether the
// person could click: attacks start here. The element must exist, in the
// named revision if there is one.
func (s *Server) NewClick(p Press) (*Attempt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, known := s.users[p.User]
	if !known {
		return nil, fmt.Errorf("click: user %s is unknown", p.User)
	}
	payload := s.basePayload("block_actions", u)
	meta := Delivery{Kind: "block_actions", User: u.ID, Action: p.ActionID}
	blocks, err := s.clickedIn(p, payload, &meta)
	if err != nil {
		return nil, fmt.Errorf("click: %w", err)
	}
	el, err := findElement(blocks, p.BlockID, p.ActionID)
	if err != nil {
		return nil, fmt.Errorf("click: %w", err)
	}
	action, err := s.actionOf(el, p.Value)
	if err != nil {
		return nil, fmt.Errorf("click: %w", err)
	}
	meta.TriggerID = s.newTrigger(u.ID, p.ViewID)
	payload["actions"], payload["trigger_id"] = []any{action}, meta.TriggerID
	return s.newAttempt(interactions(), payload, meta), nil
}

// clickedIn adds the message or the view to the payload and returns its
// blocks.
func (s *Server) clickedIn(p Press, payload map[string]any, meta *Delivery) (json.RawMessage, error) {
	if p.ViewID != "" {
		v := s.views[p.ViewID]
		if v == nil {
			return nil, fmt.Errorf("view %s is not open", p.ViewID)
		}
		meta.ViewID = v.ID
		payload["container"] = map[string]any{"type": "view", "view_id": v.ID}
		payload["view"] = s.apiView(v, nil)
		return v.Blocks, nil
	}
	m := s.find(p.Channel, p.TS)
	if m == nil {
		return nil, fmt.Errorf("there is no message %s in channel %s", p.TS, p.Channel)
	}
	shown := m.copy()
	if p.Revision > len(m.Revisions) {
		return nil, fmt.Errorf("message %s has %d revisions, not %d", p.TS, len(m.Revisions), p.Revision)
	}
	if p.Revision > 0 {
		r := m.Revisions[p.Revision-1]
		shown.Text, shown.Blocks, shown.Attachments, shown.Metadata = r.Text, r.Blocks, r.Attachments, r.Metadata
	}
	meta.Channel, meta.TS = m.Channel, m.TS
	meta.ResponseURL = s.newResponseURL(&responseURL{channel: m.Channel, message: m, user: p.User})
	payload["response_url"] = meta.ResponseURL
	container := map[string]any{
		"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": m.Ephemeral,
	}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	payload["container"], payload["message"] = container, s.apiMessage(&shown, true)
	payload["channel"] = map[string]any{"id": m.Channel, "name": s.payloadChannelName(m.Channel)}
	payload["state"] = map[string]any{"values": map[string]any{}}
	return shown.Blocks, nil
}

// payloadChannelName hides the names of private channels.
func (s *Server) payloadChannelName(id string) string {
	if c := s.channels[id]; !c.IsPrivate {
		return c.Name
	}
	return "privategroup"
}

// basePayload is what every interaction carries. In a shared channel the
// team is ours and user.team_id is the outsider's own.
func (s *Server) basePayload(kind string, u User) map[string]any {
	return map[string]any{
		"type":       kind,
		"user":       map[string]any{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.TeamID},
		"api_app_id": s.cfg.AppID, "token": "deprecated",
		"team":       map[string]any{"id": s.cfg.TeamID, "domain": s.cfg.TeamDomain},
		"enterprise": nil, "is_enterprise_install": false,
	}
}
