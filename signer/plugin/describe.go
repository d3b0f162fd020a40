package plugin

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/signer"
)

// nonces says where the watermark stands on every chain of the policy.
func (s *state) nonces(now time.Time, p *policy) []signer.NextNonce {
	var out []signer.NextNonce
	for _, chain := range slices.Sorted(maps.Keys(p.fees)) {
		c := s.Chains[chain]
		if c == nil {
			c = &chainState{}
		}
		out = append(out, signer.NextNonce{ChainID: chain, Next: c.Next, SpentDay: c.spentDay(now)})
	}
	return out
}

// windows says how much of every limit is used, in a fixed order.
func (s *state) windows(now time.Time, p *policy) []signer.Window {
	var out []signer.Window
	for _, l := range p.limits {
		used := s.used(now, l.window, func(use) bool { return true })
		out = append(out, signer.Window{Every: l.window, Max: l.max, Used: used})
	}
	for _, key := range p.targets() {
		ru := p.rules[key]
		for _, l := range ru.limits {
			w := signer.Window{Rule: ru.id, Every: l.window, Max: l.max}
			w.Used = s.used(now, l.window, ru.counts(l, key.chain, key.to))
			if l.perTo {
				w.To = &key.to
			} else if slices.ContainsFunc(out, func(o signer.Window) bool { return o.Rule == w.Rule && o.To == nil && o.Every == w.Every }) {
				continue // one line for all contracts of the rule
			}
			out = append(out, w)
		}
	}
	return out
}

// targets lists what the rules allow, by rule and then by address.
func (p *policy) targets() []target {
	return slices.SortedFunc(maps.Keys(p.rules), func(a, b target) int {
		return cmp.Or(cmp.Compare(p.rules[a].id, p.rules[b].id), a.to.Cmp(b.to))
	})
}
