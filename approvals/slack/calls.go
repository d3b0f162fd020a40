package slack

import (
	"fmt"
	"strings"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// callLines is one call in full, each line whole in itself. ok is false when a
// value is too long to be shown without cutting it.
func callLines(c incident.Call, title string) (lines []string, ok bool) {
	if c.SpareOf != "" {
		return spareLines(c, title), true
	}
	lines = append(lines,
		fmt.Sprintf("*%s: %s*  %s value %s ETH", title, prose(c.Verb, 60), code(c.Function), c.Value.Decimal(18)),
		fmt.Sprintf("*Contract* `%s` (%s) on %s, chain %d", c.To.Hex(), prose(c.Target, 100), prose(c.Chain, 60), c.ChainID))
	ok = true
	for i, arg := range c.Args {
		list, whole := pieces(arg.Value, 2400)
		if !whole {
			return append(lines, fmt.Sprintf("*Argument %d* is too long to be shown", i+1)), false
		}
		for j, piece := range list {
			name := fmt.Sprintf("*%s* (%s)", prose(orElse(arg.Name, fmt.Sprintf("argument %d", i+1)), 60), prose(arg.Type, 100))
			if j > 0 {
				name += ", continued"
			}
			lines = append(lines, name+" "+piece)
		}
	}
	lines = append(lines, fmt.Sprintf("*Gas* at most %d, *cost* at most %s ETH", c.Gas, c.MaxCost.Decimal(18)))
	if c.Effect != "" {
		lines = append(lines, "*Effect* "+prose(c.Effect, 300))
	}
	lines = append(lines, "*Reversible* "+prose(orElse(c.Undo, "not known"), 300))
	if c.Goal.Text != "" {
		lines = append(lines, "*It worked when* "+code(clip(clean(c.Goal.Text), 200)))
	}
	if len(c.After) > 0 {
		lines = append(lines, "*Waits for* "+prose(strings.Join(c.After, ", "), 200))
	}
	if c.Simulation != nil {
		lines = append(lines, triedLine(c.Simulation))
	}
	if c.Warning != "" {
		lines = append(lines, "*Warning* "+prose(c.Warning, 400))
	}
	return lines, ok
}

// triedLine is how a call fared when it was tried; a failure stands out.
func triedLine(s *incident.CallSimulation) string {
	lead := "*Tried:* "
	if s.Revert != "" {
		lead = "*FAILS WHEN TRIED:* "
	}
	return lead + prose(s.Words(), 500)
}

// spareLines is a call that another key makes too. The plan's guard has seen to
// it that it is the same call, so it is not told twice.
func spareLines(c incident.Call, title string) []string {
	lines := []string{
		fmt.Sprintf("*%s: the same as %s once more*, at the same time, by key %s. Whichever is in a block first counts.",
			title, prose(c.SpareOf, 80), code(clip(c.Key, 80))),
		fmt.Sprintf("*Gas* at most %d, *cost* at most %s ETH", c.Gas, c.MaxCost.Decimal(18)),
	}
	if c.Warning != "" {
		lines = append(lines, "*Warning* "+prose(c.Warning, 400))
	}
	return lines
}

// summary counts the calls of a plan by what they do and where.
func summary(p *incident.Plan) string {
	var kinds []string
	count := map[string]int{}
	calls := approvals.Deeds(p)
	for _, c := range calls {
		kind := fmt.Sprintf("%s on %s (%s)", prose(c.Verb, 60), prose(c.Target, 60), prose(c.Chain, 40))
		if count[kind]++; count[kind] == 1 {
			kinds = append(kinds, kind)
		}
	}
	const most = 10
	var parts []string
	for _, kind := range kinds[:min(most, len(kinds))] {
		if len(calls) == 1 {
			parts = append(parts, kind)
			break
		}
		parts = append(parts, fmt.Sprintf("%d x %s", count[kind], kind))
	}
	if len(kinds) > most {
		parts = append(parts, fmt.Sprintf("%d other kinds", len(kinds)-most))
	}
	noun := "calls"
	if len(calls) == 1 {
		noun = "call"
	}
	text := fmt.Sprintf("*%d %s:* %s. At most %s ETH in all, signed by key %s",
		len(calls), noun, strings.Join(parts, ", "), p.MaxFee.Decimal(18), code(clip(p.Signer, 80)))
	for _, c := range p.Calls {
		if c.SpareOf != "" {
			return text + fmt.Sprintf(" and at the same time by key %s, to be sure.", code(clip(c.Key, 80)))
		}
	}
	return text + "."
}
