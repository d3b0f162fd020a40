package playbooks

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/incident"
)

func (l *loader) submission() {
	n := l.top.need("submit")
	if n == nil {
		return
	}
	f := l.shaped(n, "submit")
	if as := f.need("as"); as != nil {
		name, ok := l.oneOf(as, CodeSigner, l.inv.Signers())
		l.out.submit.signer = name
		if ok {
			l.signerReaches(as, l.inv.signers[name])
		}
	}
	if spare := f.get("spare"); spare != nil {
		l.spare(spare)
	}
	l.out.submit.deadline = f.needDuration("deadline")
	if fee := f.need("max_fee"); fee != nil {
		l.out.submit.maxFee = l.fee(fee)
	}
}

// spare reads the second key. It makes every call too, so it has to be another
// one, that may do the same: a drill's for drills, a real one for the rest.
func (l *loader) spare(n *yaml.Node) {
	name, ok := l.oneOf(n, CodeSigner, l.inv.Signers())
	if !ok {
		return
	}
	first, spare := l.inv.signers[l.out.submit.signer], l.inv.signers[name]
	switch {
	case name == first.Name:
		l.fault(n, CodeSigner, "%s is the key that sends already; a spare is another one", name)
	case first.Name != "" && first.Exercise != spare.Exercise:
		l.fault(n, CodeSigner, "of %s and %s one is for exercises and the other is not", first.Name, name)
	case 2*l.calls() > maxCalls:
		l.fault(n, CodeTooMany, "with a spare every call is made twice, and %d are more than the %d that people can read; lower a max", 2*l.calls(), maxCalls)
	default:
		l.out.submit.spare = name
		l.signerReaches(n, spare)
	}
}

// calls is the most that a plan may need, without a spare's.
func (l *loader) calls() (n int) {
	for _, i := range l.out.items {
		n += max(i.max, 1)
	}
	return n
}

func (l *loader) signerReaches(n *yaml.Node, signer Signer) {
	for _, i := range l.out.items {
		chain := l.inv.contracts[i.contract].Chain
		if chain != "" && !slices.Contains(signer.Chains, chain) {
			l.fault(n, CodeSigner, "%s does not sign for %s, where %s is", signer.Name, chain, i.contract)
			return
		}
	}
}

// fee reads the budget of all calls together, in what their chains are paid in.
func (l *loader) fee(n *yaml.Node) incident.Amount {
	a, ok := l.amount(n, "submit.max_fee")
	if !ok {
		return a
	}
	if a.Units.IsZero() {
		l.fault(n, CodeAmount, "submit.max_fee is nothing, so nothing could ever be sent")
	}
	for _, i := range l.out.items {
		chain := l.inv.chains[l.inv.contracts[i.contract].Chain]
		if chain.Name != "" && chain.Currency != a.Token {
			l.fault(n, CodeAmount, "submit.max_fee is in %s, fees on %s are paid in %s", a.Token, chain.Name, chain.Currency)
			break
		}
	}
	return a
}
