package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// Cases is what the slash command asks and orders. Open lists the incidents that
// are not over, newest first. Trigger opens an incident of a playbook as a person
// asks for it; it is durable when it returns, and the same delivery a second time
// is a success that opens nothing. Freeze asks that a key stop; its text says
// what has come of it. Errors are sentences for the person.
type Cases interface {
	Open() []incident.State
	Trigger(ctx context.Context, t Trigger) (text string, err error)
	Freeze(ctx context.Context, f Freeze) (text string, err error)
}

// Trigger is a person's word that a playbook should run. They ask and so can
// never approve.
type Trigger struct{ Person, Playbook, Why, Delivery string }

// Freeze is a person's word that a key should sign nothing more.
type Freeze struct{ Person, Key, Why, Delivery string }

// command is a slash command as Slack sends it.
type command struct {
	AppID     string `json:"api_app_id"`
	TeamID    string `json:"team_id"`
	ChannelID string `json:"channel_id"`
	UserID    string `json:"user_id"`
	Command   string `json:"command"`
	Text      string `json:"text"`
	TriggerID string `json:"trigger_id"`
}

func parseCommand(payload []byte) (command, error) {
	var c command
	if err := json.Unmarshal(payload, &c); err != nil {
		return c, fmt.Errorf("decode command: %w", err)
	}
	return c, nil
}

// commandOf reads the form of a command that came over HTTP.
func commandOf(body []byte) (command, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return command{}, fmt.Errorf("read form: %w", err)
	}
	for key, values := range form {
		if len(values) != 1 {
			return command{}, fmt.Errorf("the form has %.40q more than once", key)
		}
	}
	return command{AppID: form.Get("api_app_id"), TeamID: form.Get("team_id"), ChannelID: form.Get("channel_id"),
		UserID: form.Get("user_id"), Command: form.Get("command"), Text: form.Get("text"), TriggerID: form.Get("trigger_id")}, nil
}

// Commands is the door for slash commands over HTTP.
func (h *Handler) Commands() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), budget)
		defer cancel()
		body, p, no := h.admit(w, r)
		if no != nil {
			h.note(no, interaction{proof: p})
			http.Error(w, http.StatusText(no.status), no.status)
			return
		}
		c, err := commandOf(body)
		if err != nil {
			h.write(w, h.turnAway(turnedAway(http.StatusBadRequest, ReasonMalformed, "%w", err), interaction{proof: p}))
			return
		}
		h.write(w, h.command(ctx, c, p))
	})
}

// command answers a slash command to the person alone.
func (h *Handler) command(ctx context.Context, c command, p proof) reply {
	in := interaction{proof: p, Type: "command", AppID: c.AppID, TriggerID: c.TriggerID}
	in.Team.ID, in.User.ID, in.User.TeamID, in.Channel.ID = c.TeamID, c.UserID, c.TeamID, c.ChannelID
	if no := h.addressed(in); no != nil {
		return h.turnAway(no, in)
	}
	person, no := h.voter(in, h.o.Rules())
	if no != nil {
		h.note(no, in)
		return whisper(no.sentence)
	}
	verb, rest, _ := strings.Cut(strings.TrimSpace(c.Text), " ")
	a := asker{h: h, in: in, person: person, rest: clip(clean(rest), 300)}
	switch strings.ToLower(verb) {
	case "", "status":
		return a.status()
	case "pending":
		return a.pending()
	case "show":
		return a.show(ctx)
	case "trigger":
		return a.order(ctx, viewTrigger)
	case "freeze":
		return a.order(ctx, viewFreeze)
	case "help":
		return whisper(helpText)
	}
	return whisper(fmt.Sprintf("There is no `%s`.\n%s", escape(clip(clean(verb), 40)), helpText))
}

const helpText = "`/firebreak status` what is open, in one line each\n" +
	"`/firebreak pending` what waits for approval\n" +
	"`/firebreak show ID` one incident, as its card shows it\n" +
	"`/firebreak trigger PLAYBOOK` ask for a playbook; you can then not approve it yourself\n" +
	"`/firebreak freeze [KEY]` ask that a key sign nothing more; it takes two people\n" +
	"`/firebreak help` this"

// asker is somebody of the roster with a command.
type asker struct {
	h      *Handler
	in     interaction
	person approvals.Person
	rest   string
}

// whisper answers the person alone.
func whisper(text string, blocks ...goslack.Block) reply {
	body := map[string]any{"response_type": "ephemeral", "text": text}
	if len(blocks) > 0 {
		body["blocks"] = blocks
	}
	return reply{status: http.StatusOK, body: body}
}

// mostListed bounds a list: beyond it nobody reads on a phone.
const mostListed = 12

func (a asker) status() reply {
	open := a.h.cases()
	if len(open) == 0 {
		return whisper("Nothing is open.")
	}
	lines := []string{fmt.Sprintf("*%d open*", len(open))}
	for _, s := range open[:min(mostListed, len(open))] {
		lines = append(lines, a.line(s))
	}
	return whisper(a.cut(lines, len(open)))
}

func (a asker) pending() reply {
	var lines []string
	n := 0
	for _, s := range a.h.cases() {
		if s.Phase() != incident.PhaseAsking {
			continue
		}
		if n++; n <= mostListed {
			lines = append(lines, a.line(s))
		}
	}
	if n == 0 {
		return whisper("Nothing waits for approval.")
	}
	return whisper(a.cut(append([]string{fmt.Sprintf("*%d waiting for approval*", n)}, lines...), n))
}

func (a asker) cut(lines []string, n int) string {
	if n > mostListed {
		lines = append(lines, fmt.Sprintf("and %d more: `firebreak incident list`", n-mostListed))
	}
	return strings.Join(lines, "\n")
}

// line is an incident in one line: what it is, how it stands, where to read it.
func (a asker) line(s incident.State) string {
	run := s.Run()
	text := fmt.Sprintf("%s  `%s`", prose(approvals.Headline(s), 200), s.ID)
	if run.Phase == incident.PhaseAsking && run.Plan != nil {
		text += fmt.Sprintf("  approvals %s, expires %s", approvals.Tally(run), when(run))
	}
	if address := a.h.c.page(s.ID); address != "" {
		text += "  " + link(address)
	}
	return text
}

func (a asker) show(ctx context.Context) reply {
	id, err := incident.ParseID(strings.ToUpper(a.rest))
	if err != nil {
		return whisper("Say which: `/firebreak show 01JEQ7V5M2K30000`. `/firebreak status` lists them.")
	}
	ctx, cancel := context.WithTimeout(ctx, budget-500*time.Millisecond)
	defer cancel()
	s, no := a.h.read(ctx, id)
	if no != nil {
		return whisper(fmt.Sprintf("Incident %s could not be read: %s", id, escape(plain(no.detail.Error(), 200))))
	}
	card := withoutButtons(Render(s))
	return whisper(card.Text, card.Blocks...)
}

// withoutButtons is a card to read. What it shows comes from the journal, so it
// is the place to look when a card in the channel is doubted.
func withoutButtons(c Card) Card {
	var blocks []goslack.Block
	for _, b := range c.Blocks {
		if _, buttons := b.(*goslack.ActionBlock); !buttons {
			blocks = append(blocks, b)
		}
	}
	c.Blocks = blocks
	return c
}

// cases are the incidents that are not over.
func (h *Handler) cases() []incident.State {
	if h.o.Cases == nil {
		return nil
	}
	return h.o.Cases.Open()
}
