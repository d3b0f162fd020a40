package slacktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// look is what one person sees now.
type look struct {
	Team     string
	User     person
	People   []person
	Channels []channelRow
	Channel  channelRow
	Commands []string // of the app
	Closed   string   // why this person cannot see the channel
	Messages []messageRow
	Thread   *messageRow // the thread that is open, its parent first
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
	Count, Unread                          int
}

type messageRow struct {
	TS, Channel, Clock, When string
	Author                   person
	Text, Notice             cardText // Notice is the text without the blocks, as a notification has it
	Blocks                   []cardBlock
	Files                    []fileRow
	Ephemeral                bool
	Replies                  []messageRow
	Open                     bool // its thread is the one that is open
}

// fileRow is a file with as much of it as is worth a look; Text is "" when it
// is no text.
type fileRow struct{ Title, Name, Size, Text string }

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
	l := look{Team: s.cfg.TeamDomain, Commands: s.cfg.Commands}
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
	if _, err := s.mayAct(l.User.ID, l.Channel.ID); err != nil {
		l.Closed = err.Error()
	} else {
		l.Messages = s.rows(l.Channel.ID, l.User.ID, loc)
		l.Thread = threadOf(l.Messages, r.FormValue("thread"))
		p.seen[onlooker{l.User.ID, l.Channel.ID}] = s.newestTS()
	}
	for i := range l.Channels {
		c := &l.Channels[i]
		c.Chosen = c.ID == l.Channel.ID
		c.Unread = p.unread(l.User.ID, c.ID)
	}
	l.Dialog = s.dialogOf(l.User.ID, loc)
	l.Last, l.LastState = s.lastInWords()
	return l
}

// threadOf is the row whose thread is open, or nil, and marks it.
func threadOf(rows []messageRow, ts string) *messageRow {
	for i := range rows {
		if rows[i].TS == ts && ts != "" {
			rows[i].Open = true
			return &rows[i]
		}
	}
	return nil
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
		Thread   []piece `json:"thread"` // empty: none is open
		Dialog   *piece  `json:"dialog"`
	}{User: st.User.ID, Channel: st.Channel.ID, Closed: st.Closed, Messages: []piece{}, Thread: []piece{}}
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
	if st.Thread != nil {
		out.Thread = append(out.Thread, piece{st.Thread.TS, render("parent", *st.Thread)})
		for _, m := range st.Thread.Replies {
			out.Thread = append(out.Thread, piece{m.TS, render("threaded", m)})
		}
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
