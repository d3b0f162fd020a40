package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// Past is what a journal has of alerts: each with what was made of it, oldest
// first, and the incidents that came of them.
type Past struct {
	Silences  incident.SilenceList
	Receipts  []Receipt
	Incidents map[incident.ID]incident.State
}

// Receipt is one stored alert.
type Receipt struct {
	Number  uint64
	At      time.Time // when it was received
	Alert   incident.Alert
	Inert   string           // why it was no order to act
	Matches []incident.Match // what the router decided then
}

// Replayed is one stored alert under the present playbooks.
type Replayed struct {
	Receipt uint64           `json:"receipt"`
	At      time.Time        `json:"at"`
	Source  string           `json:"source"`
	ID      string           `json:"id"`
	Rule    string           `json:"rule"`
	Did     []incident.Match `json:"did"`
	Would   []incident.Match `json:"would"`
	Changed bool             `json:"changed"`
}

// replay is the router of the past.
type replay struct {
	set    *playbooks.Set
	past   Past
	routes *engine.Routes
	would  map[incident.ID]*ghost
}

// ghost is an incident that would have been opened.
type ghost struct {
	opened  incident.Opened
	at      time.Time
	sources map[string]time.Time // when each first spoke
	real    *incident.State      // the one that was opened by the same alert then
	open    time.Duration        // how long people are asked
}

// Replay routes stored alerts through the present set, in their order, by the
// rules that the daemon routes by: keys, cooldowns, limits, confirmation. What
// is before from is routed and not told, so that incidents which ran then hold
// their keys. An incident that was opened by the same alert of the same playbook
// is taken to have run as it did. Of another one nobody knows how it would have
// ended: it is taken to run until its request lapses, so what is told is the
// most that would have been asked.
func Replay(set *playbooks.Set, past Past, from time.Time) []Replayed {
	r := replay{set: set, past: past, routes: engine.NewRoutes(nil), would: map[incident.ID]*ghost{}}
	out := []Replayed{}
	for _, receipt := range past.Receipts {
		one := Replayed{Receipt: receipt.Number, At: receipt.At, Source: receipt.Alert.Source, ID: receipt.Alert.ID,
			Rule: receipt.Alert.Rule, Did: receipt.Matches, Would: r.route(receipt)}
		one.Changed = !slices.Equal(kinds(one.Did), kinds(one.Would))
		if !receipt.At.Before(from) {
			out = append(out, one)
		}
	}
	return out
}

// kinds are what became of an alert by playbook, sorted. Whether it joined an
// incident that ran or one that had just ended is no difference; whether the one
// that it opened only pages is one.
func kinds(list []incident.Match) []string {
	var all []string
	for _, m := range list {
		verdict := m.Verdict
		if verdict == incident.VerdictCooldown || verdict == incident.VerdictContained {
			verdict = incident.VerdictAttached
		}
		all = append(all, m.Playbook+" "+verdict+pages(m))
	}
	slices.Sort(all)
	return all
}

// pages says of an incident that is opened and prepares nothing: it cannot be told
// whether the alert matches, or the limit is reached.
func pages(m incident.Match) string {
	if m.Verdict == "opened" && m.Why != "" {
		return " (only pages)"
	}
	return ""
}

func (r *replay) route(receipt Receipt) []incident.Match {
	if receipt.Inert != "" {
		return receipt.Matches // it opens nothing, whatever the playbooks say
	}
	var all []incident.Match
	at := engine.Arrival{Alert: receipt.Alert, Receipt: receipt.Number, Now: receipt.At, ID: r.name, Silences: r.past.Silences, Holds: receipt.holds,
		Latest: func(id incident.ID) (incident.State, bool) {
			g, ok := r.would[id]
			if !ok {
				return incident.State{}, false
			}
			return g.state(id, receipt.At), true
		}}
	for _, o := range r.set.Match(receipt.Alert) {
		m, draft := r.routes.Place(o, at)
		all = append(all, m)
		if m.Incident == "" {
			continue // silenced
		}
		if draft == nil {
			g := r.would[m.Incident]
			if _, spoke := g.sources[receipt.Alert.Source]; !spoke {
				g.sources[receipt.Alert.Source] = receipt.At
			}
			continue
		}
		opened, _ := draft.Body.(incident.Opened)
		r.would[m.Incident] = &ghost{opened: opened, at: receipt.At, sources: map[string]time.Time{receipt.Alert.Source: receipt.At},
			real: r.real(receipt, o.Playbook.Name), open: r.asks(o.Playbook.Name)}
	}
	return all
}

// holds is what the chain said then, as far as what was decided shows it.
func (r Receipt) holds(s incident.State) incident.Hold {
	for _, m := range r.Matches {
		switch {
		case m.Playbook != s.Opened.Playbook.Name:
		case m.Verdict == incident.VerdictContained:
			return incident.HoldSure
		case m.Verdict == incident.VerdictOpened:
			return incident.HoldGone
		}
	}
	return incident.HoldUnknown
}

// name numbers what would have been opened.
func (r *replay) name(time.Time) incident.ID { return incident.ID(fmt.Sprintf("#%d", len(r.would)+1)) }

// real is the incident that the same playbook opened by the same alert.
func (r *replay) real(receipt Receipt, playbook string) *incident.State {
	for _, m := range receipt.Matches {
		if s, ok := r.past.Incidents[m.Incident]; ok && m.Playbook == playbook && m.Verdict == "opened" {
			return &s
		}
	}
	return nil
}

func (r *replay) asks(playbook string) time.Duration {
	for _, p := range r.set.Playbooks() {
		if p.Name == playbook {
			return r.set.Outline(p, common.Address{}).Quorum.Within
		}
	}
	return 0
}

// state is the incident as it would have been at a time, as far as routes ask.
func (g *ghost) state(id incident.ID, now time.Time) incident.State {
	s := incident.State{ID: id, Opened: g.opened, OpenedAt: g.at, Exercise: g.opened.Alert.Exercise, Runs: []incident.Run{{Phase: incident.PhaseAsking}}}
	for source := range g.sources {
		s.Alerts, s.Receipts = append(s.Alerts, incident.Alert{Source: source}), append(s.Receipts, 0)
	}
	if g.real != nil {
		s.Alerts, s.Receipts = append(s.Alerts, g.real.Alerts...), append(s.Receipts, g.real.Receipts...)
	}
	end, phase := g.end()
	if !end.IsZero() && !now.Before(end) {
		s.Runs[0].Phase, s.Runs[0].EndedAt = phase, end
	}
	return s
}

// end is when and how it would have ended; zero: it runs still.
func (g *ghost) end() (time.Time, incident.Phase) {
	asked := g.at
	if g.opened.Sources > 1 {
		var ok bool
		if asked, ok = g.confirmed(); !ok {
			return g.at.Add(g.opened.Within), incident.PhaseLapsed
		}
	}
	switch {
	case g.opened.MatchFail != "" || g.opened.OverLimit != "":
		return g.at, incident.PhaseEscalated
	case g.real != nil:
		return g.real.Run().EndedAt, g.real.Phase()
	}
	return asked.Add(g.open), incident.PhaseLapsed
}

// confirmed is when enough sources had spoken, if they did in time.
func (g *ghost) confirmed() (time.Time, bool) {
	var times []time.Time
	for _, at := range g.sources {
		if at.Before(g.at.Add(g.opened.Within)) {
			times = append(times, at)
		}
	}
	if len(times) < g.opened.Sources {
		return time.Time{}, false
	}
	slices.SortFunc(times, time.Time.Compare)
	return times[g.opened.Sources-1], true
}

// MatchWords says what became of an alert, one playbook after the other.
func MatchWords(list []incident.Match) string {
	var parts []string
	for _, m := range list {
		part := m.Playbook + " " + m.Verdict
		if m.Incident != "" {
			part += " " + string(m.Incident)
		}
		part += pages(m)
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}
