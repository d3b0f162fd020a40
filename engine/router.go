package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
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
// one commit, so a crash leaves a receipt either untouched or done. One commit
// may decide many receipts, but opens the incidents of one alone: what comes
// after it must find them.
type router struct {
	e       *Engine
	wake    chan struct{}
	done    uint64    // receipts decided so far
	seq     uint64    // of the router's own stream
	paced   time.Time // when the drains so far would be over, one per drainEvery
	signals signals
	looks   looks
	handed
	Routes
}

func newRouter(ctx context.Context, e *Engine, states []incident.State) (*router, error) {
	r := &router{e: e, wake: make(chan struct{}, 1), Routes: *NewRoutes(states), signals: signalsOf(states)}
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
	e.router.handed.put(facts[0].Seq, r)
	select {
	case e.router.wake <- struct{}{}:
	default:
	}
	return facts[0].Seq, false, nil
}

// Decided is the number of the last receipt that was decided before the start.
// It is for those who read the inbox from its end, and is not to be asked once
// the engine runs.
func (e *Engine) Decided() uint64 { return e.router.done }

// anywhere is journal.Anywhere: the inbox's facts do not depend on each other.
const anywhere = ^uint64(0)

func (r *router) run() {
	tick := time.NewTicker(pollInbox)
	defer tick.Stop()
	look := true // what was received before this process began
	for {
		if err := r.drain(r.e.ctx, look); err != nil && r.e.ctx.Err() == nil {
			r.e.fail(fmt.Errorf("route alerts: %w", err))
			return
		}
		r.rest()
		select {
		case <-r.e.ctx.Done():
			return
		case <-r.wake:
			look = false
		case <-tick.C:
			look = true
		}
	}
}

// A drain ends in a commit, for which the next alerts of a storm would have to
// wait. So after maxDrains in a row there is one per drainEvery, which decides
// more receipts at once. Who does not storm is never waited for.
const (
	drainEvery = 10 * time.Millisecond
	maxDrains  = 32
)

// rest waits when drains follow each other too fast.
func (r *router) rest() {
	now := r.e.o.Now()
	if r.paced.Before(now) {
		r.paced = now
	}
	r.paced = r.paced.Add(drainEvery)
	wait := r.paced.Sub(now) - maxDrains*drainEvery
	if wait <= 0 {
		return
	}
	t := time.NewTimer(min(wait, drainEvery)) // a clock may be set back
	defer t.Stop()
	select {
	case <-r.e.ctx.Done():
	case <-t.C:
	}
}

// drain decides every receipt that has not been decided, page by page. Told to
// look, it asks the journal for what nobody has handed over.
func (r *router) drain(ctx context.Context, look bool) error {
	var p page
	for receipt, got := range r.undecided(ctx, look) {
		if got.err != nil {
			return got.err
		}
		if p.apart(got.Received) {
			if err := r.write(ctx, &p); err != nil {
				return err
			}
		}
		p.add(r.decide(receipt, got.Received), got.Alert.Exercise)
		if p.full() {
			if err := r.write(ctx, &p); err != nil {
				return err
			}
		}
	}
	return r.write(ctx, &p)
}

// write makes a page's decisions durable in one commit, and starts what they
// opened. Alerts are attached to the incidents that run already before that: a
// crash in between repeats the decisions, and attaching again changes nothing.
func (r *router) write(ctx context.Context, p *page) error {
	if len(p.decided) == 0 {
		return nil
	}
	if err := r.attachAll(ctx, p); err != nil {
		return err
	}
	own := incident.Entry{Stream: incident.Router, After: r.seq,
		Drafts: []incident.Draft{{Body: p.routed(), Seen: r.e.o.Now(), Exercise: p.exercise}}}
	facts, err := r.e.o.Journal.Append(ctx, append([]incident.Entry{own}, p.opened...)...)
	if err != nil {
		return err
	}
	r.seq, r.done = facts[0].Seq, p.last()
	*p = page{}
	r.e.observe(incident.State{}, facts[:1])
	if err := r.adopt(facts[1:]); err != nil {
		return err
	}
	r.forget(r.e.holds)
	r.signals.forget(r.e.holds)
	return nil
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

// attachAll adds what a page brings to the case files of their incidents, all
// at once: so they share a commit.
func (r *router) attachAll(ctx context.Context, p *page) error {
	errs := make([]error, len(p.order))
	var wg sync.WaitGroup
	for i, id := range p.order {
		wg.Go(func() { errs[i] = r.attach(ctx, id, p.joined[id]) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// attach adds to the case file of an incident what is news there.
func (r *router) attach(ctx context.Context, id incident.ID, all []joining) error {
	// Most of a storm is no news, and the worker need not be asked for that.
	if s, ok := r.e.latest(id); ok && !slices.ContainsFunc(all, func(j joining) bool { return j.fits(s) }) {
		return nil
	}
	add := func(s incident.State) (drafts []incident.Draft, _ error) {
		for _, j := range all {
			if !j.fits(s) {
				continue
			}
			d := incident.Draft{Run: s.Run().Number, Body: j.body(), Seen: r.e.o.Now(), Exercise: s.Exercise}
			if a, ok := j.(joiningAlert); ok {
				d.Happened = a.Alert.Occurred
			}
			drafts, s = append(drafts, d), j.join(s)
		}
		return drafts, nil
	}
	return r.e.addTo(ctx, id, add)
}
