package playbooks

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
)

const (
	// preGrace is how long the simulation may hold up calls that go out before
	// anybody is asked, when everything else is read. People see it afterwards.
	preGrace = 250 * time.Millisecond
	// maxChanges and maxEvents bound what is told of one call.
	maxChanges, maxEvents = 8, 6
	// unreadable stands for what a view did not answer.
	unreadable = "(not readable)"
)

// trial is the calls of one chain, to be tried together.
type trial struct {
	chainID uint64
	drafts  []*draft
	want    actions.SimulateRequest
}

// tried is what came of a trial.
type tried struct {
	trial
	got actions.Simulated
	err error
}

// simulate begins to try the calls of every chain in order, and gives what
// waits for it: as long as ctx lasts, and no longer, whatever a simulator does.
// What is late is not waited for, and its drafts stay without a simulation.
func (p *Planner) simulate(ctx context.Context, w *planning) (wait func(context.Context)) {
	if p.o.Simulator == nil {
		return func(context.Context) {}
	}
	trials := p.trials(w)
	results := make(chan tried, len(trials)) // nobody waits to be heard
	for _, t := range trials {
		go func() {
			got, err := p.o.Simulator.Simulate(ctx, t.chainID, t.want)
			results <- tried{t, got, err}
		}()
	}
	return func(ctx context.Context) {
		if w.book.pre.per > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, preGrace)
			defer cancel()
		}
		for range trials {
			select {
			case t := <-results:
				w.learn(t)
				continue
			case <-ctx.Done():
			}
			select { // one that is there counts
			case t := <-results:
				w.learn(t)
			default:
				return
			}
		}
	}
}

// trials gathers the calls by chain, with the views of their checks. A chain
// where the signer's address is not known is left out.
func (p *Planner) trials(w *planning) []trial {
	var trials []trial
	for _, d := range w.drafts {
		id := d.target.ChainID
		from, ok := p.sender(w.book.submit.signer, id)
		if !ok {
			continue
		}
		n := slices.IndexFunc(trials, func(t trial) bool { return t.chainID == id })
		if n < 0 {
			n = len(trials)
			trials = append(trials, trial{chainID: id})
		}
		t := &trials[n]
		t.drafts = append(t.drafts, d)
		t.want.Calls = append(t.want.Calls, actions.Simulation{From: from, To: d.target.Address, Data: d.Data})
		for _, c := range w.checks(d) {
			if v := actions.Views(c)[0]; !slices.Contains(t.want.Views, v) {
				t.want.Views = append(t.want.Views, v)
			}
		}
	}
	return trials
}

// checks are what is read of a draft on its own chain: its goal and what the
// playbook adds, each part by itself and every view once.
func (w *planning) checks(d *draft) []incident.Check {
	all := []incident.Check{d.Goal}
	for _, v := range w.book.verify {
		if v.of == d.item.id && v.check != nil {
			all = append(all, v.check.of(d.element))
		}
	}
	var apart []incident.Check
	seen := map[actions.View]bool{}
	for _, check := range all {
		for c := &check; c != nil; c = c.And {
			one := *c
			one.And = nil
			if v := actions.Views(one)[0]; v.ChainID == d.target.ChainID && !seen[v] && len(apart) < maxChanges {
				seen[v] = true
				apart = append(apart, one)
			}
		}
	}
	return apart
}

// learn notes what came of a trial. An answer that is not of its shape is as
// good as none.
func (w *planning) learn(t tried) {
	views := len(t.want.Views)
	if t.err != nil || len(t.got.Calls) != len(t.drafts) ||
		t.got.Stateful && (len(t.got.Before) != views || len(t.got.After) != views) {
		for _, d := range t.drafts {
			d.untried = "not simulated: no endpoint could try it"
		}
		return
	}
	for i, d := range t.drafts {
		call := t.got.Calls[i]
		s := &incident.CallSimulation{Endpoint: t.got.Endpoint, Block: t.got.Block, Stateful: t.got.Stateful, Gas: call.Gas}
		if call.Revert != nil {
			s.Revert = contracts.Revert(call.Revert)
		} else {
			s.Events = w.events(d, call.Logs)
		}
		if s.Stateful {
			for _, c := range w.checks(d) {
				s.Changes = append(s.Changes, t.change(c))
			}
		}
		d.simulation = s
	}
}

// change is what a check's view answered before and after.
func (t tried) change(c incident.Check) incident.SimulatedChange {
	n := slices.Index(t.want.Views, actions.Views(c)[0])
	view, _, _ := strings.Cut(c.Text, " ")
	return incident.SimulatedChange{Text: view, Before: answer(c, t.got.Before[n]), After: answer(c, t.got.After[n])}
}

func answer(c incident.Check, data []byte) string {
	seen, _, err := actions.Holds(actions.Answer{Data: data}, c)
	if err != nil {
		return unreadable
	}
	return seen.Got
}

// events are what a call emits, in words: by name where it is not the contract
// itself that emits, and only counted where it is not known what they say.
func (w *planning) events(d *draft, logs []actions.SimulatedLog) []string {
	var list []string
	others := 0
	for _, l := range logs {
		words, ok := contracts.Event(l.Topics, l.Data)
		if !ok || len(list) == maxEvents {
			others++
			continue
		}
		if l.Address != d.target.Address {
			words += " of " + w.nameOf(d, l.Address)
		}
		list = append(list, words)
	}
	if others > 0 {
		list = append(list, fmt.Sprintf("%d more", others))
	}
	return list
}

func (w *planning) nameOf(d *draft, a common.Address) string {
	if name, ok := w.inv.ContractByAddress(d.target.Chain, a); ok {
		return name
	}
	return a.Hex()
}
