package plugin

import (
	"maps"
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// nonces says where the watermark stands on every chain of the policy.
func (s *state) nonces(now time.Time, p *policy.Policy) []signer.NextNonce {
	var out []signer.NextNonce
	for _, chain := range slices.Sorted(maps.Keys(p.Fees)) {
		c := s.chain(chain)
		out = append(out, signer.NextNonce{ChainID: chain, Next: c.Next, SpentDay: c.spentDay(now)})
	}
	return out
}

// windows says how much of every limit is used, in a fixed order.
func (s *state) windows(now time.Time, p *policy.Policy) []signer.Window {
	var out []signer.Window
	for _, l := range p.Limits {
		used := s.used(now, l.Window, everyUse)
		out = append(out, signer.Window{Every: l.Window, Max: l.Max, Used: used})
	}
	for _, key := range p.Targets() {
		ru := p.Rules[key]
		for _, l := range ru.Limits {
			w := signer.Window{Rule: ru.ID, Every: l.Window, Max: l.Max}
			w.Used = s.used(now, l.Window, counts(ru, l, key))
			if l.PerTo {
				w.To = &key.To
			} else if slices.ContainsFunc(out, func(o signer.Window) bool { return o.Rule == w.Rule && o.To == nil && o.Every == w.Every }) {
				continue // one line for all contracts of the rule
			}
			out = append(out, w)
		}
	}
	return out
}
