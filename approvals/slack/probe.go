package slack

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	goslack "github.com/slack-go/slack"
)

// Probe asks Slack whether everything is in place for asking people, without
// posting anything. It is safe for concurrent use and retries nothing.
//
// An error that matches *Denied is Slack's answer; after any other nobody
// knows. Errors hold no token.
type Probe struct {
	c   Config
	api *goslack.Client
}

// Denied is Slack's own word for why it refused, such as "invalid_auth".
type Denied struct{ Method, Code string }

func (d *Denied) Error() string { return d.Method + ": Slack says " + d.Code }

// NewProbe checks the configuration as NewDesk does. It calls nobody.
func NewProbe(c Config) (*Probe, error) {
	c, err := c.checked()
	if err != nil {
		return nil, err
	}
	return &Probe{c: c, api: c.client()}, nil
}

// Identity is who the token belongs to.
type Identity struct {
	Team, Bot string    // ids, "T..." and "B..."
	Scopes    []string  // nil when Slack did not tell
	Date      time.Time // Slack's clock, whole seconds; zero when it did not tell
}

// Identity asks who the token belongs to (auth.test).
func (p *Probe) Identity(ctx context.Context) (Identity, error) {
	r, err := p.api.AuthTestContext(ctx)
	if err != nil {
		return Identity{}, denied("auth.test", err)
	}
	id := Identity{Team: r.TeamID, Bot: r.BotID}
	if date, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		id.Date = date
	}
	if scopes := r.Header.Get("X-OAuth-Scopes"); scopes != "" {
		for scope := range strings.SplitSeq(scopes, ",") {
			id.Scopes = append(id.Scopes, strings.TrimSpace(scope))
		}
	}
	return id, nil
}

// Socket asks for the address of a WebSocket with an app-level token
// (apps.connections.open), and does not go there.
func (p *Probe) Socket(ctx context.Context, token Secret) error {
	_, _, err := p.c.client(goslack.OptionAppLevelToken(string(token))).StartSocketModeContext(ctx)
	if err != nil {
		return denied("apps.connections.open", err)
	}
	return nil
}

// App asks which app a bot belongs to (bots.info).
func (p *Probe) App(ctx context.Context, bot string) (string, error) {
	b, err := p.api.GetBotInfoContext(ctx, goslack.GetBotInfoParameters{Bot: bot})
	if err != nil {
		return "", denied("bots.info", err)
	}
	return b.AppID, nil
}

// Channel lists why people could not be asked in a channel, or why votes from
// it would not count (conversations.info). Empty: nothing is wrong.
func (p *Probe) Channel(ctx context.Context, id string) ([]string, error) {
	c, err := p.api.GetConversationInfoContext(ctx, &goslack.GetConversationInfoInput{ChannelID: id})
	if err != nil {
		return nil, denied("conversations.info", err)
	}
	var flaws []string
	for _, f := range []struct {
		words string
		has   bool
	}{
		{"is another channel than the one asked for", c.ID != id},
		{"is archived", c.IsArchived},
		{"does not have the app as a member", !c.IsMember},
		{"is shared with another workspace", c.IsExtShared},
		{"is about to be shared with another workspace", c.IsPendingExtShared},
	} {
		if f.has {
			flaws = append(flaws, f.words)
		}
	}
	return flaws, nil
}

// mostPages bounds how many pages of a channel's members are read.
const mostPages = 5

// Members lists who is in a channel (conversations.members): who is not there
// does not see a card in a private one. whole is false when there are more.
func (p *Probe) Members(ctx context.Context, id string) (users []string, whole bool, err error) {
	cursor := ""
	for range mostPages {
		page, next, err := p.api.GetUsersInConversationContext(ctx,
			&goslack.GetUsersInConversationParameters{ChannelID: id, Cursor: cursor, Limit: 1000})
		if err != nil {
			return nil, false, denied("conversations.members", err)
		}
		users = append(users, page...)
		if cursor = next; cursor == "" {
			return users, true, nil
		}
	}
	return users, false, nil
}

// Person lists why a vote of an account would not count (users.info), by the
// rule that votes are held against. Empty: nothing is wrong.
func (p *Probe) Person(ctx context.Context, user string) ([]string, error) {
	u, err := p.api.GetUserInfoContext(ctx, user)
	if err != nil {
		err = denied("users.info", err)
		if d, ok := errors.AsType[*Denied](err); ok && slices.Contains([]string{"user_not_found", "user_not_visible"}, d.Code) {
			return []string{"is not known in this workspace"}, nil
		}
		return nil, err
	}
	return unfit(u, p.c.TeamID), nil
}

func denied(method string, err error) error {
	if code := codeOf(err); code != "" {
		return &Denied{Method: method, Code: code}
	}
	return wrap(method, err)
}
