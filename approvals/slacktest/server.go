package slacktest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Server is one fake workspace. It is safe for concurrent use. Make it with
// [New]; serve it with [Server.Start] or mount it as an [http.Handler].
type Server struct {
	cfg     Config
	methods map[string]method
	handler http.Handler
	client  *http.Client

	mu           sync.Mutex // guards everything below
	baseURL      string
	target       string // interactivity URL
	commandURL   string
	eventsURL    string
	socketMode   bool
	sockets      []*socket
	tickets      map[string]time.Time // one-time rights to connect, with their ends
	pending      map[string]*pending  // envelope id -> who waits for its ack
	nextFaults   []EnvelopeFault
	late         []lateEvent
	botToken     string
	dead         string // why no call works any more, as Slack says it
	users        map[string]User
	userOrder    []string
	channels     map[string]Channel
	channelOrder []string
	messages     []*Message // in order of posting
	views        map[string]*View
	stacks       map[string][]string // user -> ids of open views, top last
	triggers     map[string]*trigger
	responses    map[string]*responseURL
	uploads      map[string]*upload
	buckets      map[string]*bucket
	faults       []*Fault
	calls        []Call
	deliveries   []Delivery
	callSeq      int
	deliverySeq  int
	lastMicros   int64
	version      uint64
	changed      chan struct{} // closed and replaced at every change

	closed    chan struct{}
	closeOnce sync.Once
	srv       *http.Server
	pipes     *pipeListener // the in-process listener, once somebody dialled
}

// New builds a server that is not yet listening.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, methods: methodTable(), baseURL: strings.TrimRight(cfg.BaseURL, "/"),
		target: cfg.InteractivityURL, commandURL: cfg.CommandURL, eventsURL: cfg.EventsURL,
		socketMode: cfg.SocketMode, botToken: cfg.BotToken,
		tickets: map[string]time.Time{}, pending: map[string]*pending{},
		users: map[string]User{}, channels: map[string]Channel{},
		views: map[string]*View{}, stacks: map[string][]string{},
		triggers: map[string]*trigger{}, responses: map[string]*responseURL{},
		uploads: map[string]*upload{}, buckets: map[string]*bucket{},
		changed: make(chan struct{}), closed: make(chan struct{}),
	}
	// A redirect would send a signed body somewhere nobody configured.
	s.client = &http.Client{Transport: cfg.Transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	bot := User{ID: cfg.BotUserID, Name: cfg.BotName, RealName: cfg.BotName, IsBot: true}
	for _, u := range append([]User{bot}, cfg.Users...) {
		if _, twice := s.users[u.ID]; twice {
			return nil, fmt.Errorf("configure fake slack: user %s appears twice", u.ID)
		}
		if err := s.putUser(u); err != nil {
			return nil, fmt.Errorf("configure fake slack: %w", err)
		}
	}
	for _, c := range cfg.Channels {
		if _, twice := s.channels[c.ID]; twice {
			return nil, fmt.Errorf("configure fake slack: channel %s appears twice", c.ID)
		}
		if err := s.putChannel(c); err != nil {
			return nil, fmt.Errorf("configure fake slack: %w", err)
		}
	}
	if s.handler, err = s.routes(); err != nil {
		return nil, fmt.Errorf("configure fake slack: %w", err)
	}
	return s, nil
}

func (s *Server) routes() (http.Handler, error) {
	people, err := s.pageHandler()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("POST /upload/{id}", s.serveUpload)
	mux.HandleFunc("POST /response/{id}", s.serveResponseURL)
	mux.HandleFunc("GET /link/{$}", s.serveLink)
	mux.Handle("/", people)
	return mux, nil
}

// ServeHTTP serves the Web API, uploads, response URLs and the page.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Start listens on addr ("127.0.0.1:0" picks a free port) and serves until
// [Server.Close]. It returns once connections are accepted.
func (s *Server) Start(addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for fake slack: %w", err)
	}
	s.mu.Lock()
	if s.srv != nil {
		s.mu.Unlock()
		return errors.Join(errors.New("start fake slack: already started"), ln.Close())
	}
	s.baseURL = "http://" + ln.Addr().String()
	s.srv = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	srv := s.srv
	s.mu.Unlock()
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.cfg.Logger.Error("fake slack stopped serving", "err", err)
		}
	}()
	return nil
}

// Close stops listening and lets hung calls go. It may be called more than
// once; what was recorded can still be read.
func (s *Server) Close() error {
	s.closeOnce.Do(func() { close(s.closed) })
	s.CutSockets()
	s.mu.Lock()
	srv, pipes := s.srv, s.pipes
	s.mu.Unlock()
	var err error
	if srv != nil {
		err = srv.Close()
	}
	if pipes != nil {
		err = errors.Join(err, pipes.server.Close())
	}
	return err
}

// APIURL is the base of the Web API, with the trailing slash that slack-go's
// OptionAPIURL needs.
func (s *Server) APIURL() string { return s.base() + "/api/" }

// PageURL is the page for people.
func (s *Server) PageURL() string { return s.base() + "/" }

func (s *Server) base() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.baseURL
}

// SetInteractivityURL says where interactions are delivered from now on.
func (s *Server) SetInteractivityURL(url string) { s.set(&s.target, url) }

// SetCommandURL says where slash commands are delivered from now on.
func (s *Server) SetCommandURL(url string) { s.set(&s.commandURL, url) }

// SetEventsURL says where events are delivered from now on. Slack would first
// ask [Server.VerifyEventsURL].
func (s *Server) SetEventsURL(url string) { s.set(&s.eventsURL, url) }

func (s *Server) set(at *string, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*at = value
}

// touch wakes everybody who waits for a change. The caller holds mu.
func (s *Server) touch() {
	s.version++
	close(s.changed)
	s.changed = make(chan struct{})
}

// await blocks until ready answers true, ctx ends or the server closes.
// ready is called without the lock, once per change.
func (s *Server) await(ctx context.Context, ready func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if ready() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closed:
			return errors.New("fake slack is closed")
		}
	}
}
