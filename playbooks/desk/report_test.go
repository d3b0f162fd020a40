package desk_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

// shipped loads what ships.
func shipped(t testing.TB) *playbooks.Set {
	t.Helper()
	set, err := playbooks.LoadFS(playbooks.Library(), "inventory.yaml", ".")
	require.NoError(t, err)
	return set
}

// awkward has everything that an escape could get wrong.
func awkward() playbooks.Problems {
	return playbooks.Problems{
		{File: "play books/a,b:c%.yaml", Line: 3, Col: 7, Code: playbooks.CodeUnknownKey, Message: "100% \"wrong\"\nin two lines: <a> & b", Source: "  cooldwn: 1"},
		{File: "b.yaml", Line: 1, Col: 1, Code: playbooks.CodeUntested, Level: playbooks.Warning, Message: "gone"},
	}
}

// decode writes a report and reads it as JSON.
func decode(t *testing.T, write func(*bytes.Buffer) error) map[string]any {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, write(&b))
	var v map[string]any
	require.NoError(t, json.Unmarshal(b.Bytes(), &v))
	return v
}

// at follows keys and indexes into JSON.
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			require.Contains(t, v, step)
			v = v.(map[string]any)[step]
		case int:
			require.Greater(t, len(v.([]any)), step)
			v = v.([]any)[step]
		}
	}
	return v
}

func TestEveryKindOfProblemHasHelp(t *testing.T) {
	for _, c := range playbooks.Codes() {
		assert.NotEmpty(t, desk.Help(c), c)
		assert.True(t, strings.HasSuffix(desk.Help(c), "."), c)
	}
}

func TestWorkflowCommandsAreEscapedSoThatNoTextEndsThem(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, desk.GitHub(&b, awkward()))
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	require.Len(t, lines, 2, "one line each, whatever the message holds")
	assert.Equal(t, `::error file=play books/a%2Cb%3Ac%25.yaml,line=3,col=7,title=firebreak unknown-key::100%25 "wrong"%0Ain two lines: <a> & b`, lines[0])
	assert.Equal(t, "::warning file=b.yaml,line=1,col=1,title=firebreak untested::gone", lines[1])
}

func TestSARIFHasWhatItsSchemaDemands(t *testing.T) {
	log := decode(t, func(b *bytes.Buffer) error { return desk.SARIF(b, awkward(), "1.2.3") })
	assert.Equal(t, "2.1.0", at(t, log, "version"))
	driver := at(t, log, "runs", 0, "tool", "driver")
	assert.Equal(t, "firebreak", at(t, driver, "name"))
	rules := at(t, driver, "rules").([]any)
	assert.Len(t, rules, len(playbooks.Codes()))
	for i, p := range awkward() {
		result := at(t, log, "runs", 0, "results", i)
		assert.Equal(t, p.Message, at(t, result, "message", "text"))
		assert.Equal(t, p.Level.String(), at(t, result, "level"))
		assert.Equal(t, string(p.Code), at(t, result, "ruleId"))
		index := int(at(t, result, "ruleIndex").(float64))
		assert.Equal(t, string(p.Code), at(t, rules[index], "id"), "the index finds the rule")
		assert.NotEmpty(t, at(t, rules[index], "help", "text"))
		region := at(t, result, "locations", 0, "physicalLocation", "region")
		assert.EqualValues(t, p.Line, at(t, region, "startLine"))
		assert.EqualValues(t, p.Col, at(t, region, "startColumn"))
	}
	first := at(t, log, "runs", 0, "results", 0, "locations", 0, "physicalLocation")
	assert.Equal(t, "play%20books/a,b:c%25.yaml", at(t, first, "artifactLocation", "uri"), "a URI reference")
	assert.Equal(t, "  cooldwn: 1", at(t, first, "region", "snippet", "text"))
}

func TestAReportWithoutProblemsHasEmptyListsAndNoNulls(t *testing.T) {
	log := decode(t, func(b *bytes.Buffer) error { return desk.SARIF(b, nil, "") })
	assert.Equal(t, []any{}, at(t, log, "runs", 0, "results"))
	report := decode(t, func(b *bytes.Buffer) error { return desk.JSON(b, desk.Report{}) })
	assert.Equal(t, map[string]any{"problems": []any{}, "playbooks": []any{}}, report)
}

func TestTheJSONReportTellsProblemsAndWhatWasUnderstood(t *testing.T) {
	set := shipped(t)
	r := desk.Report{Problems: awkward()}
	for _, p := range set.Playbooks() {
		r.Playbooks = append(r.Playbooks, set.Describe(p))
	}
	report := decode(t, func(b *bytes.Buffer) error { return desk.JSON(b, r) })
	assert.Equal(t, "unknown-key", at(t, report, "problems", 0, "code"))
	assert.EqualValues(t, 7, at(t, report, "problems", 0, "column"))
	assert.Equal(t, "error", at(t, report, "problems", 0, "level"))
	assert.Equal(t, "allowance-phish", at(t, report, "playbooks", 0, "name"))
	assert.Contains(t, at(t, report, "playbooks", 0, "understood"), "2-of-5 approvers")
}

func TestProblemsAreNamedAsTheReaderFindsTheFiles(t *testing.T) {
	found := playbooks.Problems{{File: "vault-drain.yaml"}, {File: "etc/inventory.yaml"}, {File: "."}}
	assert.Equal(t, playbooks.Problems{{File: "etc/books/vault-drain.yaml"}, {File: "etc/inventory.yaml"}, {File: "etc/books"}},
		desk.Locate(found, "etc/inventory.yaml", "etc/books"))
}
