package playbooks_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// constancy is what loading says of a condition of on: "never", "always",
// another complaint, or nothing. The playbook is for one rule; it is for one
// severity as well unless any is set.
func constancy(condition string, any bool) string {
	text := strings.Replace(goodPlaybook, whenBlock, "  when: |\n    "+condition+"\n", 1)
	if any {
		text = strings.Replace(text, anySeverity.old, "", 1)
	}
	_, err := loadText(goodInventory, text)
	found, _ := errors.AsType[playbooks.Problems](err)
	switch {
	case err == nil:
		return ""
	case found[0].Code == playbooks.CodeConstant && strings.Contains(found[0].Message, "on.when is never true"):
		return "never"
	case found[0].Code == playbooks.CodeConstant && strings.Contains(found[0].Message, "on.when is always true"):
		return "always"
	}
	return found[0].Message
}

func TestAConditionThatLogicAloneDecidesIsRefused(t *testing.T) {
	for condition, want := range map[string]string{
		`alert.source == "a" && alert.source == "b"`:                  "never",
		`"a" == alert.source && "b" == alert.source`:                  "never",
		`alert.source == "a" && alert.source != "a"`:                  "never",
		`alert.source == "a" && !(alert.source in ["a", "b"])`:        "never",
		`alert.source in ["a"] && alert.source in ["b"]`:              "never",
		`alert.source in []`:                                          "never",
		`alert.severity != "critical"`:                                "never",
		`alert.severity in ["low", "high"]`:                           "never",
		`alert.rule == "approval.phish"`:                              "never",
		`alert.rule != "vault.outflow-spike"`:                         "never",
		`alert.has_loss && (alert.has_confidence && !alert.has_loss)`: "never",
		`alert.has_loss ? false == alert.has_confidence && alert.severity == "low" : alert.severity == "high"`: "never",
		`alert.severity != "low"`:                                     "always",
		`alert.source != "a" || alert.source != "b"`:                  "always",
		`alert.has_loss || !alert.has_loss`:                           "always",
		`alert.has_loss || !(alert.has_loss && alert.has_confidence)`: "always",
		`alert.has_loss ? alert.has_loss : !alert.has_loss`:           "always",
		`alert.confidence > 0.5 || !(alert.confidence > 0.5)`:         "always",
		`alert.severity == "critical"`:                                "",
		`alert.source > "a" && alert.source < "c"`:                    "",
		`alert.source == "a" || alert.source == "b"`:                  "",
		`alert.source == "a" && alert.chain == "lab"`:                 "",
		`alert.source in ["a", "b"] && alert.source != "a"`:           "",
		`alert.confidence > 0.5 && alert.confidence > 0.6`:            "",
		`alert.has_loss ? alert.source == "a" : alert.source == "b"`:  "",
		`alert.source == alert.chain || alert.has_loss`:               "",
	} {
		assert.Equal(t, want, constancy(condition, false), condition)
	}
	assert.Empty(t, constancy(`alert.severity != "critical"`, true), "without a list every severity may come")
	assert.Empty(t, constancy(`alert.severity in ["low", "high"]`, true))
}

func TestAConditionThatAsksOnlyItselfIsRefused(t *testing.T) {
	for _, condition := range []string{
		`[1, 2].exists(i, i == 1)`, `["a"].all(each, each == "a")`, `[1].map(i, i + 1).size() == 1`, `[1, 2].filter(x, x > 1) == [2]`,
	} {
		assert.Contains(t, constancy(condition, true), "on.when is always the same", condition)
		assert.Contains(t, constancy("alert.has_loss && "+condition, true), "this part is always the same", condition)
	}
	assert.Empty(t, constancy(`alert.suspects.exists(each, each == account("treasury"))`, true))
	assert.Empty(t, constancy(`["lab"].exists(c, c == alert.chain)`, true))
}

// atMost is a condition of n atoms that contradicts itself.
func atMost(n int) string {
	parts := []string{`alert.source == "a"`, `alert.source == "b"`}
	for i := 2; i < n; i++ {
		parts = append(parts, fmt.Sprintf("alert.confidence < %d.0", i))
	}
	return strings.Join(parts, " && ")
}

func TestOfMoreAtomsThanCanBeTriedNothingIsSaid(t *testing.T) {
	assert.Equal(t, "never", constancy(atMost(12), false))
	assert.Empty(t, constancy(atMost(13), false))
	assert.Equal(t, "never", constancy(atMost(12)+" && "+atMost(12), false), "the same atom twice is one")
}

// written makes a condition of bytes.
func written(raw []byte, depth int) (string, []byte) {
	if len(raw) == 0 {
		return "alert.has_loss", nil
	}
	op, rest := raw[0], raw[1:]
	values := map[string][]string{"alert.source": {"a", "b"}, "alert.severity": {"critical", "high", "low"},
		"alert.rule": {"vault.outflow-spike", "approval.phish"}, "alert.chain": {"lab", "side"}}
	variable := []string{"alert.source", "alert.severity", "alert.rule", "alert.chain"}[op/16%4]
	value := func(n byte) string { return values[variable][int(n)%len(values[variable])] }
	if depth > 5 {
		op %= 8
	}
	switch op % 13 {
	case 0, 1:
		return fmt.Sprintf("%s == %q", variable, value(op/64)), rest
	case 2, 3:
		return fmt.Sprintf("%s != %q", variable, value(op/64)), rest
	case 4:
		return fmt.Sprintf("%q == %s", value(op/64), variable), rest
	case 5:
		return fmt.Sprintf("%s in [%q, %q]", variable, value(op/64), value(op/64+1)), rest
	case 6:
		return "alert.has_loss", rest
	case 7:
		return "alert.has_confidence == true", rest
	case 8:
		part, rest := written(rest, depth+1)
		return "!(" + part + ")", rest
	case 12:
		a, rest := written(rest, depth+1)
		b, rest := written(rest, depth+1)
		c, rest := written(rest, depth+1)
		return "((" + a + ") ? (" + b + ") : (" + c + "))", rest
	}
	a, rest := written(rest, depth+1)
	b, rest := written(rest, depth+1)
	return "(" + a + []string{" && ", " || "}[op%2] + b + ")", rest
}

// veiled is a condition that means the same for the alerts below, and has too
// many atoms to be tried.
func veiled(condition string) string {
	for i := range 13 {
		condition = fmt.Sprintf("(%s) && alert.source != \"n%d\"", condition, i)
	}
	return condition
}

// everyAlert are the alerts that the lists allow, in all that conditions ask.
func everyAlert(any bool) (all []incident.Alert) {
	severities := []incident.Severity{incident.SeverityCritical}
	if any {
		severities = append(severities, incident.SeverityHigh, incident.SeverityLow, "")
	}
	confidence := 0.5
	for _, severity := range severities {
		for _, source := range []string{"a", "b", "c"} {
			for _, chain := range []string{"lab", "side", ""} {
				for bits := range 4 {
					a := incident.Alert{Source: source, ID: "1", Rule: "vault.outflow-spike", Severity: severity, Chain: chain}
					if bits&1 > 0 {
						a.Loss = loss("1")
					}
					if bits&2 > 0 {
						a.Confidence = &confidence
					}
					all = append(all, a)
				}
			}
		}
	}
	return all
}

func FuzzWhatIsCalledConstantNeverComesOutOtherwise(f *testing.F) {
	for _, seed := range []string{"\x09\x00\x50", "\x0a\x06\x08\x06", "\x0c\x06\x06\x08\x06", "\x12", "\x15\x16", "\x0b\x05\x45\x0a\x13"} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, raw []byte, any bool) {
		condition, _ := written(raw[:min(len(raw), 24)], 0)
		claim := constancy(condition, any)
		if claim != "never" && claim != "always" {
			return
		}
		text := strings.Replace(goodPlaybook, whenBlock, "  when: |\n    "+veiled(condition)+"\n", 1)
		if any {
			text = strings.Replace(text, anySeverity.old, "", 1)
		}
		set, err := loadText(goodInventory, text)
		if err != nil {
			return // too long or too deep to be told otherwise
		}
		for _, a := range everyAlert(any) {
			opened := set.Match(a)
			require.True(t, len(opened) == 0 || opened[0].MatchFail == "", "%s: %v", condition, opened)
			require.Equal(t, claim == "always", len(opened) == 1, "%s is called %s true: %+v", condition, claim, a)
		}
	})
}
