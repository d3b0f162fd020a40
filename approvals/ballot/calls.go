package ballot

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
)

// callOf is one call with everything that a person decides by.
func callOf(c incident.Call, title string) Call {
	if c.SpareOf != "" {
		return spare(c, title)
	}
	out := Call{Step: c.Step, Title: fmt.Sprintf("%s: %s", title, prose(c.Verb)), Lines: []Fact{
		{Label: "Function", Text: fmt.Sprintf("%s value %s ETH", approvals.Printable(c.Function), c.Value.Decimal(18)), Exact: true},
		{Label: "Contract", Text: c.To.Hex(), Exact: true},
		{Label: "Which is", Text: fmt.Sprintf("%s on %s, chain %d", prose(c.Target), prose(c.Chain), c.ChainID)},
	}}
	for i, arg := range c.Args {
		name := cmp.Or(prose(arg.Name), fmt.Sprintf("argument %d", i+1))
		out.add(Fact{Label: fmt.Sprintf("%s (%s)", name, prose(arg.Type)), Text: cmp.Or(approvals.Printable(arg.Value), "(empty)"), Exact: true})
	}
	out.add(money(c))
	if c.Effect != "" {
		out.add(Fact{Label: "Effect", Text: prose(c.Effect)})
	}
	out.add(Fact{Label: "Reversible", Text: cmp.Or(prose(c.Undo), "not known")})
	if c.Goal.Text != "" {
		out.add(Fact{Label: "It worked when", Text: prose(c.Goal.Text), Exact: true})
	}
	if len(c.After) > 0 {
		out.add(Fact{Label: "Waits for", Text: prose(strings.Join(c.After, ", "))})
	}
	if c.Key != "" {
		out.add(Fact{Label: "Signed by key", Text: prose(c.Key), Exact: true})
	}
	if tried := c.Simulation; tried != nil {
		label, failed := "Tried", tried.Revert != ""
		if failed {
			label = "FAILS WHEN TRIED"
		}
		out.add(Fact{Label: label, Text: prose(tried.Words()), Alarm: failed})
	}
	out.warn(c)
	return out
}

// spare is a call that another key makes too. The plan's guard has seen to it
// that it is the same call, so it is not told twice.
func spare(c incident.Call, title string) Call {
	out := Call{Step: c.Step, Title: fmt.Sprintf("%s: the same as %s once more", title, prose(c.SpareOf)), Lines: []Fact{
		{Label: "Signed by key", Text: prose(c.Key) + ", at the same time; whichever is in a block first counts"}, money(c)}}
	out.warn(c)
	return out
}

func money(c incident.Call) Fact {
	return Fact{Label: "Gas", Text: fmt.Sprintf("at most %d, cost at most %s ETH", c.Gas, c.MaxCost.Decimal(18)), Exact: true}
}

func (c *Call) add(f Fact) { c.Lines = append(c.Lines, f) }

func (c *Call) warn(call incident.Call) {
	if call.Warning != "" {
		c.add(Fact{Label: "Warning", Text: prose(call.Warning), Alarm: true})
	}
}

// summary counts the calls of a plan by what they do and where.
func summary(p *incident.Plan) string {
	var kinds, parts []string
	count := map[string]int{}
	calls := approvals.Deeds(p)
	for _, c := range calls {
		kind := fmt.Sprintf("%s on %s (%s)", prose(c.Verb), prose(c.Target), prose(c.Chain))
		if count[kind]++; count[kind] == 1 {
			kinds = append(kinds, kind)
		}
	}
	for _, kind := range kinds {
		parts = append(parts, fmt.Sprintf("%d x %s", count[kind], kind))
	}
	noun := "calls"
	if len(calls) == 1 {
		noun = "call"
	}
	text := fmt.Sprintf("%d %s: %s. At most %s ETH in all, signed by key %s",
		len(calls), noun, strings.Join(parts, ", "), p.MaxFee.Decimal(18), prose(p.Signer))
	for _, c := range p.Calls {
		if c.SpareOf != "" {
			return text + fmt.Sprintf(" and at the same time by key %s, to be sure.", prose(c.Key))
		}
	}
	return text + "."
}

// facts are what the request rests on.
func facts(s incident.State) []Fact {
	p := s.Run().Plan
	list := []Fact{
		{Label: "Simulation", Text: simulation(p)},
		{Label: "Requested by", Text: cmp.Or(prose(p.Requester), "nobody known")},
		{Label: "Playbook", Text: fmt.Sprintf("%s, %s", prose(p.Playbook.Name), p.Playbook.Digest.Short())},
	}
	for _, f := range []Fact{
		{Label: "Owner", Text: prose(s.Opened.Owner)}, {Label: "Runbook", Text: prose(p.Runbook)},
		{Label: "Way back", Text: prose(strings.Join(p.Recover, "; "))},
	} {
		if f.Text != "" {
			list = append(list, f)
		}
	}
	return list
}

// simulation says how the calls fared when they were tried, at which blocks, and
// that this is advice.
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
		verdict = fmt.Sprintf("%d of %d calls FAIL when tried, %s", failed, len(p.Calls), verdict)
	}
	var at []string
	for _, chain := range slices.Sorted(maps.Keys(p.Blocks)) {
		at = append(at, fmt.Sprintf("%s block %d", prose(chain), p.Blocks[chain]))
	}
	if len(at) == 0 {
		return verdict + ", no block was read. A simulation can be wrong."
	}
	return fmt.Sprintf("%s, read at %s, %s. A simulation can be wrong.", verdict, strings.Join(at, ", "), p.PlannedAt.UTC().Format("15:04:05 UTC"))
}

// evidence is the alert's own words, which are a stranger's, what the playbook
// had read of the chain, and what the plan noted.
func evidence(s incident.State) []Fact {
	a, p := s.Opened.Alert, s.Run().Plan
	var list []Fact
	if text := prose(a.Summary); text != "" {
		list = append(list, Fact{Label: fmt.Sprintf("The alert says (%s, unchecked)", prose(a.Source)), Text: text})
	}
	if a.Tx != nil {
		list = append(list, Fact{Label: "Its transaction", Text: a.Tx.Hex(), Exact: true})
	}
	for _, e := range p.Evidence {
		switch {
		case e.Value != "":
			list = append(list, Fact{Label: "Read", Text: fmt.Sprintf("%s: %s, block %d", prose(e.Asked), prose(e.Value), e.Block)})
		case e.Optional:
			list = append(list, Fact{Label: "Not read", Text: fmt.Sprintf("%s: %s", prose(e.Asked), prose(e.Doubt))})
		default:
			list = append(list, Fact{Label: "COULD NOT BE READ", Text: fmt.Sprintf("%s: %s", prose(e.Asked), prose(e.Doubt)), Alarm: true})
		}
	}
	for _, n := range p.Notes {
		list = append(list, Fact{Label: "Noted", Text: prose(n)})
	}
	return list
}
