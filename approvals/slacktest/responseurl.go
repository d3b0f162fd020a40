package slacktest

import (
	"net/http"
	"time"
)

// responseURL is a bearer right to write into one channel: five times, for
// thirty minutes.
type responseURL struct {
	channel string
	message *Message // what it came from; nil for a command
	user    string
	expires time.Time
	uses    int
}

// newResponseURL issues one. The caller holds mu.
func (s *Server) newResponseURL(u *responseURL) string {
	id := randomHex(16)
	u.expires = s.cfg.Now().Add(responseLife)
	s.responses[id] = u
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
	original := a.flag("delete_original") || a.flag("replace_original")
	if original && m == nil {
		return refuse("no_original") // a command has no message of its own
	}
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
	s.post(s.answerIn(a, u.channel, u.user), r)
	return nil
}

// answerIn is a new message that answers a person: shown to them alone, unless
// the app says in_channel.
func (s *Server) answerIn(a *args, channel, user string) *Message {
	m := &Message{Channel: channel, ThreadTS: a.text("thread_ts"), User: s.cfg.BotUserID, ByApp: true}
	if a.text("response_type") != "in_channel" {
		m.Ephemeral, m.To = true, user
	}
	return m
}
