package plugin

import (
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/signer/policy"
)

// useGroup is the counted signatures of one rule on one contract.
type useGroup struct {
	Rule  string
	Chain uint64
	To    common.Address
	At    []uint64 // unix milliseconds, rounded up, oldest first
}

// used counts the uses that match within the window that ends now. A use in
// the future, left by a clock that stepped back, still counts.
func (s *state) used(now time.Time, window time.Duration, match func(*useGroup) bool) uint64 {
	from := now.Add(-window)
	var n uint64
	for i := range s.Uses {
		if !match(&s.Uses[i]) {
			continue
		}
		for _, at := range s.Uses[i].At {
			if time.UnixMilli(int64(at)).After(from) {
				n++
			}
		}
	}
	return n
}

// count adds a use and forgets those that no window can see any more.
func (s *state) count(now time.Time, longest time.Duration, u useGroup) {
	from := now.Add(-longest)
	kept := s.Uses[:0]
	for _, group := range s.Uses {
		recent := group.At[:0]
		for _, at := range group.At {
			if time.UnixMilli(int64(at)).After(from) {
				recent = append(recent, at)
			}
		}
		if group.At = recent; len(recent) > 0 {
			kept = append(kept, group)
		}
	}
	s.Uses = kept
	at := uint64(now.Add(time.Millisecond - 1).UnixMilli())
	for i := range s.Uses {
		if s.Uses[i].Rule == u.Rule && s.Uses[i].Chain == u.Chain && s.Uses[i].To == u.To {
			s.Uses[i].At = append(s.Uses[i].At, at)
			return
		}
	}
	u.At = []uint64{at}
	s.Uses = append(s.Uses, u)
}

func everyUse(*useGroup) bool { return true }

// counts matches the uses that a limit of the rule counts.
func counts(ru *policy.Rule, l policy.Limit, target policy.Target) func(*useGroup) bool {
	return func(u *useGroup) bool {
		return u.Rule == ru.ID && (!l.PerTo || u.Chain == target.Chain && u.To == target.To)
	}
}
