package rehearsal_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// FuzzEveryStoryComesToRest plays any alerts, answers and chains: the fold that
// production rests on must take every fact, and nothing may end well without
// the answers that it needs.
func FuzzEveryStoryComesToRest(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3})
	f.Add([]byte{0, 0, 40, 3, 0, 7, 1, 0, 1, 1, 255})
	f.Add([]byte{2, 9, 9, 9, 200, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
	sets := []*playbooks.Set{load(f), load(f, bare...), load(f, preAuth...), load(f, edit{"mode: live", "mode: dry-run"}),
		load(f, edit{"incident:\n", "  confirm: {sources: 2, within: 90s}\nincident:\n"}),
		load(f, edit{"  cooldown: 30m", "  cooldown: 1m\n  limit: {runs: 1, per: 1h, then: page}"})}
	f.Fuzz(func(t *testing.T, raw []byte) {
		next := func() int {
			if len(raw) == 0 {
				return 0
			}
			b := raw[0]
			raw = raw[1:]
			return int(b)
		}
		set := sets[next()%len(sets)]
		c := playbooks.Case{Name: "fuzz", At: time.Duration(next()) * time.Minute, Chain: map[string]playbooks.Course{}}
		for n := next()%4 + 1; n > 0; n-- {
			a := outflow("")
			a.Source, a.Exercise = []string{"one", "two"}[next()%2], next()%5 == 4
			at := time.Duration(next()) * time.Minute
			if last := len(c.Alerts) - 1; last >= 0 {
				at += c.Alerts[last].At
			}
			c.Alerts = append(c.Alerts, playbooks.Arriving{At: at, Alert: a})
		}
		approvals := map[string]bool{}
		for n := next() % 5; n > 0; n-- {
			a := playbooks.Answer{Person: []string{"ana", "ben", "cho", "dee", "eli"}[next()%5], Decision: incident.Approve, At: time.Duration(next()%3) * time.Minute}
			if next()%4 == 3 {
				a.Decision = incident.Deny
			} else {
				approvals[a.Person] = true
			}
			c.Approvals = append(c.Approvals, a)
		}
		for _, step := range []string{"pause", "block", "block/1"} {
			goal := next()%2 == 0
			c.Chain[step] = playbooks.Course{Receipt: []string{"", playbooks.ReceiptOK, playbooks.ReceiptReverts, playbooks.ReceiptNever}[next()%4],
				Goal: []*bool{nil, &goal}[next()%2], Already: next()%7 == 6}
		}
		r, err := rehearsal.Run(t.Context(), set, &playbooks.Tests{File: "drain.test.yaml", Playbook: "drain"}, c)
		require.NoError(t, err)
		if r.Came.Outcome == playbooks.EndContained && !r.Came.PreAuthorised {
			require.GreaterOrEqual(t, len(approvals), 2, "it was contained without a quorum")
		}
	})
}
