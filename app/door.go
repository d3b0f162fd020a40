package app

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/incident"
)

// What of those who are refused is written down: as many as a crowd of people
// makes, and of a flood so many that it can be seen.
const (
	doorPerSecond = 2
	doorBurst     = 200
	doorWaiting   = 256

	porchPerSecond = 0.1 // some 8,600 a day, which is a few MB
	porchBurst     = 100
)

// door writes down what was refused. It never holds up the refusal itself: what
// it cannot keep up with is counted and told with the next that is written.
type door struct {
	write   func(context.Context, incident.TurnedAway) error
	failed  func(error)
	waiting chan incident.TurnedAway
	limit   *rate.Limiter
	lost    atomic.Uint64
	writing sync.Mutex // held while one is written
}

func newDoor(write func(context.Context, incident.TurnedAway) error, failed func(error)) *door {
	return &door{write: write, failed: failed, waiting: make(chan incident.TurnedAway, doorWaiting),
		limit: rate.NewLimiter(doorPerSecond, doorBurst)}
}

// refuse takes one and returns at once.
func (d *door) refuse(t incident.TurnedAway) {
	if !d.limit.Allow() {
		d.lost.Add(1)
		return
	}
	select {
	case d.waiting <- t:
	default:
		d.lost.Add(1)
	}
}

// run writes until ctx ends, and then what still waits: who stops the daemon
// must not be able to drop what was refused just before.
func (d *door) run(ctx context.Context) {
	for {
		select {
		case t := <-d.waiting:
			d.put(context.WithoutCancel(ctx), t)
		case <-ctx.Done():
			for {
				select {
				case t := <-d.waiting:
					d.put(context.WithoutCancel(ctx), t)
				default:
					return
				}
			}
		}
	}
}

// put writes one. A crash before it loses the record of a refusal, and nothing
// that was refused had an effect.
func (d *door) put(ctx context.Context, t incident.TurnedAway) {
	d.writing.Lock()
	defer d.writing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	t.Unwritten = d.lost.Swap(0)
	if err := d.write(ctx, t); err != nil {
		d.lost.Add(t.Unwritten + 1)
		d.failed(err)
	}
}

// turnedAway counts and records a refused interaction of Slack's.
func (a *App) turnedAway(r slack.Refusal) {
	a.metrics.refused.WithLabelValues(string(r.Reason)).Inc()
	a.door.refuse(incident.TurnedAway{By: r.Transport, Reason: string(r.Reason), Who: r.Who, Incident: r.Incident, Detail: r.Detail, Body: r.Body})
}

// openRecord makes the record of refusals. What alerting systems sent is limited
// apart from what people asked, and more: a flood of one must not hide the
// other, and anybody can reach the URL of an alert.
func (a *App) openRecord() {
	write := func(ctx context.Context, t incident.TurnedAway) error { return a.engine.Record(ctx, incident.Door, t) }
	failed := func(err error) { a.o.Log.Error("a refusal could not be recorded", "err", err) }
	a.door, a.porch = newDoor(write, failed), newDoor(write, failed)
	a.porch.limit = rate.NewLimiter(porchPerSecond, porchBurst)
}

// keepDoors lets the record be kept while the app runs, and ends it before the
// journal is closed.
func (a *App) keepDoors() {
	for _, d := range []*door{a.door, a.porch} {
		ctx, cancel := context.WithCancel(context.Background())
		a.loops = append(a.loops, func() { d.run(ctx) })
		a.life.onStop("record of refusals", func() error {
			cancel()
			d.run(ctx)       // what still waits, also where the loop never began
			d.writing.Lock() // and what the loop is writing now: the journal is closed next
			defer d.writing.Unlock()
			return nil
		})
	}
}
