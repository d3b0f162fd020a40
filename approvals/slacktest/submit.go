package slacktest

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Submit presses the submit button of the view that the user has in front,
// with values[block id][action id]; what is not named keeps its initial
// value. Several choices of one input are separated by line ends. The error
// says that Slack's client would not have submitted at all.
func (s *Server) Submit(ctx context.Context, user, viewID string, values map[string]map[string]string) (Delivery, error) {
	if err := s.inFront(user, viewID); err != nil {
		return Delivery{}, fmt.Errorf("submit: %w", err)
	}
	a, err := s.NewSubmit(user, viewID, values)
	if err != nil {
		return Delivery{}, err
	}
	return a.Send(ctx)
}

// inFront reports why a person cannot use a view.
func (s *Server) inFront(user, viewID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[user].Deleted {
		return fmt.Errorf("user %s is deactivated and cannot log in", user)
	}
	if top := s.top(user); top == nil || top.ID != viewID {
		return fmt.Errorf("view %s is not in front of user %s", viewID, user)
	}
	return nil
}

// NewSubmit builds a submission without sending it; user may be anybody, so
// that attacks start here.
func (s *Server) NewSubmit(user, viewID string, values map[string]map[string]string) (*Attempt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, known := s.users[user]
	v := s.views[viewID]
	switch {
	case !known:
		return nil, fmt.Errorf("submit: user %s is unknown", user)
	case v == nil:
		return nil, fmt.Errorf("submit: view %s is not open", viewID)
	case v.Submit == "":
		return nil, errors.New("submit: the view has no submit button")
	}
	state, err := stateValues(v, values)
	if err != nil {
		return nil, fmt.Errorf("submit: %w", err)
	}
	payload := s.basePayload("view_submission", u)
	meta := Delivery{Kind: "view_submission", User: u.ID, ViewID: v.ID, TriggerID: s.newTrigger(u.ID, v.ID)}
	payload["trigger_id"], payload["view"] = meta.TriggerID, s.apiView(v, state)
	payload["response_urls"] = []any{}
	return s.newAttempt(interactions(), payload, meta), nil
}

// CloseView dismisses the view that the user has in front. The app hears of
// it only when the view asked for that; otherwise Delivery.Sent is false.
func (s *Server) CloseView(ctx context.Context, user, viewID string) (Delivery, error) {
	s.mu.Lock()
	v := s.top(user)
	if v == nil || v.ID != viewID {
		s.mu.Unlock()
		return Delivery{}, fmt.Errorf("close: view %s is not in front of user %s", viewID, user)
	}
	payload := s.basePayload("view_closed", s.users[user])
	payload["view"], payload["is_cleared"] = s.apiView(v, nil), v.ClearOnClose
	a := s.newAttempt(interactions(), payload, Delivery{Kind: "view_closed", User: user, ViewID: v.ID})
	notify := v.NotifyOnClose
	if v.ClearOnClose {
		s.dropAll(user)
	} else {
		s.drop(user, v.ID)
	}
	s.mu.Unlock()
	if !notify {
		return a.meta, nil
	}
	return a.Send(ctx)
}

// stateValues builds state.values of every input, checking what Slack's
// client checks before it lets a person submit.
func stateValues(v *View, values map[string]map[string]string) (map[string]any, error) {
	state := map[string]any{}
	used := 0
	for el := range elements(v.Blocks) {
		action := el.str("action_id")
		value, given := values[el.blockID][action]
		if given {
			used++
		} else {
			value = initialOf(el.object)
		}
		if el.kind() == "button" || el.kind() == "overflow" {
			continue
		}
		if err := checkInput(el, value); err != nil {
			return nil, err
		}
		st, err := stateOf(el, value)
		if err != nil {
			return nil, err
		}
		block, _ := state[el.blockID].(map[string]any)
		if block == nil {
			block = map[string]any{}
			state[el.blockID] = block
		}
		block[action] = st
	}
	for _, actions := range values {
		used -= len(actions)
	}
	if used != 0 {
		return nil, fmt.Errorf("values name an input that the view does not have: %v", values)
	}
	return state, nil
}

// InputError is what Slack's client shows instead of submitting.
type InputError struct{ BlockID, Message string }

// Error implements error.
func (e *InputError) Error() string { return fmt.Sprintf("input %s: %s", e.BlockID, e.Message) }

func checkInput(el element, value string) error {
	n := utf8.RuneCountInString(value)
	if el.input != nil && !el.input.flag("optional") && n == 0 {
		return &InputError{el.blockID, "Please complete this required field."}
	}
	if el.kind() != "plain_text_input" || n == 0 {
		return nil
	}
	if least, set := el.num("min_length"); set && n < least {
		return &InputError{el.blockID, fmt.Sprintf("Please enter at least %d characters.", least)}
	}
	most, set := el.num("max_length")
	if !set {
		most = maxInputText
	}
	if n > most {
		return &InputError{el.blockID, fmt.Sprintf("Please enter at most %d characters.", most)}
	}
	return nil
}
