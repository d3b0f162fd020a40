package slack

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
)

// facts are what the request rests on: simulation, requester, playbook and
// the way back.
func facts(s incident.State) string {
	p := s.Run().Plan
	lines := []string{
		"*Simulation* " + simulation(p),
		"*Requested by* " + prose(orElse(p.Requester, "nobody known"), 200),
		fmt.Sprintf("*Playbook* %s, %s", prose(p.Playbook.Name, 100), p.Playbook.Digest.Short()),
	}
	if s.Opened.Owner != "" {
		lines = append(lines, "*Owner* "+prose(s.Opened.Owner, 100))
	}
	if p.Runbook != "" {
		lines = append(lines, "*Runbook* "+prose(p.Runbook, 300))
	}
	if len(p.Recover) > 0 {
		lines = append(lines, "*Way back* "+prose(strings.Join(p.Recover, "; "), 500))
	}
	return strings.Join(lines, "\n")
}

// simulation says in words how the calls fared when they were tried, at which
// blocks, and that this is advice.
func simulation(p *incident.Plan) string {
	warned, failed := 0, 0
	for _, c := range p.Calls {
		if c.Warning != "" {
			warned++
		}
		if c.Simulation != nil && c.Simulation.Revert != "" {
			failed++
		}
	}
	verdict := "no warning"
	if warned > 0 {
		verdict = fmt.Sprintf("%d of %d calls have a warning", warned, len(p.Calls))
	}
	if failed > 0 {
		verdict = fmt.Sprintf("*%d of %d calls fail when tried*, %s", failed, len(p.Calls), verdict)
	}
	var at []string
	for _, chain := range slices.Sorted(maps.Keys(p.Blocks)) {
		at = append(at, fmt.Sprintf("%s block %d", prose(chain, 40), p.Blocks[chain]))
	}
	if len(at) == 0 {
		return verdict + ", no block was read. A simulation can be wrong."
	}
	if len(at) > 6 {
		at = append(at[:6], fmt.Sprintf("%d more", len(at)-6))
	}
	return fmt.Sprintf("%s, read at %s, %s. A simulation can be wrong.", verdict, strings.Join(at, ", "), p.PlannedAt.UTC().Format("15:04:05 UTC"))
}

// evidenceWords are the alert's own words and what was read of the chain. The alert
// is a stranger's text and is said to be one.
func evidenceWords(s incident.State) string {
	a := s.Opened.Alert
	var lines []string
	if clean(a.Summary) != "" {
		lines = append(lines, fmt.Sprintf("*The alert says* (%s, unchecked): %s", prose(a.Source, 60), prose(a.Summary, 700)))
	}
	if a.Tx != nil {
		lines = append(lines, fmt.Sprintf("*Its transaction* `%s`", a.Tx.Hex()))
	}
	lines = append(lines, readLines(s.Run().Plan.Evidence)...)
	return strings.Join(lines, "\n")
}

// readLines are what the playbook had read of the chain. What it needs and could
// not read is said loudly: people decide without it.
func readLines(list []incident.Evidence) []string {
	const most = 8
	var lines []string
	for _, e := range list[:min(most, len(list))] {
		switch {
		case e.Value != "":
			lines = append(lines, fmt.Sprintf("*Read* %s: %s, block %d", prose(e.Asked, 120), prose(e.Value, 160), e.Block))
		case e.Optional:
			lines = append(lines, fmt.Sprintf("*Not read* %s: %s", prose(e.Asked, 120), prose(e.Doubt, 200)))
		default:
			lines = append(lines, fmt.Sprintf(":red_circle: *COULD NOT BE READ* %s: %s", prose(e.Asked, 120), prose(e.Doubt, 200)))
		}
	}
	if left := len(list) - most; left > 0 {
		lines = append(lines, fmt.Sprintf("and %d more reads, in the journal", left))
	}
	return lines
}
