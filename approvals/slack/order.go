package slack

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/approvals"
)

// The views that a slash command opens for an order, and their one input.
const (
	viewTrigger = "order.trigger"
	viewFreeze  = "order.freeze"
	inputWhy    = "why"
)

var orderName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// order asks for the reason, and so makes the person confirm.
func (a asker) order(ctx context.Context, kind string) reply {
	name := strings.ToLower(a.rest)
	switch {
	case a.h.o.Cases == nil:
		return whisper("This daemon takes no orders from Slack.")
	case kind == viewTrigger && !orderName.MatchString(name):
		return whisper("Say which playbook: `/firebreak trigger vault-drain`.")
	case kind == viewFreeze && name != "" && !orderName.MatchString(name):
		return whisper("That is no name of a key.")
	}
	if _, err := a.h.api.OpenViewContext(ctx, a.in.TriggerID, orderView(kind, name, a.person)); err != nil {
		return a.h.unopened(a.in, err)
	}
	return reply{status: http.StatusOK}
}

func orderView(kind, name string, person approvals.Person) goslack.ModalViewRequest {
	l := &layout{suffix: ".order"}
	title, do, label := "Trigger a playbook", "Trigger", "What have you seen?"
	text := "*" + prose(name, 64) + "* is started as if an alert had come, without its condition, because you have judged it. " +
		"People are asked as always, and nothing is sent before they agree: never without asking, whatever the playbook allows.\n" +
		"*You ask for it, so you cannot approve it.*"
	if kind == viewFreeze {
		title, do, label = "Freeze a key", "Ask to freeze", "Why should it stop?"
		text = "A frozen key signs nothing: no playbook can contain anything by it until its guardians release it in Vault. " +
			"*It takes two people within ten minutes.* The first one's word is posted for the others to see."
		if name != "" {
			text = "Key *" + prose(name, 64) + "*. " + text
		}
	}
	l.section("text", text)
	input := goslack.NewPlainTextInputBlockElement(nil, inputWhy)
	input.MaxLength, input.MinLength = maxReason, 3
	l.add(goslack.NewInputBlock(inputWhy, plainText(label), plainText("It is recorded with your name, "+plain(person.Name, 64)+"."), input))
	view := modal(title, l)
	view.Submit, view.CallbackID, view.PrivateMetadata = plainText(do), kind, name
	return view
}

// carryOut takes the submitted view of an order. It is acknowledged only once it
// is durable.
func (h *Handler) carryOut(ctx context.Context, sub submission) reply {
	in := sub.in
	refuse := func(no *refusal) reply {
		h.note(no, in)
		if mayRetry(no.reason) {
			return reply{status: http.StatusOK, view: goslack.NewErrorsViewSubmissionResponse(map[string]string{inputWhy: plain(no.sentence, 300)})}
		}
		view := noticeView("Not done", no.sentence)
		return reply{status: http.StatusOK, view: goslack.NewUpdateViewSubmissionResponse(&view)}
	}
	if h.o.Cases == nil || in.View.ID == "" || in.View.Hash == "" || in.View.Metadata != "" && !orderName.MatchString(in.View.Metadata) {
		return h.turnAway(turnedAway(http.StatusBadRequest, ReasonMalformed, "an order's view that is not ours"), in)
	}
	person, no := h.voter(in, h.o.Rules())
	if no == nil {
		_, no = h.vouch(ctx, in.User.ID, "")
	}
	if no != nil {
		return refuse(no)
	}
	why := clip(clean(in.input(inputWhy)), maxReason)
	if why == "" {
		return refuse(shown(ReasonPhrase, "Please say why. Nothing is recorded yet."))
	}
	delivery := deliveryOf(in.AppID, in.User.ID, in.View.ID, in.View.Hash, in.View.CallbackID)
	var text string
	var err error
	if in.View.CallbackID == viewTrigger {
		text, err = h.o.Cases.Trigger(ctx, Trigger{Person: person.Name, Playbook: in.View.Metadata, Why: why, Delivery: delivery})
	} else {
		text, err = h.o.Cases.Freeze(ctx, Freeze{Person: person.Name, Key: in.View.Metadata, Why: why, Delivery: delivery})
	}
	if voter, ok := errors.AsType[*approvals.VoterError](err); ok {
		return refuse(shown(ReasonRules, "%s", voter.Sentence))
	}
	if err != nil {
		no := shown(ReasonStore, "It is not known that this is recorded. Press the button again; it counts once.")
		no.detail = err
		return refuse(no)
	}
	view := noticeView("Recorded", text)
	return reply{status: http.StatusOK, view: goslack.NewUpdateViewSubmissionResponse(&view)}
}
