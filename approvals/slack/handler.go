package slack

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// Votes is where votes go and where requests are read. State returns the
// incident as it is now. Vote returns only when the vote is on disk, with the
// state after it; casting the same vote again is a success that writes
// nothing, so a voter may repeat a vote whose outcome was not seen. Any error
// of Vote means that the vote does not count, or is not known to. Both may be
// called concurrently and give up when the context ends.
type Votes interface {
	State(ctx context.Context, id incident.ID) (incident.State, error)
	Vote(ctx context.Context, id incident.ID, v incident.Vote) (incident.State, error)
}

// HandlerOptions are the handler's parts. Votes and Rules are required.
type HandlerOptions struct {
	Votes Votes
	// Rules returns the rules of now: the roster that maps a click to a person
	// must be the one that counts the vote.
	Rules func() approvals.Rules
	// Shown gives an incident as it was when its card had that version. Nil: only
	// the newest is compared with what was clicked.
	Shown func(ctx context.Context, id incident.ID, version int) (incident.State, error)
	// Alarm makes durable that something about an incident is not as it was left.
	// Nil drops alarms.
	Alarm func(ctx context.Context, id incident.ID, a incident.Alarmed) error
	// Cases answers the slash command. Nil: it knows nothing and takes no orders.
	Cases Cases
	// Event hears of what Slack says has happened. It must not block.
	Event func(Event)
	// Refused hears of every refusal, for metrics and the record. It must not
	// block.
	Refused func(Refusal)
	// Skew hears how far Slack's clock is from this one, by each signed request.
	// It must not block.
	Skew func(time.Duration)
	Now  func() time.Time // default time.Now
}

// Handler takes Slack's interactions. It is an http.Handler, and what a [Socket]
// gives its envelopes to; it keeps nothing between requests and is safe for
// concurrent use.
//
// It answers within 2.5 s, because Slack gives up after 3. HTTP 200 means that
// the person sees in Slack what became of the click; anything else makes Slack
// show an error, which is the truth: nothing is known to be recorded.
type Handler struct {
	c   Config
	o   HandlerOptions
	api *goslack.Client
}

const (
	budget = 2500 * time.Millisecond // of one request, of Slack's 3 s
	// glance is how long a click waits for the journal before it opens a
	// placeholder: the right to open a view dies after 3 s.
	glance = 700 * time.Millisecond
	// grace is how long a placeholder may stand before it says that nothing
	// could be read.
	grace = 10 * time.Second
)

// NewHandler checks the configuration. It calls nobody.
func NewHandler(c Config, o HandlerOptions) (*Handler, error) {
	c, err := c.checked()
	if err != nil {
		return nil, err
	}
	if err := c.checkSecrets(); err != nil {
		return nil, err
	}
	if o.Votes == nil || o.Rules == nil {
		return nil, errors.New("slack: the handler needs Votes and Rules")
	}
	if o.Refused == nil {
		o.Refused = func(Refusal) {}
	}
	if o.Skew == nil {
		o.Skew = func(time.Duration) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Handler{c: c, o: o, api: c.client()}, nil
}

// reply is the answer to an interaction, whatever it came over.
type reply struct {
	status int                             // 200 is an acknowledgement
	view   *goslack.ViewSubmissionResponse // of a submitted view; nil: an empty body
	body   any                             // of a command; nil: an empty body
	later  func(context.Context)           // work for after the answer; may be nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), budget)
	defer cancel()
	body, p, no := h.admit(w, r)
	if no != nil {
		h.note(no, interaction{proof: p})
		http.Error(w, http.StatusText(no.status), no.status)
		return
	}
	payload, err := payloadOf(body)
	if err != nil {
		h.write(w, h.turnAway(turnedAway(http.StatusBadRequest, ReasonMalformed, "%w", err), interaction{proof: p}))
		return
	}
	answer := h.take(ctx, payload, p)
	h.write(w, answer)
	if answer.later != nil {
		_ = http.NewResponseController(w).Flush() // a writer that cannot flush answers a little later
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), grace)
		defer cancel()
		answer.later(ctx)
	}
}

// take handles a payload that is proven to be Slack's, whatever it came over.
func (h *Handler) take(ctx context.Context, payload []byte, p proof) reply {
	in, err := parseInteraction(payload)
	in.proof = p
	if err != nil {
		return h.turnAway(turnedAway(http.StatusBadRequest, ReasonMalformed, "%w", err), in)
	}
	if no := h.addressed(in); no != nil {
		return h.turnAway(no, in)
	}
	switch in.Type {
	case kindClick:
		return h.click(ctx, in)
	case kindSubmit:
		sub := submission{in: in, payload: payload, proof: p}
		if in.View.CallbackID == viewTrigger || in.View.CallbackID == viewFreeze {
			return h.carryOut(ctx, sub)
		}
		return h.submit(ctx, sub)
	case kindClosed:
		return reply{status: http.StatusOK}
	}
	return h.turnAway(turnedAway(http.StatusBadRequest, ReasonMalformed, "interaction of type %.40q", in.Type), in)
}

// addressed tells whether an interaction is meant for this app in this
// workspace.
func (h *Handler) addressed(in interaction) *refusal {
	switch {
	case in.AppID != h.c.AppID:
		return turnedAway(http.StatusForbidden, ReasonElsewhere, "app %.40q", in.AppID)
	case in.Team.ID != h.c.TeamID:
		return turnedAway(http.StatusForbidden, ReasonElsewhere, "workspace %.40q", in.Team.ID)
	case in.User.ID == "":
		return turnedAway(http.StatusBadRequest, ReasonMalformed, "an interaction of nobody")
	}
	return nil
}

// voter maps an account to a person. The roster is the only identity: names
// and pictures in Slack are free text.
func (h *Handler) voter(in interaction, rules approvals.Rules) (approvals.Person, *refusal) {
	if in.User.TeamID != h.c.TeamID {
		return approvals.Person{}, shown(ReasonForeign, "You are in another workspace than this app, so your vote cannot count.")
	}
	person, ok := rules.Roster.BySlack(in.User.TeamID, in.User.ID)
	if !ok {
		return person, shown(ReasonUnknown, "Your Slack account is not on the approvers' roster, so your vote cannot count. Ask an operator.")
	}
	return person, nil
}

// turnAway answers over HTTP alone.
func (h *Handler) turnAway(no *refusal, in interaction) reply {
	h.note(no, in)
	return reply{status: no.status}
}

// note leaves a trace of every refusal.
func (h *Handler) note(no *refusal, in interaction) {
	said := Refusal{Reason: no.reason, Who: plain(in.User.ID, 40), Detail: incident.OneLine(no.Error(), 300), Transport: in.proof.transport, Body: in.proof.body}
	if len(in.Actions) > 0 {
		said.about(in.Actions[0].Value)
	}
	said.about(in.View.Metadata)
	h.o.Refused(said)
	h.c.Log.Warn("refused a Slack interaction", "reason", string(no.reason), "user", plain(in.User.ID, 40),
		"kind", plain(in.Type, 40), "err", no)
}

func (h *Handler) write(w http.ResponseWriter, answer reply) {
	if answer.status != http.StatusOK {
		http.Error(w, http.StatusText(answer.status), answer.status)
		return
	}
	if answer.payload() == nil {
		// The length ends the answer: without it Slack would wait for the work
		// that is done after it.
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
		return
	}
	raw, err := json.Marshal(answer.payload())
	if err != nil {
		h.c.Log.Error("encode the answer to a Slack interaction", "err", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if _, err := w.Write(raw); err != nil {
		h.c.Log.Warn("answer a Slack interaction", "err", err)
	}
}
