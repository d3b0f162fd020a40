package engine

import (
	"github.com/firebreak-project/firebreak/incident"
)

// maxPage bounds how many receipts one commit decides.
const maxPage = 512

// decision is what becomes of one receipt.
type decision struct {
	decided incident.Decided
	opened  []incident.Entry // incidents that it opens
	joined  []incident.ID    // and those that there are already
	joins   joining          // what they get
}

// decide says what becomes of one receipt. It changes the routes alone: what it
// returns counts once it is written.
func (r *router) decide(receipt uint64, got incident.Received) decision {
	if got.Inert != "" {
		return r.note(receipt, got)
	}
	d := decision{decided: incident.Decided{Receipt: receipt}, joins: joiningAlert{Alert: got.Alert, Receipt: receipt}}
	silences, _ := r.e.silences.now()
	at := Arrival{Alert: got.Alert, Receipt: receipt, Now: r.e.o.Now(), Latest: r.e.latest, Silences: silences, Holds: r.holding}
	for _, o := range r.e.match(got.Alert) {
		m, draft := r.Place(o, at)
		d.decided.Matches = append(d.decided.Matches, m)
		switch {
		case draft != nil:
			d.opened = append(d.opened, incident.Entry{Stream: m.Incident.Stream(), Drafts: []incident.Draft{*draft}, Open: true})
		case m.Incident != "":
			d.joined = append(d.joined, m.Incident)
		}
		r.signals.add(got.Alert, m.Incident)
	}
	return d
}

// page is the receipts that one commit decides: all drills or all real, and at
// most the last of them opens anything.
type page struct {
	decided  []incident.Decided
	exercise bool
	opened   []incident.Entry
	order    []incident.ID // those of joined, as they came
	joined   map[incident.ID][]joining
}

// apart tells whether a receipt needs a page of its own: a fact is a drill's or
// not.
func (p *page) apart(got incident.Received) bool {
	return len(p.decided) > 0 && p.exercise != got.Alert.Exercise
}

func (p *page) add(d decision, exercise bool) {
	if p.joined == nil {
		p.joined = map[incident.ID][]joining{}
	}
	p.decided, p.exercise, p.opened = append(p.decided, d.decided), exercise, d.opened
	for _, id := range d.joined {
		if p.joined[id] == nil {
			p.order = append(p.order, id)
		}
		p.joined[id] = append(p.joined[id], d.joins)
	}
}

// full tells whether nothing may be added: the next receipt must find what this
// page opens.
func (p *page) full() bool { return len(p.opened) > 0 || len(p.decided) >= maxPage }

// last is the number of the last receipt that was decided.
func (p *page) last() uint64 { return p.decided[len(p.decided)-1].Receipt }

// routed is the fact that says all of it.
func (p *page) routed() incident.Routed {
	n := len(p.decided) - 1
	return incident.Routed{Decided: p.decided[n], Before: p.decided[:n]}
}
