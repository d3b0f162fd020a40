package playbooks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"golang.org/x/sync/errgroup"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
)

// maxReads bounds how many questions are on their way to endpoints at once.
const maxReads = 16

// maxTxGas is 2^24, the cap of one transaction (EIP-7825).
const maxTxGas = 1 << 24

// look reads everything that the drafts want to know, each question once, and
// tries every call. What could not be read is missing afterwards.
func (p *Planner) look(ctx context.Context, w *planning) {
	tried := p.simulate(ctx, w)
	var group errgroup.Group
	group.SetLimit(maxReads)
	var mu sync.Mutex
	for _, v := range w.views() {
		group.Go(func() error {
			got, err := p.o.Reader.CallAll(ctx, v.ChainID, v.To, []byte(v.Data))
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				w.answers[v] = got
			}
			return nil // that it is missing is said where it is missed
		})
	}
	gas := make([]estimates, len(w.drafts))
	for i, d := range w.drafts {
		group.Go(func() error {
			gas[i].signer = p.estimate(ctx, w.book.submit.signer, d)
			if w.book.submit.spare != "" {
				gas[i].spare = p.estimate(ctx, w.book.submit.spare, d)
			}
			return nil
		})
	}
	_ = group.Wait() // no member fails
	tried(ctx)
	w.heads()
	for i, d := range w.drafts {
		p.weigh(d, gas[i])
	}
}

// views lists every question once, the goals' first.
func (w *planning) views() []actions.View {
	var views []actions.View
	for _, d := range w.drafts {
		for _, check := range slices.Concat([]incident.Check{d.Goal}, d.AsGood, d.Tightens) {
			for _, v := range actions.Views(check) {
				if !slices.Contains(views, v) {
					views = append(views, v)
				}
			}
		}
	}
	return views
}

// heads notes the lowest block that any answer on a chain rests on.
func (w *planning) heads() {
	for v, answers := range w.answers {
		name, _ := w.inv.ChainByID(v.ChainID)
		for _, a := range answers {
			if known, ok := w.blocks[name]; !ok || a.Block < known {
				w.blocks[name] = a.Block
			}
		}
	}
}

// estimate is what an endpoint said of the gas of one key's call.
type estimate struct {
	key    string
	known  bool   // the key's address is known
	gas    uint64 // zero: it reverts, or nobody could tell
	revert []byte // not nil: it reverts
	err    error  // nobody could tell
}

// estimates are those of the signer and of its spare, where there is one.
type estimates struct{ signer, spare estimate }

func (p *Planner) estimate(ctx context.Context, key string, d *draft) estimate {
	from, ok := p.sender(key, d.target.ChainID)
	if !ok {
		return estimate{key: key}
	}
	gas, revert, err := p.o.Reader.Estimate(ctx, d.target.ChainID,
		actions.Simulation{From: from, To: d.target.Address, Data: d.Data})
	return estimate{key, true, gas, revert, err}
}

// weigh settles the gas limit and says what a revert means. It is advice: it
// warns people and never stops an urgent call: the endpoint may be the
// attacker's.
func (p *Planner) weigh(d *draft, e estimates) {
	most := p.txGas(d.target.ChainID)
	d.gas = min(d.gas, most)
	if e.spare.key != "" {
		d.spare = e.spare.warning()
	}
	warning := e.signer.warning()
	gas := e.signer.gas
	if s := d.simulation; s != nil {
		warning = ""
		if e.signer.revert != nil && s.Revert == "" {
			warning = "tried alone it reverts: " + contracts.Revert(e.signer.revert)
		}
		if s.Revert == "" {
			gas = max(gas, s.Gas)
		}
	} else if p.o.Simulator != nil && e.signer.known && e.signer.revert == nil {
		warning = cmp.Or(d.untried, "not simulated in time")
	}
	if warning != "" {
		d.warn("%s", warning)
	}
	if gas == 0 {
		return
	}
	if gas > most {
		d.warn("an endpoint says that it takes %d gas, and a transaction on %s may ask for %d", gas, d.target.Chain, most)
	}
	d.gas = min(gasLimit(gas, d.gas), most)
}

// warning is what an estimate alone has to say; empty when it went well.
func (e estimate) warning() string {
	switch {
	case !e.known:
		return fmt.Sprintf("not simulated: the address of key %s is not known here", e.key)
	case e.err != nil:
		return "not simulated: no endpoint could estimate it"
	case e.revert != nil:
		return "the simulation reverts: " + contracts.Revert(e.revert)
	}
	return ""
}

// txGas is the most gas that a transaction on a chain may ask for.
func (p *Planner) txGas(chainID uint64) uint64 {
	if p.o.TxGas != nil {
		if most := p.o.TxGas(chainID); most > 0 {
			return min(most, maxTxGas)
		}
	}
	return maxTxGas
}

// gasLimit is one and a half times the estimate, never less than what the verb
// is known to need and never more than four times that: an endpoint that lies
// low would let the transaction run out of gas, one that lies high would leave
// too little of the budget for the price.
func gasLimit(estimate, known uint64) uint64 {
	most := min(4*known, maxTxGas)
	if estimate > maxTxGas {
		return most
	}
	return min(max(estimate+estimate/2, known), most)
}

func (p *Planner) sender(signer string, chainID uint64) (common.Address, bool) {
	if p.o.KeyAddress != nil {
		if a, ok := p.o.KeyAddress(signer, chainID); ok {
			return a, true
		}
	}
	a := p.set.inv.signers[signer].Address
	return a, a != common.Address{}
}

func (d *draft) warn(format string, args ...any) {
	d.warnings = append(d.warnings, fmt.Sprintf(format, args...))
}

// decide keeps the drafts that are needed and may be made.
func (w *planning) decide(endpoints func(chainID uint64) int) {
	var kept []*draft
	for _, d := range w.drafts {
		configured := endpoints(d.target.ChainID)
		switch so, refusal := w.already(d, configured), w.looser(d); {
		case w.lost(d.item):
			w.refuse(d.item, d.step, errors.New("what it must come after could not be prepared"))
		case so != "":
			w.held++
			w.standing[d.item.id]++
			w.note("%s is not needed: %s", d.step, so)
		case refusal != nil:
			w.refuse(d.item, d.step, refusal)
		case d.gas < incident.LeastGas(d.Data):
			w.refuse(d.item, d.step, fmt.Errorf("its %d bytes of calldata take %d gas, and it may ask for %d on %s",
				len(d.Data), incident.LeastGas(d.Data), d.gas, d.target.Chain))
		default:
			w.standing[d.item.id]++
			kept = append(kept, d)
		}
	}
	w.drafts = kept
}

// lost tells whether everything of an item that this one must follow was
// refused: doing the second without the first is not what the author wrote.
func (w *planning) lost(i item) bool {
	return slices.ContainsFunc(i.after, func(id string) bool { return w.refused[id] > 0 && w.standing[id] == 0 })
}

// already says on what ground nothing needs to be sent; empty when it does. A
// goal that cannot be read is a warning and not a reason to hold back.
func (w *planning) already(d *draft, configured int) string {
	for _, check := range append([]incident.Check{d.Goal}, d.AsGood...) {
		r := actions.Judge(check, w.answers)
		if r.Holds(configured) {
			return fmt.Sprintf("already so, %s, says %s at block %d", check.Text, strings.Join(r.Yes, " and "), lowest(r.Seen))
		}
	}
	r := actions.Judge(d.Goal, w.answers)
	switch doubt := r.Doubt(); {
	case doubt != "":
		d.warn("could not tell whether it is so already: %s", doubt)
	case len(r.Yes) > 0:
		d.warn("%s alone says that it is so already; no other endpoint answered", strings.Join(r.Yes, ", "))
	}
	return ""
}

func lowest(seen []incident.Observation) uint64 {
	block := seen[0].Block
	for _, o := range seen {
		block = min(block, o.Block)
	}
	return block
}

// looser refuses a call that would loosen what the chain has now, when every
// endpoint that can be read says so. Where they disagree people are warned.
func (w *planning) looser(d *draft) error {
	if len(d.Tightens) == 0 {
		return nil
	}
	denied, granted := 0, 0
	var seen []incident.Observation
	for _, check := range d.Tightens {
		switch r := actions.Judge(check, w.answers); {
		case r.Fails():
			denied++
			seen = r.Seen
		case len(r.Yes) > 0 && len(r.No) == 0 && len(r.Unclear) == 0:
			granted++
		}
	}
	switch {
	case denied == len(d.Tightens):
		return actions.Refusal{Verb: d.item.action.Info().Verb, Why: "it would loosen what the chain has now, which is " + observed(seen),
			Mend: "ask for a tighter limit and no shorter a window"}
	case granted == 0:
		d.warn("could not tell whether it tightens: the endpoints cannot be read or disagree; the contract refuses to loosen by itself")
	}
	return nil
}

// observed says what the endpoints saw.
func observed(seen []incident.Observation) string {
	var parts []string
	for _, o := range seen {
		view, _, _ := strings.Cut(o.Check, " ")
		if part := view + " = " + o.Got; !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}
