package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

// The control socket is how a person on the daemon's machine directs what is on
// its way: the daemon alone writes the journal, so it has to be asked. It is a
// socket of the file system and never of the network, and only the daemon's own
// user and root may speak to it. What it can do is little on purpose: ask for a
// higher bid inside the approved cost, call a step off, have the playbooks'
// files read anew, silence alerts for a while, or have a stored alert decided
// once more.

// The verbs of the control socket.
const (
	Bump   = "bump"
	Cancel = "cancel"
)

// Direction is what a person wants of one step. Why is required: it becomes
// part of the record. As is who they say they are; the socket knows only the
// user that the other side runs as.
type Direction struct {
	Incident incident.ID `json:"incident"`
	Step     string      `json:"step"`
	Why      string      `json:"why"`
	As       string      `json:"as,omitempty"`
}

// Directed is how the step stands after the direction, which is on disk.
type Directed struct {
	Incident incident.ID        `json:"incident"`
	Step     string             `json:"step"`
	State    incident.StepState `json:"state"`
	By       string             `json:"by"`    // as the record names who directed it
	Words    []string           `json:"words"` // what holds now, what could not be undone, what to do
}

// director takes directions; *engine.Engine is one. What it returns is the
// state after the direction, which is on disk. An error says in a sentence why
// the direction was not taken.
type director interface {
	Hurry(ctx context.Context, id incident.ID, h incident.Hurried) (incident.State, error)
	Cancel(ctx context.Context, id incident.ID, c incident.Cancelled) (incident.State, error)
}

const (
	maxDirection  = 8 << 10 // bytes of a request
	maxWhy        = 500     // bytes of a reason in the record
	maxName       = 80      // bytes of who somebody says they are
	directionTime = 10 * time.Second
)

// control answers what comes in on the socket. It is safe for concurrent use.
type control struct {
	director director
	quiet    silencer
	again    replayer
	reload   func(context.Context) (Reloaded, error)
	uid      int // of the daemon
	log      *slog.Logger
}

// peerKey is where a connection's other side is found in a request's context.
type peerKey struct{}

func (c *control) handler() http.Handler {
	mux := http.NewServeMux()
	for _, verb := range []string{Bump, Cancel} {
		mux.HandleFunc("POST /v1/tx/"+verb, func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), directionTime)
			defer cancel()
			d, err := c.direct(ctx, verb, r)
			c.answer(w, d, err)
		})
	}
	c.silenceRoutes(mux)
	mux.HandleFunc("POST "+reloadPath, func(w http.ResponseWriter, r *http.Request) {
		done, err := c.readAnew(r)
		c.answer(w, done, err)
	})
	return mux
}

// admit says who is on the other side, or refuses them.
func (c *control) admit(r *http.Request) (peer, error) {
	who, ok := r.Context().Value(peerKey{}).(peer)
	if !ok || who.known && who.uid != 0 && who.uid != c.uid {
		return who, refused{http.StatusForbidden, errors.New("only the user that the daemon runs as, and root, may direct it")}
	}
	return who, nil
}

// refused is an error with the status that goes with it.
type refused struct {
	status int
	error
}

func (r refused) Unwrap() error { return r.error }

// direct takes one direction from reading it to having it on disk.
func (c *control) direct(ctx context.Context, verb string, r *http.Request) (Directed, error) {
	who, err := c.admit(r)
	if err != nil {
		return Directed{}, err
	}
	d, err := readDirection(http.MaxBytesReader(nil, r.Body, maxDirection))
	if err != nil {
		return Directed{}, refused{http.StatusBadRequest, err}
	}
	by, why := who.words(d.As), incident.OneLine(d.Why, maxWhy)
	var s incident.State
	if verb == Bump {
		s, err = c.director.Hurry(ctx, d.Incident, incident.Hurried{Step: d.Step, By: by, Why: why})
	} else {
		s, err = c.director.Cancel(ctx, d.Incident, incident.Cancelled{Step: d.Step, By: by, Why: why})
	}
	about := []any{"verb", verb, "incident", d.Incident, "step", d.Step, "by", by, "why", why}
	if err != nil {
		about = append(about, "err", err)
	}
	c.log.Warn("a person directs a transaction", about...)
	switch {
	case errors.Is(err, engine.ErrUnknown):
		return Directed{}, refused{http.StatusNotFound, err}
	case errors.Is(err, context.DeadlineExceeded):
		return Directed{}, refused{http.StatusServiceUnavailable,
			fmt.Errorf("the incident did not take it in %s; see in firebreak tx show whether it did later, and try again", directionTime)}
	case err != nil:
		return Directed{}, refused{http.StatusConflict, err}
	}
	step, _ := s.Run().Step(d.Step)
	return Directed{Incident: d.Incident, Step: d.Step, State: step.State, By: by, Words: standing(s, d.Step, verb)}, nil
}

// readDirection reads one strictly.
func readDirection(body io.Reader) (Direction, error) {
	var d Direction
	dec := json.NewDecoder(body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return d, fmt.Errorf("the request is no direction: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return d, errors.New("the request holds more than one direction")
	}
	if _, err := incident.ParseID(string(d.Incident)); err != nil {
		return d, err
	}
	switch {
	case d.Step == "":
		return d, errors.New("the direction names no step")
	case strings.TrimSpace(d.Why) == "":
		return d, errors.New("the direction says no reason; the record needs one")
	}
	return d, nil
}

// answer writes what came of it. An error goes out as a sentence.
func (c *control) answer(w http.ResponseWriter, done any, err error) {
	w.Header().Set("Content-Type", "application/json")
	body := done
	if err != nil {
		status := http.StatusInternalServerError
		if r, ok := errors.AsType[refused](err); ok {
			status = r.status
		}
		w.WriteHeader(status)
		body = complaint{err.Error()}
	}
	if err := json.NewEncoder(w).Encode(body); err != nil {
		c.log.Warn("an answer on the control socket was lost; what was directed is in the journal", "err", err)
	}
}

// complaint is an error on the wire.
type complaint struct {
	Error string `json:"error"`
}

// openControl listens on the control socket, unless it is turned off.
func (a *App) openControl(d director) error {
	if a.c.Control == ControlOff {
		return nil
	}
	l, err := listenControl(a.c.Control)
	if err != nil {
		return err
	}
	c := &control{director: d, quiet: quiet{a}, again: replays{a}, reload: a.Reload, uid: ownUID(), log: a.o.Log}
	a.serveOn("control", l, c.handler(), func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, peerKey{}, peerOf(conn))
	})
	return nil
}
