package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"
	goslack "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// SocketOptions are what Socket Mode needs beside the app's configuration.
type SocketOptions struct {
	// AppToken is the app-level token, "xapp-...", with connections:write alone.
	// Whoever steals it can swallow clicks and cannot forge any to us.
	AppToken Secret
	// Handler gives the handler of now. It is asked for every envelope.
	Handler func() *Handler
	// Connections is how many are kept. Slack renews each every few hours and the
	// client drops the old one first, so one alone leaves gaps. Default 2, at
	// most 5: Slack allows ten in all, and there may be another replica.
	Connections int
	// Connected hears how many connections stand, when that changes. It must not
	// block.
	Connected func(n int)
}

// Socket receives Slack's envelopes over WebSockets that it opens itself, so
// that nothing of the daemon's can be reached from outside. What it receives
// goes the way of the HTTP door: stored first, acknowledged then.
type Socket struct {
	c  Config
	o  SocketOptions
	up atomic.Int64
}

const (
	mostEnvelopes = 64              // handled at once by one connection
	shortRest     = time.Second     // after a connection that ended
	longRest      = 1 * time.Minute // at most
)

// NewSocket checks the configuration. It calls nobody.
func NewSocket(c Config, o SocketOptions) (*Socket, error) {
	c, err := c.checked()
	if err != nil {
		return nil, err
	}
	switch {
	case o.AppToken == "":
		return nil, errors.New("slack: Socket Mode needs the app-level token, xapp-..., with the scope connections:write")
	case o.Handler == nil:
		return nil, errors.New("slack: Socket Mode needs a handler")
	case o.Connections < 0 || o.Connections > 5:
		return nil, errors.New("slack: Socket Mode keeps 1 to 5 connections")
	}
	if o.Connections == 0 {
		o.Connections = 2
	}
	if o.Connected == nil {
		o.Connected = func(int) {}
	}
	return &Socket{c: c, o: o}, nil
}

// Up is how many connections stand.
func (s *Socket) Up() int { return int(s.up.Load()) }

// Run keeps the connections until ctx ends. A connection that fails is made
// again, after a rest that grows: also one that Slack refuses for its token,
// because a token may be put right while the daemon runs.
func (s *Socket) Run(ctx context.Context) {
	var all sync.WaitGroup
	for range s.o.Connections {
		all.Go(func() { s.keep(ctx) })
	}
	all.Wait()
}

// keep is the life of one connection.
func (s *Socket) keep(ctx context.Context) {
	rest := backoff.NewExponentialBackOff(backoff.WithInitialInterval(shortRest), backoff.WithMaxInterval(longRest), backoff.WithMaxElapsedTime(0))
	for ctx.Err() == nil {
		began := time.Now()
		err := s.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > longRest {
			rest.Reset()
		}
		wait := rest.NextBackOff()
		s.c.Log.Warn("a Socket Mode connection ended and is made again", "in", wait, "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// connect is one client with all the connections that Slack has it make after
// each other.
func (s *Socket) connect(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	api := s.c.client(goslack.OptionAppLevelToken(string(s.o.AppToken)))
	client := socketmode.New(api, socketmode.OptionLog(slog.NewLogLogger(s.c.Log.Handler(), slog.LevelDebug)))
	var working sync.WaitGroup
	working.Go(func() { s.receive(ctx, client) })
	err := client.RunContext(ctx)
	cancel()
	working.Wait()
	return err
}

// receive takes what the client gets, until ctx ends.
func (s *Socket) receive(ctx context.Context, client *socketmode.Client) {
	places := make(chan struct{}, mostEnvelopes)
	connected := false
	count := func(up bool) {
		if up == connected {
			return
		}
		connected = up
		delta := int64(1)
		if !up {
			delta = -1
		}
		s.o.Connected(int(s.up.Add(delta)))
	}
	defer count(false)
	var working sync.WaitGroup
	defer working.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-client.Events:
			switch e.Type {
			case socketmode.EventTypeConnected:
				count(true)
			case socketmode.EventTypeConnecting, socketmode.EventTypeConnectionError, socketmode.EventTypeInvalidAuth, socketmode.EventTypeDisconnect:
				count(false)
			case socketmode.EventTypeInteractive, socketmode.EventTypeSlashCommand, socketmode.EventTypeEventsAPI:
				places <- struct{}{}
				working.Go(func() {
					defer func() { <-places }()
					s.handle(ctx, client, e)
				})
			}
		}
	}
}

// handle answers one envelope. One that is not acknowledged shows the person an
// error, which is the truth: nothing is known to be recorded.
func (s *Socket) handle(ctx context.Context, client *socketmode.Client, e socketmode.Event) {
	if e.Request == nil {
		return
	}
	h := s.o.Handler()
	work, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	payload := []byte(e.Request.Payload)
	p := proof{transport: transportSocket, body: hashOf(payload), envelope: clip(clean(e.Request.EnvelopeID), 80)}
	answer := h.envelope(work, string(e.Type), payload, p)
	if answer.status == http.StatusOK {
		if err := client.AckCtx(work, e.Request.EnvelopeID, answer.fitting()); err != nil {
			s.c.Log.Warn("acknowledge an envelope of Slack's", "err", err)
		}
	}
	if answer.later != nil {
		later, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		answer.later(later)
	}
}

// envelope handles what came over the socket, by its kind.
func (h *Handler) envelope(ctx context.Context, kind string, payload []byte, p proof) reply {
	if len(payload) > maxBody {
		return h.turnAway(turnedAway(http.StatusRequestEntityTooLarge, ReasonMalformed, "an envelope of %d bytes", len(payload)), interaction{proof: p})
	}
	switch kind {
	case string(socketmode.EventTypeSlashCommand):
		c, err := parseCommand(payload)
		if err != nil {
			return h.turnAway(turnedAway(http.StatusBadRequest, ReasonMalformed, "%w", err), interaction{proof: p})
		}
		return h.command(ctx, c, p)
	case string(socketmode.EventTypeEventsAPI):
		return h.event(payload, p)
	}
	return h.take(ctx, payload, p)
}

// payload is the answer that goes with an acknowledgement; nil for none.
func (r reply) payload() any {
	switch {
	case r.view != nil:
		return r.view
	case r.body != nil:
		return r.body
	}
	return nil
}

// mostOverSocket is how large an answer over the socket may be, in bytes, with
// room for its envelope: Slack drops one of 20 KB or more without a word.
const mostOverSocket = 19 << 10

// fitting is the payload, or its text alone where all of it would be dropped.
func (r reply) fitting() any {
	raw, err := json.Marshal(r.payload())
	if body, ok := r.body.(map[string]any); ok && (err != nil || len(raw) > mostOverSocket) {
		return map[string]any{"response_type": body["response_type"], "text": fmt.Sprint(body["text"]) +
			"\nThe rest is too long for this answer. Press Review on the card, or use `firebreak incident show`."}
	}
	return r.payload()
}
