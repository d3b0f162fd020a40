package app

import (
	"fmt"
	"maps"
	"slices"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
)

// judgeLimits holds what the calls would ask for against what their chains and
// nodes take. It asks nobody.
func (d *doctor) judgeLimits(p *page) {
	for _, name := range slices.Sorted(maps.Keys(d.chains)) {
		s := d.chains[name]
		var calls []*trial
		for _, t := range d.calls {
			if t.chain == s && t.item.Probe != nil {
				calls = append(calls, t)
			}
		}
		if len(calls) == 0 || len(s.usable) == 0 {
			p.notTold("gas "+name, "no call of chain %s could be tried", name)
			p.notTold("fee cap "+name, "no call of chain %s could be tried", name)
			continue
		}
		s.judgeGas(p, calls)
		s.judgeFeeCap(p, calls)
	}
}

// txGas is the most gas that one transaction may ask for, as the planner takes
// it: the chain's cap, or what a block holds at the endpoint that says most.
func (s *sight) txGas() uint64 {
	var block uint64
	for _, e := range s.usable {
		block = max(block, uint64(e.head.Gas))
	}
	if block > 0 {
		return min(s.maxTxGas, block)
	}
	return s.maxTxGas
}

func (s *sight) judgeGas(p *page, calls []*trial) {
	check, most, asked := "gas "+s.name, s.txGas(), uint64(0)
	for _, t := range calls {
		mend := fmt.Sprintf("compare chains.%s.max_tx_gas with what the chain allows, and contracts.%s.gas.%s with what the call takes", s.name, t.item.Target.Name, t.item.Verb)
		switch least := max(t.takes, incident.LeastGas(t.item.Probe.Data)); {
		case least > most:
			t.plan.grave(p, check, mend, fmt.Sprintf("%s takes %d gas, and a transaction may ask for %d: it can never be mined", t.name(), least, most))
			return
		case t.gas > most:
			p.warn(check, mend, "%s would be given %d gas, and a transaction may ask for %d: it gets that, and may run out", t.name(), t.gas, most)
			return
		}
		asked = max(asked, t.gas)
	}
	p.ok(check, "calls ask for %d gas at most, and a transaction may for %d", asked, most)
}

// judgeFeeCap computes what the dearest call would open with now. Public nodes
// refuse what may cost more than their cap, whatever it would cost in the end.
func (s *sight) judgeFeeCap(p *page, calls []*trial) {
	check := "fee cap " + s.name
	dearest := slices.MaxFunc(calls, func(a, b *trial) int { return int(min(a.gas, 1<<40)) - int(min(b.gas, 1<<40)) })
	without := incident.NewQuantity(1 << 62).Times(1 << 62) // so that nothing cuts the bid
	feeCap, _, err := submitter.Forecast{BaseFee: s.base(), Tip: s.tip(), FloorTip: s.floorTip, Gas: dearest.gas,
		MaxCost: without, NodeFeeCap: without}.Bid()
	if err != nil {
		p.notTold(check, "%s: %s", dearest.name(), err)
		return
	}
	cost := feeCap.Times(dearest.gas)
	found := fmt.Sprintf("%s would open at a cap of %s gwei, so for %s; nodes refuse what may cost more than %s",
		dearest.name(), feeCap.Decimal(9), cost.Decimal(18), s.nodeFeeCap.Decimal(18))
	if cost.Cmp(s.nodeFeeCap) >= 0 {
		p.warn(check, fmt.Sprintf("lower contracts.%s.gas.%s if it needs less, or name a node of your own with no_fee_cap", dearest.item.Target.Name, dearest.item.Verb),
			"%s, so the bid is cut and has less room to rise", found)
		return
	}
	p.ok(check, "%s", found)
}
