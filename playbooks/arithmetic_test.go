package playbooks_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// ground is the biggest amount there is: 2^256-1 millionths.
const ground = "115792089237316195423570985008687907853269984665640564039457584007913129.639935 USDX"

// verdict is what a condition comes to for an alert: yes, no, or what went wrong.
func verdict(t *testing.T, condition string, a incident.Alert) string {
	t.Helper()
	opened := with(t, on(condition)).Match(a)
	if len(opened) == 0 {
		return "no"
	}
	if opened[0].MatchFail == "" {
		return "yes"
	}
	return opened[0].MatchFail
}

func TestArithmeticOfAmountsIsExact(t *testing.T) {
	for _, c := range []struct{ condition, want string }{ // the loss is 250_000 USDX
		{`alert.loss + amount("0.000001 USDX") > amount("250_000 USDX")`, "yes"},
		{`alert.loss + amount("0 USDX") > amount("250_000 USDX")`, "no"},
		{`alert.loss - amount("250_000 USDX") == amount("0 USDX")`, "yes"},
		{`alert.loss - amount("250_000.000001 USDX") == amount("0 USDX")`, "an amount of USDX is never below zero"},
		{`amount("` + ground + `") + alert.loss > amount("0 USDX")`, "an amount of USDX is never above 2^256-1 base units"},
		{`alert.loss + amount("` + ground + `") - alert.loss > amount("0 USDX")`, "never above"},
		{`amount("` + ground + `") - alert.loss + alert.loss == amount("` + ground + `")`, "yes"},
		{`alert.loss / amount("1_000_000 USDX") == percent("25%")`, "yes"},
		{`alert.loss / amount("1_000_000 USDX") > percent("24.9999%")`, "yes"},
		{`alert.loss / amount("1_000_000 USDX") < percent("25.0001%")`, "yes"},
		{`alert.loss / amount("750_000 USDX") > percent("33.3333%")`, "yes"},
		{`alert.loss / amount("750_000 USDX") < percent("33.3334%")`, "yes"},
		{`alert.loss / amount("750_000 USDX") == amount("1 USDX") / amount("3 USDX")`, "yes"},
		{`alert.loss / amount("0 USDX") > percent("5%")`, "division of an amount by nothing"},
		{`amount("0 USDX") / alert.loss == percent("0%")`, "yes"},
		{`amount("` + ground + `") / alert.loss > percent("999999%")`, "yes"},
		{`percent("5%") * alert.loss == amount("12_500 USDX")`, "yes"},
		{`percent("33.3333%") * (alert.loss - amount("249_999.999991 USDX")) == amount("0.000002 USDX")`, "yes"},
		{`percent("0.0001%") * (alert.loss - amount("249_999.000001 USDX")) == amount("0 USDX")`, "yes"},
		{`percent("0.0001%") * (alert.loss - amount("249_999 USDX")) == amount("0.000001 USDX")`, "yes"},
		{`percent("100%") * (amount("` + ground + `") - alert.loss) + alert.loss == amount("` + ground + `")`, "yes"},
		{`percent("100.0001%") * amount("` + ground + `") > alert.loss`, "never above"},
		{`percent("200%") * alert.loss == alert.loss + alert.loss`, "yes"},
		{`(alert.loss / amount("3 USDX")) * amount("3 USDX") == alert.loss`, "yes"},
		{`percent("1.50%") * alert.loss == percent("1.5%") * alert.loss`, "yes"},
	} {
		assert.Contains(t, verdict(t, c.condition, drain()), c.want, c.condition)
	}
}

func TestAmountsOfTwoTokensNeverMeet(t *testing.T) {
	a := drain()
	a.Loss = &incident.Amount{Units: incident.NewQuantity(5), Token: "ETH", Decimals: 18}
	for _, condition := range []string{
		`alert.loss + amount("1 USDX") > amount("0 USDX")`, `alert.loss - amount("1 USDX") < amount("9 USDX")`,
		`amount("1 USDX") - alert.loss < amount("9 USDX")`, `alert.loss / amount("1 USDX") > percent("0%")`,
		`alert.loss == amount("1 USDX")`, `!(alert.loss == amount("1 USDX"))`, `percent("5%") * alert.loss < amount("1 USDX")`,
	} {
		assert.Contains(t, verdict(t, condition, a), "does not compare with one of", condition)
	}
	a.Loss = &incident.Amount{Units: incident.NewQuantity(5), Token: "USDX", Decimals: 18}
	assert.Contains(t, verdict(t, `alert.loss < amount("1 USDX")`, a), "does not compare", "nor do those of one token in other units")
}

func TestAPercentageIsWrittenPlainly(t *testing.T) {
	for _, text := range []string{"", "%", "5", "5 %", "-5%", "+5%", "5e1%", ".5%", "5.%", "1.00001%", "1_000%", "1000000%", "0b5%", "1/2%", "٥%", "5%%", "5% "} {
		_, err := loadText(goodInventory, strings.Replace(goodPlaybook, `alert.loss >= amount("250_000 USDX")`, `alert.loss / amount("9 USDX") > percent("`+text+`")`, 1))
		require.Error(t, err, "%q", text)
	}
}

// counting is a playbook whose condition is over three amounts of evidence.
func counting(t testing.TB, condition string) *playbooks.Set {
	t.Helper()
	return asking(t, "  - {id: a, read: lab-vault.totalAssets(), in: USDX}\n  - {id: b, read: lab-vault.balanceOf(treasury), in: USDX}\n"+
		"  - {id: c, read: lab-vault.withdrawalLimit(), in: USDX}\n", condition)
}

func FuzzArithmeticAgreesWithBigNumbers(f *testing.F) {
	most := strings.Repeat("\xff", 32)
	for _, pair := range [][2]string{{"", ""}, {"\x01", ""}, {"", "\x01"}, {most, "\x01"}, {most, most}, {"\x07", "\x03"}, {most, ""}, {"\x01", most}} {
		f.Add([]byte(pair[0]), []byte(pair[1]))
	}
	share := big.NewInt(123_456) // of a million
	million := big.NewInt(1_000_000)
	laws := []struct {
		set  *playbooks.Set
		want func(a, b *big.Int) (c *big.Int, yes bool) // nil: there is no such amount
	}{
		{counting(f, `evidence.a + evidence.b == evidence.c`), func(a, b *big.Int) (*big.Int, bool) { return new(big.Int).Add(a, b), true }},
		{counting(f, `evidence.a - evidence.b == evidence.c`), func(a, b *big.Int) (*big.Int, bool) { return new(big.Int).Sub(a, b), true }},
		{counting(f, `percent("12.3456%") * evidence.a == evidence.c && evidence.b >= evidence.b - evidence.b`), func(a, _ *big.Int) (*big.Int, bool) {
			return new(big.Int).Div(new(big.Int).Mul(a, share), million), true
		}},
		{counting(f, `(evidence.a / evidence.b) * evidence.b == evidence.a && evidence.c == evidence.c - amount("0 USDX")`), func(a, b *big.Int) (*big.Int, bool) {
			return map[bool]*big.Int{true: nil, false: new(big.Int)}[b.Sign() == 0], true
		}},
		{counting(f, `evidence.a / evidence.b >= percent("12.3456%") && evidence.c == amount("0 USDX")`), func(a, b *big.Int) (*big.Int, bool) {
			if b.Sign() == 0 {
				return nil, false
			}
			return new(big.Int), new(big.Int).Mul(a, million).Cmp(new(big.Int).Mul(b, share)) >= 0
		}},
		{counting(f, `evidence.a < evidence.b && evidence.c == amount("0 USDX")`), func(a, b *big.Int) (*big.Int, bool) { return new(big.Int), a.Cmp(b) < 0 }},
	}
	f.Fuzz(func(t *testing.T, x, y []byte) {
		a, b := new(big.Int).SetBytes(x[:min(len(x), 32)]), new(big.Int).SetBytes(y[:min(len(y), 32)])
		for n, law := range laws {
			c, yes := law.want(a, b)
			want := "yes"
			switch {
			case c == nil || c.Sign() < 0 || c.BitLen() > 256:
				want, c = "error", new(big.Int)
			case !yes:
				want = "no"
			}
			w := newWitnesses()
			w.each(func(e *witness) {
				for view, value := range map[string]*big.Int{"totalAssets()": a, "balanceOf(address)": b, "withdrawalLimit()": c} {
					e.views[view] = value.FillBytes(make([]byte, 32))
				}
			})
			p := evident(t, law.set, w, drain())
			got := "yes"
			if p.Calls[0].Step != "pause" {
				got = map[bool]string{true: "no", false: "error"}[strings.Contains(strings.Join(p.Notes, "\n"), "pause does not apply")]
			}
			require.Equal(t, want, got, "law %d of %s and %s: %v", n, a, b, p.Notes)
		}
	})
}
