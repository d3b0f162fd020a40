package slack

import (
	"context"
	"fmt"
	"slices"

	goslack "github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"
)

// account is what Slack says about whoever clicked, at that moment.
type account struct {
	ID      string   `json:"id"`
	TeamID  string   `json:"team_id"`
	Updated int64    `json:"updated"` // when Slack last changed it, Unix seconds
	Flaws   []string `json:"flaws,omitempty"`
}

// unfit lists what an account that may vote must not be.
func unfit(u *goslack.User, team string) []string {
	var flaws []string
	for flaw, has := range map[string]bool{
		"is deactivated":               u.Deleted,
		"is a guest":                   u.IsRestricted || u.IsUltraRestricted,
		"is a bot":                     u.IsBot || u.IsWorkflowBot || u.IsConnectorBot || u.ID == "USLACKBOT",
		"is a stranger":                u.IsStranger,
		"belongs to another workspace": u.TeamID != team,
	} {
		if has {
			flaws = append(flaws, flaw)
		}
	}
	slices.Sort(flaws)
	return flaws
}

// vouch asks Slack, at the time of the vote, whether the account may vote and
// whether the card's channel is still ours alone. It fails closed: without an
// answer there is no vote.
func (h *Handler) vouch(ctx context.Context, user, channel string) (account, *refusal) {
	var who *goslack.User
	var where *goslack.Channel
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		who, err = h.api.GetUserInfoContext(ctx, user)
		return wrap("users.info", err)
	})
	if channel != "" {
		group.Go(func() (err error) {
			where, err = h.api.GetConversationInfoContext(ctx, &goslack.GetConversationInfoInput{ChannelID: channel})
			return wrap("conversations.info", err)
		})
	}
	if err := group.Wait(); err != nil {
		if slices.Contains([]string{"user_not_found", "user_not_visible"}, codeOf(err)) {
			return account{}, shown(ReasonAccount, "Slack does not know your account in this workspace, so your vote cannot count.")
		}
		no := shown(ReasonSlack, "Slack did not confirm your account and the channel in time, so your vote is not recorded. Press the button again.")
		no.detail = err
		return account{}, no
	}
	a := account{ID: who.ID, TeamID: who.TeamID, Updated: int64(who.Updated), Flaws: unfit(who, h.c.TeamID)}
	switch {
	case who.ID != user:
		return a, shown(ReasonAccount, "Slack answered for another account than yours, so your vote is not recorded.")
	case len(a.Flaws) > 0:
		return a, shown(ReasonAccount, "Your Slack account %s, so your vote cannot count.", a.Flaws[0])
	case where != nil && (where.IsExtShared || where.IsPendingExtShared):
		return a, shown(ReasonChannel, "The request's channel is shared with another workspace, so votes from it cannot count. Vote in another way, or have the sharing ended.")
	}
	return a, nil
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
