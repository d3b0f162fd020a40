package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Where the control socket takes orders about silences.
const (
	silencePath   = "/v1/silences/add"
	unsilencePath = "/v1/silences/expire"
)

// SilenceOrder is a person's wish to silence alerts. Why is required: it becomes
// part of the record.
type SilenceOrder struct {
	Match incident.SilenceMatch `json:"match"`
	For   time.Duration         `json:"for"`
	Why   string                `json:"why"`
	As    string                `json:"as,omitempty"`
}

// UnsilenceOrder is a person's wish to end a silence now.
type UnsilenceOrder struct {
	Silence uint64 `json:"silence"`
	Why     string `json:"why,omitempty"`
	As      string `json:"as,omitempty"`
}

// Silenced is a silence as it stands after an order, which is on disk. Loud are
// the playbooks that its rules are for and that cannot be silenced.
type Silenced struct {
	incident.Silence
	Loud []string `json:"loud,omitempty"`
}

// silencer makes silences durable. What it returns is on disk; an error says in
// a sentence why it is not.
type silencer interface {
	Silence(ctx context.Context, by string, o SilenceOrder) (Silenced, error)
	Unsilence(ctx context.Context, by string, o UnsilenceOrder) (Silenced, error)
}

// AddSilence asks the daemon behind a control socket.
func AddSilence(ctx context.Context, socket string, o SilenceOrder) (Silenced, error) {
	return speak[Silenced](ctx, socket, request{silencePath, o, "see in firebreak silence list whether it was taken"})
}

// ExpireSilence asks the daemon behind a control socket.
func ExpireSilence(ctx context.Context, socket string, o UnsilenceOrder) (Silenced, error) {
	return speak[Silenced](ctx, socket, request{unsilencePath, o, "see in firebreak silence list whether it was taken"})
}

func (c *control) silenceRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST "+silencePath, func(w http.ResponseWriter, r *http.Request) {
		s, err := ordered(c, r, func(ctx context.Context, who peer, o SilenceOrder) (Silenced, error) {
			return c.quiet.Silence(ctx, who.words(o.As), o)
		})
		c.answer(w, s, err)
	})
	mux.HandleFunc("POST "+unsilencePath, func(w http.ResponseWriter, r *http.Request) {
		s, err := ordered(c, r, func(ctx context.Context, who peer, o UnsilenceOrder) (Silenced, error) {
			return c.quiet.Unsilence(ctx, who.words(o.As), o)
		})
		c.answer(w, s, err)
	})
	mux.HandleFunc("POST "+replayPath, func(w http.ResponseWriter, r *http.Request) {
		done, err := ordered(c, r, func(ctx context.Context, who peer, o ReplayOrder) (AlertReplayed, error) {
			return c.again.Replay(ctx, who.words(o.As), o)
		})
		c.answer(w, done, err)
	})
}

// ordered takes one order from who may give it. The error is a sentence.
func ordered[O, D any](c *control, r *http.Request, carry func(context.Context, peer, O) (D, error)) (done D, err error) {
	who, err := c.admit(r)
	if err != nil {
		return done, err
	}
	var order O
	dec := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxDirection))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&order); err != nil {
		return done, refused{http.StatusBadRequest, fmt.Errorf("the request is no order: %w", err)}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return done, refused{http.StatusBadRequest, errors.New("the request holds more than one order")}
	}
	ctx, cancel := context.WithTimeout(r.Context(), directionTime)
	defer cancel()
	if done, err = carry(ctx, who, order); err != nil {
		return done, refused{http.StatusConflict, err}
	}
	return done, nil
}

// quiet silences with the engine. It implements silencer.
type quiet struct{ app *App }

// Silence implements silencer. Everybody who could wonder about the quiet hears
// of it.
func (q quiet) Silence(ctx context.Context, by string, o SilenceOrder) (Silenced, error) {
	set := q.app.current.Load().set
	if err := q.known(o.Match); err != nil {
		return Silenced{}, err
	}
	s, err := q.app.engine.Silence(ctx, incident.SilenceAdded{Match: o.Match, Until: time.Now().Add(o.For).UTC().Truncate(time.Second), By: by,
		Why: incident.OneLine(o.Why, maxWhy)}, q.app.c.Silence.Max)
	if err != nil {
		return Silenced{}, err
	}
	done := Silenced{Silence: s}
	for _, p := range set.Playbooks() {
		if d := set.Describe(p); d.Incident.Unsilenceable && (o.Match.Playbook == "" || o.Match.Playbook == p.Name) &&
			(o.Match.Rule == "" || len(d.On.Rules) == 0 || slices.Contains(d.On.Rules, o.Match.Rule)) {
			done.Loud = append(done.Loud, p.Name)
		}
	}
	q.app.o.Log.Warn("alerts are silenced", "silence", s.Number, "match", s.Match.String(), "until", s.Until, "by", by, "why", s.SilenceAdded.Why)
	q.app.announce(q.app.ended, []string{fmt.Sprintf("Alerts are silenced until %s: %s", s.Until.Format("2006-01-02 15:04 UTC"), s.Match),
		fmt.Sprintf("By %s. Why: %s", by, s.SilenceAdded.Why),
		fmt.Sprintf("They open no incident until then, but are received and kept. To end it: firebreak silence expire %d.", s.Number)})
	return done, nil
}

// known refuses a name that nothing has: a silence with a misspelt name would
// hold nothing back, and its author would think it did.
func (q quiet) known(m incident.SilenceMatch) error {
	set := q.app.current.Load().set
	inv := set.Inventory()
	var playbooks []string
	for _, p := range set.Playbooks() {
		playbooks = append(playbooks, p.Name)
	}
	if m.Playbook != "" && !slices.Contains(playbooks, m.Playbook) {
		return fmt.Errorf("there is no playbook %.64q; there are %s", m.Playbook, strings.Join(playbooks, ", "))
	}
	if _, ok := q.app.c.Sources[m.Source]; m.Source != "" && !ok {
		return fmt.Errorf("there is no source %.64q in the configuration", m.Source)
	}
	if _, ok := inv.Chain(m.Chain); m.Chain != "" && !ok {
		return fmt.Errorf("there is no chain %.64q in the inventory", m.Chain)
	}
	if _, ok := inv.Contract(m.Contract); m.Contract != "" && !ok {
		return fmt.Errorf("there is no contract %.64q in the inventory", m.Contract)
	}
	return nil
}

// Unsilence implements silencer.
func (q quiet) Unsilence(ctx context.Context, by string, o UnsilenceOrder) (Silenced, error) {
	s, err := q.app.engine.Unsilence(ctx, incident.SilenceExpired{Silence: o.Silence, By: by, Why: incident.OneLine(o.Why, maxWhy)})
	if err != nil {
		return Silenced{}, err
	}
	q.app.o.Log.Info("a silence was ended", "silence", s.Number, "by", by, "why", o.Why)
	q.app.announce(q.app.ended, []string{fmt.Sprintf("Silence %d was ended by %s: %s", s.Number, by, s.Match)})
	return Silenced{Silence: s}, nil
}
