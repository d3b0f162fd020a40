package slacktest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// View is a modal that one user has open.
type View struct {
	ID, Hash        string
	User            string
	RootID          string
	PreviousID      string // the view under it, or ""
	CallbackID      string
	ExternalID      string
	PrivateMetadata string
	Title           string
	Submit, Close   string // button texts; no Submit means it cannot be submitted
	Blocks          json.RawMessage
	NotifyOnClose   bool
	ClearOnClose    bool
	Errors          map[string]string // block id -> text, after response_action errors
	Notice          string            // what Slack tells the user when the app failed
}

// fillFrom takes over a checked view document and makes a new hash.
func (s *Server) fillFrom(v *View, raw []byte) {
	var doc object
	if decodeJSON(raw, &doc) != nil {
		return
	}
	v.Hash = strconv.FormatInt(s.cfg.Now().Unix(), 10) + "." + randomHex(4)
	v.CallbackID, v.ExternalID = doc.str("callback_id"), doc.str("external_id")
	v.PrivateMetadata = doc.str("private_metadata")
	v.Title, v.Submit, v.Close = doc.obj("title").str("text"), doc.obj("submit").str("text"), doc.obj("close").str("text")
	v.NotifyOnClose, v.ClearOnClose = doc.flag("notify_on_close"), doc.flag("clear_on_close")
	blocks, _ := json.Marshal(doc["blocks"]) // came from JSON, goes back to it
	v.Blocks = s.normalise(blocks)
	v.Errors, v.Notice = nil, ""
}

// api is the view as the Web API and payloads spell it.
func (s *Server) apiView(v *View, state map[string]any) map[string]any {
	if state == nil {
		state = map[string]any{}
	}
	out := map[string]any{
		"id": v.ID, "team_id": s.cfg.TeamID, "type": "modal", "hash": v.Hash,
		"title": plain(v.Title), "submit": nil, "close": nil, "blocks": v.Blocks,
		"private_metadata": v.PrivateMetadata, "callback_id": v.CallbackID, "external_id": v.ExternalID,
		"state": map[string]any{"values": state}, "root_view_id": v.RootID, "previous_view_id": nil,
		"app_id": s.cfg.AppID, "bot_id": s.botID(), "app_installed_team_id": s.cfg.TeamID,
		"notify_on_close": v.NotifyOnClose, "clear_on_close": v.ClearOnClose,
	}
	if v.Submit != "" {
		out["submit"] = plain(v.Submit)
	}
	if v.Close != "" {
		out["close"] = plain(v.Close)
	}
	if v.PreviousID != "" {
		out["previous_view_id"] = v.PreviousID
	}
	return out
}

func plain(text string) map[string]any {
	return map[string]any{"type": "plain_text", "text": text, "emoji": true}
}

func (v *View) copy() View {
	c := *v
	c.Errors = maps.Clone(v.Errors)
	return c
}

// OpenView is the view that a user has in front, or false.
func (s *Server) OpenView(user string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.top(user); v != nil {
		return v.copy(), true
	}
	return View{}, false
}

// WaitView blocks until the view in front of the user satisfies ok.
func (s *Server) WaitView(ctx context.Context, user string, ok func(View) bool) (View, error) {
	var found View
	err := s.await(ctx, func() bool {
		v, open := s.OpenView(user)
		found = v
		return open && ok(v)
	})
	return found, wrap("wait for a view of "+user, err)
}

func (s *Server) top(user string) *View {
	stack := s.stacks[user]
	if len(stack) == 0 {
		return nil
	}
	return s.views[stack[len(stack)-1]]
}

// push puts a new view on top of a user's stack. The caller holds mu.
func (s *Server) push(user string, raw []byte) *View {
	v := &View{ID: "V" + randomID(10), User: user}
	v.RootID = v.ID
	if under := s.top(user); under != nil {
		v.RootID, v.PreviousID = under.RootID, under.ID
	}
	s.fillFrom(v, raw)
	s.views[v.ID] = v
	s.stacks[user] = append(s.stacks[user], v.ID)
	s.touch()
	return v
}

// drop takes views off a user's stack, from the given one upwards.
func (s *Server) drop(user, from string) {
	stack := s.stacks[user]
	i := slices.Index(stack, from)
	if i < 0 {
		return
	}
	for _, id := range stack[i:] {
		delete(s.views, id)
	}
	s.stacks[user] = slices.Clone(stack[:i])
	s.touch()
}

func (s *Server) dropAll(user string) {
	if stack := s.stacks[user]; len(stack) > 0 {
		s.drop(user, stack[0])
	}
}
