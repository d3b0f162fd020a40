package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// When changed playbooks come into force.
const (
	ReloadWatch  = "watch"
	ReloadManual = "manual"
)

// Reloaded is what came of a reload that was not refused.
type Reloaded struct {
	Digest string `json:"digest"` // of what is in force, and of its files
	Same   bool   `json:"same"`   // nothing had changed
	// Changed says what changed, by name. Warnings are what people should look
	// at; they keep nothing from coming into force. Both hold text of files:
	// escape it where it is shown.
	Changed  []string `json:"changed,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// RestartNeeded says that something changed that only a start reads.
type RestartNeeded struct{ What []string }

// Error says what.
func (e *RestartNeeded) Error() string {
	return "this needs a restart, and nothing was reloaded: " + strings.Join(e.What, "; ")
}

// Reload reads inventory and playbooks anew, checks all of it, and puts it into
// force whole, in one step. On any error what was in force stays so: the error
// is playbooks.Problems or Problems where the files are at fault, RestartNeeded
// where only a start would do. An incident that runs keeps the text of its
// playbook, and its plan; who may vote on it is always as of now. It may be
// called concurrently.
func (a *App) Reload(context.Context) (Reloaded, error) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	now := a.current.Load()
	next, err := a.next(now)
	if err != nil {
		a.metrics.reloaded(reloadRefused)
		a.o.Log.Error("the playbooks were not reloaded: the last good ones stay in force", "err", err, "digest", now.shown())
		return Reloaded{}, err
	}
	if next == nil {
		a.metrics.published(now)
		a.metrics.reloaded(reloadSame)
		return Reloaded{Digest: now.shown(), Same: true}, nil
	}
	done := Reloaded{Digest: next.shown(), Changed: changes(now.set, next.set)}
	for _, w := range next.set.Warnings() {
		done.Warnings = append(done.Warnings, w.String())
	}
	done.Warnings = append(done.Warnings, a.stranded(next)...)
	a.current.Store(next)
	a.submitter.SetGuards(guards(next.set))
	a.metrics.published(next)
	a.metrics.reloaded(reloadChanged)
	a.o.Log.Info("the playbooks were reloaded", "changed", done.Changed, "warnings", done.Warnings, "digest", done.Digest)
	return done, nil
}

// next is the edition that would follow; nil when the files hold the one in
// force.
func (a *App) next(now *edition) (*edition, error) {
	s, err := a.read()
	if err != nil {
		return nil, err
	}
	what := append(a.configChanges(), fixed(a.c, a.first, s.set)...)
	if len(what) > 0 {
		return nil, &RestartNeeded{what}
	}
	if s.digest == now.digest {
		return nil, nil
	}
	return a.publish(s)
}

// stranded says which requests that are open people could no longer decide on
// under the next edition. It is said and not refused: to take a stolen account
// out of the roster in the middle of an incident must work.
func (a *App) stranded(next *edition) []string {
	var all []string
	for _, p := range next.set.Inventory().Roster() {
		all = append(all, p.Name)
	}
	rules := approvals.Rules{Roster: next.people}
	channels := slices.Collect(maps.Values(next.set.Inventory().Channels()))
	var warnings []string
	for _, s := range a.engine.Active() {
		run := s.Run()
		if run.Phase != incident.PhaseAsking || run.Plan == nil {
			continue
		}
		if !rules.Reachable(run.Plan.Quorum, all) {
			warnings = append(warnings, fmt.Sprintf("incident %s needs %d of %s, which the new roster cannot reach: it will lapse", s.ID, run.Plan.Quorum.Need, strings.Join(run.Plan.Quorum.Teams, " and ")))
		}
		if s.Card.Channel != "" && !slices.Contains(channels, s.Card.Channel) {
			warnings = append(warnings, fmt.Sprintf("the card of incident %s is in channel %s, which the inventory no longer names: clicks on it do not count", s.ID, s.Card.Channel))
		}
	}
	return warnings
}

// lookEvery is the time between two looks at the files. A change is taken when two
// looks in a row see the same, so that nothing is read while it is written.
const lookEvery = 2 * time.Second

// follow reloads when the files have changed, until ctx ends. What was refused
// is tried again when it changes again, or when the configuration that kept it
// out is as it was.
func (a *App) follow(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	tried := a.current.Load().digest
	seen, kept := tried, false
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if kept && len(a.configChanges()) == 0 {
			tried, kept = incident.Digest{}, false
		}
		digest := filesDigest(a.c.Inventory, a.c.Playbooks)
		if settled := digest == seen; !settled || digest == tried {
			seen = digest
			continue
		}
		tried = digest
		_, err := a.Reload(ctx)
		if errors.Is(err, errUnsettled) {
			tried = incident.Digest{}
		}
		kept = err != nil && len(a.configChanges()) > 0
	}
}
