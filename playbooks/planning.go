package playbooks

import (
	"errors"
	"fmt"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

// planning is one plan in the making.
type planning struct {
	inv    *Inventory
	book   *Playbook
	alert  incident.Alert
	drafts []*draft
	notes  []string
	// refused and standing count, by item, calls that must not be made, and
	// calls that are to be made or whose goal holds already.
	refused, standing map[string]int
	held              int // calls whose goal holds already
	empty             int // items whose list named nobody
	answers           map[actions.View][]actions.Answer
	blocks            map[string]uint64
	rehearsal         bool // a dry run, whatever the playbook says
	evidence          map[string]ref.Val
	lines             []incident.Evidence
	explain           func(Reason)
}

func newPlanning(inv *Inventory, book *Playbook, alert incident.Alert) *planning {
	return &planning{inv: inv, book: book, alert: alert, refused: map[string]int{}, standing: map[string]int{},
		answers: map[actions.View][]actions.Answer{}, blocks: map[string]uint64{}}
}

// draft is one call before it is known whether it is needed.
type draft struct {
	item     item
	step     string
	target   actions.Target
	contract Contract
	actions.Prepared
	gas      uint64
	warnings []string
	spare    string         // what the spare's simulation has to say
	element  common.Address // of the item's list
	// simulation is how it fared together with the others; nil when it was not
	// tried, or not in time. untried says why, where that is known.
	simulation *incident.CallSimulation
	untried    string
}

// prepare expands the playbook into drafts.
func (w *planning) prepare() {
	for _, i := range w.book.items {
		v := see(w.alert)
		v.evidence = w.evidence
		if w.explain != nil && i.when != nil {
			w.explain(i.when.reason(i.whenWhere(), v))
		}
		applies, err := i.when.holds(v)
		switch {
		case err != nil:
			// Neither true nor false: the others proceed, people see why this
			// one does not.
			w.refuse(i, i.id, err)
			continue
		case !applies:
			w.note("%s does not apply: its condition is false", i.id)
			continue
		}
		if i.each == nil {
			w.draft(i, i.id, v)
			continue
		}
		w.expand(i, v)
	}
}

// expand makes one draft for each element. A list that is too long is never
// cut short: which of the accounts would be left out is the attacker's choice. Its
// item is left out whole, and people see it; the others proceed, or who makes the
// list long would keep us from pausing too.
func (w *planning) expand(i item, v view) {
	list, err := w.elements(i, v)
	if err == nil && len(list) > i.max {
		err = fmt.Errorf("it would need %d calls, the playbook allows %d: choose by hand whom to act on", len(list), i.max)
	}
	if err != nil {
		w.refuse(i, i.id, err)
		return
	}
	if len(list) == 0 {
		w.empty++
		w.note("%s has nothing to act on: its list names nobody", i.id)
	}
	for n, element := range list {
		v.each = element
		w.draft(i, fmt.Sprintf("%s/%d", i.id, n+1), v)
	}
}

// elements evaluates a list and leaves out repetitions.
func (w *planning) elements(i item, v view) ([]ref.Val, error) {
	out, err := i.each.eval(v)
	if err != nil {
		return nil, err
	}
	lister, ok := out.(traits.Lister)
	if !ok {
		return nil, errors.New("each gave no list")
	}
	var list []ref.Val
	seen := map[common.Address]bool{}
	for it := lister.Iterator(); it.HasNext() == types.True; {
		element, ok := it.Next().(addressValue)
		if !ok {
			return nil, errors.New("each gave what is no address")
		}
		if !seen[element.Address] {
			seen[element.Address] = true
			list = append(list, element)
		}
	}
	return list, nil
}

// draft prepares one call, or notes why it must not be made.
func (w *planning) draft(i item, step string, v view) {
	args := actions.Args{}
	for name, a := range i.with {
		value, err := a.resolve(v)
		if err != nil {
			w.refuse(i, step, err)
			return
		}
		args[name] = value
	}
	target, contract := w.inv.target(i.contract)
	prepared, err := i.action.Prepare(target, args)
	if err != nil {
		w.refuse(i, step, err)
		return
	}
	gas := i.action.Info().Gas
	if own := contract.Gas[i.action.Info().Verb]; own > 0 {
		gas = own
	}
	d := &draft{item: i, step: step, target: target, contract: contract, Prepared: prepared, gas: gas}
	if element, ok := v.each.(addressValue); ok {
		d.element = element.Address
	}
	w.drafts = append(w.drafts, d)
}

// resolve gives an argument's typed value.
func (a argument) resolve(v view) (actions.Value, error) {
	if a.compute == nil {
		return a.value, nil
	}
	out, err := a.compute.eval(v)
	if err != nil {
		return actions.Value{}, err
	}
	switch x := out.(type) {
	case addressValue:
		return actions.Address(x.Address), nil
	case amountValue:
		return actions.Amount(x.Amount), nil
	case types.Duration:
		return actions.Duration(x.Duration), nil
	}
	return actions.Value{}, fmt.Errorf("%s gave no argument", clip(oneLine(a.compute.text)))
}

func (w *planning) note(format string, args ...any) {
	w.notes = append(w.notes, fmt.Sprintf(format, args...))
}

// rehearse makes the plan a dry run and says why.
func (w *planning) rehearse(format string, args ...any) {
	w.rehearsal = true
	w.note(format, args...)
}

// refuse notes a call that must not be made. The others proceed: a detector
// that names one account too many must not keep us from blocking the rest.
func (w *planning) refuse(i item, step string, err error) {
	w.refused[i.id]++
	w.note("%s is not prepared: %s", step, err)
}
