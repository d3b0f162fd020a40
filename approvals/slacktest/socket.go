package slacktest

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// appsConnectionsOpen gives out the right to connect once, soon.
func (s *Server) appsConnectionsOpen(*args) (reply, *refusal) {
	now := s.cfg.Now()
	maps.DeleteFunc(s.tickets, func(_ string, end time.Time) bool { return now.After(end) })
	ticket := randomHex(16)
	s.tickets[ticket] = now.Add(ticketLife)
	q := url.Values{"ticket": {ticket}, "app_id": {s.cfg.AppID}}
	return reply{"url": "ws" + strings.TrimPrefix(s.baseURL, "http") + "/link/?" + q.Encode()}, nil
}

// socket is one Socket Mode connection.
type socket struct {
	conn  *websocket.Conn
	write sync.Mutex // one message at a time, in whole
	gone  chan struct{}
	once  sync.Once
	life  time.Duration

	leaving bool // guarded by Server.mu: told to go, and sent nothing more
}

// send writes one message; an error means that the connection is dead.
func (k *socket) send(message any) error {
	k.write.Lock()
	defer k.write.Unlock()
	if err := k.conn.SetWriteDeadline(time.Now().Add(ackLimit)); err != nil {
		return err
	}
	return k.conn.WriteJSON(message)
}

// cut drops the connection without a word, as a broken network does.
func (k *socket) cut() {
	k.once.Do(func() {
		close(k.gone)
		_ = k.conn.Close() // it may have broken by itself
	})
}

// serveLink accepts whoever brings a ticket. The ticket is the authority:
// clients name Slack's own origin, so the origin says nothing.
func (s *Server) serveLink(w http.ResponseWriter, r *http.Request) {
	if !s.takeTicket(r.FormValue("ticket")) {
		http.Error(w, "this address was used before, or is too old", http.StatusForbidden)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // the client has been told
	}
	k := &socket{conn: conn, gone: make(chan struct{}), life: s.cfg.ConnectionLife}
	if r.FormValue("debug_reconnects") == "true" {
		k.life = debugLife
	}
	defer k.cut()
	n, no := s.admit(k)
	if no != "" {
		_ = k.send(goodbye(no)) // it is cut next, and tries again or not
		return
	}
	defer s.forget(k)
	if k.send(hello(s.cfg.AppID, n, k.life)) != nil {
		return
	}
	go s.tend(k)
	s.listen(k)
}

func (s *Server) takeTicket(ticket string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	end, known := s.tickets[ticket]
	delete(s.tickets, ticket)
	return known && !s.cfg.Now().After(end)
}

// admit counts the connection in, or says why it may not stay.
func (s *Server) admit(k *socket) (n int, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.socketMode {
		return 0, ReasonLinkDisabled
	}
	if len(s.sockets) >= maxSockets {
		return 0, ReasonTooMany
	}
	s.sockets = append(s.sockets, k)
	s.touch()
	return len(s.sockets), ""
}

func (s *Server) forget(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = slices.DeleteFunc(s.sockets, func(other *socket) bool { return other == k })
	s.touch()
}

// tend pings a connection and ends it when its time has come: a warning about
// ten seconds ahead, then the request to come again.
func (s *Server) tend(k *socket) {
	pings := time.NewTicker(pingEvery)
	defer pings.Stop()
	warn, end := time.NewTimer(max(0, k.life-warningAhead)), time.NewTimer(k.life)
	defer warn.Stop()
	defer end.Stop()
	// The first one comes at once, before a client counts the silence.
	for due := true; ; {
		if due && k.conn.WriteControl(websocket.PingMessage, []byte("ping"), time.Now().Add(ackLimit)) != nil {
			k.cut()
			return
		}
		due = false
		select {
		case <-pings.C:
			due = true
		case <-warn.C:
			_ = k.send(goodbye(ReasonWarning)) // a dead connection shows at the next ping
		case <-end.C:
			s.dismiss(k, ReasonRefresh)
			return
		case <-k.gone:
			return
		}
	}
}

// listen takes the acks of a connection until it breaks or falls silent.
func (s *Server) listen(k *socket) {
	k.conn.SetReadLimit(maxSocketRead)
	alive := func() error { return k.conn.SetReadDeadline(time.Now().Add(maxSilence)) }
	k.conn.SetPongHandler(func(string) error { return alive() })
	if alive() != nil {
		return
	}
	for {
		_, raw, err := k.conn.ReadMessage()
		if err != nil || alive() != nil {
			return
		}
		var ack struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		if json.Unmarshal(raw, &ack) == nil {
			s.acked(k, ack.EnvelopeID, ack.Payload)
		}
	}
}

// anySocket picks the connection for one payload, at random as Slack may, or
// nil. The caller holds mu.
func (s *Server) anySocket() *socket {
	var able []*socket
	for _, k := range s.sockets {
		if !k.leaving {
			able = append(able, k)
		}
	}
	if len(able) == 0 {
		return nil
	}
	return able[rand.IntN(len(able))]
}

func hello(app string, n int, life time.Duration) map[string]any {
	return map[string]any{
		"type": "hello", "num_connections": n, "connection_info": map[string]any{"app_id": app},
		"debug_info": map[string]any{
			"host": socketHost, "build_number": 1, "approximate_connection_time": int(life.Seconds()),
		},
	}
}

func goodbye(reason string) map[string]any {
	return map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": socketHost}}
}

const socketHost = "applink-fake"
