package engine

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// Routes decide which incident a match belongs to. They are the router's
// decision without its journal and its clock, so that a rehearsal and a replay
// decide as the daemon does. Not safe for concurrent use.
type Routes struct {
	// latest is the newest incident of each key.
	latest map[string]incident.ID
	opened budget
	kept   int // how many keys the last forget left
}

// NewRoutes knows the incidents that may still hold their keys, and what they
// use up of their playbooks' limits.
func NewRoutes(states []incident.State) *Routes {
	r := &Routes{latest: map[string]incident.ID{}, opened: budget{}}
	newest := map[string]incident.State{}
	for _, s := range states {
		r.opened.add(s.Opened, s.Exercise, s.OpenedAt)
		if other, ok := newest[s.Opened.Key]; !ok || follows(other, s) {
			newest[s.Opened.Key], r.latest[s.Opened.Key] = s, s.ID
		}
	}
	return r
}

// follows tells whether b came after a, which has the same key. A second one is
// opened only after the first has ended, so the one that runs is the newer. Of
// two that ended the clock decides; ids alone would follow a clock that was
// wrong when they were made.
func follows(a, b incident.State) bool {
	if a.Phase().Ended() != b.Phase().Ended() {
		return a.Phase().Ended()
	}
	return !b.Run().EndedAt.Before(a.Run().EndedAt)
}

// forget drops the keys of incidents that can hold none any more, each time
// there are twice as many keys as it left: keys come from alerts, and a daemon
// runs for months.
func (r *Routes) forget(holds func(incident.ID) bool) {
	if len(r.latest) < 2*r.kept+1024 {
		return
	}
	maps.DeleteFunc(r.latest, func(_ string, id incident.ID) bool { return !holds(id) })
	r.kept = len(r.latest)
}

// Arrival is an alert when it is routed. Latest gives an incident that runs or
// has ended lately. Silences are those of now. Holds reads from the chain
// whether what an incident brought about still is so; nil: nobody can tell. ID
// names an incident that is opened; nil: incident.NewID.
type Arrival struct {
	Alert    incident.Alert
	Receipt  uint64
	Now      time.Time
	Latest   func(incident.ID) (incident.State, bool)
	Silences incident.SilenceList
	Holds    func(incident.State) incident.Hold
	ID       func(time.Time) incident.ID
}

// Place finds the incident that a match belongs to, or makes the fact that
// opens one; a nil draft means that there is one. An exercise has keys of its
// own: a drill never holds back a real incident, and a real one never swallows
// a drill.
func (r *Routes) Place(o incident.Opened, at Arrival) (incident.Match, *incident.Draft) {
	if at.Alert.Exercise {
		o.Key += " (exercise)"
	}
	m := incident.Match{Playbook: o.Playbook.Name}
	if id, ok := r.latest[o.Key]; ok {
		if verdict := at.holds(id); verdict != "" {
			m.Verdict, m.Incident = verdict, id
			return m, nil
		}
	}
	if s, silenced := at.Silences.Covers(at.Alert, o, at.Now); silenced {
		m.Verdict, m.Silence, m.Why = incident.VerdictSilenced, s.Number, s.Words()
		return m, nil
	}
	if limited := r.opened.restrict(o, at.Alert, at.Now); limited.OverLimit != "" {
		o = limited
		if id, ok := r.latest[o.Key]; ok && at.holds(id) != "" {
			m.Verdict, m.Incident, m.Why = incident.VerdictLimit, id, o.OverLimit
			return m, nil
		}
	}
	name := at.ID
	if name == nil {
		name = incident.NewID
	}
	id := name(at.Now)
	r.opened.add(o, at.Alert.Exercise, at.Now)
	o.Alert, o.Receipt = at.Alert, at.Receipt
	m.Verdict, m.Incident, m.Why = incident.VerdictOpened, id, cmp.Or(o.MatchFail, o.OverLimit)
	r.latest[o.Key] = id
	return m, &incident.Draft{Body: o, Happened: at.Alert.Occurred, Seen: at.Now, Exercise: at.Alert.Exercise}
}

// holds tells whether an incident still takes the alerts of its key: while it
// runs, and after it for the cooldown. One that lapsed does not: nobody
// answered, so the next alert asks again.
//
// Where the chain says that a containment is gone, the next alert asks people
// again, cooldown or not. Where the playbook says so and the chain says that it
// is there, alerts join it for longer, but none that names something new: nobody
// can mute an alert by making another one. What is unknown opens.
func (at Arrival) holds(id incident.ID) string {
	s, ok := at.Latest(id)
	if !ok {
		return ""
	}
	run := s.Run()
	if !run.Phase.Ended() {
		return incident.VerdictAttached
	}
	if run.Phase == incident.PhaseLapsed {
		return ""
	}
	contained := run.Phase == incident.PhaseContained && at.Holds != nil
	if at.Now.Before(run.EndedAt.Add(s.Opened.Cooldown)) {
		if contained && at.Holds(s) == incident.HoldGone {
			return ""
		}
		return incident.VerdictCooldown
	}
	if contained && at.Now.Before(run.EndedAt.Add(s.Opened.Inhibit)) && !newsIn(s, at.Alert) && at.Holds(s) == incident.HoldSure {
		return incident.VerdictContained
	}
	return ""
}

// newsIn tells whether an alert names an account or a contract that those of
// the incident did not.
func newsIn(s incident.State, a incident.Alert) bool {
	named := map[common.Address]bool{}
	for _, old := range s.Alerts {
		for _, address := range accounts(old) {
			named[address] = true
		}
	}
	return slices.ContainsFunc(accounts(a), func(address common.Address) bool { return !named[address] })
}

// accounts lists what an alert names.
func accounts(a incident.Alert) []common.Address {
	all := slices.Clone(a.Suspects)
	if a.Address != nil {
		all = append(all, *a.Address)
	}
	return all
}

// maxAttached bounds the case file against a storm: beyond it an alert is kept
// in the inbox, and its incident in the router's fact, but not in the incident.
const maxAttached = 256

// Full tells whether another alert of this source adds nothing. One of a source
// that has not spoken yet always does: confirmation counts sources.
func Full(s incident.State, source string) bool {
	return len(s.Receipts) >= maxAttached && s.Confirms(source)
}
