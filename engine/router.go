package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// maxCooldown bounds how far back an ended incident can still hold its key.
const maxCooldown = 24 * time.Hour

// faultCooldown is how long alerts that no playbook could be asked about are
// one incident.
const faultCooldown = time.Hour

// pollInbox is the safety net behind the in-process wake-up.
const pollInbox = time.Second

// router gives received alerts to incidents, one after the other in the order
// of the inbox. What it decided about a receipt and the incident it opened are
// one commit, so a crash leaves a receipt either untouched or done.
type router struct {
	e    *Engine
	wake chan struct{}
	done uint64 // receipts decided so far
	seq  uint64 // of the router's own stream
	Routes
}

func newRouter(ctx context.Context, e *Engine, states []incident.State) (*router, error) {
	r := &router{e: e, wake: make(chan struct{}, 1), Routes: *NewRoutes(states)}
	for f, err := range e.o.Journal.Read(ctx, incident.Router, 0) {
		if err != nil {
			return nil, fmt.Errorf("read the router's stream: %w", err)
		}
		body, err := f.Body()
		if err != nil {
			return nil, err
		}
		if routed, ok := body.(incident.Routed); ok {
			r.done = max(r.done, routed.Receipt)
		}
		r.seq = f.Seq
	}
	return r, nil
}

// Receive makes an authenticated alert durable and returns its number in the
// inbox. After a nil error the alert cannot be lost. A delivery that was
// received before is reported as a duplicate with the number it has.
func (e *Engine) Receive(ctx context.Context, r incident.Received) (seq uint64, duplicate bool, err error) {
	draft := incident.Draft{Body: r, Happened: r.Alert.Occurred, Seen: e.o.Now(), Exercise: r.Alert.Exercise}
	facts, err := e.o.Journal.Append(ctx, incident.Entry{Stream: incident.Inbox, After: anywhere, Drafts: []incident.Draft{draft}})
	if claimed := (*incident.ClaimedError)(nil); errors.As(err, &claimed) {
		return claimed.Seq, true, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("store alert: %w", err)
	}
	e.observe(incident.State{}, facts)
	select {
	case e.router.wake <- struct{}{}:
	default:
	}
	return facts[0].Seq, false, nil
}

// anywhere is journal.Anywhere: the inbox's facts do not depend on each other.
const anywhere = ^uint64(0)

func (r *router) run() {
	tick := time.NewTicker(pollInbox)
	defer tick.Stop()
	for {
		if err := r.drain(r.e.ctx); err != nil && r.e.ctx.Err() == nil {
			r.e.fail(fmt.Errorf("route alerts: %w", err))
			return
		}
		select {
		case <-r.e.ctx.Done():
			return
		case <-r.wake:
		case <-tick.C:
		}
	}
}

// drain routes every receipt that has not been decided.
func (r *router) drain(ctx context.Context) error {
	for f, err := range r.e.o.Journal.Read(ctx, incident.Inbox, r.done) {
		if err != nil {
			return err
		}
		body, err := f.Body()
		if err != nil {
			return err
		}
		received, ok := body.(incident.Received)
		if !ok {
			continue
		}
		if err := r.route(ctx, f.Seq, received); err != nil {
			return err
		}
		r.done = f.Seq
	}
	return nil
}

// route decides about one receipt. Alerts are attached to the incidents that
// run already before the decision is written: a crash in between repeats the
// decision, and attaching again changes nothing.
func (r *router) route(ctx context.Context, receipt uint64, got incident.Received) error {
	routed := incident.Routed{Receipt: receipt}
	var opened []incident.Entry
	if got.Inert == "" {
		at := Arrival{Alert: got.Alert, Receipt: receipt, Now: r.e.o.Now(), Latest: r.e.latest}
		for _, o := range r.e.match(got.Alert) {
			m, draft := r.Place(o, at)
			routed.Matches = append(routed.Matches, m)
			if draft != nil {
				opened = append(opened, incident.Entry{Stream: m.Incident.Stream(), Drafts: []incident.Draft{*draft}, Open: true})
			} else if err := r.attach(ctx, m.Incident, incident.AlertAttached{Alert: got.Alert, Receipt: receipt}); err != nil {
				return err
			}
		}
	}
	own := incident.Entry{Stream: incident.Router, After: r.seq,
		Drafts: []incident.Draft{{Body: routed, Seen: r.e.o.Now(), Exercise: got.Alert.Exercise}}}
	facts, err := r.e.o.Journal.Append(ctx, append([]incident.Entry{own}, opened...)...)
	if err != nil {
		return err
	}
	r.seq = facts[0].Seq
	r.e.observe(incident.State{}, facts[:1])
	return r.adopt(facts[1:])
}

// adopt starts workers for the incidents that were just written.
func (r *router) adopt(facts []incident.Fact) error {
	for _, f := range facts {
		s, err := incident.Fold([]incident.Fact{f})
		if err != nil {
			return fmt.Errorf("open incident: %w", err)
		}
		r.e.observe(s, []incident.Fact{f})
		r.e.adopt(s)
	}
	return nil
}

// attach adds an alert to the case file of an incident, once.
func (r *router) attach(ctx context.Context, id incident.ID, a incident.AlertAttached) error {
	add := func(s incident.State) ([]incident.Draft, error) {
		if slices.Contains(s.Receipts, a.Receipt) || Full(s, a.Alert.Source) {
			return nil, nil
		}
		return []incident.Draft{{Run: s.Run().Number, Body: a, Happened: a.Alert.Occurred, Seen: r.e.o.Now(), Exercise: s.Exercise}}, nil
	}
	return r.e.addTo(ctx, id, add)
}

// addTo adds to the case file of an incident, through its worker where it has
// one.
func (e *Engine) addTo(ctx context.Context, id incident.ID, add func(incident.State) ([]incident.Draft, error)) error {
	if w := e.worker(id); w != nil {
		_, err := w.do(ctx, &command{decide: add})
		if !errors.Is(err, errGone) {
			return err
		}
	}
	s, err := e.fold(ctx, id)
	if err != nil {
		return err
	}
	if s.Seq == 0 {
		return fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	drafts, err := add(s)
	if err != nil || len(drafts) == 0 {
		return err
	}
	return e.appendBeside(ctx, s, drafts)
}

// appendBeside writes facts of an incident that has no worker here. It gets one
// when they make something owed to it; to whom something is owed already,
// somebody else sees.
func (e *Engine) appendBeside(ctx context.Context, s incident.State, drafts []incident.Draft) error {
	owed, foreseen := s.Open(), s
	for _, d := range drafts {
		var err error
		if foreseen, err = foreseen.Foresee(d); err != nil {
			return err
		}
	}
	facts, err := e.o.Journal.Append(ctx, incident.Entry{Stream: s.ID.Stream(), After: s.Seq, Drafts: drafts, Open: foreseen.Open()})
	if err != nil {
		return err
	}
	for _, f := range facts {
		if s, err = s.Apply(f); err != nil {
			return fmt.Errorf("apply what was just written: %w", err)
		}
	}
	e.observe(s, facts)
	if !owed && s.Open() {
		e.adopt(s)
	}
	return nil
}
