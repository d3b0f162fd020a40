package slack

import (
	"context"
	"errors"
	"slices"
	"time"

	goslack "github.com/slack-go/slack"
)

// patience bounds how often one message is tried against a rate limit. After it
// the engine asks again, with the newest state.
const patience = 5

// patiently makes a call in its turn, and again when Slack says that it came too
// soon, after the time that Slack names. Every other failure is the caller's:
// after one the call may have taken effect.
func (d *Desk) patiently(ctx context.Context, t *turn, call func(context.Context) error) (err error) {
	for range patience {
		if err := d.c.Pace.await(ctx, t); err != nil {
			return err
		}
		err = call(ctx)
		limited, ok := errors.AsType[*goslack.RateLimitedError](err)
		if !ok {
			return err
		}
		if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) < limited.RetryAfter {
			return err
		}
		d.c.Pace.close(t.method, limited.RetryAfter)
	}
	return err
}

// codeOf is Slack's own word for why it refused, or "" when it did not get to
// refuse anything.
func codeOf(err error) string {
	if refusal, ok := errors.AsType[goslack.SlackErrorResponse](err); ok {
		return refusal.Err
	}
	return ""
}

// lostForGood lists why a message can never be changed again.
var lostForGood = []string{
	"message_not_found", "cant_update_message", "is_inactive", "edit_window_closed", "block_mismatch",
	"channel_not_found", "is_archived", "not_in_channel", "external_channel_migrating",
}

// noSuchPlace lists why nothing can be posted where it was meant to go.
var noSuchPlace = []string{
	"channel_not_found", "is_archived", "is_inactive", "not_in_channel", "thread_not_found",
	"restricted_action", "external_channel_migrating",
}

func refusedAs(err error, codes []string) bool { return slices.Contains(codes, codeOf(err)) }
