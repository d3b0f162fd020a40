package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	goslack "github.com/slack-go/slack"

	"github.com/firebreak-project/firebreak/incident"
)

// Config is one Slack app in one workspace. Token, TeamID, AppID and Channels
// are required, and SigningSecrets too where clicks are received.
type Config struct {
	Token Secret // the bot's, "xoxb-..."
	// SigningSecrets verify what Slack sends: one, or two while the secret is
	// being changed.
	SigningSecrets []Secret
	TeamID         string            // the workspace, "T..."
	AppID          string            // "A..."
	APIURL         string            // default Slack's; https, or http to a loopback host
	Channels       map[string]string // name in playbooks -> id "C...": the only channels that are used
	// Home names the channel for what has no channel of its own, such as an
	// incident that never got a plan. May be left out if there is only one.
	Home string
	// Mention gives the Slack user ids of a team's or a person's, so that their
	// phones ring. Nil mentions nobody.
	Mention func(name string) []string
	// Called gives the teams and people that a message calls, by its key, as
	// approvals.Rules does. Nil calls nobody.
	Called func(s incident.State, key string) []string
	// Newest gives an incident as it is now: what waited for its turn is said of
	// now and not of then. Nil: as it was when it was asked for.
	Newest func(ctx context.Context, id incident.ID) (incident.State, error)
	// Page gives the address at which a request can be read and voted on without
	// Slack, "" for none. It carries the request's id and nothing that opens
	// anything: who unfurls, exports or photographs a message sees it.
	Page func(id incident.ID) string
	// Closed says why nothing may be posted into a channel, "" for one that is
	// open. Nil: all are.
	Closed func(channel string) string
	// Pace is the token's, shared by all that write with it. Default: its own.
	Pace *Pace
	// Transport carries the calls. Default: http.DefaultTransport.
	Transport http.RoundTripper
	// SocketMode says that nothing comes in over HTTP, so that no signing secret is
	// needed; what comes all the same is refused.
	SocketMode bool
	Timeout    time.Duration // of one call of the Web API; default 5 s, at most 30 s
	Log        *slog.Logger  // default: discard
}

const (
	slackURL       = "https://slack.com/api/"
	defaultTimeout = 5 * time.Second
	maxTimeout     = 30 * time.Second
)

var (
	teamPattern    = regexp.MustCompile(`^[TE][A-Z0-9]{2,30}$`)
	appPattern     = regexp.MustCompile(`^A[A-Z0-9]{2,30}$`)
	channelPattern = regexp.MustCompile(`^[CG][A-Z0-9]{2,30}$`)
)

// checked fills in what was left out, or says everything that is wrong.
func (c Config) checked() (Config, error) {
	c.APIURL = cmp.Or(c.APIURL, slackURL)
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	if c.Pace == nil {
		c.Pace = NewPace()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if len(c.Channels) == 1 && c.Home == "" {
		c.Home = slices.Collect(maps.Keys(c.Channels))[0]
	}
	c.Channels = maps.Clone(c.Channels)
	var found []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			found = append(found, fmt.Errorf(format, args...))
		}
	}
	bad(c.Token == "", "the bot token is missing")
	bad(!teamPattern.MatchString(c.TeamID), "team id %.40q is not like T0GUARD001", c.TeamID)
	bad(!appPattern.MatchString(c.AppID), "app id %.40q is not like A07BREAKER1", c.AppID)
	bad(len(c.Channels) == 0, "no channel is named, so nobody could be asked")
	for name, id := range c.Channels {
		bad(!channelPattern.MatchString(id), "channel %q has id %.40q, which is not like C08INCIDENT", name, id)
	}
	bad(c.Channels[c.Home] == "", "home channel %q is not among the channels", c.Home)
	bad(c.Timeout < 0 || c.Timeout > maxTimeout, "the timeout is %s, it may be at most %s", c.Timeout, maxTimeout)
	found = append(found, checkURL(c.APIURL))
	if err := errors.Join(found...); err != nil {
		return c, fmt.Errorf("slack: %w", err)
	}
	return c, nil
}

// checkURL wants a base that calls can be appended to, and no way for the
// token to leave in clear text.
func checkURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || !strings.HasSuffix(raw, "/") || u.RawQuery != "" || u.User != nil {
		return errors.New("the API URL must be absolute, end in a slash and carry neither query nor credentials")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || !ip.IsLoopback()) {
		return fmt.Errorf("the API URL is %s, which would send the token in clear text; use https", u.Scheme)
	}
	return nil
}

// checkSecrets wants one or two different signing secrets.
func (c Config) checkSecrets() error {
	switch {
	case c.SocketMode && len(c.SigningSecrets) == 0:
		return nil
	case len(c.SigningSecrets) == 0 || slices.Contains(c.SigningSecrets, ""):
		return errors.New("slack: a signing secret is missing: without it anybody could click")
	case len(c.SigningSecrets) > 2:
		return errors.New("slack: more than two signing secrets: drop the oldest")
	case len(c.SigningSecrets) == 2 && c.SigningSecrets[0] == c.SigningSecrets[1]:
		return errors.New("slack: both signing secrets are the same")
	}
	return nil
}

// client makes a Web API client that gives up in time and follows no
// redirect: the token is in the body, and a redirect would carry it away.
func (c Config) client(more ...goslack.Option) *goslack.Client {
	return goslack.New(string(c.Token), append(more, goslack.OptionAPIURL(c.APIURL), goslack.OptionHTTPClient(&http.Client{
		Timeout:       c.Timeout,
		Transport:     c.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}))...)
}

// channel finds the id of a channel that a playbook names, with or without
// the leading #.
func (c Config) channel(name string) (string, bool) {
	id, ok := c.Channels[strings.TrimPrefix(name, "#")]
	if !ok {
		id, ok = c.Channels[name]
	}
	return id, ok
}

// closed says why nothing may be posted into a channel.
func (c Config) closed(id string) string {
	if c.Closed == nil {
		return ""
	}
	return c.Closed(id)
}

// allows tells whether a click may come from the channel.
func (c Config) allows(id string) bool {
	return id != "" && slices.Contains(slices.Collect(maps.Values(c.Channels)), id)
}
