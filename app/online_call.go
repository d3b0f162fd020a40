package app

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
)

// judgeFunction looks for the function in the code that answers calls. Reading
// code is a hint and not a proof, so what is missing is a warning: the call that
// was tried tells more.
func (d *doctor) judgeFunction(p *page, t *trial) {
	if t.key != t.plan.Signer {
		return // the same function for every key
	}
	check, target := "function "+t.name(), t.item.Target
	d.mu.Lock()
	code, seen := d.codes[target.Name]
	d.mu.Unlock()
	where := target.Address
	if code.impl != (common.Address{}) {
		where = code.impl
	}
	function := t.item.Probe.Function
	id := contracts.Selector(function)
	switch {
	case !seen:
		p.notTold(check, "the code of %s was not read", target.Name)
	case contracts.MentionsSelector(code.work, id):
		p.ok(check, "%s (%#x) is in the code at %s", function, id, where)
	case code.hidden:
		p.notTold(check, "%s is not in the code at %s, which runs other code as its own, in a way that is not known here (EIP-1967 and clones are)", function, where)
	default:
		p.warn(check, fmt.Sprintf("compare contracts.%s of the inventory with the contract: address, family and verbs; compilers that look functions up in a table hide them from this check, so see what its call came to", target.Name),
			"%s (%#x) is not found in the code at %s", function, id, where)
	}
}

// roleOf names the role that contracts by OpenZeppelin's AccessControl usually
// ask for before a verb, and the view that gives its id.
func roleOf(verb string) string {
	return map[string]string{"pause": contracts.PauserRole, "withdrawal-limit": contracts.LimiterRole, "blocklist": contracts.BlocklisterRole}[verb]
}

// askRoles asks AccessControl whether the key holds the role for its call.
// Contracts that have none are told apart by what their call came to.
func (d *doctor) askRoles(ctx context.Context, p *page) {
	each(p, d.calls, func(p *page, t *trial) {
		check, name := "role "+t.name(), roleOf(t.item.Verb)
		from, known := d.address(t.key)
		switch {
		case name == "":
			p.notTold(check, "which role %s takes is not known here; whether the key may call it shows in its call", t.item.Verb)
			return
		case !known || t.chain.reader == nil || d.codeless[t.item.Target.Name]:
			p.notTold(check, "not asked: the key's address is not known, or nothing can be read of %s", t.item.Target.Name)
			return
		}
		role, ok := d.roleID(ctx, t, name)
		if !ok {
			p.notTold(check, "%s has no %s() by AccessControl; whether the key may call it shows in its call", t.item.Target.Name, name)
			return
		}
		answers, err := t.chain.reader.CallAll(ctx, t.chain.id, t.item.Target.Address, contracts.HasRoleQuery(role, from))
		if err != nil {
			p.notTold(check, "%s does not answer hasRole: %s", t.item.Target.Name, err)
			return
		}
		for _, a := range answers {
			holds, err := contracts.DecodeBool(a.Data)
			if err != nil {
				p.notTold(check, "%s answers hasRole with what is no bool, says %s", t.item.Target.Name, a.Endpoint)
				return
			}
			if !holds {
				t.plan.grave(p, check, fmt.Sprintf("have the admin of %s (%s) grant %s the role %s", t.item.Target.Name, t.item.Target.Address, from, name),
					fmt.Sprintf("key %s (%s) does not hold %s, says %s", t.key, from, name, a.Endpoint))
				return
			}
		}
		p.ok(check, "key %s (%s) holds %s", t.key, from, name)
	})
}

// roleID reads the id of a role by the view of its name.
func (d *doctor) roleID(ctx context.Context, t *trial, name string) (common.Hash, bool) {
	id := contracts.Selector(name + "()")
	answers, err := t.chain.reader.CallAll(ctx, t.chain.id, t.item.Target.Address, id[:])
	if err != nil || len(answers) == 0 {
		return common.Hash{}, false
	}
	role, err := contracts.DecodeBytes32(answers[0].Data)
	return role, err == nil
}

// judgeFee holds the fees of now against what the playbook lets a call cost:
// each item's call once, and as many as an alert can make it.
func (t *trial) judgeFee(p *page) {
	check := "fee " + t.name()
	if len(t.chain.usable) == 0 {
		p.notTold(check, "no endpoint of chain %s can be asked", t.chain.name)
		return
	}
	gas, mend := min(t.gas, t.chain.txGas()), "raise submit.max_fee in the playbook"
	free, err := t.bid(gas, incident.NewQuantity(1<<62).Times(1<<62)) // what it would be if nothing cut it
	if err != nil {
		p.notTold(check, "%s", err)
		return
	}
	bid, err := t.bid(gas, t.plan.share())
	now := t.chain.base().Add(t.chain.tip())
	switch {
	case err != nil:
		t.plan.grave(p, check, mend, err.Error())
		return
	case bid.Cmp(now) < 0:
		t.plan.grave(p, check, mend, fmt.Sprintf("a block takes %s gwei now, and %s of the playbook pays for %s gwei", now.Decimal(9), t.plan.share().Decimal(18), bid.Decimal(9)))
		return
	case bid.Cmp(free) < 0:
		p.warn(check, mend, "its budget cuts the bid that it would open with from %s gwei to %s", free.Decimal(9), bid.Decimal(9))
		return
	}
	if most := uint64(max(1, t.plan.Calls)); most > uint64(len(t.plan.Items)*len(t.plan.Keys())) {
		if cut, err := t.bid(gas, t.plan.MaxFee.Units.Div(most)); err != nil || cut.Cmp(free) < 0 {
			p.warn(check, mend, "it fits, but not when the alert makes it %d calls, which share one budget", most)
			return
		}
	}
	p.ok(check, "would open at a cap of %s gwei for %d gas, so for at most %s of the %s that it may cost",
		bid.Decimal(9), gas, bid.Times(gas).Decimal(18), t.plan.share().Decimal(18))
}

// bid is the fee cap that a call would open with now.
func (t *trial) bid(gas uint64, most incident.Wei) (incident.Wei, error) {
	feeCap, _, err := submitter.Forecast{BaseFee: t.chain.base(), Tip: t.chain.tip(), FloorTip: t.chain.floorTip,
		NodeFeeCap: t.chain.nodeFeeCap, Gas: gas, MaxCost: most}.Bid()
	return feeCap, err
}

// share is what one of the playbook's calls may cost, as a plan that makes each
// item's call once would divide it.
func (o outlined) share() incident.Wei {
	return o.MaxFee.Units.Div(uint64(max(1, len(o.Items)*len(o.Keys()))))
}
