package engine

import (
	"slices"

	"github.com/firebreak-project/firebreak/incident"
)

// joining is what a receipt brings to the case file of an incident: an alert,
// or what a source says later about one that is there.
type joining interface {
	// fits tells whether it is news for the incident, and there is room for it.
	fits(s incident.State) bool
	body() incident.Body
	// join is the incident as far as fits asks, with this in it.
	join(s incident.State) incident.State
}

type joiningAlert incident.AlertAttached

type joiningSignal incident.SignalNoted

func (j joiningAlert) body() incident.Body  { return incident.AlertAttached(j) }
func (j joiningSignal) body() incident.Body { return incident.SignalNoted(j) }

func (j joiningAlert) join(s incident.State) incident.State {
	s.Alerts, s.Receipts = append(slices.Clip(s.Alerts), j.Alert), append(slices.Clip(s.Receipts), j.Receipt)
	return s
}

func (j joiningSignal) join(s incident.State) incident.State {
	s.Signals = append(slices.Clip(s.Signals), incident.SignalNoted(j))
	return s
}

func (j joiningAlert) fits(s incident.State) bool {
	return !slices.Contains(s.Receipts, j.Receipt) && !Full(s, j.Alert.Source)
}

// fits: a source that reminds every minute has said it once, until it says
// something else, or alerts anew.
func (j joiningSignal) fits(s incident.State) bool {
	if len(s.Signals) >= incident.MaxSignals || !s.HasSignal(j.Source, j.Signal) {
		return false
	}
	for i := len(s.Signals) - 1; i >= 0; i-- {
		if said := s.Signals[i]; said.Source == j.Source && said.Signal == j.Signal {
			return j.Receipt > said.Receipt && (said.What != j.What || alertedSince(s, said))
		}
	}
	return true
}

// alertedSince tells whether a signal was alerted of after something was said
// about it.
func alertedSince(s incident.State, said incident.SignalNoted) bool {
	for i, a := range s.Alerts {
		if s.Receipts[i] > said.Receipt && a.Source == said.Source && a.Signal == said.Signal {
			return true
		}
	}
	return false
}

// signals finds the incidents that alerts of a signal are in.
type signals struct {
	in   map[signal][]incident.ID
	kept int // how many the last forget left
}

type signal struct{ source, name string }

// maxOfSignal bounds the incidents of one signal: one per playbook, and some of
// before.
const maxOfSignal = 64

func signalsOf(states []incident.State) signals {
	s := signals{in: map[signal][]incident.ID{}}
	for _, state := range states {
		for _, a := range state.Alerts {
			s.add(a, state.ID)
		}
	}
	return s
}

func (s *signals) add(a incident.Alert, id incident.ID) {
	of := signal{a.Source, a.Signal}
	if a.Signal == "" || id == "" || slices.Contains(s.in[of], id) {
		return
	}
	if len(s.in[of]) >= maxOfSignal {
		s.in[of] = s.in[of][1:]
	}
	s.in[of] = append(slices.Clip(s.in[of]), id)
}

// forget drops what belongs to incidents that nothing can join any more, as
// Routes.forget does.
func (s *signals) forget(holds func(incident.ID) bool) {
	if len(s.in) < 2*s.kept+1024 {
		return
	}
	for of, ids := range s.in {
		if ids = slices.DeleteFunc(ids, func(id incident.ID) bool { return !holds(id) }); len(ids) == 0 {
			delete(s.in, of)
		} else {
			s.in[of] = ids
		}
	}
	s.kept = len(s.in)
}

// note says what becomes of a message that is no order to act. It opens
// nothing. Those incidents hear of it that have an alert of its signal. Of one
// that came too late the record says which playbooks it was for: people are told
// of it.
func (r *router) note(receipt uint64, got incident.Received) decision {
	d := decision{decided: incident.Decided{Receipt: receipt}, joined: r.signals.in[signal{got.Alert.Source, got.Alert.Signal}]}
	if got.Alert.Signal == "" || got.Inert == incident.InertTest {
		d.joined = nil // a test says nothing about what is real
	}
	d.joins = joiningSignal{Receipt: receipt, Source: got.Alert.Source, Signal: got.Alert.Signal, What: incident.OneLine(got.Inert, 100),
		Summary: incident.OneLine(got.Alert.Summary, 300)}
	if incident.Untimely(got.Inert) {
		for _, o := range r.e.match(got.Alert) {
			d.decided.Matches = append(d.decided.Matches, incident.Match{Playbook: o.Playbook.Name, Verdict: incident.VerdictInert, Why: got.Inert})
		}
	}
	return d
}
