package slacktest

import (
	"bytes"
	"encoding/json"
)

// applyReply does what the app's answer says: with the user's view after a
// submission, with the channel after a command. An answer that Slack would not understand leaves the view open with a
// notice. The caller holds mu.
func (s *Server) applyReply(d *Delivery) {
	if d.Kind == "slash_command" {
		s.applyCommandReply(d)
	}
	if d.Kind != "view_submission" {
		return
	}
	v := s.views[d.ViewID]
	if v == nil {
		return // replaced or closed while the app was thinking
	}
	if !d.Acked {
		v.Notice = d.Notice
		return
	}
	v.Errors, v.Notice = nil, ""
	if len(bytes.TrimSpace(d.Reply)) == 0 {
		s.drop(v.User, v.ID)
		return
	}
	var answer struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if json.Unmarshal(d.Reply, &answer) != nil {
		s.trouble(d, v)
		return
	}
	d.ResponseAction = answer.Action
	switch answer.Action {
	case "":
		s.drop(v.User, v.ID) // {} counts as empty
	case "clear":
		s.dropAll(v.User)
	case "update":
		if s.checkView(answer.View, v.ID) != nil {
			s.trouble(d, v)
			return
		}
		s.fillFrom(v, answer.View)
	case "push":
		if s.checkView(answer.View, "") != nil || len(s.stacks[v.User]) >= maxViewStack {
			s.trouble(d, v)
			return
		}
		s.push(v.User, answer.View)
	case "errors":
		s.showErrors(d, v, answer.Errors)
	default:
		s.trouble(d, v)
	}
}

func (s *Server) trouble(d *Delivery, v *View) {
	d.Notice, v.Notice = noticeTrouble, noticeTrouble
}

// showErrors puts errors at input blocks. Keys that are not input blocks are
// ignored and cost the person a message that helps nobody.
func (s *Server) showErrors(d *Delivery, v *View, errs map[string]string) {
	shown := map[string]string{}
	for _, b := range blockList(v.Blocks) {
		if text, ok := errs[b.str("block_id")]; ok && b.kind() == "input" {
			shown[b.str("block_id")] = text
		}
	}
	v.Errors, d.FieldErrors = shown, shown
	if len(shown) == 0 || len(shown) < len(errs) {
		s.trouble(d, v)
	}
}
