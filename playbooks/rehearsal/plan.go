package rehearsal

import (
	"context"
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// Draft is what one playbook would do about one alert, now. Nothing of it is
// written down, and no id in it is an incident's.
type Draft struct {
	Verdict playbooks.Verdict
	// Body is Planned, Moot or Escalated; nil when the alert does not match.
	Body incident.Body
	// State is as guardians would be shown it.
	State incident.State
	// Reasons are the conditions of items, as they were evaluated.
	Reasons []playbooks.Reason
}

// Plan says of every playbook what it would do about an alert that arrives at
// o.Now. A nil Reader knows nothing of any chain, which the plan then says.
// Whatever the playbook's limit and cooldown hold back is planned all the same:
// there is no history here.
func Plan(ctx context.Context, set *playbooks.Set, alert incident.Alert, o playbooks.PlannerOptions) ([]Draft, error) {
	roster, err := rosterOf(set.Inventory())
	if err != nil {
		return nil, err
	}
	o.Roster = roster.Digest()
	if o.Reader == nil {
		o.Reader = &script{}
	}
	opened := map[string]incident.Opened{}
	for _, m := range set.Match(alert) {
		opened[m.Playbook.Name] = m
	}
	var drafts []Draft
	for _, v := range set.Trace(alert) {
		d := Draft{Verdict: v}
		if m, ok := opened[v.Playbook]; ok {
			m.Alert = alert
			if err := d.plan(ctx, set, m, o); err != nil {
				return nil, fmt.Errorf("plan %s: %w", v.Playbook, err)
			}
		}
		drafts = append(drafts, d)
	}
	return drafts, nil
}

// plan opens an incident that is nowhere, plans it, and asks.
func (d *Draft) plan(ctx context.Context, set *playbooks.Set, m incident.Opened, o playbooks.PlannerOptions) error {
	m.Sources, m.Within = 0, 0 // as if the others had agreed
	w := &world{set: set, now: o.Now(), claims: map[string]string{}}
	r := &running{state: incident.State{ID: w.name(w.now)}}
	if err := w.write(r, m, m.Alert.Exercise); err != nil {
		return err
	}
	o.Explain = func(reason playbooks.Reason) { d.Reasons = append(d.Reasons, reason) }
	planner, err := set.Planner(o)
	if err != nil {
		return err
	}
	if m.MatchFail == "" {
		if d.Body, err = planner.Plan(ctx, r.state); err != nil {
			return err
		}
		if err := w.write(r, d.Body, r.state.Exercise); err != nil {
			return err
		}
	}
	// What is owed at once and needs nobody: the question, or the escalation of
	// a match that cannot be told. A pre-authorised release is shown as such.
	for _, e := range incident.Next(r.state) {
		if e.Do != incident.DoRecord || e.At.After(w.now) {
			continue
		}
		if d.Body == nil {
			d.Body = e.Body
		}
		if err := w.write(r, e.Body, r.state.Exercise); err != nil {
			return err
		}
		break
	}
	d.State = r.state
	return nil
}
