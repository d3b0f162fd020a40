package playbooks_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// traced is the verdict of the one playbook that is loaded.
func traced(t *testing.T, set *playbooks.Set, a incident.Alert) playbooks.Verdict {
	t.Helper()
	all := set.Trace(a)
	require.Len(t, all, 1)
	return all[0]
}

// outcomes are the atoms of on.when, as "text: outcome", with a bracket around
// what did not count and a star behind what decided.
func outcomes(v playbooks.Verdict) []string {
	var all []string
	for _, r := range v.Reasons {
		for _, a := range r.Atoms {
			one := a.Text + ": " + string(a.Outcome)
			if a.Decisive {
				one += "*"
			}
			if !a.Reached {
				one = "[" + one + "]"
			}
			all = append(all, one)
		}
	}
	return all
}

func TestAMatchIsTracedToItsKey(t *testing.T) {
	v := traced(t, with(t), drain())
	assert.True(t, v.Matched)
	assert.Equal(t, `["drain","lab","lab-vault"]`, v.Key)
	reason, atom := v.Because()
	assert.Nil(t, reason)
	assert.Nil(t, atom)
	assert.Equal(t, []string{`alert.contract == "lab-vault": true*`, `alert.loss >= amount("250_000 USDX"): true*`}, outcomes(v))
}

func TestTheFirstThingThatFailedIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*incident.Alert)
		what   string
		says   string
	}{
		"rule":     {func(a *incident.Alert) { a.Rule = "x\x1b[2J" }, "on.rules", `alert.rule is "x\x1b[2J"; on.rules has vault.outflow-spike`},
		"severity": {func(a *incident.Alert) { a.Severity = "low" }, "on.severity", `alert.severity is "low"; on.severity has critical`},
		"when": {func(a *incident.Alert) { a.Loss = loss("100000000") }, "on.when",
			`on.when is false: alert.loss >= amount("250_000 USDX") is false (alert.loss = 100 USDX)`},
		"all at once": {func(a *incident.Alert) { a.Rule, a.Loss = "", nil }, "on.rules", `alert.rule is ""`},
	} {
		a := drain()
		c.change(&a)
		v := traced(t, with(t), a)
		assert.False(t, v.Matched, name)
		assert.Empty(t, v.Failed, name)
		reason, _ := v.Because()
		require.NotNil(t, reason, name)
		assert.Equal(t, c.what, reason.What, name)
		assert.Contains(t, reason.Text, c.says, name)
	}
	reason, atom := traced(t, with(t, edit{"mode: live", "mode: off"}), drain()).Because()
	require.NotNil(t, reason)
	assert.Equal(t, "mode is off", reason.Text)
	assert.Nil(t, atom)
}

func TestAnAtomIsPointedAtWhereItStands(t *testing.T) {
	a := drain()
	a.Loss = loss("1")
	_, atom := traced(t, with(t), a).Because()
	require.NotNil(t, atom)
	line := strings.Split(goodPlaybook, "\n")[atom.Line-1]
	assert.Equal(t, `alert.loss >= amount("250_000 USDX")`, line[atom.Col-1:])
	assert.Equal(t, []playbooks.Value{{Name: "alert.loss", Text: "0.000001 USDX"}}, atom.Values)
}

func TestWhatCannotBeToldIsNeitherTrueNorFalse(t *testing.T) {
	a := drain()
	a.Loss = nil
	v := traced(t, with(t), a)
	assert.False(t, v.Matched)
	assert.Contains(t, v.Failed, "the alert has no loss")
	assert.Equal(t, with(t).Match(a)[0].Key, v.Key)
	reason, atom := v.Because()
	require.NotNil(t, atom)
	assert.Contains(t, reason.Text, "on.when cannot be told")
	assert.Equal(t, playbooks.OutcomeError, atom.Outcome)
	assert.Contains(t, atom.Why, "the alert has no loss")
	assert.Equal(t, []playbooks.Value{{Name: "alert.loss", Text: "absent"}}, atom.Values)
}

func TestAtomsSayWhatCountedAndWhatDecided(t *testing.T) {
	confidence := 0.5
	full, bare := drain(), drain()
	full.Confidence, full.Labels = &confidence, map[string]string{"team": "core"}
	bare.Loss = nil
	for _, c := range []struct {
		condition string
		alert     incident.Alert
		want      []string
	}{
		{`!alert.has_loss || alert.loss >= amount("1 USDX")`, bare,
			[]string{"alert.has_loss: false*", `[alert.loss >= amount("1 USDX"): error]`}},
		{`alert.has_confidence && alert.confidence >= 0.9`, full,
			[]string{"alert.has_confidence: true", "alert.confidence >= 0.9: false*"}},
		{`(alert.has_loss ? alert.loss > amount("1 USDX") : alert.source == "b") && !(alert.chain == "side")`, full,
			[]string{"alert.has_loss: true*", `alert.loss > amount("1 USDX"): true*`, `[alert.source == "b": false]`, `alert.chain == "side": false*`}},
		{`alert.loss > amount("1 USDX") && alert.source == "b"`, bare,
			[]string{`alert.loss > amount("1 USDX"): error`, `alert.source == "b": false*`}},
		{`alert.suspects.exists(s, s == alert.suspects[0] || s != alert.suspects[1]) && !!alert.has_loss`, full,
			[]string{"alert.suspects.exists(s, s == alert.suspects[0] || s != alert.suspects[1]): true*", "alert.has_loss: true*"}},
		{`"team" in alert.labels && alert.labels.team == "a || b"`, full,
			[]string{`"team" in alert.labels: true`, `alert.labels.team == "a || b": false*`}},
		{`!alert.has_loss == (alert.source == "b" || alert.has_confidence) || alert.source != "x"`, full,
			[]string{`!alert.has_loss == (alert.source == "b" || alert.has_confidence): false`, `alert.source != "x": true*`}},
	} {
		v := traced(t, with(t, on(c.condition)), c.alert)
		assert.Equal(t, c.want, outcomes(v), c.condition)
	}
}

func TestAVerdictIsReadByScripts(t *testing.T) {
	a := drain()
	a.Loss = loss("1")
	raw, err := json.Marshal(traced(t, with(t), a))
	require.NoError(t, err)
	for _, key := range []string{`"playbook":"drain"`, `"matched":false`, `"what":"on.when"`, `"ok":false`, `"outcome":"false"`, `"line":`, `"decisive":true`} {
		assert.Contains(t, string(raw), key)
	}
}

func TestConditionsOfItemsAreExplainedWhilePlanning(t *testing.T) {
	set := with(t)
	conditions := set.Playbooks()[0].Conditions()
	require.Len(t, conditions, 2)
	assert.Equal(t, "on.when", conditions[0].What)
	assert.Equal(t, "prepare.pause.when", conditions[1].What)
	require.Len(t, conditions[1].Atoms, 1)
	assert.Equal(t, `alert.severity == "critical"`, conditions[1].Atoms[0].Text)
	assert.Equal(t, playbooks.OutcomeUnknown, conditions[1].Atoms[0].Outcome)

	var told []playbooks.Reason
	p, err := set.Planner(playbooks.PlannerOptions{Reader: newChain(), Explain: func(r playbooks.Reason) { told = append(told, r) }})
	require.NoError(t, err)
	_, err = p.Plan(t.Context(), state(t, set, drain()))
	require.NoError(t, err)
	require.Len(t, told, 1, "the other items have no condition")
	assert.Equal(t, "prepare.pause.when", told[0].What)
	assert.True(t, told[0].OK)
	assert.Equal(t, playbooks.OutcomeTrue, told[0].Atoms[0].Outcome)
}

// FuzzTraceAgreesWithMatch holds the talkative form against the one that acts.
func FuzzTraceAgreesWithMatch(f *testing.F) {
	for _, seed := range []string{
		`alert.loss >= amount("1 USDX")`, `!alert.has_loss || alert.loss > amount("1 USDX") && alert.confidence > 0.1`,
		`alert.has_loss ? alert.loss > amount("1 USDX") : alert.confidence > 0.5`, `!(alert.source == "a" || !alert.has_loss)`,
		`"x" in alert.labels && alert.labels.x == "\"||" || r"\" == alert.source // && what`, "alert.has_loss &&\n\n  !alert.has_confidence",
		`alert.suspects.all(s, s != alert.suspects[0] && alert.has_loss) || alert.suspects[9] == alert.suspects[0]`,
		`alert.source == '''it's && "x"''' || !alert.has_loss != alert.has_confidence`, `((alert.has_loss)) && (alert.has_loss ? !(alert.chain == "lab") : alert.has_confidence)`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, condition string) {
		text := strings.Replace(goodPlaybook, whenBlock, "  when: |\n    "+strings.ReplaceAll(condition, "\n", "\n    ")+"\n", 1)
		set, err := loadText(goodInventory, text)
		if err != nil {
			return
		}
		confidence := 0.3
		full := drain()
		full.Confidence, full.Labels = &confidence, map[string]string{"x": "y"}
		other := drain()
		other.Rule = "approval.phish"
		bare := incident.Alert{Rule: "vault.outflow-spike", Severity: incident.SeverityCritical}
		for _, a := range []incident.Alert{full, other, bare, drain()} {
			agree(t, set, a, strings.Split(text, "\n"))
		}
	})
}

// agree demands that the verdict is what Match says and that the atoms, put
// together again, come to the same.
func agree(t *testing.T, set *playbooks.Set, a incident.Alert, lines []string) {
	t.Helper()
	v, opened := traced(t, set, a), set.Match(a)
	require.Equal(t, len(opened) == 1, v.Matched || v.Failed != "")
	if len(opened) == 1 {
		require.Equal(t, opened[0].MatchFail, v.Failed)
		require.Equal(t, opened[0].Key, v.Key)
	}
	reason, _ := v.Because()
	require.Equal(t, v.Matched, reason == nil)
	for _, r := range v.Reasons {
		for _, atom := range r.Atoms {
			require.NotEmpty(t, atom.Text)
			rest := string([]rune(lines[atom.Line-1])[atom.Col-1:])
			first := strings.Fields(atom.Text)[0]
			require.True(t, strings.HasPrefix(rest, first), "%q is not where %q is", rest, first)
		}
		if r.What == "on.when" {
			decided(t, r, strings.Contains(r.Text, "cannot be told"))
		}
	}
}

// decided demands that what decided a condition can have: nothing that failed
// where it was told, something that failed where it was not.
func decided(t *testing.T, r playbooks.Reason, failed bool) {
	t.Helper()
	sure, unsure := 0, 0
	for _, a := range r.Atoms {
		switch {
		case a.Outcome == playbooks.OutcomeUnknown:
			return // it cost too much
		case !a.Decisive:
		case a.Outcome == playbooks.OutcomeError:
			unsure++
		default:
			sure++
		}
	}
	if failed {
		require.Positive(t, unsure, r.Text)
		return
	}
	require.Zero(t, unsure, r.Text)
	require.Positive(t, sure, r.Text)
}
