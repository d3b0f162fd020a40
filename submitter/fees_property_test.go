package submitter

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

// The replacement rules, written from their sources and not from fees.go. Both
// hold for the fee cap and for the tip, each by itself.

// gethReplaces is core/txpool/legacypool/list.go of go-ethereum, list.Add: more
// than the old one, and at least old * 110 / 100 in integers, rounded down.
func gethReplaces(old, now *big.Int) bool {
	threshold := new(big.Int).Mul(old, big.NewInt(110))
	threshold.Quo(threshold, big.NewInt(100))
	return now.Cmp(old) == 1 && now.Cmp(threshold) != -1
}

// rethReplaces is what Reth's transaction pool asks for: a tenth more, rounded
// up. Here without a division: 100 * now >= 110 * old.
func rethReplaces(old, now *big.Int) bool {
	left := new(big.Int).Mul(now, big.NewInt(100))
	right := new(big.Int).Mul(old, big.NewInt(110))
	return now.Cmp(old) == 1 && left.Cmp(right) != -1
}

// climb is one walk: a market that moves, and a step that is raised in it.
type climb struct {
	r       *rand.Rand
	m       market
	l       limits
	first   price
	at      price
	raises  int
	refused int // how often there was no room
}

// newClimb draws a start from a seed. It says false where no bid can be made.
func newClimb(seed uint64) (*climb, bool) {
	r := rand.New(rand.NewPCG(seed, 77))
	c := &climb{r: r, m: market{base: magnitude(r, 55), tip: magnitude(r, 45)}}
	c.l = limits{gas: 21_000 + r.Uint64N(1<<24-21_000), node: magnitude(r, 62).Add(weiOf(1)), cost: magnitude(r, 64), floorTip: magnitude(r, 40)}
	if r.IntN(4) > 0 { // room for some rungs, so that not every walk begins at its end
		asks := c.m.base.Times(baseRoom).Add(c.m.tip).Add(weiOf(1)).Times(c.l.gas)
		c.l.cost, c.l.node = asks.Times(1+r.Uint64N(64)), asks.Times(1+r.Uint64N(256))
	}
	switch r.IntN(6) {
	case 0, 1:
		c.l.node = defaultNodeFeeCap
	case 2:
		c.l.node = incident.Wei{} // the operator's own, which takes anything
	}
	if r.IntN(2) == 0 {
		c.l.balance = new(c.l.cost.Div(8).Times(r.Uint64N(64)))
	}
	return c, c.open()
}

// magnitude draws a number of any size up to so many bits, zero included: what
// breaks fee rules is small numbers.
func magnitude(r *rand.Rand, bits int) incident.Wei {
	n := r.IntN(bits + 1)
	if n == 0 {
		return incident.Wei{}
	}
	return weiOf(r.Uint64() >> (64 - n))
}

func (c *climb) open() bool {
	p, _, err := opening(c.m, c.l)
	c.first, c.at = p, p
	return err == nil
}

// move is one block: the base fee goes by an eighth at most (EIP-1559), or a
// chain without that rule leaps; the tip does what it likes; somebody spends
// from the account or fills it up.
func (c *climb) move() {
	switch c.r.IntN(10) {
	case 0:
		c.m.base = incident.Wei{}
	case 1:
		c.m.base = c.m.base.Times(2 + c.r.Uint64N(100)).Add(weiOf(c.r.Uint64N(1_000)))
	case 2, 3, 4:
		c.m.base = c.m.base.Sub(c.m.base.Div(8))
	default:
		c.m.base = c.m.after(1).base
	}
	if c.r.IntN(4) == 0 {
		c.m.tip = magnitude(c.r, 45)
	}
	if c.l.balance != nil && c.r.IntN(4) == 0 {
		c.l.balance = new(c.l.balance.Times(c.r.Uint64N(12)).Div(8))
	}
}

// step raises once and says what is wrong with it, or nothing.
func (c *climb) step() error {
	now, ok := raise(c.at, c.m, c.l)
	if !ok {
		c.refused++
		return nil
	}
	old := c.at
	for name, pair := range map[string][2]incident.Wei{"cap": {old.feeCap, now.feeCap}, "tip": {old.tip, now.tip}} {
		was, is := pair[0].Big(), pair[1].Big()
		if !gethReplaces(was, is) {
			return fmt.Errorf("geth refuses %s %s after %s", name, is, was)
		}
		if !rethReplaces(was, is) {
			return fmt.Errorf("reth refuses %s %s after %s", name, is, was)
		}
	}
	c.at = now
	c.raises++
	return c.bounded()
}

// bounded holds the present bid against its limits.
func (c *climb) bounded() error {
	p, cost := c.at, new(big.Int).Mul(c.at.feeCap.Big(), new(big.Int).SetUint64(c.l.gas))
	switch {
	case p.tip.Cmp(p.feeCap) > 0:
		return fmt.Errorf("tip %s is above cap %s", p.tip, p.feeCap)
	case cost.Cmp(c.l.cost.Big()) > 0:
		return fmt.Errorf("it may cost %s, approved were %s", cost, c.l.cost)
	case !c.l.node.IsZero() && cost.Cmp(c.l.node.Big()) >= 0:
		return fmt.Errorf("it may cost %s, nodes take less than %s", cost, c.l.node)
	case c.raises > 0 && c.l.balance != nil && cost.Cmp(c.l.balance.Big()) > 0:
		return fmt.Errorf("a raise may cost %s, the account has %s", cost, c.l.balance)
	}
	return nil
}

// few tells whether there were no more raises than a tenth each allows between
// the first bid and the limit: first * 11^n <= limit * 10^n, in integers.
func (c *climb) few() bool {
	if c.first.feeCap.IsZero() {
		return c.raises == 0
	}
	n := big.NewInt(int64(c.raises))
	low := new(big.Int).Mul(c.first.feeCap.Big(), new(big.Int).Exp(big.NewInt(11), n, nil))
	high := new(big.Int).Mul(c.l.hard().Big(), new(big.Int).Exp(big.NewInt(10), n, nil))
	return low.Cmp(high) <= 0
}

// walk goes so many blocks from a seed's start.
func walk(seed uint64, blocks int) (*climb, error) {
	c, ok := newClimb(seed)
	if !ok {
		return nil, nil
	}
	if err := c.bounded(); err != nil {
		return c, fmt.Errorf("opening: %w", err)
	}
	for range blocks {
		c.move()
		if err := c.step(); err != nil {
			return c, err
		}
		if !c.few() {
			return c, fmt.Errorf("%d raises from cap %s to %s, which a tenth each cannot be", c.raises, c.first.feeCap, c.at.feeCap)
		}
	}
	return c, nil
}

func TestEveryRaiseOfEveryWalkReplacesOnEveryClientWithinEveryLimit(t *testing.T) {
	raises, walks, ended := 0, 0, 0
	for seed := range uint64(20_000) {
		c, err := walk(seed, 60)
		require.NoError(t, err, "seed %d", seed)
		if c == nil {
			continue
		}
		walks, raises = walks+1, raises+c.raises
		if c.refused > 0 {
			ended++
		}
	}
	assert.Greater(t, walks, 10_000, "most starts allow a bid")
	assert.Greater(t, raises, 50_000, "raises were tried")
	assert.Greater(t, ended, 5_000, "ceilings were met")
}

func FuzzAFeeLadder(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(seed, uint64(300_000), uint64(10*gweiUnit), uint64(gweiUnit), uint64(1e18))
	}
	f.Fuzz(func(t *testing.T, seed, gas, base, tip, cost uint64) {
		c, _ := newClimb(seed)
		c.l.gas, c.l.cost = 21_000+gas%(1<<24-21_000), weiOf(cost)
		c.m = market{base: weiOf(base), tip: weiOf(tip)}
		if !c.open() {
			return
		}
		require.NoError(t, c.bounded())
		for range 40 {
			require.NoError(t, c.step())
			require.True(t, c.few())
			c.move()
		}
	})
}

func TestALadderEndsAndStaysAtItsEndWhileTheMarketClimbsOn(t *testing.T) {
	for seed := range uint64(2_000) {
		c, ok := newClimb(seed)
		if !ok {
			continue
		}
		c.l.balance = nil // an account that is filled up again may bid again
		last := 0
		for block := range 2_000 {
			c.m = c.m.after(1)
			before := c.raises
			require.NoError(t, c.step(), "seed %d", seed)
			if c.raises > before {
				last = block
			}
		}
		require.True(t, c.few(), "seed %d", seed)
		require.Less(t, last, 1_900, "seed %d: it is raised without end", seed)
		top := c.at
		_, more := raise(top, c.m, c.l)
		require.False(t, more, "seed %d", seed)
	}
}

// TestTheWorkedExampleOfTheReference is its section 6 g: 300000 gas, base fee
// 10 gwei, tip 2 gwei (twice what the oracle says).
func TestTheWorkedExampleOfTheReference(t *testing.T) {
	l := limits{gas: 300_000, cost: weiOf(2e18), node: defaultNodeFeeCap, floorTip: weiOf(1)}
	m := market{base: weiOf(10 * gweiUnit), tip: weiOf(gweiUnit)}
	p, _, err := opening(m, l)
	require.NoError(t, err)
	assert.Equal(t, weiOf(62*gweiUnit), p.feeCap)
	assert.Equal(t, "0.0186", p.feeCap.Times(l.gas).Decimal(18), "ETH reserved")
	full := 0
	for {
		next, ok := raise(p, m, l)
		if !ok || next.feeCap.Cmp(rung(p.feeCap)) < 0 {
			break // the last one is cut to the nodes' limit
		}
		assert.Equal(t, rung(p.tip), next.tip)
		p = next
		full++
	}
	assert.Equal(t, 17, full, "rungs of a quarter that fit below 0.99 ETH")
	assert.Negative(t, p.feeCap.Times(l.gas).Cmp(defaultNodeFeeCap))
}
