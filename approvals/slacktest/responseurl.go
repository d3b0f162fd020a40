package slacktest

import (
	"net/http"
	"time"
)

// responseURL is a bearer right to write into one channel: five times, for
// thirty minutes.
type responseURL struct {
	message *Message
	user    string
	expires time.Time
	uses    int
}

// newResponseURL issues one. The caller holds mu.
func (s *Server) newResponseURL(m *Message, user string) string {
	id := randomHex(16)
	s.responses[id] = &responseURL{message: m, user: user, expires: s.cfg.Now().Add(responseLife)}
	return s.baseURL + "/response/" + id
}

// serveResponseURL is the only way to change an ephemeral message.
func (s *Server) serveResponseURL(w http.ResponseWriter, r *http.Request) {
	a, no := readArgs(w, r)
	if a == nil {
		a = &args{}
	}
	s.mu.Lock()
	if no == nil {
		no = s.respond(r.PathValue("id"), a)
	}
	out := answerOf(reply{}, no)
	// Recorded without its id: whoever holds the URL can write as the app.
	s.record("response_url", a, out, nil)
	s.mu.Unlock()
	if no != nil && (no.code == "used_url" || no.code == "expired_url") {
		out.status = http.StatusNotFound
	}
	out.write(w)
}

func (s *Server) respond(id string, a *args) *refusal {
	u := s.responses[id]
	switch {
	case u == nil || u.uses >= responseUses:
		return refuse("used_url")
	case s.cfg.Now().After(u.expires):
		return refuse("expired_url")
	}
	m := u.message
	if a.flag("delete_original") {
		u.uses++
		m.Deleted = true
		return nil
	}
	r, no := s.content(a, maxPostText)
	if no != nil {
		return no
	}
	if isEmpty(r) {
		return refuse("no_text")
	}
	u.uses++
	if a.flag("replace_original") {
		r.Metadata = m.Metadata
		m.show(r)
		return nil
	}
	thread := a.text("thread_ts")
	ephemeral := a.text("response_type") != "in_channel"
	out := &Message{Channel: m.Channel, ThreadTS: thread, User: s.cfg.BotUserID, ByApp: true, Ephemeral: ephemeral}
	if ephemeral {
		out.To = u.user
	}
	s.post(out, r)
	return nil
}
