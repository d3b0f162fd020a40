package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/firebreak-project/firebreak/approvals/slacktest"
)

// Approve does what a guardian does on a phone: wait for the card, press
// "Review and approve", read, type the phrase, submit. It tries again when
// Slack shows an error, as a person would, until ctx ends.
func Approve(ctx context.Context, s *slacktest.Server, name string) error {
	for tries := 0; ; tries++ {
		err := approveOnce(ctx, s, name)
		again, ok := errors.AsType[tryAgain](err)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !ok:
			return err
		case again.closed && tries > 0:
			return nil // the vote that seemed to fail was counted, or others were quicker
		}
		select {
		case <-ctx.Done():
		case <-time.After(150 * time.Millisecond):
		}
	}
}

// tryAgain is what Slack told the person, who then presses again.
type tryAgain struct {
	notice string
	closed bool // the review takes no approval
}

func (t tryAgain) Error() string { return "slack says: " + t.notice }

func approveOnce(ctx context.Context, s *slacktest.Server, name string) error {
	user := slackID(name)
	card, err := s.WaitMessage(ctx, channelID, reviewable)
	if err != nil {
		return fmt.Errorf("%s waits for a card: %w", name, err)
	}
	d, err := s.Click(ctx, user, channelID, card.TS, "approval.review")
	if err != nil {
		return tryAgain{notice: err.Error()} // the button went while the finger came down
	}
	if !d.Acked {
		return tryAgain{notice: d.Notice}
	}
	view, err := s.WaitView(ctx, user, func(v slacktest.View) bool { return v.Submit != "" || v.Title != "" })
	if err != nil {
		return fmt.Errorf("%s waits for the review: %w", name, err)
	}
	block, action, phrase := question(view)
	if view.Submit == "" || phrase == "" {
		return tryAgain{notice: fmt.Sprintf("%s cannot approve: %s", name, view.Title), closed: true}
	}
	d, err = s.Submit(ctx, user, view.ID, map[string]map[string]string{block: {action: phrase}})
	switch {
	case err != nil:
		return tryAgain{notice: err.Error()}
	case !d.Acked || d.Status != 200:
		return tryAgain{notice: d.Notice}
	case len(d.FieldErrors) > 0:
		return tryAgain{notice: fmt.Sprint(d.FieldErrors)}
	}
	return nil
}

func reviewable(m slacktest.Message) bool {
	for _, b := range m.Buttons() {
		if b.ActionID == "approval.review" {
			return true
		}
	}
	return false
}

// question finds the input of a review and what it asks to be typed.
func question(v slacktest.View) (block, action, phrase string) {
	var blocks []struct {
		Type    string `json:"type"`
		BlockID string `json:"block_id"`
		Element struct {
			ActionID    string `json:"action_id"`
			Placeholder struct {
				Text string `json:"text"`
			} `json:"placeholder"`
		} `json:"element"`
	}
	if err := json.Unmarshal(v.Blocks, &blocks); err != nil {
		return "", "", ""
	}
	for _, b := range blocks {
		if b.Type == "input" && b.Element.Placeholder.Text != "" {
			return b.BlockID, b.Element.ActionID, b.Element.Placeholder.Text
		}
	}
	return "", "", ""
}
