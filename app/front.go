package app

import (
	"context"
	"fmt"
	"sync"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/incident"
)

// front shows people what is asked, in Slack; and where Slack takes it again and
// again not, it has them paged with the place at which they can vote without it.
// It implements engine.Desk.
type front struct {
	app   *App
	mu    *sync.Mutex
	tries map[string]int // of what failed, in a row
}

// frontTries is how often Slack may fail in a row before people are paged: the
// engine tries again after 0.2 s, then longer.
const (
	frontTries = 3
	maxTries   = 4096
)

func newFront(a *App) front { return front{app: a, mu: &sync.Mutex{}, tries: map[string]int{}} }

// Post implements engine.Desk.
func (f front) Post(ctx context.Context, s incident.State) (incident.CardPosted, error) {
	at, err := f.app.current.Load().desk.Post(ctx, s)
	if err == nil || s.Phase() == incident.PhaseAsking {
		f.settle(ctx, string(s.ID)+"/card", slack.Render(s).Text, s, err)
	}
	return at, err
}

// Update implements engine.Desk.
func (f front) Update(ctx context.Context, s incident.State) (incident.Body, error) {
	return f.app.current.Load().desk.Update(ctx, s)
}

// Tell implements engine.Desk.
func (f front) Tell(ctx context.Context, s incident.State, key string) (incident.Told, error) {
	told, err := f.app.current.Load().desk.Tell(ctx, s, key)
	if approvals.Loud(s, key) {
		f.settle(ctx, string(s.ID)+"/"+key, slack.Render(s).Text, s, err)
	}
	return told, err
}

// settle counts failures in a row and pages at the third.
func (f front) settle(ctx context.Context, key, text string, s incident.State, err error) {
	f.mu.Lock()
	if err == nil || ctx.Err() != nil || len(f.tries) >= maxTries {
		delete(f.tries, key)
		f.mu.Unlock()
		return
	}
	f.tries[key]++
	due := f.tries[key] >= frontTries
	f.mu.Unlock()
	if due {
		f.app.raise(summons{Key: key, Summary: text, Incident: s.ID, Link: f.app.consoleURL(s.ID),
			Details: []string{fmt.Sprintf("Slack did not take it: %s", incident.OneLine(err.Error(), 200))}})
	}
}
