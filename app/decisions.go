package app

import (
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
)

// seeDecisions hears what became of alerts. It counts, and it tells people of
// one that came too late: nothing is prepared for it, so nobody would look.
func (a *App) seeDecisions(facts []incident.Fact) {
	for _, f := range facts {
		if f.Kind != incident.KindRouted {
			continue
		}
		body, err := f.Body()
		if err != nil {
			continue // it was encoded a moment ago; this cannot happen
		}
		for _, d := range body.(incident.Routed).All() {
			a.seeDecision(d)
		}
	}
}

func (a *App) seeDecision(d incident.Decided) {
	if len(d.Matches) == 0 {
		a.metrics.decided.WithLabelValues("unmatched").Inc()
	}
	for _, m := range d.Matches {
		a.metrics.decided.WithLabelValues(m.Verdict).Inc()
		if m.Verdict == incident.VerdictInert {
			a.tellLate(d.Receipt, m)
		}
	}
}

func (a *App) tellLate(receipt uint64, m incident.Match) {
	what := "came too late to act on"
	if m.Why == incident.InertEarly {
		what = "is dated ahead of this machine's clock, and was not acted on; one of the two clocks is wrong"
	}
	p := summons{Key: "late/" + m.Playbook, Incident: m.Incident,
		Summary: fmt.Sprintf("An alert for playbook %s %s. Nothing was prepared.", m.Playbook, what),
		Details: []string{fmt.Sprintf("Read it with firebreak alert show %d. If it still holds, ask for the playbook, or: firebreak alert replay %d --send.", receipt, receipt)}}
	if a.raise(p) {
		a.announce(a.ended, append([]string{p.Summary}, p.Details...))
	}
}
