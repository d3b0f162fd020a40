package slacktest

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// Config describes one workspace with one app installed in it. SigningSecret,
// BotToken, TeamID and AppID are required; a server without them would accept
// or sign anything.
type Config struct {
	SigningSecret string // signs deliveries; never logged
	BotToken      string // what the Web API accepts
	TeamID        string // the workspace, "T..."
	TeamDomain    string // default "example"
	AppID         string // "A..."
	BotUserID     string // default "U0FIREBREAK"
	BotName       string // default "firebreak"

	Users    []User
	Channels []Channel

	// InteractivityURL receives interactions. It may be set later with
	// [Server.SetInteractivityURL]; until then a click is an error.
	InteractivityURL string

	// CommandURL receives slash commands and EventsURL the Events API, each as
	// its own setting of the app; both may be set later.
	CommandURL, EventsURL string

	// Commands are the slash commands of the app. Default "/firebreak".
	Commands []string

	// AppToken is the app-level token ("xapp-..."), which opens Socket Mode
	// connections and nothing else. SocketMode delivers over those alone; see
	// [Server.SetSocketMode].
	AppToken   string
	SocketMode bool

	// ConnectionLife is how long Slack keeps a Socket Mode connection before it
	// asks the app to come again. Default 18,060 s, as has been seen.
	ConnectionLife time.Duration

	// BaseURL is where this server is reached when something else serves it.
	// [Server.Start] sets it.
	BaseURL string

	// Scopes of the bot token. nil grants every scope known here; an empty
	// slice grants none, and calls answer missing_scope.
	Scopes []string

	// Limits are the rate limits. nil means Slack's own tiers.
	Limits *Limits

	// AckTimeout is how long an app may take to answer an interaction.
	// Default: Slack's 3 seconds.
	AckTimeout time.Duration

	// Transport carries deliveries. Default: a transport of its own, without
	// proxies, so that a delivery goes where the URL says.
	Transport http.RoundTripper

	// Now is the clock of timestamps, triggers, response URLs and rate
	// limits. Default time.Now.
	Now    func() time.Time
	Logger *slog.Logger // default: discard
}

// User is a person or a bot in the workspace, or a stranger in a shared
// channel. An empty TeamID means the workspace's own.
type User struct {
	ID, Name, RealName string
	TeamID             string
	Deleted            bool // deactivated
	IsRestricted       bool // multi-channel guest
	IsUltraRestricted  bool // single-channel guest
	IsBot              bool
	IsStranger         bool
	IsWorkflowBot      bool
	IsConnectorBot     bool
}

// Channel is a conversation. The app's bot is a member unless BotAbsent.
type Channel struct {
	ID, Name, Topic    string
	IsPrivate          bool
	IsArchived         bool
	IsExtShared        bool
	IsPendingExtShared bool
	BotAbsent          bool
	Members            []string // user ids
}

func (c Channel) has(user string) bool { return slices.Contains(c.Members, user) }

// withDefaults fills what may be left out and refuses what may not.
func (c Config) withDefaults() (Config, error) {
	required := []struct{ name, value string }{
		{"SigningSecret", c.SigningSecret}, {"BotToken", c.BotToken},
		{"TeamID", c.TeamID}, {"AppID", c.AppID},
	}
	for _, r := range required {
		if r.value == "" {
			return Config{}, fmt.Errorf("configure fake slack: %s is empty; set it", r.name)
		}
	}
	if c.AckTimeout < 0 {
		return Config{}, errors.New("configure fake slack: AckTimeout is negative; leave it 0 for Slack's 3 s")
	}
	if c.SocketMode && c.AppToken == "" {
		return Config{}, errors.New("configure fake slack: SocketMode needs an AppToken; set it")
	}
	if c.Commands == nil {
		c.Commands = []string{"/firebreak"}
	}
	fill(&c.ConnectionLife, connectionLife)
	fill(&c.TeamDomain, "example")
	fill(&c.BotUserID, "U0FIREBREAK")
	fill(&c.BotName, "firebreak")
	fill(&c.BaseURL, "http://slack.test")
	fill(&c.AckTimeout, ackLimit)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Limits == nil {
		c.Limits = &Limits{}
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute}
	}
	return c, nil
}

func fill[T comparable](at *T, value T) {
	var zero T
	if *at == zero {
		*at = value
	}
}

// SetUser adds a user or replaces the one with the same id: deactivate a
// guardian in the middle of a request with it.
func (s *Server) SetUser(u User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.putUser(u)
}

func (s *Server) putUser(u User) error {
	if u.ID == "" {
		return errors.New("set user: empty id")
	}
	fill(&u.TeamID, s.cfg.TeamID)
	fill(&u.Name, u.ID)
	fill(&u.RealName, u.Name)
	if _, known := s.users[u.ID]; !known {
		s.userOrder = append(s.userOrder, u.ID)
	}
	s.users[u.ID] = u
	s.touch()
	return nil
}

// SetChannel adds a channel or replaces the one with the same id; its
// messages stay. Every member must be a known user.
func (s *Server) SetChannel(c Channel) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.putChannel(c)
}

func (s *Server) putChannel(c Channel) error {
	if c.ID == "" {
		return errors.New("set channel: empty id")
	}
	for _, id := range c.Members {
		if _, known := s.users[id]; !known {
			return fmt.Errorf("set channel %s: member %s is not a user; add the user first", c.ID, id)
		}
	}
	fill(&c.Name, c.ID)
	c.Members = slices.Clone(c.Members)
	if _, known := s.channels[c.ID]; !known {
		s.channelOrder = append(s.channelOrder, c.ID)
	}
	s.channels[c.ID] = c
	s.touch()
	return nil
}
