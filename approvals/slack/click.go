package slack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// press is a click that is well formed.
type press struct {
	in     interaction
	at     pointer
	action string
	rules  approvals.Rules
	person approvals.Person
	alarm  *incident.Alarmed // the card is not as it was written
}

// click answers a button on a card with a view. It is no vote, and nothing is
// stored before the answer.
func (h *Handler) click(ctx context.Context, in interaction) reply {
	if len(in.Actions) == 1 && in.Actions[0].ActionID == actionPage {
		return reply{status: http.StatusOK} // the browser opens the page; nothing is asked of us
	}
	p, no := h.pressed(in)
	if no != nil && no.status != 0 {
		return h.turnAway(no, in)
	}
	if no != nil {
		h.note(no, in)
		return h.open(ctx, in, noticeView("Your vote cannot count", no.sentence))
	}
	states := h.lookUp(ctx, p.at.id)
	timer := time.NewTimer(glance)
	defer timer.Stop()
	select {
	case found := <-states:
		answer := h.open(ctx, in, h.viewOf(ctx, &p, found))
		answer.later = h.aftermath(p, found)
		return answer
	case <-timer.C:
	}
	// The journal is slow. The view is opened while it may be, and filled in.
	view, err := h.api.OpenViewContext(ctx, in.TriggerID, noticeView("One moment", "The request is being read from the journal."))
	if err != nil {
		return h.unopened(in, err)
	}
	return reply{status: http.StatusOK, later: func(ctx context.Context) {
		found := lookedUp{err: context.DeadlineExceeded}
		select {
		case found = <-states:
		case <-ctx.Done():
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.c.Timeout)
		defer cancel()
		if _, err := h.api.UpdateViewContext(ctx, h.viewOf(ctx, &p, found), "", view.Hash, view.ID); err != nil {
			h.note(&refusal{reason: ReasonSlack, detail: fmt.Errorf("fill in the view: %w", err)}, in)
		}
		if after := h.aftermath(p, found); after != nil {
			after(ctx)
		}
	}}
}

// pressed checks a click as far as it can be checked without the journal.
func (h *Handler) pressed(in interaction) (press, *refusal) {
	p := press{in: in, rules: h.o.Rules()}
	if len(in.Actions) != 1 {
		return p, turnedAway(http.StatusBadRequest, ReasonMalformed, "%d actions in one click", len(in.Actions))
	}
	action := in.Actions[0]
	p.action = action.ActionID
	if action.Type != "button" || (p.action != actionReview && p.action != actionDeny) {
		return p, turnedAway(http.StatusBadRequest, ReasonMalformed, "action %.60q of type %.20q", action.ActionID, action.Type)
	}
	var err error
	if p.at, err = parsePointer(action.Value); err != nil {
		return p, turnedAway(http.StatusBadRequest, ReasonMalformed, "button value: %w", err)
	}
	if in.Container.Type != "message" || in.Container.ChannelID != in.Channel.ID || in.Container.MessageTS == "" {
		return p, turnedAway(http.StatusBadRequest, ReasonMalformed, "a click outside a message")
	}
	if !h.c.allows(in.Channel.ID) {
		return p, shown(ReasonChannel, "This channel is not one in which approvals are asked, so a vote from it cannot count.")
	}
	person, no := h.voter(in, p.rules)
	p.person = person
	return p, no
}

// lookedUp is what the journal said about a request.
type lookedUp struct {
	state incident.State
	err   error
}

// lookUp reads a request, for longer than the click may take.
func (h *Handler) lookUp(ctx context.Context, id incident.ID) <-chan lookedUp {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	states := make(chan lookedUp, 1)
	go func() {
		defer cancel()
		s, err := h.o.Votes.State(ctx, id)
		states <- lookedUp{s, err}
	}()
	return states
}

// viewOf is what the person gets to see: the review, the denial, or why
// neither.
func (h *Handler) viewOf(ctx context.Context, p *press, found lookedUp) goslack.ModalViewRequest {
	warn := func(view goslack.ModalViewRequest) goslack.ModalViewRequest { return view }
	if found.err == nil && p.at.comparable(found.state) {
		if how := h.tampered(ctx, p.in, found.state); how != "" {
			h.note(h.alarmed(p, how), p.in)
			warn = warned
		}
	}
	if found.err == nil && p.at.current(found.state) && found.state.Phase() == incident.PhaseAsking && !clickable(found.state.Run().Plan) {
		return warn(readView(found.state, h.c.page(found.state.ID)))
	}
	who, no := h.mayVote(*p, found)
	if no != nil {
		h.note(no, p.in)
		return warn(noticeView("No vote here", no.sentence))
	}
	if p.action == actionDeny {
		return warn(denyView(found.state, who))
	}
	return warn(reviewView(found.state, who))
}

// mayVote tells whether a vote of this person would count now. It decides
// nothing: the same is asked again when the vote is cast.
func (h *Handler) mayVote(p press, found lookedUp) (seat, *refusal) {
	if found.err != nil {
		no := shown(ReasonUnread, "The request could not be read from the journal, so it cannot be shown. Nothing is recorded. Press the button again.")
		no.detail = found.err
		return seat{}, no
	}
	s := found.state
	if no := h.stillAsked(s, p.at); no != nil {
		return seat{}, no
	}
	team, _ := p.rules.TeamFor(s, p.person.Name)
	vote := incident.Vote{Person: p.person.Name, Team: team, Decision: incident.Approve, Digest: s.Run().Digest,
		Assurance: incident.AssuranceSlack, Roster: p.rules.Roster.Digest()}
	if p.action == actionDeny {
		vote.Decision = incident.Deny
	}
	if err := p.rules.Admit(s, vote); err != nil {
		return seat{}, shown(ReasonRules, "%s", err)
	}
	return seat{person: p.person.Name, team: team}, nil
}

// stillAsked tells whether the pointer's request is the one being asked, and
// in time.
func (h *Handler) stillAsked(s incident.State, at pointer) *refusal {
	run := s.Run()
	switch {
	case !at.current(s):
		return shown(ReasonStale, "This card is out of date: the request was replaced by revision %d. Look at the newest card; earlier votes do not count.", pointTo(s).revision)
	case run.Phase.Ended():
		return shown(ReasonClosed, "This request has ended: %s. %s No vote is needed.", approvals.Headline(s), approvals.Ending(s))
	case run.Phase != incident.PhaseAsking:
		return shown(ReasonClosed, "This request is already approved by %s and under way. No vote is needed.", strings.Join(approvals.Approvers(run), ", "))
	case !h.o.Now().Before(run.Deadline):
		return shown(ReasonClosed, "The deadline was %s. Nothing was sent.", run.Deadline.UTC().Format("15:04:05 UTC"))
	}
	return nil
}

// open shows a view. Where Slack does not take it the click is not
// acknowledged, so that the person sees an error rather than nothing.
func (h *Handler) open(ctx context.Context, in interaction, view goslack.ModalViewRequest) reply {
	if _, err := h.api.OpenViewContext(ctx, in.TriggerID, view); err != nil {
		return h.unopened(in, err)
	}
	return reply{status: http.StatusOK}
}

func (h *Handler) unopened(in interaction, err error) reply {
	return h.turnAway(turnedAway(http.StatusServiceUnavailable, ReasonSlack, "open a view: %w", err), in)
}

// aftermath is what is done once the person has an answer; nil for nothing.
func (h *Handler) aftermath(p press, found lookedUp) func(context.Context) {
	mend := h.mend(p, found)
	if p.alarm == nil {
		return mend
	}
	return func(ctx context.Context) {
		if h.o.Alarm != nil {
			// A crash before it loses the page and not the click: the card is still
			// wrong, and the next click finds it again.
			if err := h.o.Alarm(ctx, found.state.ID, *p.alarm); err != nil {
				h.c.Log.Error("a changed card could not be recorded", "incident", found.state.ID, "how", p.alarm.Detail, "err", err)
			}
		}
		if mend != nil {
			mend(ctx)
		}
	}
}

// mend brings a card up to date that the engine does not: an orphan, whose
// posting had landed although its answer was lost, so that the journal knows a
// later one, and one that somebody else changed. It is tried once; the buttons
// lead to the truth anyway.
func (h *Handler) mend(p press, found lookedUp) func(context.Context) {
	card := found.state.Card
	known := card.TS == "" || card.TS == p.in.Container.MessageTS && card.Channel == p.in.Channel.ID
	if found.err != nil || known && p.alarm == nil {
		return nil
	}
	return func(ctx context.Context) {
		fresh := h.c.render(found.state)
		_, _, _, err := h.api.UpdateMessageContext(ctx, p.in.Channel.ID, p.in.Container.MessageTS,
			goslack.MsgOptionText(fresh.Text, false), goslack.MsgOptionBlocks(fresh.Blocks...))
		if err != nil {
			h.c.Log.Info("put a card right", "incident", found.state.ID, "err", err)
		}
	}
}
