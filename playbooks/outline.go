package playbooks

import (
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

// Outline is what a playbook would do, as far as that can be told before there
// is an alert. It is for looking ahead and never for sending: a plan comes from
// a Planner alone.
type Outline struct {
	Items  []OutlineItem
	Quorum incident.Quorum
	Signer string
	Spare  string          // the key that makes every call too; empty: none
	Pre    bool            // it may be sent before anybody was asked
	MaxFee incident.Amount // over all calls of one plan
	Calls  int             // the most calls that one plan can hold
}

// OutlineItem is one entry of prepare, expanded once.
type OutlineItem struct {
	ID     string
	Verb   string
	Target actions.Target
	Calls  int    // the most calls that it makes
	Gas    uint64 // gas limit of one call when nobody can estimate it
	// Probe is the call with what is known now. It is nil when the arguments
	// cannot be told without an alert; Unknown says why.
	Probe   *actions.Prepared
	Unknown string
	// Stand is what took the place of an argument that the alert will give;
	// empty when every argument is the playbook's own.
	Stand string
	// Verify are the playbook's own statements about the outcome, besides the
	// goal of Probe.
	Verify []incident.Check
}

// Keys are the keys that make every call.
func (o Outline) Keys() []string {
	if o.Spare == "" {
		return []string{o.Signer}
	}
	return []string{o.Signer, o.Spare}
}

// Share is the most that one key may spend on one plan, its spare the same.
func (o Outline) Share() incident.Amount {
	share := o.MaxFee
	share.Units = share.Units.Div(uint64(len(o.Keys())))
	return share
}

// GasLimit is the gas limit that a plan would give the call for an estimate.
func (i OutlineItem) GasLimit(estimate uint64) uint64 { return gasLimit(estimate, i.Gas) }

// Outline expands a playbook of the set without an alert. Conditions are left
// out, and an account that an alert will name is replaced by stand: give an
// address that nobody has. Pure.
func (s *Set) Outline(book *Playbook, stand common.Address) Outline {
	out := Outline{
		Quorum: incident.Quorum{
			Need: book.approve.quorum, Teams: slices.Clone(book.approve.from), Distinct: book.approve.distinct,
			Assurance: book.approve.assurance, Within: book.approve.within, Channel: book.approve.channel, OnTimeout: book.approve.page,
			Escalate: slices.Clone(book.approve.escalate),
		},
		Signer: book.submit.signer, Spare: book.submit.spare, Pre: book.pre.per > 0, MaxFee: book.submit.maxFee,
	}
	for _, i := range book.items {
		item := s.outline(i, stand)
		for _, v := range book.verify {
			if v.of == i.id && v.check != nil {
				item.Verify = append(item.Verify, v.check.of(stand))
			}
		}
		out.Calls += item.Calls
		out.Items = append(out.Items, item)
	}
	out.Calls *= len(out.Keys())
	return out
}

func (s *Set) outline(i item, stand common.Address) OutlineItem {
	target, contract := s.inv.target(i.contract)
	info := i.action.Info()
	out := OutlineItem{ID: i.id, Verb: info.Verb, Target: target, Calls: max(i.max, 1), Gas: info.Gas}
	if own := contract.Gas[info.Verb]; own > 0 {
		out.Gas = own
	}
	v := see(incident.Alert{}) // and no evidence: what rests on it is not known yet
	if i.each != nil {
		v.each = addressValue{stand}
	}
	args := actions.Args{}
	for _, p := range info.Takes {
		a := i.with[p.Name]
		if a.compute != nil && p.Type == actions.TypeAddress {
			args[p.Name], out.Stand = actions.Address(stand), stand.Hex()
			continue
		}
		value, err := a.resolve(v)
		if err != nil {
			out.Unknown = p.Name + " is known only when there is an alert"
			return out
		}
		args[p.Name] = value
	}
	prepared, err := i.action.Prepare(target, args)
	if err != nil {
		out.Unknown = err.Error()
		return out
	}
	out.Probe = &prepared
	return out
}
