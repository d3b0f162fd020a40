package slacktest

// checkView lints a view and the uniqueness of its external id. own is the
// id of the view that is being replaced, or "".
func (s *Server) checkView(raw []byte, own string) *refusal {
	if len(raw) == 0 {
		return refuse("invalid_arguments", "view is required")
	}
	if no := refusalOf(LintView(raw), "invalid_arguments"); no != nil {
		return no
	}
	var doc object
	if decodeJSON(raw, &doc) != nil {
		return refuse("invalid_arguments", "view is not JSON")
	}
	ext := doc.str("external_id")
	for _, v := range s.views {
		if ext != "" && v.ExternalID == ext && v.ID != own {
			return refuse("duplicate_external_id")
		}
	}
	return nil
}

// viewsOpen shows a modal. One that the user had open from this app gives
// way to it.
func (s *Server) viewsOpen(a *args) (reply, *refusal) {
	if no := s.checkView(a.raw("view"), ""); no != nil {
		return nil, no
	}
	t, no := s.checkTrigger(a.text("trigger_id"))
	if no != nil {
		return nil, no
	}
	t.used = true
	s.dropAll(t.user)
	v := s.push(t.user, a.raw("view"))
	return reply{"view": s.apiView(v, nil)}, nil
}

// viewsPush stacks a modal on the one in which the trigger arose.
func (s *Server) viewsPush(a *args) (reply, *refusal) {
	if no := s.checkView(a.raw("view"), ""); no != nil {
		return nil, no
	}
	t, no := s.checkTrigger(a.text("trigger_id"))
	if no != nil {
		return nil, no
	}
	top := s.top(t.user)
	if top == nil || t.viewID == "" || top.ID != t.viewID {
		return nil, refuse("not_found")
	}
	if len(s.stacks[t.user]) >= maxViewStack {
		return nil, refuse("push_limit_reached")
	}
	t.used = true
	v := s.push(t.user, a.raw("view"))
	return reply{"view": s.apiView(v, nil)}, nil
}

// viewsUpdate replaces a view that is still open. A hash, when given, must be
// that of the view as it is now.
func (s *Server) viewsUpdate(a *args) (reply, *refusal) {
	id, ext := a.text("view_id"), a.text("external_id")
	if id == "" && ext == "" {
		return nil, refuse("invalid_arguments", "view_id or external_id is required")
	}
	var found *View
	for _, v := range s.views {
		if (id != "" && v.ID == id) || (id == "" && v.ExternalID == ext) {
			found = v
		}
	}
	if found == nil {
		return nil, refuse("not_found")
	}
	if h := a.text("hash"); h != "" && h != found.Hash {
		return nil, refuse("hash_conflict")
	}
	if no := s.checkView(a.raw("view"), found.ID); no != nil {
		return nil, no
	}
	s.fillFrom(found, a.raw("view"))
	s.touch()
	return reply{"view": s.apiView(found, nil)}, nil
}
