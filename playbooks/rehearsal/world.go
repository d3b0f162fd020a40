package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// FirstDay is when a story happens that does not say when: a test must come out
// tomorrow as it did today.
var FirstDay = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// maxTurns bounds a story. The longest of the machine's own takes some dozen
// turns for each step.
const maxTurns = 100_000

// world is one story while it is played.
type world struct {
	set   *playbooks.Set
	book  string
	story playbooks.Case
	rules approvals.Rules

	start, now time.Time
	routes     *engine.Routes
	incidents  []*running
	claims     map[string]string // key to owner
	nonces     map[string]uint64
	receipts   uint64
	arrived    int // alerts so far
	answered   int // approvals so far
	lastAnswer time.Time

	verdicts []playbooks.Verdict
	refused  map[string]string // who answered in vain, and why
}

// running is one incident of a story.
type running struct {
	state    incident.State
	askedAt  time.Time
	sent     map[string]time.Time // when a step's bytes went out last
	included map[string]time.Time
	paged    []string
	reasons  []playbooks.Reason // conditions of items, as they were evaluated
}

func newWorld(set *playbooks.Set, book string, c playbooks.Case) (*world, error) {
	if c.Mode != "" {
		set = set.As(book, c.Mode)
	}
	roster, err := rosterOf(set.Inventory())
	if err != nil {
		return nil, err
	}
	w := &world{set: set, book: book, story: c, rules: approvals.Rules{Roster: roster}, start: FirstDay,
		routes: engine.NewRoutes(nil), claims: map[string]string{}, nonces: map[string]uint64{}, refused: map[string]string{}}
	if !c.Today.IsZero() {
		w.start = c.Today
	}
	w.now = w.start
	return w, nil
}

// rosterOf turns the inventory's people into those who may vote.
func rosterOf(inv *playbooks.Inventory) (approvals.Roster, error) {
	var people []approvals.Person
	for _, p := range inv.Roster() {
		people = append(people, approvals.Person{Name: p.Name, Teams: p.Teams})
	}
	r, err := approvals.NewRoster(people)
	if err != nil {
		return r, fmt.Errorf("the inventory's people cannot vote: %w", err)
	}
	return r, nil
}

// play lets the story happen until it is looked at, or until nothing moves by
// itself any more.
func (w *world) play(ctx context.Context) error {
	for range maxTurns {
		moved, err := w.turn(ctx)
		if err != nil {
			return err
		}
		if moved {
			continue
		}
		next, ok := w.next()
		if !ok || w.story.At > 0 && next.After(w.start.Add(w.story.At)) {
			return nil
		}
		w.now = next
	}
	return errors.New("the story does not come to rest")
}

// turn does one thing that is due now; false when there is none.
func (w *world) turn(ctx context.Context) (bool, error) {
	if w.arrived < len(w.story.Alerts) && !w.alertAt().After(w.now) {
		return true, w.arrive()
	}
	for _, r := range w.incidents {
		if moved, err := w.settle(ctx, r); moved || err != nil {
			return moved, err
		}
	}
	if at, ok := w.answerAt(); ok && !at.After(w.now) {
		return true, w.answer()
	}
	return false, nil
}

func (w *world) alertAt() time.Time { return w.start.Add(w.story.Alerts[w.arrived].At) }

// next is when the next thing is due. The end of a vote, and of waiting for
// other sources, is only waited for by a story that says when it is looked at:
// otherwise nobody could ask what a request looks like that is still open.
func (w *world) next() (next time.Time, ok bool) {
	sooner := func(t time.Time) {
		if t.After(w.now) && (!ok || t.Before(next)) {
			next, ok = t, true
		}
	}
	if w.arrived < len(w.story.Alerts) {
		sooner(w.alertAt())
	}
	if at, due := w.answerAt(); due {
		sooner(at)
	}
	for _, r := range w.incidents {
		for _, e := range incident.Next(r.state) {
			if _, lapse := e.Body.(incident.Lapsed); lapse && w.story.At == 0 {
				continue
			}
			sooner(e.At)
			for _, step := range e.Steps {
				if at, comes := w.comes(r, e.Do, step); comes {
					sooner(at)
				}
			}
		}
	}
	return next, ok
}

// arrive routes the next alert as the daemon's router does.
func (w *world) arrive() error {
	alert := w.story.Alerts[w.arrived].Alert
	w.arrived++
	w.receipts++
	alert.ID, alert.Occurred = fmt.Sprintf("alert-%d", w.receipts), w.now
	if alert.Source == "" {
		alert.Source = "detector"
	}
	if v, ok := w.set.TraceOf(w.book, alert); ok {
		w.verdicts = append(w.verdicts, v)
	}
	at := engine.Arrival{Alert: alert, Receipt: w.receipts, Now: w.now, Latest: w.latest, ID: w.name, Holds: stillSo}
	for _, o := range w.set.Match(alert) {
		if o.Playbook.Name != w.book {
			continue
		}
		m, draft := w.routes.Place(o, at)
		if draft != nil {
			r := &running{state: incident.State{ID: m.Incident}, sent: map[string]time.Time{}, included: map[string]time.Time{}}
			w.incidents = append(w.incidents, r)
			if err := w.write(r, draft.Body, alert.Exercise); err != nil {
				return err
			}
			continue
		}
		if err := w.attach(m.Incident, incident.AlertAttached{Alert: alert, Receipt: w.receipts}); err != nil {
			return err
		}
	}
	return nil
}

// stillSo: in a story nobody undoes what was done.
func stillSo(incident.State) incident.Hold { return incident.HoldSure }

// name gives ids that are the same each time.
func (w *world) name(time.Time) incident.ID {
	return incident.ID(fmt.Sprintf("%016d", len(w.incidents)+1))
}

func (w *world) latest(id incident.ID) (incident.State, bool) {
	for _, r := range w.incidents {
		if r.state.ID == id {
			return r.state, true
		}
	}
	return incident.State{}, false
}

func (w *world) attach(id incident.ID, a incident.AlertAttached) error {
	for _, r := range w.incidents {
		if r.state.ID == id && !engine.Full(r.state, a.Alert.Source) {
			return w.write(r, a, r.state.Exercise)
		}
	}
	return nil
}

// newest is the incident that was opened last; nil when there is none.
func (w *world) newest() *running {
	if len(w.incidents) == 0 {
		return nil
	}
	return w.incidents[len(w.incidents)-1]
}

// write seals a fact and folds it, as a journal and its readers do.
func (w *world) write(r *running, body incident.Body, exercise bool) error {
	d := incident.Draft{Body: body, Seen: w.now, Exercise: exercise}
	if r.state.Seq > 0 {
		d.Run = r.state.Run().Number
	}
	stream := r.state.ID.Stream()
	if c, ok := body.(incident.Claimer); ok {
		for _, claim := range c.Claims(stream, d.Run) {
			if owner, taken := w.claims[claim.Key]; taken && (owner == "" || owner != claim.Owner) {
				return &incident.ClaimedError{Claim: claim, Owner: owner, Stream: stream, Seq: r.state.Seq}
			}
		}
		for _, claim := range c.Claims(stream, d.Run) {
			w.claims[claim.Key] = claim.Owner
		}
	}
	f, err := d.Seal(incident.Position{Stream: stream, Seq: r.state.Seq + 1, Prev: r.state.Head}, w.now)
	if err != nil {
		return err
	}
	next, err := r.state.Apply(f)
	if err != nil {
		return err
	}
	r.state = next
	r.note(body, w.now)
	return nil
}

// note keeps when things happened that the state does not say.
func (r *running) note(body incident.Body, now time.Time) {
	switch b := body.(type) {
	case incident.Asked:
		r.askedAt = now
	case incident.Broadcast:
		r.sent[b.Step] = now
	case incident.Included:
		r.included[b.Step] = now
	}
}

// stranger is an address that stands for a key's whose own is not known.
func stranger(name string) common.Address {
	d := incident.DigestOf("firebreak-rehearsal/1", []byte(name))
	return common.BytesToAddress(d[:])
}
