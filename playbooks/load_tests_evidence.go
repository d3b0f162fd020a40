package playbooks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/incident"
)

// What evidence may say besides its value.
const (
	unknown  = "unknown"  // it cannot be read
	stranger = "stranger" // an account that nobody knows
)

// evidence reads what reads answer, over what all cases share. What nobody says
// anything about cannot be read.
func (l *testLoader) evidence(n *yaml.Node, over map[string]Finding) map[string]Finding {
	all := map[string]Finding{}
	maps.Copy(all, over)
	if n == nil {
		return all
	}
	for _, p := range l.entries(n, "evidence") {
		i := slices.IndexFunc(l.book.evidence, func(e evidenceItem) bool { return e.id == p.key.Value })
		if i < 0 {
			l.fault(p.key, CodeEvidence, "%s reads no evidence %q%s", l.book.Name, clip(p.key.Value), meant(p.key.Value, l.reads()))
			continue
		}
		all[p.key.Value] = l.finding(l.book.evidence[i], p.value)
	}
	return all
}

func (l *testLoader) reads() []string {
	list := make([]string, len(l.book.evidence))
	for i, e := range l.book.evidence {
		list[i] = e.id
	}
	return list
}

func (l *testLoader) finding(e evidenceItem, n *yaml.Node) Finding {
	out := Finding{View: actions.View{ChainID: e.contract.ChainID, To: e.contract.Address, Data: string(e.data)}, Chain: e.contract.ChainID}
	if e.transfers {
		out.Asks = &actions.TransferQuery{Token: e.token.Address, From: e.from, To: e.to, Since: e.since}
	}
	where := "evidence." + e.id
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == unknown:
		out.Unknown = true
	case e.transfers:
		out.Moved = l.moved(e, n, where)
	default:
		q, err := l.answers(e, l.text(n, where, 128))
		if err != nil && n.Kind == yaml.ScalarNode && !l.refused[n] {
			l.fault(n, CodeEvidence, "%s: %s; or unknown, where it cannot be read", where, err)
		}
		out.Word = common.BigToHash(q.Big())
	}
	return out
}

// answers reads a value of the type that the view has.
func (l *testLoader) answers(e evidenceItem, text string) (incident.Quantity, error) {
	switch {
	case e.returns == "bool":
		if text != "true" && text != "false" {
			return incident.Quantity{}, fmt.Errorf("%q is not true or false", clip(text))
		}
		return incident.NewQuantity(map[string]uint64{"true": 1}[text]), nil
	case e.returns == "address":
		a, ok := l.inv.accountNamed(text)
		if text == stranger {
			a, ok = madeUp(0), true
		}
		if !ok {
			return incident.Quantity{}, fmt.Errorf("unknown account %q%s", clip(text), meant(text, append(l.inv.Contracts(), append(names(l.inv.accounts), stranger)...)))
		}
		return incident.QuantityFromBig(a.Big())
	case e.token.Name != "":
		a, err := l.inv.ParseAmount(text)
		if err == nil && a.Token != e.token.Name {
			err = fmt.Errorf("it counts in %s, this is %s", e.token.Name, a.Token)
		}
		return a.Units, err
	}
	return incident.ParseQuantity(strings.ReplaceAll(text, "_", ""))
}

// moved makes up transfers: so many, to so many strangers, of so much together.
func (l *testLoader) moved(e evidenceItem, n *yaml.Node, where string) []actions.Transfer {
	f := l.ofTests(n, where, "evidence")
	recipients := l.whole(f.get("recipients"), where+".recipients", span[uint64]{0, maxSuspects})
	count := max(recipients, 1)
	if c := f.get("count"); c != nil {
		if count = l.whole(c, where+".count", span[uint64]{0, maxTransfers}); count < recipients {
			l.fault(c, CodeEvidence, "%s: %d transfers cannot reach %d recipients", where, count, recipients)
		}
	}
	var total incident.Amount
	if t := f.get("total"); t != nil {
		var err error
		total, err = l.inv.ParseAmount(l.text(t, where+".total", 128))
		switch {
		case l.refused[t] || t.Kind != yaml.ScalarNode:
		case err != nil:
			l.fault(t, CodeAmount, "%s.total: %s", where, err)
		case total.Token != e.token.Name:
			l.fault(t, CodeAmount, "%s.total is in %s, what is moved is %s", where, total.Token, e.token.Name)
		}
	}
	return transfersOf(e, total.Units, count, max(recipients, 1))
}

func transfersOf(e evidenceItem, total incident.Quantity, count, recipients uint64) []actions.Transfer {
	list := make([]actions.Transfer, count)
	for i := range list {
		share := total.Div(count)
		if i == 0 {
			share = total.Sub(share.Times(count - 1))
		}
		to := e.to
		if to == (common.Address{}) {
			to = madeUp(uint64(i) % recipients)
		}
		list[i] = actions.Transfer{From: e.from, To: to, Units: share, Block: 1000, Tx: common.Hash{1}, Index: uint64(i)}
	}
	return list
}
