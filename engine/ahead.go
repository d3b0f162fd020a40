package engine

import (
	"context"
	"errors"

	"github.com/firebreak-project/firebreak/incident"
)

// noWaiting is a context that has ended: whoever is asked under it gives what
// can be had at once.
var noWaiting = func() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("there was no time to wait"))
	return ctx
}()

// ahead gives nonces and fees to steps that the foreseen facts set free, so
// that they go into the same commit: one durable write is left between a
// decision and its broadcast, that of the signed bytes. What cannot be had at
// once is owed and comes in a commit of its own.
func (w *worker) ahead(foreseen incident.State) []incident.Draft {
	var steps []string
	before := w.owed()
	for _, effect := range incident.Next(foreseen) {
		if effect.Do != incident.DoPrice {
			continue
		}
		for _, f := range flights(effect) {
			if !before[f] {
				steps = append(steps, f.step)
			}
		}
	}
	if len(steps) == 0 {
		return nil
	}
	var bodies []incident.Body
	fault := w.e.contain(string(incident.DoPrice), func() {
		bodies, _ = w.e.o.Sender.Price(noWaiting, foreseen, steps) // an error is met again when it is owed
	})
	if fault != nil {
		w.e.o.Watcher.Release(foreseen, steps)
		return nil
	}
	var drafts []incident.Draft
	for _, b := range bodies {
		d := incident.Draft{Run: foreseen.Run().Number, Body: b, Seen: w.e.o.Now(), Exercise: foreseen.Exercise}
		next, err := foreseen.Foresee(d)
		if err != nil {
			w.e.o.Log.Error("a price does not fit", "incident", w.id, "err", err)
			w.e.o.Watcher.Release(foreseen, steps)
			return nil
		}
		foreseen, drafts = next, append(drafts, d)
	}
	return drafts
}
