package actions_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/incident"
)

func action(t *testing.T, verb string) actions.Action {
	t.Helper()
	a, ok := actions.Lookup(verb, "openzeppelin")
	require.True(t, ok)
	return a
}

func TestBlockingAProtectedAccountIsRefused(t *testing.T) {
	to := target()
	delete(to.Protected, vault) // the registry is refused even if nobody lists it
	token := common.HexToAddress("0x3333333333333333333333333333333333333333")
	to.Protected[token] = "token USDX"
	for name, account := range map[string]common.Address{
		"the registry itself": vault,
		"a token":             token,
		"the zero address":    {},
		"the first precompile": common.BytesToAddress(
			[]byte{1}),
		"P-256":                 common.BytesToAddress([]byte{1, 0}),
		"the last one reserved": common.BytesToAddress([]byte{1, 0xff}),
	} {
		_, err := action(t, "blocklist").Prepare(to, actions.Args{"account": actions.Address(account)})
		assert.ErrorContains(t, err, "refuse blocklist", name)
	}
	first := common.BytesToAddress([]byte{2, 0})
	_, err := action(t, "blocklist").Prepare(to, actions.Args{"account": actions.Address(first)})
	assert.NoError(t, err, "0x200 is no precompile")
}

func TestNothingIsBlockedWhenNobodySaidWhatIsProtected(t *testing.T) {
	to := target()
	to.Protected = nil
	_, err := action(t, "blocklist").Prepare(to, actions.Args{"account": actions.Address(attacker)})
	assert.ErrorContains(t, err, "nobody said")
}

func limit(amount incident.Amount, window time.Duration) actions.Args {
	return actions.Args{"limit": actions.Amount(amount), "window": actions.Duration(window)}
}

func TestAnUnlimitedWithdrawalLimitIsRefused(t *testing.T) {
	most, err := incident.QuantityFromBig(contracts.UnlimitedWithdrawal())
	require.NoError(t, err)
	_, err = action(t, "withdrawal-limit").Prepare(target(), limit(incident.Amount{Units: most, Token: "USDX", Decimals: 6}, time.Hour))
	assert.ErrorContains(t, err, "no limit at all")
}

func TestALimitInAnotherTokenOrOtherDecimalsIsRefused(t *testing.T) {
	verb := action(t, "withdrawal-limit")
	_, err := verb.Prepare(target(), limit(incident.Amount{Units: incident.NewQuantity(1), Token: "ETH", Decimals: 18}, time.Hour))
	assert.ErrorContains(t, err, "ETH")
	_, err = verb.Prepare(target(), limit(incident.Amount{Units: incident.NewQuantity(1), Token: "USDX", Decimals: 18}, time.Hour))
	assert.ErrorContains(t, err, "18")
	to := target()
	to.Token = ""
	_, err = verb.Prepare(to, limit(usdx(1), time.Hour))
	assert.ErrorContains(t, err, "has no token")
}

func TestAWindowOfPartsOfASecondIsRefused(t *testing.T) {
	for _, window := range []time.Duration{0, -time.Second, time.Millisecond, 1500 * time.Millisecond} {
		_, err := action(t, "withdrawal-limit").Prepare(target(), limit(usdx(1), window))
		assert.ErrorContains(t, err, "whole number of seconds", window)
	}
}

func TestALimitOfZeroSaysThatNothingLeaves(t *testing.T) {
	p, err := action(t, "withdrawal-limit").Prepare(target(), limit(usdx(0), 24*time.Hour))
	require.NoError(t, err)
	assert.Contains(t, p.Effect, "a limit of 0 lets nothing leave")
	assert.Empty(t, p.Tightens, "zero is tighter than everything")
}

func TestALimitAboveSixtyFourBitsIsExact(t *testing.T) {
	n, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	units, err := incident.QuantityFromBig(n)
	require.NoError(t, err)
	p, err := action(t, "withdrawal-limit").Prepare(target(), limit(incident.Amount{Units: units, Token: "USDX", Decimals: 6}, time.Hour))
	require.NoError(t, err)
	assert.Equal(t, n.String(), p.Args[0].Value)
	assert.Equal(t, units, p.Goal.Want)
}

// chain is what a fake chain says its cap is now.
type chain struct{ limit, window *big.Int }

func (c chain) answers(checks ...incident.Check) map[actions.View][]actions.Answer {
	answers := map[actions.View][]actions.Answer{}
	for _, check := range checks {
		for part := &check; part != nil; part = part.And {
			n := c.limit
			if part.ID == "withdrawalWindow()" {
				n = c.window
			}
			data := common.BigToHash(n).Bytes()
			answers[actions.Views(*part)[0]] = []actions.Answer{{Endpoint: "a", Data: data}, {Endpoint: "b", Data: data}}
		}
	}
	return answers
}

// The contract's own rule (WithdrawalLimited._isAsTight) is the truth that the
// checks of the verb are held against.
func TestTheVerbAgreesWithTheContractOnWhatTightens(t *testing.T) {
	most := contracts.UnlimitedWithdrawal()
	for _, c := range []struct {
		name                 string
		now                  chain
		want                 incident.Amount
		window               time.Duration
		already, wouldBeMade bool
	}{
		{"from no limit", chain{most, big.NewInt(60)}, usdx(100), time.Second, false, true},
		{"lower", chain{big.NewInt(200), big.NewInt(3600)}, usdx(100), time.Hour, false, true},
		{"lower and longer", chain{big.NewInt(200), big.NewInt(60)}, usdx(100), time.Hour, false, true},
		{"the same", chain{big.NewInt(100), big.NewInt(3600)}, usdx(100), time.Hour, true, true},
		{"tighter already", chain{big.NewInt(50), big.NewInt(7200)}, usdx(100), time.Hour, true, false},
		{"higher", chain{big.NewInt(50), big.NewInt(60)}, usdx(100), time.Hour, false, false},
		{"lower but a shorter window", chain{big.NewInt(200), big.NewInt(7200)}, usdx(100), time.Hour, false, false},
		{"closed already, whatever the window", chain{big.NewInt(0), big.NewInt(1)}, usdx(100), time.Hour, true, false},
		{"close it", chain{big.NewInt(5), big.NewInt(99)}, usdx(0), time.Second, false, true},
	} {
		p, err := action(t, "withdrawal-limit").Prepare(target(), limit(c.want, c.window))
		require.NoError(t, err)
		already := false
		for _, check := range append([]incident.Check{p.Goal}, p.AsGood...) {
			already = already || actions.Judge(check, c.now.answers(check)).Holds(2)
		}
		tightens := len(p.Tightens) == 0
		for _, check := range p.Tightens {
			tightens = tightens || actions.Judge(check, c.now.answers(check)).Holds(2)
		}
		assert.Equal(t, c.already, already, c.name)
		assert.Equal(t, c.wouldBeMade, tightens, c.name)
	}
}
