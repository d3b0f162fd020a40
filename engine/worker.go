package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/firebreak-project/firebreak/incident"
)

// worker is the goroutine of one incident. Only run and what it calls touch
// its fields; others speak to it through commands, and read through now.
type worker struct {
	e        *Engine
	id       incident.ID
	state    incident.State
	now      atomic.Pointer[incident.State]
	commands chan *command
	results  chan result
	flying   map[flight]context.CancelFunc
	resting  map[flight]*rest
	gone     chan struct{} // closed when run has ended
}

// flight names one effect that is under way: one kind, one step, and what of it
// a person has directed: a new direction is another flight.
type flight struct {
	do      incident.Do
	step    string
	version int
}

// rest is how long a failed effect waits before its next try.
type rest struct {
	until   time.Time
	backoff *backoff.ExponentialBackOff
}

// command is something that others want written.
type command struct {
	decide func(s incident.State) ([]incident.Draft, error)
	reply  chan reply
}

type reply struct {
	state incident.State
	err   error
}

// result is what came of an effect.
type result struct {
	flights []flight
	bodies  []incident.Body
	err     error
}

func newWorker(e *Engine, s incident.State) *worker {
	w := &worker{
		e: e, id: s.ID, state: s,
		commands: make(chan *command), results: make(chan result),
		flying: map[flight]context.CancelFunc{}, resting: map[flight]*rest{},
		gone: make(chan struct{}),
	}
	w.now.Store(&s)
	return w
}

// run is the life of the worker: start what is owed, wait for something to
// happen, write it down. It ends when nothing is owed, when the engine stops,
// or when a write fails, because nothing may act on facts that nobody has.
func (w *worker) run() {
	defer close(w.gone)
	defer w.land()
	for {
		due, err := w.launch()
		if err != nil {
			w.lose(err)
			return
		}
		if len(w.flying) == 0 && due.IsZero() && !w.state.Open() {
			w.e.retire(w)
			return
		}
		if err := w.wait(due); err != nil {
			w.lose(err)
			return
		}
		if w.e.ctx.Err() != nil {
			return
		}
	}
}

// wait takes one command, one result, or the passing of time.
func (w *worker) wait(due time.Time) error {
	var timer <-chan time.Time
	if !due.IsZero() {
		t := time.NewTimer(max(0, due.Sub(w.e.o.Now())))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-w.e.ctx.Done():
		return nil
	case <-timer:
		return nil
	case c := <-w.commands:
		return w.obey(c)
	case r := <-w.results:
		return w.note(r)
	}
}

// land cancels what is under way and waits for it. Nothing is written any more,
// so nonces that arrive now go back to their lanes.
func (w *worker) land() {
	for _, cancel := range w.flying {
		cancel()
	}
	for len(w.flying) > 0 {
		r := <-w.results
		for _, f := range r.flights {
			delete(w.flying, f)
		}
		w.release(r.flights)
	}
}

// lose gives the incident up after a write that failed. Another writer's fact
// means that another replica has it; a fact that is owed and refused is a fault
// of this incident alone; anything else is the end of the journal.
func (w *worker) lose(err error) {
	if w.e.ctx.Err() != nil {
		return // the engine stops already; the journal took nothing
	}
	w.e.retire(w)
	refused := (*refusal)(nil)
	switch {
	case errors.Is(err, incident.ErrConflict):
		w.e.o.Log.Warn("another process works on this incident; this one lets go", "incident", w.id, "err", err)
	case errors.As(err, &refused):
		w.e.o.Log.Error("an incident cannot go on; a person must take it over", "incident", w.id, "err", err)
	default:
		w.e.fail(err)
	}
}

// obey carries out a command: decide on the state as it is now, write, answer.
// The answer is given only after the facts are on disk.
func (w *worker) obey(c *command) error {
	var drafts []incident.Draft
	var err error
	if fault := w.e.contain("decide", func() { drafts, err = c.decide(w.state) }); fault != nil {
		err = fault
	}
	if err != nil {
		c.reply <- reply{w.state, err}
		return nil
	}
	if len(drafts) > 0 {
		err = w.append(drafts)
	}
	c.reply <- reply{w.state, err}
	claimed, refused := (*incident.ClaimedError)(nil), (*refusal)(nil)
	if errors.As(err, &claimed) || errors.As(err, &refused) {
		return nil // whoever asked hears of it; nothing was written
	}
	return err
}

// do hands a command to the worker and waits for its answer.
func (w *worker) do(ctx context.Context, c *command) (incident.State, error) {
	c.reply = make(chan reply, 1)
	select {
	case <-ctx.Done():
		return incident.State{}, context.Cause(ctx)
	case <-w.gone:
		return incident.State{}, errGone
	case w.commands <- c:
	}
	select {
	case r := <-c.reply:
		return r.state, r.err
	case <-w.gone:
		// It may have answered just before it ended.
		select {
		case r := <-c.reply:
			return r.state, r.err
		default:
			return incident.State{}, errGone
		}
	}
}

// errGone says that the worker ended before it took a command.
var errGone = errors.New("the incident's worker has ended")
