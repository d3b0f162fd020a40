package slacktest

import (
	"encoding/json"
	"strings"
)

// chatUpdate follows Slack's rule that surprises most: text without blocks
// removes the blocks. Nothing shows that a message with blocks was edited.
func (s *Server) chatUpdate(a *args) (reply, *refusal) {
	m, no := s.ownMessage(a, "cant_update_message")
	if no != nil {
		return nil, no
	}
	r, no := s.content(a, maxUpdateText)
	if no != nil {
		return nil, no
	}
	if !a.has("text") && !a.has("blocks") && !a.has("attachments") {
		return nil, refuse("no_text")
	}
	if !a.has("text") && !a.has("blocks") {
		r.Blocks = m.Blocks
	}
	if !a.has("text") {
		r.Text = m.Text
	}
	if !a.has("attachments") {
		r.Attachments = m.Attachments
	}
	if a.has("metadata") {
		r.Metadata = withoutEmptyMetadata(r.Metadata)
	} else {
		r.Metadata = m.Metadata
	}
	if isEmpty(r) {
		return nil, refuse("no_text")
	}
	if hasRichText(m.Blocks) && !hasRichText(r.Blocks) {
		return nil, refuse("block_mismatch")
	}
	m.show(r)
	s.touch()
	return reply{"channel": m.Channel, "ts": m.TS, "text": m.Text, "message": s.apiMessage(m, true)}, nil
}

func hasRichText(raw json.RawMessage) bool {
	for _, b := range blockList(raw) {
		if b.kind() == "rich_text" {
			return true
		}
	}
	return false
}

// ownMessage finds a message that the app may change. Ephemeral messages
// cannot be found: only a response_url reaches them.
func (s *Server) ownMessage(a *args, notOurs string) (*Message, *refusal) {
	c, no := s.mayPost(a.text("channel"), "is_inactive")
	if no != nil {
		return nil, no
	}
	m := s.find(c.ID, a.text("ts"))
	switch {
	case m == nil || m.Ephemeral:
		return nil, refuse("message_not_found")
	case !m.ByApp:
		return nil, refuse(notOurs)
	}
	return m, nil
}

func (s *Server) chatDelete(a *args) (reply, *refusal) {
	m, no := s.ownMessage(a, "cant_delete_message")
	if no != nil {
		return nil, no
	}
	m.Deleted = true
	s.touch()
	return reply{"channel": m.Channel, "ts": m.TS}, nil
}

func (s *Server) chatGetPermalink(a *args) (reply, *refusal) {
	c, known := s.channels[a.text("channel")]
	if !known || c.BotAbsent {
		return nil, refuse("channel_not_found")
	}
	m := s.find(c.ID, a.text("message_ts"))
	if m == nil || m.Ephemeral {
		return nil, refuse("message_not_found")
	}
	link := s.baseURL + "/archives/" + c.ID + "/p" + strings.Replace(m.TS, ".", "", 1)
	return reply{"channel": c.ID, "permalink": link}, nil
}
