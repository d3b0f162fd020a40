package slacktest

import (
	"encoding/json"
	"unicode/utf8"
)

// mayPost finds the channel as the bot sees it. A private channel without the
// bot does not exist for it.
func (s *Server) mayPost(id, whenArchived string) (Channel, *refusal) {
	c, known := s.channels[id]
	switch {
	case !known, c.BotAbsent && c.IsPrivate:
		return c, refuse("channel_not_found")
	case c.IsArchived:
		return c, refuse(whenArchived)
	case c.BotAbsent:
		return c, refuse("not_in_channel")
	}
	return c, nil
}

// content checks and normalises what a message says.
func (s *Server) content(a *args, maxText int) (Revision, *refusal) {
	r := Revision{Text: a.text("text"), At: s.cfg.Now()}
	if utf8.RuneCountInString(r.Text) > maxText {
		return r, refuse("msg_too_long")
	}
	if raw := a.raw("blocks"); raw != nil {
		if no := refusalOf(LintBlocks(raw), "invalid_blocks"); no != nil {
			return r, no
		}
		r.Blocks = s.normalise(raw)
	}
	if raw := a.raw("attachments"); raw != nil {
		var list []json.RawMessage
		if decodeJSON(raw, &list) != nil {
			return r, refuse("invalid_attachments")
		}
		if len(list) > maxAttachments {
			return r, refuse("too_many_attachments")
		}
		r.Attachments = raw
	}
	if raw := a.raw("metadata"); raw != nil {
		no := lintMetadata(raw)
		if no != nil {
			return r, no
		}
		r.Metadata = raw
	}
	return r, nil
}

// lintMetadata allows {} (which removes metadata on update) or an event.
func lintMetadata(raw json.RawMessage) *refusal {
	var m map[string]any
	if decodeJSON(raw, &m) != nil {
		return refuse("invalid_metadata_format")
	}
	if noEvent(m) {
		return nil
	}
	o := object(m)
	if _, isObject := m["event_payload"].(map[string]any); o.str("event_type") == "" || !isObject {
		return refuse("invalid_metadata_schema", "event_type (text) and event_payload (object) are both required")
	}
	return nil
}

func isEmpty(r Revision) bool {
	return r.Text == "" && len(blockList(r.Blocks)) == 0 && len(r.Attachments) == 0
}

// withoutEmptyMetadata drops {}, which means "none".
func withoutEmptyMetadata(raw json.RawMessage) json.RawMessage {
	var m map[string]any
	if len(raw) == 0 || decodeJSON(raw, &m) != nil || noEvent(m) {
		return nil
	}
	return raw
}

// noEvent is {} or what clients with a fixed struct send for it.
func noEvent(m map[string]any) bool {
	return object(m).str("event_type") == "" && m["event_payload"] == nil
}

func (s *Server) chatPostMessage(a *args) (reply, *refusal) {
	c, no := s.mayPost(a.text("channel"), "is_archived")
	if no != nil {
		return nil, no
	}
	r, no := s.content(a, maxPostText)
	if no != nil {
		return nil, no
	}
	if isEmpty(r) {
		return nil, refuse("no_text")
	}
	r.Metadata = withoutEmptyMetadata(r.Metadata)
	m := &Message{Channel: c.ID, User: s.cfg.BotUserID, ByApp: true, Broadcast: a.flag("reply_broadcast")}
	if thread := a.text("thread_ts"); thread != "" {
		parent := s.find(c.ID, thread)
		if parent == nil || parent.Ephemeral {
			return nil, refuse("thread_not_found")
		}
		m.ThreadTS = parent.TS
		if parent.ThreadTS != "" {
			m.ThreadTS = parent.ThreadTS // threads are one deep
		}
	}
	s.post(m, r)
	return reply{"channel": c.ID, "ts": m.TS, "message": s.apiMessage(m, true)}, nil
}

func (s *Server) chatPostEphemeral(a *args) (reply, *refusal) {
	c, no := s.mayPost(a.text("channel"), "is_archived")
	if no != nil {
		return nil, no
	}
	if !c.has(a.text("user")) {
		return nil, refuse("user_not_in_channel")
	}
	r, no := s.content(a, maxPostText)
	if no != nil {
		return nil, no
	}
	if isEmpty(r) {
		return nil, refuse("no_text")
	}
	m := &Message{
		Channel: c.ID, User: s.cfg.BotUserID, ByApp: true,
		Ephemeral: true, To: a.text("user"), ThreadTS: a.text("thread_ts"),
	}
	s.post(m, r)
	return reply{"message_ts": m.TS}, nil
}

// post stores a message under a new ts. The caller holds mu.
func (s *Server) post(m *Message, r Revision) {
	m.TS = s.newTS()
	m.show(r)
	s.messages = append(s.messages, m)
	s.touch()
}
