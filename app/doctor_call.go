package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// trial is one call that some playbook would make, and how it went.
type trial struct {
	plan  outlined
	key   string // that would make it
	item  playbooks.OutlineItem
	chain *sight
	goal  actions.Reading
	gas   uint64 // what a plan would give it
	takes uint64 // what a simulation took; zero: there was none
}

func (t *trial) name() string {
	if t.key == t.plan.Spare {
		return t.plan.Name + "/" + t.item.ID + "/spare"
	}
	return t.plan.Name + "/" + t.item.ID
}

// trials lists the calls that can be tried, and says which cannot.
func (d *doctor) trials(p *page) {
	for _, plan := range d.plans {
		for _, key := range plan.Keys() {
			for _, item := range plan.Items {
				t := &trial{plan: plan, key: key, item: item, chain: d.chains[item.Target.Chain], gas: item.Gas}
				if item.Probe == nil {
					p.notTold("call "+t.name(), "not tried: %s", item.Unknown)
					continue
				}
				d.calls = append(d.calls, t)
			}
		}
	}
}

// tryCalls reads the goal of every call everywhere and simulates the call from
// the responder's address. Nothing is sent: eth_call and eth_estimateGas.
func (d *doctor) tryCalls(ctx context.Context, p *page) {
	d.trials(p)
	each(p, d.calls, func(p *page, t *trial) {
		switch {
		case t.chain.reader == nil:
			p.notTold("goal "+t.name(), "no endpoint of chain %s can be asked", t.chain.name)
			p.notTold("call "+t.name(), "no endpoint of chain %s can be asked", t.chain.name)
		case d.codeless[t.item.Target.Name]:
			p.notTold("goal "+t.name(), "%s has no code", t.item.Target.Name)
			p.notTold("call "+t.name(), "%s has no code: any call would succeed and do nothing", t.item.Target.Name)
		default:
			d.readGoal(ctx, p, t)
			d.simulate(ctx, p, t)
		}
	})
}

// readGoal reads what would be read before and after the call, and what the
// playbook itself wants to see.
func (d *doctor) readGoal(ctx context.Context, p *page, t *trial) {
	check := "goal " + t.name()
	mend := fmt.Sprintf("compare contracts.%s in the inventory with the contract: address and family; "+
		"as it is, nobody can tell whether the call is needed or has worked", t.item.Target.Name)
	for i, c := range append([]incident.Check{t.item.Probe.Goal}, t.item.Verify...) {
		r, err := actions.ReadAll(ctx, t.chain.reader, c)
		switch {
		case err != nil:
			t.plan.grave(p, check, mend, fmt.Sprintf("%s cannot be read: %s", c.Text, err))
			return
		case len(r.Unclear) > 0:
			t.plan.grave(p, check, mend, r.Doubt())
			return
		case len(r.Yes) > 0 && len(r.No) > 0:
			p.warn(check, "ask the operators of the endpoints; one of them lags or lies", "%s: %s", c.Text, r.Doubt())
			return
		case len(r.Yes)+len(r.No) < len(t.chain.usable):
			p.warn(check, "ask the operators of the others", "%s was read by %s alone", c.Text, strings.Join(append(r.Yes, r.No...), " and "))
			return
		case i == 0:
			t.goal = r
		}
	}
	if loose := d.loosens(ctx, t); loose != "" {
		t.plan.grave(p, check, "give the playbook a tighter limit and no shorter a window", loose)
		return
	}
	state := "not so now"
	if len(t.goal.Yes) > 0 {
		state = "already so now: nothing would be sent"
	}
	p.ok(check, "%s can be read everywhere; %s", t.item.Probe.Goal.Text, state)
}

// loosens says that the call would loosen what the chain has now; empty when
// it would not, or when nothing needs to be sent.
func (d *doctor) loosens(ctx context.Context, t *trial) string {
	if len(t.goal.Yes) > 0 || len(t.item.Probe.Tightens) == 0 {
		return ""
	}
	for _, c := range t.item.Probe.Tightens {
		if r, err := actions.ReadAll(ctx, t.chain.reader, c); err != nil || !r.Fails() {
			return ""
		}
	}
	for _, c := range t.item.Probe.AsGood {
		if r, err := actions.ReadAll(ctx, t.chain.reader, c); err != nil || !r.Fails() {
			return ""
		}
	}
	return "the call would loosen what the chain has now, so it would be refused: " + t.item.Probe.Tightens[0].Text + " does not hold"
}

// simulate tries the call from the address that would send it.
func (d *doctor) simulate(ctx context.Context, p *page, t *trial) {
	check := "call " + t.name()
	from, ok := d.address(t.key)
	if !ok {
		p.notTold(check, "not tried: the address of key %s is not known", t.key)
		return
	}
	gas, revert, err := t.chain.reader.Estimate(ctx, t.chain.id,
		actions.Simulation{From: from, To: t.item.Target.Address, Data: t.item.Probe.Data})
	switch {
	case err != nil:
		p.notTold(check, "nobody could simulate it: %s", err)
		return
	case revert != nil:
		d.judgeRevert(p, t, from, contracts.DecodeRevert(revert))
		return
	}
	t.gas, t.takes = t.item.GasLimit(gas), gas
	if gas > t.gas {
		t.plan.grave(p, check, fmt.Sprintf("set contracts.%s.gas.%s in the inventory to what it needs", t.item.Target.Name, t.item.Verb),
			fmt.Sprintf("it takes %d gas, and a plan would give it %d", gas, t.gas))
		return
	}
	p.ok(check, "would succeed from %s for %d gas%s", from, gas, t.stand())
}

// stand says what took the place of what the alert will name.
func (t *trial) stand() string {
	if t.item.Stand == "" {
		return ""
	}
	return ", tried with a random account in place of the alert's"
}

func (d *doctor) judgeRevert(p *page, t *trial, from common.Address, reason contracts.Reason) {
	check := "call " + t.name()
	target := fmt.Sprintf("%s (%s on %s)", t.item.Target.Name, t.item.Target.Address, t.item.Target.Chain)
	found := fmt.Sprintf("%s would revert from %s: %s", t.item.Probe.Function, from, reason.Text)
	mend := "find out why with the contract's source; as it is, the playbook stops nothing"
	switch {
	case len(t.goal.Yes) > 0 && len(t.goal.No) == 0:
		p.ok(check, "would revert, and its goal holds already: %s", reason.Text)
		return
	case reason.Class == contracts.RevertUnauthorized:
		mend = fmt.Sprintf("have the admin of %s grant %s the role for %s", target, from, t.item.Probe.Function)
	case reason.Class == contracts.RevertExpired:
		mend = "the power to act is over; have it renewed, or give the playbook another contract to act on"
	case reason.Class == contracts.RevertBadArguments:
		mend = "compare the arguments in the playbook with what the contract allows now"
	case reason.Class == contracts.RevertInnerCall:
		mend = "simulate the inner call; the contract passed its failure on"
	}
	t.plan.grave(p, check, mend, found)
}

// address is what a key sends from: as Vault says, or else the inventory.
func (d *doctor) address(key string) (common.Address, bool) {
	if k := d.keys[key]; k != nil && k.known {
		return k.info.Address, true
	}
	s, _ := d.inv.Signer(key)
	return s.Address, s.Address != common.Address{}
}
