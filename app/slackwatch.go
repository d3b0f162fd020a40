package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/incident"
)

// How Slack is watched.
const (
	slackLook   = 30 * time.Second // how often
	slackUrgent = 30 * time.Second // how long it may be away before people are paged
	slackTime   = 10 * time.Second // for one round
	slackAgain  = 2 * time.Second  // after a channel was shared: a card may have been on its way into it
)

// slackWatch asks Slack whether people could be asked there: whether the token
// is good, and whether the channels are ours alone. What it finds goes to the
// pager and never to Slack. Slack's own events make it look sooner; one that
// never comes is found all the same.
type slackWatch struct {
	app   *App
	probe interface {
		Identity(ctx context.Context) (slack.Identity, error)
		Channel(ctx context.Context, id string) ([]string, error)
	}
	soon chan struct{}
	away prometheus.Gauge

	since time.Time // zero while Slack answers

	mu     sync.Mutex
	closed map[string]string // channels that are not posted into, and why
}

// watchSlack makes the watch a part of the app.
func (a *App) watchSlack() error {
	probe, err := slack.NewProbe(a.slackNow())
	if err != nil {
		return err
	}
	a.slackWatch.probe = probe
	a.slackWatch.away = prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "firebreak", Name: "slack_away_seconds",
		Help: "For how long Slack does not take the token or does not answer; 0 while it does."})
	a.metrics.registry.MustRegister(a.slackWatch.away)
	a.background("watch over Slack", a.slackWatch.run)
	return nil
}

// slackNow is the configuration with the channels of now.
func (a *App) slackNow() slack.Config {
	c := a.slack
	c.Channels = a.current.Load().set.Inventory().Channels()
	return c
}

func newSlackWatch(a *App) *slackWatch {
	return &slackWatch{app: a, soon: make(chan struct{}, 1), closed: map[string]string{}}
}

func (w *slackWatch) run(ctx context.Context) error {
	for ctx.Err() == nil {
		pause := slackLook
		if w.look(ctx) {
			pause = slackAgain
		}
		select {
		case <-ctx.Done():
		case <-w.soon:
		case <-time.After(pause):
		}
	}
	return nil
}

// slackSaid implements slack.HandlerOptions.Event.
func (a *App) slackSaid(e slack.Event) {
	a.o.Log.Warn("Slack says that something has changed", "event", e.Type, "channel", e.Channel)
	select {
	case a.slackWatch.soon <- struct{}{}:
	default:
	}
}

// isClosed says why nothing is posted into a channel, "" for one that is open.
func (w *slackWatch) isClosed(id string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed[id]
}

// look is one round. It tells whether a channel was found to be shared just now.
func (w *slackWatch) look(ctx context.Context) (shared bool) {
	ctx, cancel := context.WithTimeout(ctx, slackTime)
	defer cancel()
	_, err := w.probe.Identity(ctx)
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return false // the app stops
	}
	now := time.Now()
	if err != nil {
		w.gone(now, err)
		return false
	}
	w.since = time.Time{}
	w.away.Set(0)
	for name, id := range w.app.current.Load().set.Inventory().Channels() {
		flaws, err := w.probe.Channel(ctx, id)
		if denied, ok := errors.AsType[*slack.Denied](err); ok {
			flaws, err = []string{"is refused to the app: " + denied.Code}, nil
		}
		if err == nil && w.found(ctx, name, id, flaws) {
			shared = true
		}
	}
	return shared
}

// gone pages when Slack is away for too long, or says itself that the token is
// worth nothing.
func (w *slackWatch) gone(now time.Time, err error) {
	if w.since.IsZero() {
		w.since = now
	}
	w.away.Set(now.Sub(w.since).Seconds())
	denied, isDenied := errors.AsType[*slack.Denied](err)
	revoked := isDenied && slices.Contains([]string{"token_revoked", "invalid_auth", "account_inactive", "not_authed", "token_expired"}, denied.Code)
	if !revoked && now.Sub(w.since) < slackUrgent {
		return
	}
	p := summons{Key: "slack-away", Summary: "Slack cannot be reached by firebreak: " + incident.OneLine(err.Error(), 200),
		Details: []string{"Requests still open and are kept; votes are taken on the approval page and by firebreak approve.",
			"What is approved already is sent. Nothing is approved by itself."}, Link: w.app.consoleURL("")}
	if revoked {
		p.Key, p.Summary = "slack-token", "Slack refuses firebreak's token ("+denied.Code+"): it was revoked, or the app removed"
	}
	w.app.raise(p)
}

// found keeps what is wrong with a channel, and tells when that changes. A channel
// that others can read is not posted into any more, and the cards in it lose
// their buttons and go elsewhere. It tells whether that is so since just now.
func (w *slackWatch) found(ctx context.Context, name, id string, flaws []string) (shared bool) {
	shut := ""
	for _, flaw := range flaws {
		if strings.Contains(flaw, "shared with another workspace") {
			shut = flaw
		}
	}
	w.mu.Lock()
	before := w.closed[id]
	if shut == "" {
		delete(w.closed, id)
	} else {
		w.closed[id] = shut
	}
	w.mu.Unlock()
	if len(flaws) > 0 {
		w.app.raise(summons{Key: "slack-channel/" + id + "/" + strings.Join(flaws, "/"), Link: w.app.consoleURL(""),
			Summary: fmt.Sprintf("Slack channel %s (%s) %s: people may not be asked there", name, id, strings.Join(flaws, ", and "))})
	}
	if shut == "" {
		return false
	}
	for _, s := range w.app.engine.Active() {
		if s.Card.Channel == id {
			alarm := incident.Alarmed{What: "channel-shared", Detail: fmt.Sprintf("channel %s (%s) %s", name, id, shut)}
			if err := w.app.engine.Alarm(ctx, s.ID, alarm); err != nil {
				w.app.o.Log.Error("a shared channel could not be recorded", "incident", s.ID, "err", err)
			}
		}
	}
	return before == ""
}
