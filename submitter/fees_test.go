package submitter

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

func weiOf(n uint64) incident.Wei { return incident.NewQuantity(n) }

const gweiUnit = 1_000_000_000

func someLimits(gas uint64, cost incident.Wei) limits {
	return limits{gas: gas, cost: cost, node: defaultNodeFeeCap, floorTip: weiOf(1)}
}

func TestTheFirstBidLeavesRoomForTheBaseFeeToRise(t *testing.T) {
	// The worked example of the reference: 300000 gas, base 10 gwei, tip 1 gwei.
	p, why, err := opening(market{base: weiOf(10 * gweiUnit), tip: weiOf(gweiUnit)}, someLimits(300_000, weiOf(1e18)))
	require.NoError(t, err)
	assert.Equal(t, "62000000000", p.feeCap.String())
	assert.Equal(t, "2000000000", p.tip.String())
	assert.Equal(t, "tip 2 x 1 gwei, cap 6 x base fee 10 gwei + tip", why)
}

func TestABidOfZeroIsRefused(t *testing.T) {
	_, _, err := opening(market{base: weiOf(1)}, someLimits(100_000, weiOf(99_999)))
	assert.ErrorIs(t, err, errNoBudget)
}

func TestABalanceThatCanPayCutsTheBidAndOneThatCannotDoesNot(t *testing.T) {
	m := market{base: weiOf(10 * gweiUnit), tip: weiOf(gweiUnit)}
	l := someLimits(100_000, weiOf(1e18))
	l.balance = new(weiOf(20 * gweiUnit * 100_000))
	p, why, err := opening(m, l)
	require.NoError(t, err)
	assert.Equal(t, weiOf(20*gweiUnit), p.feeCap)
	assert.Contains(t, why, "cut to the account's balance")

	l.balance = new(weiOf(1))
	p, why, err = opening(m, l)
	require.NoError(t, err)
	assert.Equal(t, weiOf(62*gweiUnit), p.feeCap, "a bid nobody can mine helps nobody")
	assert.Contains(t, why, "fund it")
}

func TestTheBaseFeeIsExtrapolatedByAnEighthPerMissedBlock(t *testing.T) {
	m := market{base: weiOf(8000)}
	assert.Equal(t, weiOf(8000), m.after(0).base)
	assert.Equal(t, weiOf(9000), m.after(1).base)
	assert.Equal(t, weiOf(10125), m.after(2).base)
	assert.Equal(t, m.after(maxMissed), m.after(1_000_000), "it stops somewhere")
}

// geth demands more than the old value and a tenth more rounded down, reth a
// tenth more rounded up.
func acceptedByGeth(old, now *big.Int) bool {
	tenth := new(big.Int).Div(new(big.Int).Mul(old, big.NewInt(110)), big.NewInt(100))
	return now.Cmp(old) > 0 && now.Cmp(tenth) >= 0
}

func acceptedByReth(old, now *big.Int) bool {
	tenth := new(big.Int).Mul(old, big.NewInt(110))
	tenth.Add(tenth, big.NewInt(99)).Div(tenth, big.NewInt(100))
	return now.Cmp(old) > 0 && now.Cmp(tenth) >= 0
}

func random(r *rand.Rand) incident.Wei {
	q, _ := incident.QuantityFromBig(new(big.Int).Rsh(new(big.Int).SetUint64(r.Uint64()), uint(r.IntN(63))))
	return q
}

func TestEveryRaiseClearsBothReplacementRulesAndEveryLimit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	raised := 0
	for range 200_000 {
		l := someLimits(21_000+r.Uint64N(16_000_000), random(r).Times(1+r.Uint64N(1<<20)))
		l.floorTip = random(r).Div(1 + r.Uint64N(1<<40))
		if r.IntN(2) == 0 {
			l.balance = new(random(r).Times(1 + r.Uint64N(1<<20)))
		}
		m := market{base: random(r), tip: random(r)}
		old, _, err := opening(market{base: random(r), tip: random(r)}, l)
		if err != nil {
			continue
		}
		require.LessOrEqual(t, old.feeCap.Times(l.gas).Cmp(l.cost), 0, "an opening above what was approved")
		require.Less(t, old.feeCap.Times(l.gas).Cmp(l.node), 0, "an opening that nodes refuse")
		require.LessOrEqual(t, old.tip.Cmp(old.feeCap), 0)
		now, ok := raise(old, m, l)
		if !ok {
			continue
		}
		raised++
		require.True(t, acceptedByGeth(old.feeCap.Big(), now.feeCap.Big()) && acceptedByGeth(old.tip.Big(), now.tip.Big()), "geth refuses %v after %v", now, old)
		require.True(t, acceptedByReth(old.feeCap.Big(), now.feeCap.Big()) && acceptedByReth(old.tip.Big(), now.tip.Big()), "reth refuses %v after %v", now, old)
		require.LessOrEqual(t, now.feeCap.Times(l.gas).Cmp(l.cost), 0, "a raise above what was approved")
		require.Less(t, now.feeCap.Times(l.gas).Cmp(l.node), 0)
		require.LessOrEqual(t, now.tip.Cmp(now.feeCap), 0)
		if l.balance != nil {
			require.LessOrEqual(t, now.feeCap.Times(l.gas).Cmp(*l.balance), 0)
		}
	}
	assert.Greater(t, raised, 1000, "the property was tried")
}

func TestSeventeenRaisesFitBelowTheNodesCap(t *testing.T) {
	l := someLimits(300_000, weiOf(1e18))
	m := market{base: weiOf(10 * gweiUnit), tip: weiOf(gweiUnit)}
	p, _, err := opening(m, l)
	require.NoError(t, err)
	raises := 0
	for ok := true; ok; raises++ {
		p, ok = raise(p, m, l)
	}
	assert.Equal(t, 18, raises-1, "17 full rungs, and one cut to the cap that still clears a tenth")
}

func TestARaiseFollowsAMarketThatLeaptAhead(t *testing.T) {
	l := someLimits(100_000, weiOf(9e17))
	old := price{feeCap: weiOf(60 * gweiUnit), tip: weiOf(gweiUnit)}
	p, ok := raise(old, market{base: weiOf(200 * gweiUnit), tip: weiOf(5 * gweiUnit)}, l)
	require.True(t, ok)
	assert.Equal(t, weiOf(1210*gweiUnit), p.feeCap)
	assert.Equal(t, weiOf(10*gweiUnit), p.tip)
}
