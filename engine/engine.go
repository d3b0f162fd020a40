// Package engine is the hands: it carries out what an incident owes, one
// goroutine per incident, and writes down what came of it.
//
// An incident's goroutine (worker) owns its state. It asks incident.Next what
// is owed, starts each effect in a goroutine of its own, and appends the facts
// that come back. Nothing is acted on before the fact that allows it is on
// disk. Restarting is the normal path: workers are started from the journal,
// owe what they owed, and effects are safe to repeat.
//
// Two stances meet here. Telling people fails open: it is tried again until it
// worked, and doing it twice is fine. Signing fails closed: no durable fact,
// no signature; a failed journal write stops the incident that needed it.
package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Journal is where facts go. See journal.Store for the contract of Append and
// Read; Open lists the streams to which something is owed, and those that
// changed since a time.
type Journal interface {
	Append(ctx context.Context, entries ...incident.Entry) ([]incident.Fact, error)
	Read(ctx context.Context, stream incident.Stream, after uint64) iter.Seq2[incident.Fact, error]
	Open(ctx context.Context, since time.Time) ([]incident.Stream, error)
}

// Playbooks decide what an alert means. Match returns one Opened per playbook
// that the alert matches, with Alert and Receipt left empty; it reads nothing
// from outside and is deterministic. Plan freezes the plan of the incident's
// present run: it returns Planned, Moot or Escalated. An error means that it
// could not be told now; the engine asks again.
type Playbooks interface {
	Match(alert incident.Alert) []incident.Opened
	Plan(ctx context.Context, s incident.State) (incident.Body, error)
}

// Authority says who may vote and when the votes suffice. Both are pure.
// Admit's error is shown to the voter. Decide returns Authorised, Declined or
// Moot, or nil while it is open.
type Authority interface {
	Admit(s incident.State, v incident.Vote) error
	Decide(s incident.State) incident.Body
}

// Desk shows people what is asked and tells them what came of it. Post and
// Update render s, whose Face they carry as the card's version. Update returns
// CardUpdated, or CardLost when the card can never be changed again. All three
// may be repeated; an error means that it was perhaps not seen.
type Desk interface {
	Post(ctx context.Context, s incident.State) (incident.CardPosted, error)
	Update(ctx context.Context, s incident.State) (incident.Body, error)
	Tell(ctx context.Context, s incident.State, key string) (incident.Told, error)
}

// Sender brings steps to the chain. Each method returns facts for the steps it
// was given, in order; facts it could establish before an error come with the
// error. Price reserves nonces, and no other incident's steps are priced on
// that lane until these were signed or given back. Sign asks the signer for
// exactly what was priced and returns Signed, Refused or Released. Broadcast
// offers bytes that are on disk to every endpoint. Price makes no call and never
// waits when its context has ended: it then gives what can be had at once.
type Sender interface {
	Price(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error)
	Sign(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error)
	Broadcast(ctx context.Context, s incident.State, steps []string) ([]incident.Body, error)
}

// Watcher follows sent steps. Watch blocks until a block settles the step
// (Included, Reverted, Preempted), higher fees are due (Priced) or cannot be had
// (Stalled), or the goal holds without it (AlreadySo), sending the same bytes
// again meanwhile. Restore hands it, before anything else, every
// open incident, so that lanes know which nonces are taken. Release gives back
// what Price reserved, when its facts could not be written.
type Watcher interface {
	Restore(states []incident.State) error
	Watch(ctx context.Context, s incident.State, step string) (incident.Body, error)
	Release(s incident.State, steps []string)
}

// Verifier reads the chain. Verify returns Held, Unheld or Displaced for an
// included step; Finalise returns Held at the next level or Final, Unheld or
// Displaced, and is owed again after Held; Recheck returns AlreadySo
// when a step's goal holds without it, and nil when it does not.
type Verifier interface {
	Verify(ctx context.Context, s incident.State, step string) (incident.Body, error)
	Finalise(ctx context.Context, s incident.State, step string) (incident.Body, error)
	Recheck(ctx context.Context, s incident.State, step string) (incident.Body, error)
}

// Looker reads from the chain whether the goal of a step that was carried out
// still holds. A Hold is certain only where endpoints agree. An error and
// HoldUnknown both mean that nobody can tell now.
type Looker interface {
	Look(ctx context.Context, s incident.State, step string) (incident.Hold, error)
}

// Observer is told of facts once they are on disk, in order within a stream,
// with the state after them. It must not block.
type Observer func(s incident.State, facts []incident.Fact)

// Options are the engine's parts. All but Looker, Observe, Now and Log are required.
type Options struct {
	Journal   Journal
	Playbooks Playbooks
	Authority Authority
	Desk      Desk
	Sender    Sender
	Watcher   Watcher
	Verifier  Verifier
	Looker    Looker // nil: nobody looks, and a containment is never seen to be gone
	Observe   Observer
	Now       func() time.Time
	Log       *slog.Logger
	// Retry is how long after a failed effect it is tried again, at first;
	// later tries wait longer, up to RetryMax. Zero: 200 ms and 10 s.
	Retry, RetryMax time.Duration
}

func (o *Options) check() error {
	if o.Journal == nil || o.Playbooks == nil || o.Authority == nil || o.Desk == nil ||
		o.Sender == nil || o.Watcher == nil || o.Verifier == nil {
		return errors.New("engine: a part is missing")
	}
	if o.Observe == nil {
		o.Observe = func(incident.State, []incident.Fact) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Retry <= 0 {
		o.Retry = 200 * time.Millisecond
	}
	if o.RetryMax <= 0 {
		o.RetryMax = 10 * time.Second
	}
	return nil
}

// Engine runs incidents. Its methods may be called concurrently.
type Engine struct {
	o      Options
	router *router
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	workers map[incident.ID]*worker
	ended   map[incident.ID]incident.State // ended lately: they hold their keys for the cooldown
	stopped bool

	silences silences
}

// New checks the parts and loads what is open from the journal. Nothing runs
// before Start.
func New(ctx context.Context, o Options) (*Engine, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	e := &Engine{o: o, workers: map[incident.ID]*worker{}, ended: map[incident.ID]incident.State{}}
	e.ctx, e.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	if err := e.silences.load(ctx, o.Journal); err != nil {
		return nil, err
	}
	states, err := e.load(ctx)
	if err != nil {
		return nil, err
	}
	var open []incident.State
	for _, s := range states {
		if s.Open() {
			open = append(open, s)
			continue
		}
		e.ended[s.ID] = s
	}
	// Lanes learn of every nonce in use before anything can be priced.
	if err := o.Watcher.Restore(open); err != nil {
		return nil, fmt.Errorf("restore lanes: %w", err)
	}
	if e.router, err = newRouter(ctx, e, states); err != nil {
		return nil, err
	}
	for _, s := range open {
		e.workers[s.ID] = newWorker(e, s)
	}
	return e, nil
}

// load folds every stream that may still matter: those that owe something and
// those whose cooldown may still run.
func (e *Engine) load(ctx context.Context) ([]incident.State, error) {
	streams, err := e.o.Journal.Open(ctx, e.o.Now().Add(-maxCooldown))
	if err != nil {
		return nil, fmt.Errorf("list open incidents: %w", err)
	}
	var states []incident.State
	for _, stream := range streams {
		if _, err := incident.ParseID(string(stream)); err != nil {
			continue // the inbox and the router are no incidents
		}
		s, err := e.fold(ctx, incident.ID(stream))
		if err != nil {
			return nil, fmt.Errorf("load incident: %w", err)
		}
		states = append(states, s)
	}
	return states, nil
}

func (e *Engine) fold(ctx context.Context, id incident.ID) (incident.State, error) {
	var s incident.State
	for f, err := range e.o.Journal.Read(ctx, id.Stream(), 0) {
		if err != nil {
			return s, fmt.Errorf("read %s: %w", id, err)
		}
		if s, err = s.Apply(f); err != nil {
			return s, err
		}
	}
	return s, nil
}

// Start lets the incidents run.
func (e *Engine) Start() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range e.workers {
		e.wg.Go(w.run)
	}
	e.wg.Go(e.router.run)
}

// errStopping is the cause that effects see when the engine stops.
var errStopping = errors.New("the engine is stopping")

// Stop ends all goroutines and waits for them. What was owed is owed by the
// next start.
func (e *Engine) Stop() {
	e.mu.Lock()
	e.stopped = true
	e.mu.Unlock()
	e.cancel(errStopping)
	e.wg.Wait()
}

// Done is closed when the engine has stopped or can no longer go on.
func (e *Engine) Done() <-chan struct{} { return e.ctx.Done() }

// Err says why Done is closed; nil after Stop.
func (e *Engine) Err() error {
	if err := context.Cause(e.ctx); err != nil && !errors.Is(err, errStopping) {
		return err
	}
	return nil
}

// fail stops everything: the journal is lost, and without it nothing may act.
func (e *Engine) fail(err error) {
	e.o.Log.Error("the engine stops: without its journal it must not act", "err", err)
	e.cancel(err)
}

// adopt gives an incident a worker, which starts at once.
func (e *Engine) adopt(s incident.State) *worker {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := newWorker(e, s)
	e.workers[s.ID] = w
	if !e.stopped {
		e.wg.Go(w.run)
	}
	return w
}

func (e *Engine) worker(id incident.ID) *worker {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.workers[id]
}

// retire lets a worker go, and keeps a state that ended as long as it can hold
// its key. One that was lost while it ran holds nothing: nobody here carries it
// on, so the next alert of its key must open another.
func (e *Engine) retire(w *worker) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.workers, w.id)
	if w.state.Phase().Ended() {
		e.ended[w.id] = w.state
	}
	for id, s := range e.ended {
		since := e.o.Now().Sub(s.Run().EndedAt)
		if since > maxCooldown || len(e.ended) > maxEnded && since > max(s.Opened.Cooldown, s.Opened.Inhibit) {
			delete(e.ended, id)
		}
	}
}

// maxEnded bounds the incidents that have ended and are remembered, beside
// those that hold their keys.
const maxEnded = 256

// latest returns an incident that runs or has ended lately.
func (e *Engine) latest(id incident.ID) (incident.State, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if w := e.workers[id]; w != nil {
		return *w.now.Load(), true
	}
	s, ok := e.ended[id]
	return s, ok
}

// holds tells whether an incident may still hold its key.
func (e *Engine) holds(id incident.ID) bool {
	_, ok := e.latest(id)
	return ok
}

// ErrUnknown says that there is no such incident.
var ErrUnknown = errors.New("there is no such incident")

// State returns an incident as it is now.
func (e *Engine) State(ctx context.Context, id incident.ID) (incident.State, error) {
	if w := e.worker(id); w != nil {
		return *w.now.Load(), nil
	}
	s, err := e.fold(ctx, id)
	if err != nil {
		return s, err
	}
	if s.Seq == 0 {
		return s, fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	return s, nil
}

// Active returns the incidents that have a worker.
func (e *Engine) Active() []incident.State {
	e.mu.Lock()
	defer e.mu.Unlock()
	var states []incident.State
	for _, w := range e.workers {
		states = append(states, *w.now.Load())
	}
	return states
}
