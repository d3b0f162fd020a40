package plugin

import (
	"math/big"
	"time"

	"github.com/firebreak-project/firebreak/signer"
)

const day = 24 * time.Hour

// spent is the fees put at risk in one hour, in wei. Hours keep the state
// small; the price is that an amount comes back up to an hour later than a
// day, never earlier.
type spent struct {
	Hour uint64 // unix hours
	Wei  *big.Int
}

func (s spent) counts(now time.Time) bool {
	end := time.Unix((int64(s.Hour)+1)*3600, 0)
	return end.After(now.Add(-day))
}

// spentDay sums the fees at risk in the day that ends now. Hours in the
// future, left by a clock that stepped back, still count.
func (c *chainState) spentDay(now time.Time) *big.Int {
	sum := new(big.Int)
	for _, s := range c.Spent {
		if s.counts(now) {
			sum.Add(sum, s.Wei)
		}
	}
	return sum
}

// refuseBudget answers a request that would put more at risk than a day may.
func (c *chainState) refuseBudget(now time.Time, extra, perDay *big.Int) *signer.Refusal {
	if sum := c.spentDay(now); sum.Add(sum, extra).Cmp(perDay) > 0 {
		return signer.Refuse(signer.CodeBudget, "the fees at risk in a day would be above the policy's %s wei", perDay)
	}
	return nil
}

// spend records extra wei at risk and drops the hours that no longer count.
func (c *chainState) spend(now time.Time, extra *big.Int) {
	kept := c.Spent[:0]
	for _, s := range c.Spent {
		if s.counts(now) {
			kept = append(kept, s)
		}
	}
	hour := uint64(now.Unix() / 3600)
	for i := range kept {
		if kept[i].Hour == hour {
			kept[i].Wei = new(big.Int).Add(kept[i].Wei, extra)
			c.Spent = kept
			return
		}
	}
	c.Spent = append(kept, spent{Hour: hour, Wei: extra})
}
