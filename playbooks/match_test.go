package playbooks_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// drain is an alert that goodPlaybook is for.
func drain() incident.Alert {
	return incident.Alert{Source: "generic", ID: "a1", Rule: "vault.outflow-spike", Severity: incident.SeverityCritical,
		Chain: "lab", Contract: "lab-vault", Loss: loss("250000000000"),
		Suspects: []common.Address{common.HexToAddress("0xA11CE0"), common.HexToAddress("0xB0B000")}}
}

func loss(units string) *incident.Amount {
	n, ok := new(big.Int).SetString(units, 10)
	if !ok {
		panic("the test itself is wrong: " + units)
	}
	q, err := incident.QuantityFromBig(n)
	if err != nil {
		panic(err)
	}
	return &incident.Amount{Units: q, Token: "USDX", Decimals: 6}
}

// with gives the good set with one place of the playbook changed.
func with(t testing.TB, changes ...edit) *playbooks.Set {
	t.Helper()
	text := goodPlaybook
	for _, c := range changes {
		require.Equal(t, 1, strings.Count(text, c.old), c.old)
		text = strings.Replace(text, c.old, c.new, 1)
	}
	set, err := loadText(goodInventory, text)
	require.NoError(t, err)
	return set
}

func on(condition string) edit { return edit{whenBlock, "  when: '" + condition + "'\n"} }

func TestAnAlertMatchesWhenEverythingOfOnHolds(t *testing.T) {
	set := with(t)
	opened := set.Match(drain())
	require.Len(t, opened, 1)
	o := opened[0]
	assert.Equal(t, `["drain","lab","lab-vault"]`, o.Key)
	assert.Equal(t, incident.PlaybookRef{Name: "drain", Digest: incident.DigestOf("firebreak-playbook/1", []byte(goodPlaybook))}, o.Playbook)
	assert.Equal(t, goodPlaybook, o.Text)
	assert.Equal(t, incident.ModeLive, o.Mode)
	assert.Equal(t, "security", o.Owner)
	assert.Equal(t, 2, o.Sources)
	assert.Empty(t, o.MatchFail)
	assert.Empty(t, o.Alert.ID, "the engine fills in the alert")
	assert.Equal(t, opened, set.Match(drain()), "matching is deterministic")

	for name, change := range map[string]func(*incident.Alert){
		"another rule":     func(a *incident.Alert) { a.Rule = "approval.phish" },
		"no rule":          func(a *incident.Alert) { a.Rule = "" },
		"another severity": func(a *incident.Alert) { a.Severity = incident.SeverityHigh },
		"no severity":      func(a *incident.Alert) { a.Severity = "" },
		"another contract": func(a *incident.Alert) { a.Contract = "lab-registry" },
		"one unit less":    func(a *incident.Alert) { a.Loss = loss("249999999999") },
	} {
		a := drain()
		change(&a)
		assert.Empty(t, set.Match(a), name)
	}
}

func TestAPlaybookThatIsOffNeverMatchesAndADryRunDoes(t *testing.T) {
	assert.Empty(t, with(t, edit{"mode: live", "mode: off"}).Match(drain()))
	dry := with(t, edit{"mode: live", "mode: dry-run"}).Match(drain())
	require.Len(t, dry, 1)
	assert.Equal(t, incident.ModeDryRun, dry[0].Mode)
}

func TestAConditionThatCannotBeToldIsNeitherAMatchNorNone(t *testing.T) {
	a := drain()
	a.Loss = nil
	opened := with(t).Match(a)
	require.Len(t, opened, 1)
	assert.Contains(t, opened[0].MatchFail, "the alert has no loss")
	assert.Zero(t, opened[0].Sources, "it waits for no other source")

	b := drain()
	b.Loss, b.Chain = nil, "side"
	again := with(t).Match(b)
	require.Len(t, again, 1)
	assert.Equal(t, opened[0].Key, again[0].Key, "what cannot be judged does not flood")
	assert.NotEqual(t, with(t).Match(drain())[0].Key, opened[0].Key, "and does not swallow a true match")
}

func TestConditionsSeeExactlyWhatTheAlertCarries(t *testing.T) {
	full := drain()
	confidence := 0.9
	full.Confidence, full.Labels = &confidence, map[string]string{"team": "core"}
	bare := incident.Alert{Source: "generic", ID: "b", Rule: "vault.outflow-spike", Severity: incident.SeverityCritical}
	for _, c := range []struct {
		condition string
		full      string // "yes", "no", or part of an error
		bare      string
	}{
		{`alert.loss >= amount("250_000 USDX")`, "yes", "no loss"},
		{`alert.loss > amount("250_000 USDX")`, "no", "no loss"},
		{`alert.loss == amount("250_000.000000 USDX")`, "yes", "no loss"},
		{`alert.loss >= amount("1 ETH")`, "does not compare", "no loss"},
		{`alert.loss == amount("1 ETH")`, "does not compare", "no loss"},
		{`alert.has_loss && alert.loss >= amount("1 USDX")`, "yes", "no"},
		{`!alert.has_loss || alert.loss >= amount("1 USDX")`, "yes", "yes"},
		{`alert.confidence >= 0.9`, "yes", "no confidence"},
		{`alert.has_confidence && alert.confidence > 0.9`, "no", "no"},
		{`"team" in alert.labels && alert.labels["team"] == "core"`, "yes", "no"},
		{`has(alert.labels.team) && alert.labels.team.startsWith("co")`, "yes", "no"},
		{`size(alert.suspects) == 2`, "yes", "no"},
		{`alert.suspects.exists(a, a == alert.suspects[0])`, "yes", "no"},
		{`alert.suspects[0] == alert.suspects[1]`, "no", "index out of bounds"},
		{`alert.severity in ["critical", "high"] && alert.source == "generic"`, "yes", "yes"},
		{`alert.chain == "lab"`, "yes", "no"},
	} {
		set := with(t, on(c.condition))
		for _, side := range []struct {
			alert incident.Alert
			want  string
		}{{full, c.full}, {bare, c.bare}} {
			opened := set.Match(side.alert)
			switch side.want {
			case "yes":
				require.Len(t, opened, 1, c.condition)
				assert.Empty(t, opened[0].MatchFail, c.condition)
			case "no":
				assert.Empty(t, opened, c.condition)
			default:
				require.Len(t, opened, 1, c.condition)
				assert.Contains(t, opened[0].MatchFail, side.want, c.condition)
			}
		}
	}
}

func TestAnAlertTooLargeToJudgeIsAMatchErrorAndNotALongWait(t *testing.T) {
	a := drain()
	a.Suspects = make([]common.Address, 200_000)
	opened := with(t, on(`alert.suspects.exists(a, a != alert.suspects[0])`)).Match(a)
	require.Len(t, opened, 1)
	assert.Contains(t, opened[0].MatchFail, "cost limit exceeded")
}

func TestNoTwoAlertsShareAKeyByChance(t *testing.T) {
	set := with(t, on(`alert.source != ""`), edit{"[alert.chain, alert.contract]", "[alert.source, alert.contract]"})
	keys := map[string]string{}
	for _, pair := range [][2]string{{"a", "b"}, {"a,b", ""}, {"", "a,b"}, {`a","b`, ""}, {"a", ""}, {"a\n", "b"}, {"[", "]"}} {
		a := drain()
		a.Source, a.Contract = pair[0], pair[1]
		if a.Source == "" {
			a.Source = "x"
		}
		for _, o := range set.Match(a) {
			other, taken := keys[o.Key]
			assert.False(t, taken, "%q and %q", pair, other)
			keys[o.Key] = pair[0] + "|" + pair[1]
		}
	}
	assert.Len(t, keys, 7)
}

func TestTheDigestChangesWithEveryByteOfTheText(t *testing.T) {
	set := with(t)
	seen := map[incident.Digest]bool{set.Match(drain())[0].Playbook.Digest: true}
	whole := set.Digest()
	for _, c := range []edit{
		{"summary: Stop it.", "summary: Stop it!"}, {"quorum: 2\n", "quorum: 2 \n"}, {"name: drain", "name: drain # x"},
		{"window: 24h", "window: 23h"}, {"max_fee: 0.5 ETH", "max_fee: 0.6 ETH"},
	} {
		changed := with(t, c)
		d := changed.Match(drain())[0].Playbook.Digest
		assert.False(t, seen[d], c.new)
		assert.NotEqual(t, whole, changed.Digest())
		seen[d] = true
	}
}

func TestAmountsAreExact(t *testing.T) {
	set := with(t)
	for text, units := range map[string]string{
		"0 USDX": "0", "0.000001 USDX": "1", "250_000 USDX": "250000000000", "1.10 USDX": "1100000", "1.5000000000 USDX": "1500000",
		"115792089237316195423570985008687907853269984665640564039457.584007913129639935 ETH": "115792089237316195423570985008687907853269984665640564039457584007913129639935",
		"18446744073709551616 ETH": "18446744073709551616000000000000000000",
	} {
		a, err := set.Inventory().ParseAmount(text)
		require.NoError(t, err, text)
		assert.Equal(t, units, a.Units.String(), text)
	}
	for _, text := range []string{"", "1", "ETH", "1ETH", "1  ETH", " 1 ETH", "1 ETH ", "-1 ETH", "+1 ETH", "1e3 ETH", "0x1 ETH", "1. ETH", ".1 ETH",
		"1_ ETH", "_1 ETH", "1__0 ETH", "1,000 ETH", "1.1_0 ETH", "1 eth", "1 BTC", "1.0000001 USDX", "\u0661 ETH",
		"115792089237316195423570985008687907853269984665640564039457.584007913129639936 ETH", strings.Repeat("1", 200) + " ETH"} {
		_, err := set.Inventory().ParseAmount(text)
		assert.Error(t, err, text)
	}
}

func BenchmarkLoadOnePlaybook(b *testing.B) {
	fsys := files(goodInventory, goodPlaybook)
	for b.Loop() {
		if _, err := playbooks.LoadFS(fsys, "inventory.yaml", "playbooks"); err != nil {
			b.Fatal(err)
		}
	}
}
