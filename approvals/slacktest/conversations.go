package slacktest

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// seen is a channel that the bot may read about.
func (s *Server) seen(id string) (Channel, *refusal) {
	c, known := s.channels[id]
	if !known || (c.IsPrivate && c.BotAbsent) {
		return c, refuse("channel_not_found")
	}
	return c, nil
}

// people are the members of a channel, the app's bot included.
func (s *Server) people(c Channel) []string {
	if c.BotAbsent || c.has(s.cfg.BotUserID) {
		return c.Members
	}
	return append(slices.Clone(c.Members), s.cfg.BotUserID)
}

func (s *Server) conversationsInfo(a *args) (reply, *refusal) {
	c, no := s.seen(a.text("channel"))
	if no != nil {
		return nil, no
	}
	info := map[string]any{
		"id": c.ID, "name": c.Name, "name_normalized": c.Name,
		"is_channel": !c.IsPrivate, "is_group": c.IsPrivate, "is_im": false, "is_mpim": false,
		"is_private": c.IsPrivate, "is_archived": c.IsArchived, "is_member": !c.BotAbsent,
		"is_shared": c.IsExtShared, "is_ext_shared": c.IsExtShared, "is_org_shared": false,
		"is_pending_ext_shared": c.IsPendingExtShared,
		"context_team_id":       s.cfg.TeamID,
		"topic":                 map[string]any{"value": c.Topic},
		"purpose":               map[string]any{"value": ""},
	}
	if a.flag("include_num_members") {
		info["num_members"] = len(s.people(c))
	}
	return reply{"channel": info}, nil
}

func (s *Server) conversationsMembers(a *args) (reply, *refusal) {
	c, no := s.seen(a.text("channel"))
	if no != nil {
		return nil, no
	}
	part, next, no := paged(s.people(c), a, 1000)
	if no != nil {
		return nil, no
	}
	return reply{"members": part, "response_metadata": map[string]any{"next_cursor": next}}, nil
}

// conversationsHistory answers newest first, as Slack does, without replies
// (unless broadcast) and without ephemeral messages.
func (s *Server) conversationsHistory(a *args) (reply, *refusal) {
	c, no := s.seen(a.text("channel"))
	if no != nil {
		return nil, no
	}
	if c.BotAbsent {
		return nil, refuse("not_in_channel")
	}
	var list []*Message
	for _, m := range slices.Backward(s.messages) {
		if m.Channel == c.ID && !m.Deleted && !m.Ephemeral && (m.ThreadTS == "" || m.Broadcast) && inRange(m.TS, a) {
			list = append(list, m)
		}
	}
	return s.messagePage(list, a)
}

// conversationsReplies answers the parent and its replies, oldest first.
func (s *Server) conversationsReplies(a *args) (reply, *refusal) {
	c, no := s.seen(a.text("channel"))
	if no != nil {
		return nil, no
	}
	if c.BotAbsent {
		return nil, refuse("not_in_channel")
	}
	parent := s.find(c.ID, a.text("ts"))
	if parent == nil || parent.Ephemeral {
		return nil, refuse("thread_not_found")
	}
	list := []*Message{parent}
	for _, m := range s.repliesTo(parent) {
		if inRange(m.TS, a) {
			list = append(list, m)
		}
	}
	return s.messagePage(list, a)
}

// inRange applies oldest, latest and inclusive. Timestamps have a fixed width
// until the year 2286, so text order is time order.
func inRange(ts string, a *args) bool {
	oldest, latest := a.text("oldest"), a.text("latest")
	if a.flag("inclusive") && (ts == oldest || ts == latest) {
		return true
	}
	return (oldest == "" || oldest == "0" || ts > oldest) && (latest == "" || ts < latest)
}

func (s *Server) messagePage(list []*Message, a *args) (reply, *refusal) {
	part, next, no := paged(list, a, 999)
	if no != nil {
		return nil, no
	}
	out := make([]any, len(part))
	for i, m := range part {
		out[i] = s.apiMessage(m, a.flag("include_all_metadata"))
	}
	return reply{
		"messages": out, "has_more": next != "",
		"response_metadata": map[string]any{"next_cursor": next},
	}, nil
}

// paged cuts one page out of a list. The cursor is opaque to clients.
func paged[T any](list []T, a *args, most int) ([]T, string, *refusal) {
	from := 0
	if c := a.text("cursor"); c != "" {
		plain, err := base64.StdEncoding.DecodeString(c)
		n, numErr := strconv.Atoi(strings.TrimPrefix(string(plain), "offset:"))
		if err != nil || numErr != nil || n < 0 || n > len(list) {
			return nil, "", refuse("invalid_cursor")
		}
		from = n
	}
	to := min(len(list), from+a.limit(100, most))
	next := ""
	if to < len(list) {
		next = base64.StdEncoding.EncodeToString([]byte("offset:" + strconv.Itoa(to)))
	}
	return list[from:to], next, nil
}
