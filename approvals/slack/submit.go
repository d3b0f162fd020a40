package slack

import (
	"context"
	"errors"
	"net/http"
	"slices"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// submission is a view that somebody submitted: a vote, if it holds.
type submission struct {
	in      interaction
	payload []byte
	proof   proof
}

// ballot is a submission whose form is sound.
type ballot struct {
	submission
	at       pointer
	decision incident.Decision
	field    string // block id of the one input, where errors can be shown
	rules    approvals.Rules
	person   approvals.Person
}

// submit turns a submitted view into a vote. The acknowledgement is written
// after Votes.Vote has returned, and Vote returns once the vote is on disk: a
// crash before that leaves the person with Slack's error and the journal
// without the vote; a crash after it leaves an error and a vote that counts,
// and pressing again says so.
func (h *Handler) submit(ctx context.Context, sub submission) reply {
	b, no := h.ballot(sub)
	if no == nil {
		var state incident.State
		if state, no = h.cast(ctx, b); no == nil {
			view := resultView(state, b.decision)
			return reply{status: http.StatusOK, view: goslack.NewUpdateViewSubmissionResponse(&view)}
		}
	}
	if no.status != 0 {
		return h.turnAway(no, sub.in)
	}
	h.note(no, sub.in)
	if mayRetry(no.reason) {
		return reply{status: http.StatusOK, view: goslack.NewErrorsViewSubmissionResponse(map[string]string{b.field: plain(no.sentence, 300)})}
	}
	view := noticeView("Your vote does not count", no.sentence)
	return reply{status: http.StatusOK, view: goslack.NewUpdateViewSubmissionResponse(&view)}
}

// mayRetry tells whether pressing the same button again can help. Then the
// view stays, with the reason at its input.
func mayRetry(r Reason) bool {
	return slices.Contains([]Reason{ReasonPhrase, ReasonStore, ReasonSlack, ReasonUnread}, r)
}

// ballot checks a submission as far as it can be checked without asking
// anybody.
func (h *Handler) ballot(sub submission) (ballot, *refusal) {
	in := sub.in
	b := ballot{submission: sub, rules: h.o.Rules()}
	switch in.View.CallbackID {
	case viewApprove:
		b.decision, b.field = incident.Approve, inputPhrase
	case viewRefuse:
		b.decision, b.field = incident.Deny, inputReason
	default:
		return b, turnedAway(http.StatusBadRequest, ReasonMalformed, "view %.60q", in.View.CallbackID)
	}
	var err error
	if b.at, err = parsePointer(in.View.Metadata); err != nil || !b.at.whole() {
		return b, turnedAway(http.StatusBadRequest, ReasonMalformed, "the view names no whole digest (%v)", err)
	}
	if in.View.ID == "" || in.View.Hash == "" {
		return b, turnedAway(http.StatusBadRequest, ReasonMalformed, "a view without id or hash")
	}
	var no *refusal
	b.person, no = h.voter(in, b.rules)
	return b, no
}

// cast checks everything again on the state of now and stores the vote.
func (h *Handler) cast(ctx context.Context, b ballot) (incident.State, *refusal) {
	s, no := h.read(ctx, b.at.id)
	if no != nil {
		return s, no
	}
	if recorded(s, b) {
		// An earlier delivery of this very vote, or a second click. It is answered
		// as the success it was, and kept: a replay looks the same.
		h.note(shown(ReasonRepeated, "This vote was recorded before."), b.in)
		return s, nil
	}
	if no := h.stillAsked(s, b.at); no != nil {
		return s, no
	}
	if no := b.filledIn(s); no != nil {
		return s, no
	}
	who, no := h.vouch(ctx, b.in.User.ID, s.Card.Channel)
	if no != nil {
		return s, no
	}
	vote, no := h.voteOf(b, s, who)
	if no != nil {
		return s, no
	}
	stored, no := h.store(ctx, b.at.id, vote)
	if no != nil && no.reason == ReasonStore {
		return h.recheck(ctx, b, no)
	}
	return stored, no
}

// recheck looks at what a failed store has left: the vote may have landed all
// the same, or somebody else's may have closed the request.
func (h *Handler) recheck(ctx context.Context, b ballot, failed *refusal) (incident.State, *refusal) {
	s, no := h.read(ctx, b.at.id)
	if no != nil {
		return s, failed
	}
	if recorded(s, b) {
		return s, nil
	}
	if closed := h.stillAsked(s, b.at); closed != nil {
		closed.detail = failed.detail
		return s, closed
	}
	return s, failed
}

// read waits for the journal no longer than the answer may take, whether or
// not the journal minds the context.
func (h *Handler) read(ctx context.Context, id incident.ID) (incident.State, *refusal) {
	states := h.lookUp(ctx, id)
	found := lookedUp{err: context.DeadlineExceeded}
	select {
	case found = <-states:
	case <-ctx.Done():
	}
	if found.err != nil {
		no := shown(ReasonUnread, "The journal did not answer, so your vote is not recorded. Press the button again.")
		no.detail = found.err
		return incident.State{}, no
	}
	return found.state, nil
}

// recorded tells whether this person's standing vote on this digest is the one
// being cast.
func recorded(s incident.State, b ballot) bool {
	return b.at.current(s) && slices.ContainsFunc(approvals.Standing(s.Run()), func(v incident.Vote) bool {
		return v.Person == b.person.Name && v.Decision == b.decision
	})
}

// filledIn checks what was typed.
func (b ballot) filledIn(s incident.State) *refusal {
	text := b.in.input(b.field)
	if b.decision == incident.Deny && clean(text) == "" {
		return shown(ReasonPhrase, "Please say why. Your denial is not recorded yet.")
	}
	if want := approvals.Phrase(s.Run().Plan); b.decision == incident.Approve && !approvals.Typed(text, want) {
		return shown(ReasonPhrase, "That is not the phrase. Type %s. Your approval is not recorded yet.", want)
	}
	return nil
}

func (h *Handler) voteOf(b ballot, s incident.State, who account) (incident.Vote, *refusal) {
	payload, err := redact(b.payload)
	if err != nil {
		return incident.Vote{}, turnedAway(http.StatusBadRequest, ReasonMalformed, "%w", err)
	}
	proven, err := evidence{
		Transport: b.proof.transport, Payload: payload, Body: b.proof.body, Timestamp: b.proof.timestamp,
		Signature: b.proof.signature, Secret: b.proof.secret, Envelope: b.proof.envelope, Checked: h.o.Now().UTC(), Account: who,
	}.encode()
	if err != nil {
		return incident.Vote{}, turnedAway(http.StatusInternalServerError, ReasonStore, "%w", err)
	}
	team, _ := b.rules.TeamFor(s, b.person.Name)
	vote := incident.Vote{
		Person: b.person.Name, Team: team, Decision: b.decision, Digest: s.Run().Digest,
		Assurance: incident.AssuranceSlack, Roster: b.rules.Roster.Digest(), Evidence: proven,
		// A view has neither message nor action time; its id and hash stand in
		// for them: one state of one view is submitted once.
		Delivery: deliveryOf(b.in.AppID, b.in.User.ID, b.in.View.ID, b.in.View.Hash, b.in.View.CallbackID),
	}
	if b.decision == incident.Deny {
		vote.Reason = clip(clean(b.in.input(inputReason)), maxReason)
	}
	return vote, nil
}

// store casts the vote and waits for the disk no longer than the answer may
// take. After a time-out the vote is perhaps there; pressing again finds out.
func (h *Handler) store(ctx context.Context, id incident.ID, v incident.Vote) (incident.State, *refusal) {
	done := make(chan lookedUp, 1)
	go func() {
		s, err := h.o.Votes.Vote(ctx, id, v)
		done <- lookedUp{s, err}
	}()
	stored := lookedUp{err: context.DeadlineExceeded}
	select {
	case stored = <-done:
	case <-ctx.Done():
	}
	if stored.err == nil {
		return stored.state, nil
	}
	if voter, ok := errors.AsType[*approvals.VoterError](stored.err); ok {
		return stored.state, shown(ReasonRules, "%s", voter.Sentence)
	}
	no := shown(ReasonStore, "It is not known that your vote is recorded: %s. Press the button again; it counts once.", plain(stored.err.Error(), 150))
	if ctx.Err() != nil {
		no.sentence = "The journal did not answer in time, so it is not known that your vote is recorded. Press the button again; it counts once."
	}
	no.detail = stored.err
	return stored.state, no
}
