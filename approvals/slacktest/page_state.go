package slacktest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// look is what one person sees now.
type look struct {
	Team     string
	User     person
	People   []person
	Channels []channelRow
	Channel  channelRow
	Closed   string // why this person cannot see the channel
	Messages []messageRow
	Dialog   *dialog
	Last     string // the last interaction, in words

	LastState string // none, good or bad
}

type person struct {
	ID, Name, Initial, Colour, Note string
	Bot, Chosen                     bool
}

type channelRow struct {
	ID, Name, Topic                        string
	Private, Archived, Shared, Chosen, Any bool
	Count                                  int
}

type messageRow struct {
	TS, Channel, Clock, When string
	Author                   person
	Text                     cardText
	Blocks                   []cardBlock
	Files                    []File
	Ephemeral                bool
	Replies                  []messageRow
}

type dialog struct {
	ID, Hash, Title, Submit, Close, Notice string
	Blocks                                 []cardBlock
	Under                                  bool // there is a view underneath
}

func (p *page) look(r *http.Request) look {
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	loc, err := time.LoadLocation(r.FormValue("tz"))
	if err != nil || len(r.FormValue("tz")) > 64 {
		loc = time.UTC
	}
	l := look{Team: s.cfg.TeamDomain}
	for _, id := range s.userOrder {
		u := s.users[id]
		if u.IsBot {
			continue
		}
		row := personRow(u)
		row.Chosen = id == r.FormValue("user")
		if row.Chosen || l.User.ID == "" {
			l.User = row
		}
		l.People = append(l.People, row)
	}
	for _, id := range s.channelOrder {
		c := s.channels[id]
		row := channelRow{
			ID: id, Name: c.Name, Topic: c.Topic, Private: c.IsPrivate, Archived: c.IsArchived,
			Shared: c.IsExtShared || c.IsPendingExtShared, Count: len(s.people(c)), Any: true,
		}
		if id == r.FormValue("channel") || !l.Channel.Any {
			l.Channel = row
		}
		l.Channels = append(l.Channels, row)
	}
	for i := range l.Channels {
		l.Channels[i].Chosen = l.Channels[i].ID == l.Channel.ID
	}
	if _, err := s.mayAct(l.User.ID, l.Channel.ID); err != nil {
		l.Closed = err.Error()
	} else {
		l.Messages = s.rows(l.Channel.ID, l.User.ID, loc)
	}
	l.Dialog = s.dialogOf(l.User.ID, loc)
	l.Last, l.LastState = s.lastInWords()
	return l
}

func (s *Server) reader(loc *time.Location) *mrkdwn {
	return &mrkdwn{
		nameOf: func(id string) string {
			if u, known := s.users[id]; known {
				return u.RealName
			}
			return id
		},
		channelOf: func(id string) string {
			if c, known := s.channels[id]; known {
				return c.Name
			}
			return id
		},
		loc: loc, now: s.cfg.Now(),
	}
}

// rows are the messages that a person sees, replies under their parents.
func (s *Server) rows(channel, user string, loc *time.Location) []messageRow {
	rd := s.reader(loc)
	var out []messageRow
	index := map[string]int{}
	for _, m := range s.messages {
		if m.Channel != channel || m.Deleted || (m.Ephemeral && m.To != user) {
			continue
		}
		row := s.row(m, rd)
		if at, threaded := index[m.ThreadTS]; threaded && m.ThreadTS != "" {
			out[at].Replies = append(out[at].Replies, row)
			continue
		}
		index[m.TS] = len(out)
		out = append(out, row)
	}
	return out
}

func (s *Server) row(m *Message, rd *mrkdwn) messageRow {
	posted := m.Revisions[0].At.In(rd.loc)
	row := messageRow{
		TS: m.TS, Channel: m.Channel, Clock: posted.Format("15:04"), When: posted.Format("2 January 2006, 15:04:05 MST"),
		Author: personRow(s.users[m.User]), Files: m.Files, Ephemeral: m.Ephemeral,
	}
	if row.Blocks = rd.cardBlocks(m.Blocks, nil); len(row.Blocks) == 0 {
		row.Text = cardText{Spans: rd.parse(m.Text)}
	}
	return row
}

func personRow(u User) person {
	h := fnv.New32a()
	_, _ = h.Write([]byte(u.ID)) // a hash never fails to write
	first, _ := utf8.DecodeRuneInString(u.RealName)
	row := person{
		ID: u.ID, Name: u.RealName, Bot: u.IsBot, Initial: strings.ToUpper(string(first)),
		Colour: fmt.Sprintf("tone-%d", h.Sum32()%6),
	}
	switch {
	case u.Deleted:
		row.Note = "deactivated"
	case u.IsStranger:
		row.Note = "other company"
	case u.IsRestricted, u.IsUltraRestricted:
		row.Note = "guest"
	}
	return row
}

func (s *Server) dialogOf(user string, loc *time.Location) *dialog {
	v := s.top(user)
	if v == nil {
		return nil
	}
	d := &dialog{
		ID: v.ID, Hash: v.Hash, Title: v.Title, Submit: v.Submit, Close: v.Close, Notice: v.Notice,
		Blocks: s.reader(loc).cardBlocks(v.Blocks, v.Errors), Under: v.PreviousID != "",
	}
	if d.Close == "" {
		d.Close = "Close"
	}
	return d
}

// lastInWords describes the last interaction for the line under the channel.
func (s *Server) lastInWords() (words, state string) {
	if len(s.deliveries) == 0 {
		return "No interaction has been sent yet.", "none"
	}
	d := s.deliveries[len(s.deliveries)-1]
	what := strings.ReplaceAll(d.Kind, "_", " ")
	if d.Action != "" {
		what += " " + d.Action
	}
	result, state := "not acknowledged", "bad"
	if d.Acked {
		result, state = "acknowledged", "good"
	}
	took := fmt.Sprintf("%d ms", d.Took.Milliseconds())
	if d.Took < time.Millisecond {
		took = "under 1 ms"
	}
	return fmt.Sprintf("%s by %s: %s in %s", what, s.users[d.User].RealName, result, took), state
}

// state answers the pieces of the page as JSON, each rendered by the same
// template as the first page.
func (p *page) state(w http.ResponseWriter, r *http.Request) {
	st := p.look(r)
	type piece struct {
		Key  string `json:"key"`
		HTML string `json:"html"`
	}
	out := struct {
		User     string  `json:"user"`
		Channel  string  `json:"channel"`
		Head     string  `json:"head"`
		Channels string  `json:"channels"`
		Status   string  `json:"status"`
		Closed   string  `json:"closed"`
		Messages []piece `json:"messages"`
		Dialog   *piece  `json:"dialog"`
	}{User: st.User.ID, Channel: st.Channel.ID, Closed: st.Closed, Messages: []piece{}}
	var err error
	render := func(name string, data any) string {
		var b strings.Builder
		if e := p.views.ExecuteTemplate(&b, name, data); e != nil {
			err = e
		}
		return b.String()
	}
	out.Head, out.Channels, out.Status = render("head", st), render("channels", st), render("status", st)
	for _, m := range st.Messages {
		out.Messages = append(out.Messages, piece{m.TS, render("message", m)})
	}
	if st.Dialog != nil {
		out.Dialog = &piece{st.Dialog.ID, render("dialog", st.Dialog)}
	}
	if err != nil {
		http.Error(w, "render state", http.StatusInternalServerError)
		p.server.cfg.Logger.Error("fake slack page", "err", err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(out); err != nil {
		p.server.cfg.Logger.Debug("fake slack page: reader left", "err", err)
	}
}
