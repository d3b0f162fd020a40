package playbooks_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

func FuzzAConditionIsRefusedInsideItsBlockOrEvaluates(f *testing.F) {
	for _, seed := range []string{
		`alert.loss >= amount("1 USDX")`, `alert.suspects.exists(a, a == alert.suspects[0])`, `has(alert.labels.x) && alert.labels.x == "y"`,
		`alert.suspects.map(a, [a]).size() > 1`, `alert.labels.all(k, k.startsWith("x"))`, `{"a": 1}`, `[alert.loss]`, `[dyn(1)]`, `alert`, `alert.labels.size() ==`,
		`alert.rule.matches("(a|b)*")`, `duration("1h") > duration("2h")`, `timestamp("2026-11-22T00:00:00Z") < timestamp("x")`, `[][0]`, `b'x' == b'\xff'`,
		"alert.has_loss &&\n\n  alert.rule == 'a'", "// comment\nalert.has_loss", `alert.loss == alert.loss`, `alert.has_loss ? true : alert.has_loss`, `-9223372036854775808 / -1 == size(alert.rule)`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, condition string) {
		lines := strings.Split(condition, "\n")
		text := strings.Replace(goodPlaybook, whenBlock, "  when: |\n    "+strings.Join(lines, "\n    ")+"\n", 1)
		set, err := loadText(goodInventory, text)
		if found, ok := errors.AsType[playbooks.Problems](err); ok {
			for _, p := range found {
				require.LessOrEqual(t, p.Line, strings.Count(text, "\n")+1, "%s", p)
				require.GreaterOrEqual(t, p.Col, 1)
			}
			return
		}
		require.NoError(t, err)
		bare := incident.Alert{Source: "fuzz", Rule: "vault.outflow-spike", Severity: incident.SeverityCritical}
		for _, a := range []incident.Alert{drain(), bare} {
			first := set.Match(a)
			require.LessOrEqual(t, len(first), 1)
			require.Equal(t, first, set.Match(a), "matching is deterministic")
		}
	})
}
