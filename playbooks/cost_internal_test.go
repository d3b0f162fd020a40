package playbooks

import (
	"fmt"
	"io/fs"
	"math/big"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
)

// costs compiles conditions against the inventory that ships, and compares what
// was computed with what the largest alert takes.
type costs struct {
	language *language
	largest  view
}

func newCosts(t testing.TB) costs {
	t.Helper()
	text, err := fs.ReadFile(Library(), "inventory.yaml")
	require.NoError(t, err)
	inv, err := ParseInventory("inventory.yaml", string(text))
	require.NoError(t, err)
	language, err := newLanguage(inv)
	require.NoError(t, err)
	long := strings.Repeat("a", maxLabel)
	a := incident.Alert{Source: long, Rule: long, Chain: long, Contract: long, Severity: incident.Severity(long), Labels: map[string]string{}}
	a.Loss = &incident.Amount{Units: incident.NewQuantity(1), Token: "USDX", Decimals: 6}
	confidence := 0.5
	a.Confidence = &confidence
	for i := range maxSuspects {
		a.Suspects = append(a.Suspects, common.BigToAddress(big.NewInt(int64(1+i))))
	}
	for i := range maxLabels {
		a.Labels[fmt.Sprintf("%04d%s", i, long[4:])] = long
	}
	a.Labels["k"] = long
	delete(a.Labels, "0000"+long[4:])
	return costs{language, see(a)}
}

// check tells what was computed and what it took; ok is false for what does not
// compile or costs too much to load.
func (c costs) check(t *testing.T, condition string) (computed, took uint64, ok bool) {
	t.Helper()
	s, root := open("x.yaml", "when: |\n  "+strings.ReplaceAll(condition, "\n", "\n  ")+"\n", false)
	if root == nil || len(s.found) > 0 || len(root.Content) != 2 {
		return 0, 0, false
	}
	if c.language.compile(s, site{node: root.Content[1], where: "on.when", want: boolType}) == nil {
		return 0, 0, false
	}
	compiled, issues := c.language.plain.Compile(root.Content[1].Value)
	require.NoError(t, issues.Err())
	estimate, err := c.language.plain.EstimateCost(compiled, sizes{})
	require.NoError(t, err)
	program, err := c.language.plain.Program(compiled, cel.EvalOptions(cel.OptOptimize, cel.OptTrackCost), cel.CustomDecorator(foldLiterals))
	require.NoError(t, err)
	_, details, _ := program.Eval(c.largest) // an error takes its steps too
	if details == nil || details.ActualCost() == nil {
		return estimate.Max, 0, true
	}
	return estimate.Max, *details.ActualCost(), true
}

func FuzzNoEvaluationTakesMoreThanWasComputed(f *testing.F) {
	for _, seed := range []string{
		`alert.suspects.exists(s, s == alert.suspects[0])`, `alert.suspects.all(s, s in alert.suspects)`, `alert.labels.all(k, k.contains("b"))`,
		`"k" in alert.labels && alert.labels["k"].matches("(a|b|ab)*c")`, `alert.rule + alert.rule + alert.source == alert.chain`,
		`(alert.suspects + alert.suspects).all(s, s != alert.suspects[0])`, `alert.suspects.map(s, s).filter(s, s == alert.suspects[0]).size() > 5`,
		`alert.suspects.map(s, alert.suspects + alert.suspects).size() > 5`, `alert.suspects.all(s, alert.loss + alert.loss > alert.loss)`,
		`alert.loss / alert.loss > percent("5%")`, `percent("5%") * alert.loss < alert.loss`, `alert.rule == alert.source`, `alert.rule.startsWith(alert.source)`,
		`[alert.rule, alert.chain].exists(x, x + x == alert.source)`, `alert.labels.exists(k, alert.labels.size() > 1)`, `size(alert.rule + alert.rule) > 4000`,
		`alert.suspects.map(s, [s, s]).all(p, p.size() == 2)`, `alert.has_loss ? alert.rule.matches("a+$") : alert.chain.endsWith("a")`, `string(alert.confidence) == alert.rule`,
		`bytes(alert.rule) == bytes(alert.chain)`, `alert.suspects == alert.suspects + alert.suspects`, `alert.suspects.exists_one(s, s in alert.suspects)`,
	} {
		f.Add(seed)
	}
	c := newCosts(f)
	f.Fuzz(func(t *testing.T, condition string) {
		computed, took, ok := c.check(t, condition)
		if !ok {
			return
		}
		require.LessOrEqual(t, computed, uint64(maxCost), "what loads")
		require.LessOrEqual(t, took, computed, "%s", condition)
	})
}
