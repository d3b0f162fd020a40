package app

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/firebreak-project/firebreak/incident"
)

// How an outage of the key is watched.
const (
	outageLook   = 10 * time.Second // how often the key's keeper is asked while it answers
	outageRetry  = 3 * time.Second  // and while it does not
	outageUrgent = 15 * time.Second // how long it may be away when something waits for it
	outageQuiet  = time.Minute      // and when nothing does: an election of a leader is no news
	outageRemind = 15 * time.Minute // after the first page there is one more
)

// outage watches whether a signature could be had. While it could not,
// incidents wait, and the engine asks again by itself; what is missing is
// somebody who unseals Vault. So it pages: once, once more as a reminder, and
// when it is over. Telling fails open: after a restart it pages again.
type outage struct {
	probe  func(ctx context.Context) error
	active func() []incident.State
	page   func(ctx context.Context, lines []string, names ...string) error
	note   func(ctx context.Context, id incident.ID, n incident.Noted) error
	log    *slog.Logger
	count  prometheus.Counter
	away   prometheus.Gauge

	since   time.Time            // zero while all is well
	why     string               // why not
	paged   time.Time            // of the first page
	waited  bool                 // something waited when it was sent
	remind  bool                 // it was sent, or is not needed any more
	over    time.Time            // it ended, and this has to be said
	told    map[incident.ID]bool // whose case file has a note
	pending []incident.ID        // whose case file lacks the note that it is over
}

// watchKey makes the watch a part of the app.
func (a *App) watchKey() {
	o := &outage{probe: a.signer.Ready, active: a.engine.Active, page: a.page, note: a.engine.Note, log: a.o.Log, told: map[incident.ID]bool{},
		count: prometheus.NewCounter(prometheus.CounterOpts{Namespace: "firebreak", Name: "signer_outages_total",
			Help: "Times that no signature could be had for long enough to page."}),
		away: prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "firebreak", Name: "signer_away_seconds",
			Help: "For how long no signature can be had; 0 while one can."})}
	a.metrics.registry.MustRegister(o.count, o.away)
	a.background("watch over the key", o.run)
}

func (o *outage) run(ctx context.Context) error {
	for ctx.Err() == nil {
		o.look(ctx)
		pause := outageLook
		if !o.since.IsZero() || !o.over.IsZero() {
			pause = outageRetry
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil
}

// look is one round. What could not be said is said in the next.
func (o *outage) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	err := o.probe(ctx)
	if ctx.Err() != nil && err != nil && context.Cause(ctx) != context.DeadlineExceeded {
		return // the app stops
	}
	now := time.Now()
	if err == nil {
		o.away.Set(0)
		o.ended(ctx, now)
		return
	}
	if o.since.IsZero() {
		o.since = now
		o.log.Warn("no signature can be had; what needs one waits", "err", err)
	}
	o.over = time.Time{} // not over after all
	o.why = incident.OneLine(err.Error(), 300)
	o.away.Set(now.Sub(o.since).Seconds())
	o.lasts(ctx, now)
}

// lasts pages when it is time, and writes into the case files of those who
// wait: a page is gone tomorrow, the journal is not.
func (o *outage) lasts(ctx context.Context, now time.Time) {
	waiting := o.waiting()
	gone := now.Sub(o.since)
	if len(waiting) > 0 && gone >= outageUrgent {
		o.noteAll(ctx, waiting)
	}
	patience := outageQuiet
	if len(waiting) > 0 {
		patience = outageUrgent
	}
	isReminder := !o.paged.IsZero()
	switch {
	case !isReminder && gone < patience:
		return
	case isReminder && (o.remind || now.Sub(o.paged) < outageRemind && (o.waited || len(waiting) == 0)):
		return // said, and nobody began to wait since
	}
	if err := o.page(ctx, o.words(waiting, gone, isReminder), owners(waiting)...); err != nil {
		o.log.Error("the outage of the key could not be told", "err", err)
		return
	}
	if isReminder {
		o.remind = true
		return
	}
	o.count.Inc()
	o.paged, o.waited = now, len(waiting) > 0
}

func (o *outage) words(waiting []incident.State, gone time.Duration, isReminder bool) []string {
	first := fmt.Sprintf("The key cannot be reached for %s: nothing can be signed.", gone.Round(time.Second))
	if isReminder {
		first = fmt.Sprintf("Reminder: the key cannot be reached for %s now.", gone.Round(time.Second))
	}
	lines := []string{first, "Why: " + o.why}
	const most = 8
	for _, s := range waiting[:min(most, len(waiting))] {
		lines = append(lines, fmt.Sprintf("Waits: %s, %s of %s, incident %s, approved for %s.", title(s), calls(unsigned(s)), s.Opened.Playbook.Name, s.ID,
			time.Since(s.Run().AuthorisedAt).Round(time.Second)))
	}
	if left := len(waiting) - most; left > 0 {
		lines = append(lines, fmt.Sprintf("And %d more incidents.", left))
	}
	if len(waiting) == 0 {
		return append(lines, "No incident waits for it now; the next one would.", "What to do: unseal or mend Vault; /readyz of the daemon says when it is well.")
	}
	return append(lines,
		"What to do: unseal or mend Vault. What waits is signed and sent by itself when it is back; no new approval is needed.",
		"If it cannot wait, contain by hand: the prepared calls are in the plan (firebreak incident show). A call whose goal holds by then does no harm.")
}

func title(s incident.State) string {
	if p := s.Run().Plan; p != nil && p.Title != "" {
		return p.Title
	}
	return s.Opened.Playbook.Name
}

func calls(n int) string {
	if n == 1 {
		return "1 call"
	}
	return fmt.Sprintf("%d calls", n)
}

// unsigned is how many of the calls have no signature for what is wanted now.
func unsigned(s incident.State) int {
	n := 0
	for _, step := range s.Run().Steps {
		if step.State == incident.StepReady || step.State == incident.StepPriced {
			n++
		}
	}
	return n
}

// waiting are the incidents that somebody has approved and the key has not
// signed, the longest wait first.
func (o *outage) waiting() []incident.State {
	var all []incident.State
	for _, s := range o.active() {
		if s.Phase() == incident.PhaseExecuting && unsigned(s) > 0 {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b incident.State) int { return a.Run().AuthorisedAt.Compare(b.Run().AuthorisedAt) })
	return all
}

// owners are called on: whose incident it is has to get Vault back or contain
// by hand.
func owners(waiting []incident.State) []string {
	var names []string
	for _, s := range waiting {
		if s.Opened.Owner != "" && !slices.Contains(names, s.Opened.Owner) {
			names = append(names, s.Opened.Owner)
		}
	}
	return names
}

func (o *outage) noteAll(ctx context.Context, waiting []incident.State) {
	for _, s := range waiting {
		if o.told[s.ID] {
			continue
		}
		text := fmt.Sprintf("the key cannot be reached since %s; %s wait for it and are asked for again until it is back: %s",
			o.since.UTC().Format("15:04:05 UTC"), calls(unsigned(s)), o.why)
		if err := o.note(ctx, s.ID, incident.Noted{By: "firebreak", Text: text}); err != nil {
			o.log.Warn("the outage of the key could not be noted", "incident", s.ID, "err", err)
			continue
		}
		o.told[s.ID] = true
	}
}

// ended says that it is over, if anybody was told that it began.
func (o *outage) ended(ctx context.Context, now time.Time) {
	if !o.since.IsZero() && o.over.IsZero() {
		o.log.Info("signatures can be had again", "after", now.Sub(o.since).Round(time.Second))
		for id := range o.told {
			o.pending = append(o.pending, id)
		}
		if !o.paged.IsZero() {
			o.over = now
		}
	}
	for _, id := range o.pending {
		text := fmt.Sprintf("the key can be reached again at %s", now.UTC().Format("15:04:05 UTC"))
		if err := o.note(ctx, id, incident.Noted{By: "firebreak", Text: text}); err != nil {
			o.log.Info("the end of the key's outage was not noted", "incident", id, "err", err) // it may have ended meanwhile
		}
	}
	gone := o.over.Sub(o.since)
	o.pending, o.told = nil, map[incident.ID]bool{}
	if o.over.IsZero() {
		o.since, o.paged, o.waited, o.remind = time.Time{}, time.Time{}, false, false
		return
	}
	lines := []string{fmt.Sprintf("The key can be reached again, after %s.", gone.Round(time.Second))}
	if n := len(o.waiting()); n > 0 {
		lines = append(lines, fmt.Sprintf("%d incidents that waited are being signed and sent now.", n))
	}
	if err := o.page(ctx, lines); err != nil {
		o.log.Error("the end of the key's outage could not be told", "err", err)
		return // since stays, so that the next round says it with the same length
	}
	o.since, o.over, o.paged, o.waited, o.remind = time.Time{}, time.Time{}, time.Time{}, false, false
}
