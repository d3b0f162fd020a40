package playbooks_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// largest is the largest alert that is let in.
func largest() incident.Alert {
	a := drain()
	a.Suspects, a.Labels = nil, map[string]string{}
	for i := range 256 {
		a.Suspects = append(a.Suspects, common.BigToAddress(word64(uint64(0x10000+i))))
	}
	for i := range 64 {
		a.Labels[fmt.Sprintf("label%d", i)] = strings.Repeat("a", 1024)
	}
	return a
}

func repeatedly(n int, part, join string) string {
	return strings.TrimSuffix(strings.Repeat(part+join, n), join)
}

func TestWhatLoadsIsEvaluatedForTheLargestAlertOrRefused(t *testing.T) {
	counted := 0
	for name, condition := range map[string]string{
		"a list":                     `alert.suspects.exists(s, s == account("treasury"))`,
		"a list of many questions":   `alert.suspects.all(s, ` + repeatedly(40, `s != account("treasury")`, " && ") + `)`,
		"many lists":                 repeatedly(30, `alert.suspects.exists(s, s == account("treasury"))`, " || "),
		"a list in a list":           `alert.suspects.all(s, s in alert.suspects)`,
		"many lists in lists":        repeatedly(20, `alert.suspects.all(s, s in alert.suspects)`, " && "),
		"labels":                     `alert.labels.exists(k, k == "x")`,
		"values of labels":           `alert.labels.all(k, alert.labels.size() > 5 && k.contains("label"))`,
		"a pattern":                  `"label1" in alert.labels && alert.labels["label1"].matches("(a|b|ab)*c")`,
		"many patterns":              `"label1" in alert.labels && (` + repeatedly(20, `alert.labels["label1"].matches("(a|b|ab)*c")`, " || ") + `)`,
		"a pattern in a list":        `alert.labels.exists(k, k.matches("(l|a|b|e)*x+$"))`,
		"patterns over lists":        repeatedly(20, `alert.suspects.exists(s, alert.rule.matches("x(a+)+y") && s == account("treasury"))`, " || "),
		"a sum of texts":             repeatedly(60, `alert.rule`, " + ") + ` == alert.source`,
		"a text that doubles":        `[` + repeatedly(20, "alert.rule + alert.rule", ", ") + `].exists(x, x == alert.source)`,
		"a list that grows":          `(alert.suspects + alert.suspects + alert.suspects + alert.suspects).all(s, s != account("treasury"))`,
		"a map and a filter":         `alert.suspects.map(s, s).filter(s, s != account("treasury")).size() > 5`,
		"a map of lists":             `alert.suspects.map(s, alert.suspects + alert.suspects).size() > 5`,
		"amounts":                    repeatedly(12, `alert.loss + alert.loss`, " + ") + ` > alert.loss`,
		"amounts in a list":          `alert.suspects.all(s, alert.loss + alert.loss > alert.loss)`,
		"texts of a label in a list": `"label1" in alert.labels && alert.suspects.all(s, alert.labels["label1"].contains("ab"))`,
	} {
		set, err := loadText(goodInventory, strings.Replace(goodPlaybook, whenBlock, "  when: |\n    "+condition+"\n", 1))
		if found, ok := errors.AsType[playbooks.Problems](err); ok {
			for _, p := range found {
				assert.Contains(t, []playbooks.Code{playbooks.CodeCELCost, playbooks.CodeCEL}, p.Code, "%s: %s", name, p)
				if p.Code == playbooks.CodeCELCost {
					counted++
				}
			}
			continue
		}
		for _, o := range set.Match(largest()) {
			assert.Empty(t, o.MatchFail, "%s: what an alert may be is within what was computed", name)
		}
		hostile := largest()
		hostile.Suspects = make([]common.Address, 100_000)
		hostile.Rule = "vault.outflow-spike"
		for _, o := range set.Match(hostile) {
			if o.MatchFail != "" {
				assert.Contains(t, o.MatchFail, "cost limit exceeded", name)
			}
		}
	}
	assert.Positive(t, counted, "some of these cost too much")
}
