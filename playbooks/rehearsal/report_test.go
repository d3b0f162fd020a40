package rehearsal_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// covered are the lines of what the stories have not seen.
func covered(t *testing.T, stories ...string) []string {
	t.Helper()
	set := load(t)
	var results []rehearsal.Result
	for _, s := range stories {
		results = append(results, play(t, set, s))
	}
	lines := []string{}
	for _, c := range rehearsal.Cover(set.Playbooks(), results).Conditions {
		if c.Missing() != "" {
			lines = append(lines, c.String())
		}
	}
	return lines
}

func TestCoverageNamesWhatWasNeverSeenAndWhere(t *testing.T) {
	const match = "alerts: [{}]\nexpect: {match: true}"
	const noLoss = "alerts: [{loss: none}]\nexpect: {match: false}"
	assert.Equal(t, []string{
		"drain.yaml:8:9: on.when: never seen false: alert.has_loss",
		`drain.yaml:8:27: on.when: never seen false: alert.loss >= amount("250_000 USDX")`,
		"drain.yaml:8:9: on.when: never seen false: the condition as a whole",
		"drain.yaml:19:13: prepare.pause.when: never seen true: evidence.paused",
		"drain.yaml:23:11: prepare.block.when: never seen false: evidence.has_flows",
		`drain.yaml:23:33: prepare.block.when: never seen false: evidence.flows.total > amount("1_000 USDX")`,
		"drain.yaml:23:11: prepare.block.when: never seen false: the condition as a whole",
	}, covered(t, match))
	assert.Contains(t, covered(t, match, noLoss), `drain.yaml:8:27: on.when: never seen false: alert.loss >= amount("250_000 USDX")`,
		"what did not count was not seen")
	assert.Empty(t, covered(t, match, noLoss, "alerts: [{loss: 1 USDX}]\nexpect: {match: false}",
		"alerts: [{}]\nevidence: {paused: true, flows: unknown}\nexpect: {runs: 0}",
		"alerts: [{}]\nevidence: {flows: {total: 1 USDX}}\nexpect: {prepares: [pause]}"))
}

func TestAPlaybookWithoutTestsIsNotCovered(t *testing.T) {
	c := rehearsal.Cover(load(t).Playbooks(), nil)
	assert.Equal(t, []string{"drain"}, c.Untested)
	assert.False(t, c.Complete())
}

// reported are a test that passes and one that fails, with a name that drives
// terminals.
func reported(t *testing.T) rehearsal.Report {
	t.Helper()
	good := play(t, load(t), "alerts: [{}]\nexpect: {match: true}")
	bad := play(t, load(t), "alerts: [{loss: 100 USDX}]\nexpect: {match: true}")
	bad.Name = "x\x1b[2J <&>"
	return rehearsal.Report{Results: []rehearsal.Result{good, bad}, Coverage: new(rehearsal.Cover(load(t).Playbooks(), []rehearsal.Result{good, bad}))}
}

func TestTheReportIsReadByPeople(t *testing.T) {
	var out bytes.Buffer
	r := reported(t)
	r.In("books")
	r.WriteText(&out)
	text := out.String()
	for _, says := range []string{"drain\n", "  ✓ a story\n", "  ✗ x·[2J <&>\n    books/drain.test.yaml:5:5\n", "      match: expected true, got false\n",
		"2 tests, 1 failed\n", "books/drain.yaml:8:9: on.when: never seen false: alert.has_loss\n", "coverage: 2 of 7 conditions seen true and false\n"} {
		assert.Contains(t, text, says)
	}
	assert.NotContains(t, text, "\x1b")
}

func TestTheReportIsReadByScripts(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, reported(t).WriteJSON(&out))
	var got struct {
		Tests, Failed int
		Results       []struct {
			Name     string
			OK       bool
			Failures []rehearsal.Failure
		}
		Coverage struct{ Conditions []map[string]any }
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	assert.Equal(t, 2, got.Tests)
	assert.Equal(t, 1, got.Failed)
	assert.False(t, got.Results[1].OK)
	assert.Equal(t, "match", got.Results[1].Failures[0].What)
	assert.Len(t, got.Coverage.Conditions, 7)
}

func TestTheReportIsReadByCI(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, rehearsal.WriteJUnit(&out, reported(t).Results))
	var got struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal(out.Bytes(), &got))
	assert.Equal(t, 2, got.Tests)
	assert.Equal(t, 1, got.Failures)
	require.Len(t, got.Suites, 1)
	require.Len(t, got.Suites[0].Cases, 2)
	assert.Nil(t, got.Suites[0].Cases[0].Failure)
	require.NotNil(t, got.Suites[0].Cases[1].Failure)
	assert.Contains(t, got.Suites[0].Cases[1].Failure.Text, "match: expected true, got false")
	assert.False(t, strings.Contains(out.String(), "\x1b"))
}

func TestEveryCaseThatIsWantedIsPlayedAndNoOther(t *testing.T) {
	set := load(t)
	tests, err := set.ParseTests("drain.test.yaml", base+"  - {name: one, alerts: [{}], expect: {match: true}}\n  - {name: two, alerts: [{}], expect: {match: true}}\n")
	require.NoError(t, err)
	r, err := rehearsal.All(t.Context(), set, []*playbooks.Tests{tests}, func(_ *playbooks.Tests, c playbooks.Case) bool { return c.Name == "two" })
	require.NoError(t, err)
	require.Len(t, r.Results, 1)
	assert.Equal(t, "two", r.Results[0].Name)
}
