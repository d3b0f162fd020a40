package slacktest

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	"unicode/utf8"
)

// rows are the messages that a person sees, replies under their parents.
func (s *Server) rows(channel, user string, loc *time.Location) []messageRow {
	rd := s.reader(loc)
	var out []messageRow
	index := map[string]int{}
	for _, m := range s.messages {
		if m.Channel != channel || !m.visibleTo(user) {
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
		Author: personRow(s.users[m.User]), Ephemeral: m.Ephemeral,
	}
	for _, f := range m.Files {
		row.Files = append(row.Files, fileOf(f))
	}
	row.Notice = cardText{Spans: rd.parse(m.Text)}
	if row.Blocks = rd.cardBlocks(m.Blocks, nil); len(row.Blocks) == 0 {
		row.Text = row.Notice
	}
	return row
}

// maxShown is how much of a file the page shows, in bytes.
const maxShown = 64 << 10

func fileOf(f File) fileRow {
	row := fileRow{Title: f.Title, Name: f.Name, Size: fmt.Sprintf("%d bytes", len(f.Content))}
	if utf8.Valid(f.Content) && !bytes.ContainsRune(f.Content, 0) {
		row.Text = string(f.Content)
		if len(row.Text) > maxShown {
			row.Text = strings.ToValidUTF8(row.Text[:maxShown], "") + "\n… the rest is not shown here"
		}
	}
	return row
}

// LastClock is when the newest reply was written.
func (m messageRow) LastClock() string {
	if len(m.Replies) == 0 {
		return ""
	}
	return m.Replies[len(m.Replies)-1].Clock
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

// unread counts what a person has not looked at in a channel that they can see.
func (p *page) unread(user, channel string) (n int) {
	s := p.server
	if _, err := s.mayAct(user, channel); err != nil {
		return 0
	}
	last := p.seen[onlooker{user, channel}]
	for _, m := range s.messages {
		if m.Channel == channel && m.TS > last && m.User != user && m.visibleTo(user) {
			n++
		}
	}
	return n
}

func (m *Message) visibleTo(user string) bool { return !m.Deleted && (!m.Ephemeral || m.To == user) }

func (s *Server) newestTS() string {
	if len(s.messages) == 0 {
		return ""
	}
	return s.messages[len(s.messages)-1].TS
}
