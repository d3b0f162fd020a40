package playbooks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/ethereum/go-ethereum/common"
	"golang.org/x/sync/errgroup"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

// evidenceTime bounds the reading of evidence, before the plan itself is looked
// at: the card is wanted now, and what could not be read is said on it.
const evidenceTime = 1500 * time.Millisecond

// gather reads all evidence of the playbook: what stands in the contracts at
// one block of each endpoint, and what was moved. What cannot be read is an
// error to whatever condition asks for it, and a line on the card.
func (p *Planner) gather(ctx context.Context, w *planning) {
	items := w.book.evidence
	if len(items) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, evidenceTime)
	defer cancel()
	found := make([]finding, len(items))
	var group errgroup.Group
	group.SetLimit(maxReads)
	for _, chainID := range chainsOf(items) {
		group.Go(func() error { p.views(ctx, chainID, items, found); return nil })
	}
	for i, e := range items {
		if e.transfers {
			group.Go(func() error { found[i] = p.moved(ctx, w, e); return nil })
		}
	}
	_ = group.Wait() // no member fails
	w.evidence = map[string]ref.Val{}
	for i, e := range items {
		w.conclude(e, found[i])
	}
}

// finding is what came of one item.
type finding struct {
	value ref.Val            // of a read
	moved []actions.Transfer // of transfers
	alone int                // transfers that too few endpoints report
	block uint64
	doubt error
}

var errNobodyReads = errors.New("nothing here reads evidence")

func chainsOf(items []evidenceItem) []uint64 {
	var chains []uint64
	for _, e := range items {
		if !e.transfers && !slices.Contains(chains, e.contract.ChainID) {
			chains = append(chains, e.contract.ChainID)
		}
	}
	return chains
}

// views reads all views of one chain at one block of each endpoint.
func (p *Planner) views(ctx context.Context, chainID uint64, items []evidenceItem, found []finding) {
	var views []actions.View
	var of []int
	for i, e := range items {
		if !e.transfers && e.contract.ChainID == chainID {
			views, of = append(views, actions.View{ChainID: chainID, To: e.contract.Address, Data: string(e.data)}), append(of, i)
		}
	}
	var answers []actions.Together
	err := errNobodyReads
	if p.o.Evidence != nil {
		answers, err = p.o.Evidence.CallTogether(ctx, chainID, views)
	}
	for n, i := range of {
		if err != nil {
			found[i].doubt = err
			continue
		}
		found[i] = agreed(items[i], n, answers, p.endpoints(chainID))
	}
}

// agreed is the value that every endpoint which answered gives, and two of them
// at least where two are configured: one endpoint can lie or lag.
func agreed(e evidenceItem, n int, answers []actions.Together, configured int) finding {
	var out finding
	var said []string
	for _, a := range answers {
		if n >= len(a.Data) || a.Data[n] == nil {
			continue
		}
		value, err := e.decode(a.Data[n])
		if err != nil {
			return finding{doubt: fmt.Errorf("%s: %w", a.Endpoint, err)}
		}
		if out.value != nil && out.value.Equal(value) != types.True {
			return finding{doubt: fmt.Errorf("endpoints disagree: %s says %s, %s says %s", strings.Join(said, ", "), show(out.value), a.Endpoint, show(value))}
		}
		if out.value == nil || a.Block < out.block {
			out.block = a.Block
		}
		out.value, said = value, append(said, a.Endpoint)
	}
	switch {
	case len(said) == 0:
		return finding{doubt: errors.New("no endpoint could read it")}
	case len(said) == 1 && configured != 1:
		return finding{doubt: fmt.Errorf("%s alone says %s, and no other endpoint answered", said[0], show(out.value))}
	}
	return out
}

// decode reads one word by the type that the inventory gives the view.
func (e evidenceItem) decode(data []byte) (ref.Val, error) {
	q, err := actions.Word(e.returns, data)
	switch {
	case err != nil:
		return nil, err
	case e.returns == "bool":
		return types.Bool(!q.IsZero()), nil
	case e.returns == "address":
		return addressValue{common.BigToAddress(q.Big())}, nil
	case e.token.Name != "":
		return amountValue{incident.Amount{Units: q, Token: e.token.Name, Decimals: e.token.Decimals}}, nil
	}
	return numberValue{q}, nil
}

// moved reads transfers. One counts when two endpoints report it, where two are
// configured: a list that one of them made up must not choose whom to block.
func (p *Planner) moved(ctx context.Context, w *planning, e evidenceItem) finding {
	if p.o.Evidence == nil {
		return finding{doubt: errNobodyReads}
	}
	answers, err := p.o.Evidence.Transfers(ctx, e.contract.ChainID, actions.TransferQuery{Token: e.token.Address, From: e.from, To: e.to,
		Since: e.since, BlockTime: w.inv.chains[e.contract.Chain].BlockTime, Most: maxTransfers})
	if err != nil {
		return finding{doubt: err}
	}
	need := 2
	if p.endpoints(e.contract.ChainID) == 1 {
		need = 1
	}
	if len(answers) < need {
		return finding{doubt: fmt.Errorf("%d endpoints answered, and %d must", len(answers), need)}
	}
	for _, a := range answers {
		if a.Cut {
			return finding{doubt: fmt.Errorf("there are more than %d transfers in %s; ask for a shorter time", maxTransfers, e.since)}
		}
	}
	return together(answers, need)
}

// together is what enough endpoints report. What fewer do is not counted, and
// told where all of them have seen the block: one of them hides something or
// made it up. An endpoint that repeats itself is still one.
func together(answers []actions.Transfers, need int) finding {
	out := finding{block: answers[0].ToBlock}
	begin := answers[0].FromBlock
	by := map[actions.Transfer]int{}
	for _, a := range answers {
		out.block, begin = min(out.block, a.ToBlock), max(begin, a.FromBlock)
		own := map[actions.Transfer]bool{}
		for _, t := range a.List {
			if own[t] {
				continue
			}
			own[t] = true
			if by[t]++; by[t] == need {
				out.moved = append(out.moved, t)
			}
		}
	}
	for t, n := range by {
		if n < need && t.Block >= begin && t.Block <= out.block {
			out.alone++
		}
	}
	return out
}

// conclude gives an item's value to the conditions, and its words to the plan.
func (w *planning) conclude(e evidenceItem, f finding) {
	line := incident.Evidence{ID: e.id, Asked: e.asked, Block: f.block, Optional: e.optional}
	name := "evidence." + e.id
	if e.optional {
		w.evidence["evidence.has_"+e.id] = types.Bool(f.doubt == nil)
	}
	switch {
	case f.doubt != nil:
		line.Doubt, line.Block = clipMessage(f.doubt.Error()), 0
		missing := types.NewErr("%s could not be read: %s", e.asked, line.Doubt)
		for _, part := range []string{"", ".total", ".count", ".recipients"} {
			w.evidence[name+part] = missing
		}
	case e.transfers:
		line.Value = w.transfers(name, e, f.moved)
		if f.alone > 0 {
			line.Value += "; not counted: " + counted(f.alone, "transfer") + " that one endpoint alone reports"
		}
	default:
		w.evidence[name], line.Value = f.value, show(f.value)
	}
	w.lines = append(w.lines, line)
}

// transfers sums up what was moved.
func (w *planning) transfers(name string, e evidenceItem, moved []actions.Transfer) string {
	total := incident.Amount{Token: e.token.Name, Decimals: e.token.Decimals}
	var recipients []common.Address
	for _, t := range moved {
		total.Units = total.Units.Add(t.Units)
		if !slices.Contains(recipients, t.To) {
			recipients = append(recipients, t.To)
		}
	}
	list := make([]ref.Val, len(recipients))
	for i, r := range recipients {
		list[i] = addressValue{r}
	}
	w.evidence[name+".total"] = amountValue{total}
	w.evidence[name+".count"] = types.Int(len(moved))
	w.evidence[name+".recipients"] = types.NewRefValList(types.DefaultTypeAdapter, list)
	return fmt.Sprintf("%s in %s to %s", total, counted(len(moved), "transfer"), counted(len(recipients), "recipient"))
}

// show is a value as people read it.
func show(v ref.Val) string {
	switch x := v.(type) {
	case amountValue:
		return x.Amount.String()
	case addressValue:
		return x.Hex()
	case numberValue:
		return x.Quantity.String()
	case percentValue:
		return x.String()
	case types.Bool:
		return fmt.Sprint(bool(x))
	}
	return fmt.Sprint(v.Value())
}
