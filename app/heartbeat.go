package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

// heartbeats is the dead man's switch of sources: one that should speak and does
// not has people told, because a detector that is down sends exactly what a
// quiet night sends. Any authentic message is a sign of life, a test and a
// repeat too. The zero value expects nobody. Safe for concurrent use.
type heartbeats struct {
	due map[string]time.Duration // the longest silence, by source

	mu     sync.Mutex
	heard  map[string]time.Time
	silent map[string]time.Time // since when, of those that people were told of
}

// How silence is watched.
const (
	minHeartbeat  = time.Minute
	maxHeartbeat  = 7 * 24 * time.Hour
	heartbeatLook = 10 * time.Second
	heartbeatPast = 5000 // receipts that are read at the start
)

// openHeartbeats begins to count. What was heard before the start counts too,
// or a daemon that restarts every few minutes would never miss anybody; but a
// source gets half its time after a start, since it may be about to repeat what
// we were not there to take.
func (a *App) openHeartbeats(ctx context.Context) error {
	h := &a.heartbeats
	h.due, h.heard, h.silent = map[string]time.Duration{}, map[string]time.Time{}, map[string]time.Time{}
	now := time.Now()
	for name, s := range a.c.Sources {
		if s.Heartbeat > 0 {
			h.due[name], h.heard[name] = s.Heartbeat, now.Add(-s.Heartbeat/2)
		}
	}
	if len(h.due) == 0 {
		return nil
	}
	after := a.engine.Decided()
	for f, err := range a.journal.Read(ctx, incident.Inbox, after-min(after, heartbeatPast)) {
		if err != nil {
			return fmt.Errorf("read what sources said last: %w", err)
		}
		body, err := f.Body()
		if err != nil {
			return err
		}
		if r, ok := body.(incident.Received); ok && f.Seen.After(h.heard[r.Alert.Source]) && h.due[r.Alert.Source] > 0 {
			h.heard[r.Alert.Source] = f.Seen
		}
	}
	for name := range h.due {
		a.metrics.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "firebreak", Name: "source_silent_seconds", Help: "How long a source that should send a heartbeat has said nothing.",
			ConstLabels: prometheus.Labels{"source": name},
		}, func() float64 { return h.silence(name, time.Now()).Seconds() }))
	}
	a.background("watch over sources", func(ctx context.Context) error { return a.watchHeartbeats(ctx, heartbeatLook) })
	return nil
}

// signsOfLife are what becomes of messages whose proof held and whose time, where
// one is signed, is near: somebody who has caught a message and sends it again
// must not be able to speak for a source that is down.
var signsOfLife = []alerts.Outcome{alerts.Accepted, alerts.Duplicate, alerts.Inert}

// hear takes what became of a delivery.
func (h *heartbeats) hear(source string, o alerts.Outcome, now time.Time) {
	if h.due[source] == 0 || !slices.Contains(signsOfLife, o) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard[source] = now
}

func (h *heartbeats) silence(source string, now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return max(0, now.Sub(h.heard[source]))
}

// change is a source that fell silent, goes on being silent, or speaks again.
type change struct {
	source   string
	lasted   time.Duration
	began    bool
	returned bool
}

// look finds who is silent for too long, and who is not any more, by name.
func (h *heartbeats) look(now time.Time) []change {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []change
	for _, name := range slices.Sorted(maps.Keys(h.due)) {
		quiet := now.Sub(h.heard[name])
		since, told := h.silent[name]
		switch {
		case quiet > h.due[name]:
			if !told {
				h.silent[name] = h.heard[name]
			}
			all = append(all, change{source: name, lasted: quiet, began: !told})
		case told:
			delete(h.silent, name)
			all = append(all, change{source: name, lasted: h.heard[name].Sub(since), returned: true})
		}
	}
	return all
}

// watchHeartbeats tells people until ctx ends. The pager says it again while it
// lasts; Slack hears of the beginning and of the end.
func (a *App) watchHeartbeats(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			for _, c := range a.heartbeats.look(now) {
				a.tellSilence(ctx, c)
			}
		}
	}
}

func (a *App) tellSilence(ctx context.Context, c change) {
	if c.returned {
		a.announce(ctx, []string{fmt.Sprintf("Source %s speaks again, after %s.", c.source, c.lasted.Round(time.Second))})
		return
	}
	summary := fmt.Sprintf("Alert source %s has been silent for %s; it should speak every %s.", c.source, c.lasted.Round(time.Second), a.heartbeats.due[c.source])
	mend := "What it would have alerted of is not seen. Look at the sender, at its subscription, and at what is between; firebreak source test " + c.source + " says how it should be set up."
	a.raise(summons{Key: "heartbeat/" + c.source, Summary: summary, Details: []string{mend}})
	if c.began {
		a.announce(ctx, []string{summary, mend}, slices.Sorted(maps.Keys(a.current.Load().set.Inventory().Teams()))...)
	}
}

// announce says something in the home channel, beside. It fails open.
func (a *App) announce(ctx context.Context, lines []string, names ...string) {
	a.running.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if err := a.page(ctx, lines, names...); err != nil {
			a.o.Log.Error("people could not be told in Slack", "what", lines[0], "err", err)
		}
	})
}
