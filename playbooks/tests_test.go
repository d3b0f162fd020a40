package playbooks_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// goodTests are tests of goodPlaybook. Each broken file changes one place.
const goodTests = `tests: 1
base: {rule: vault.outflow-spike, severity: critical, chain: lab, contract: lab-vault, confidence: 0.97, loss: 400_000 USDX, suspects: 3}
cases:
  - name: three calls
    alerts: [{sources: 2}, {at: 10s, loss: none, labels: {team: core}}]
    chain: {pause: {receipt: ok, goal: false}, block/2: {already: true}}
    approvals: [ana, {person: dee, at: 2m, says: deny}]
    at: 10m
    expect: {incidents: 1, prepares: [pause, cap, block×2], paged: security}
  - name: below
    mode: dry-run
    today: "2027-03-31"
    alerts: [{loss: 100 USDX}]
    expect: {match: false, because: alert.loss}
`

func parseTests(t testing.TB, text string) (*playbooks.Tests, error) {
	t.Helper()
	return with(t).ParseTests("drain.test.yaml", text)
}

func TestTestsAreReadWithEverythingFilledInFromTheBase(t *testing.T) {
	tests, err := parseTests(t, goodTests)
	require.NoError(t, err)
	assert.Equal(t, "drain", tests.Playbook)
	require.Len(t, tests.Cases, 2)
	c := tests.Cases[0]
	require.Len(t, c.Alerts, 3, "two sources are two alerts")
	assert.Equal(t, []string{"source-1", "source-2", ""}, []string{c.Alerts[0].Alert.Source, c.Alerts[1].Alert.Source, c.Alerts[2].Alert.Source})
	first, last := c.Alerts[0].Alert, c.Alerts[2]
	assert.Equal(t, "400000 USDX", first.Loss.String())
	assert.InDelta(t, 0.97, *first.Confidence, 0)
	assert.Len(t, first.Suspects, 3)
	assert.NotEqual(t, first.Suspects[0], first.Suspects[1])
	assert.Nil(t, last.Alert.Loss, "none takes the base's away")
	assert.Equal(t, 10*time.Second, last.At)
	assert.Equal(t, map[string]string{"team": "core"}, last.Alert.Labels)
	assert.Equal(t, 10*time.Minute, c.At)
	assert.Equal(t, playbooks.Answer{Person: "dee", At: 2 * time.Minute, Decision: incident.Deny}, c.Approvals[1])
	assert.False(t, c.Chain["pause"].Reached())
	assert.True(t, c.Chain["block/2"].Already)
	assert.Equal(t, []playbooks.Prepared{{ID: "pause"}, {ID: "cap"}, {ID: "block", Count: 2}}, c.Expect.Prepares)
	assert.Equal(t, incident.ModeDryRun, tests.Cases[1].Mode)
	assert.Equal(t, "false", tests.Cases[1].Expect.Match)
}

// brokenTests have one mistake each; § is where the problem must be shown.
var brokenTests = []struct {
	name, old, new string
	code           playbooks.Code
	says           string
}{
	{"a version of nothing", "tests: 1", "tests: §2", playbooks.CodeVersion, "this reads 1"},
	{"a time of the base", "base: {rule: vault.outflow-spike,", "base: {at: §5s, rule: vault.outflow-spike,", playbooks.CodeType, "say at in the alerts of a case"},
	{"no version", "tests: 1\nbase", "§base", playbooks.CodeRequired, "tests is required"},
	{"an unknown key", "cases:", "§casses: []\ncases:", playbooks.CodeUnknownKey, `did you mean "cases"?`},
	{"an unknown key of a case", "    at: 10m", "    §att: 10m", playbooks.CodeUnknownKey, "is not a key of case"},
	{"an unknown rule", "rule: vault.outflow-spike", "rule: §vault.outflow-spke", playbooks.CodeRule, `did you mean "vault.outflow-spike"?`},
	{"an unknown severity", "severity: critical", "severity: §criticl", playbooks.CodeSeverity, "did you mean"},
	{"an unknown contract", "contract: lab-vault", "contract: §lab-valt", playbooks.CodeContract, "did you mean"},
	{"an unknown token", "400_000 USDX", "§400_000 USDY", playbooks.CodeAmount, "unknown token"},
	{"a confidence above one", "confidence: 0.97", "confidence: §\"1.5\"", playbooks.CodeType, "from 0 to 1"},
	{"another number unquoted", "confidence: 0.97", "confidence: §97.5", playbooks.CodeNumber, "quote it"},
	{"too many suspects", "suspects: 3", "suspects: §257", playbooks.CodeRange, "from 1 to 256"},
	{"an unknown suspect", "suspects: 3", "suspects: [§tresury]", playbooks.CodeContract, "treasury"},
	{"hex", "suspects: 3", "suspects: [§\"0x5555555555555555555555555555555555555555\"]", playbooks.CodeHex, "name the contract"},
	{"an unknown item on chain", "chain: {pause:", "chain: {§paus:", playbooks.CodeID, `did you mean "pause"?`},
	{"an unknown receipt", "receipt: ok", "receipt: §okay", playbooks.CodeType, "none of its words"},
	{"a goal of nothing", "goal: false", "goal: §no", playbooks.CodeType, "true or false"},
	{"already and a receipt", "{already: true}", "§{already: true, receipt: ok}", playbooks.CodeType, "is not sent"},
	{"an unknown person", "[ana,", "[§anna,", playbooks.CodePerson, `did you mean "ana"?`},
	{"an unknown answer", "says: deny", "says: §maybe", playbooks.CodeType, "approve, deny"},
	{"a time of nothing", "at: 10m", "at: §10", playbooks.CodeDuration, "write 90s"},
	{"an alert that comes too late to count", "at: 10m\n", "at: §5s\n", playbooks.CodeType, "after we look"},
	{"an answer that comes too late to be heard", "at: 10m\n", "at: §1m\n", playbooks.CodeType, "dee answers at 2m0s, after we look"},
	{"a step of an item that has none", "chain: {pause:", "chain: {§pause/1:", playbooks.CodeID, "pause is one call"},
	{"a step beyond the most", "block/2: {already", "§block/21: {already", playbooks.CodeID, "block/1 to block/20"},
	{"a step that is no number", "block/2: {already", "§block/02: {already", playbooks.CodeID, "block/1 to block/20"},
	{"a spare that the playbook has not", "chain: {pause:", "chain: {§pause/spare:", playbooks.CodeID, "has no spare key"},
	{"a mode of nothing", "mode: dry-run", "mode: §dryrun", playbooks.CodeMode, "did you mean"},
	{"a mode that matches nothing", "mode: dry-run", "mode: §off", playbooks.CodeMode, "unknown mode"},
	{"a day of nothing", `"2027-03-31"`, `§"31.3.2027"`, playbooks.CodeType, "must be a day"},
	{"no expectation", "    expect: {match: false, because: alert.loss}\n", "", playbooks.CodeRequired, "cannot fail"},
	{"an empty expectation", "{match: false, because: alert.loss}", "§{}", playbooks.CodeRequired, "cannot fail"},
	{"an expectation that says only how exact it is", "{match: false, because: alert.loss}", "§{exact: true}", playbooks.CodeRequired, "cannot fail"},
	{"an unknown expectation", "incidents: 1", "§incident: 1", playbooks.CodeUnknownKey, `did you mean "incidents"?`},
	{"a match of nothing", "match: false", "match: §no", playbooks.CodeType, "one of false, true, unknown"},
	{"a reason for a match", "match: false, because: alert.loss", "match: true, because: §alert.loss", playbooks.CodeType, "says why it did not match"},
	{"an outcome of nothing", "paged: security", "outcome: §containd", playbooks.CodeType, `did you mean "contained"?`},
	{"an outcome of what never opened", "because: alert.loss", "outcome: §waiting", playbooks.CodeType, "opens nothing"},
	{"an unknown item prepared", "[pause, cap", "[§pauze, cap", playbooks.CodeID, "did you mean"},
	{"an item expected twice", "block×2", "§cap", playbooks.CodeDuplicate, "names \"cap\" twice"},
	{"a count of nothing", "block×2", "§block*2", playbooks.CodeType, "block×3"},
	{"an unknown page", "paged: security", "paged: §secruity", playbooks.CodePerson, "did you mean"},
	{"a refusal of nobody", "because: alert.loss", "refused: §ana", playbooks.CodeType, "opens nothing"},
	{"a refusal without an answer", "approvals: [ana, {person: dee, at: 2m, says: deny}]\n    at: 10m\n    expect: {", "expect: {refused: §ana, ", playbooks.CodeType, "nobody answers"},
	{"an unknown piece of evidence", "    at: 10m", "    evidence: {§paused: false}\n    at: 10m", playbooks.CodeEvidence, "reads no evidence"},
	{"two cases of one name", "name: below", "name: §three calls", playbooks.CodeDuplicate, "at line 4"},
	{"no cases", goodTests[strings.Index(goodTests, "cases:"):], "cases: §[]\n", playbooks.CodeType, "empty list"},
	{"an alert too few", "alerts: [{loss: 100 USDX}]", "alerts: §[]", playbooks.CodeType, "empty list"},
	{"a call with no arguments", "paged: security", "calls: {pause: {args: §{}}}", playbooks.CodeRequired, "names nothing"},
	{"a call of nothing", "paged: security", "calls: {pause: §{}}", playbooks.CodeRequired, "names nothing"},
}

func TestOneMistakeInTestsIsOneProblemAtItsPlace(t *testing.T) {
	for _, b := range brokenTests {
		t.Run(b.name, func(t *testing.T) {
			require.Contains(t, goodTests, b.old)
			marked := strings.Replace(goodTests, b.old, b.new, 1)
			text := strings.ReplaceAll(marked, "§", "")
			_, err := parseTests(t, text)
			found, ok := errors.AsType[playbooks.Problems](err)
			require.True(t, ok, "it was taken: %v", err)
			require.Len(t, found, 1, found.Error())
			assert.Equal(t, b.code, found[0].Code, found.Error())
			assert.Contains(t, found[0].Message, b.says)
			if i := strings.Index(marked, "§"); i >= 0 {
				before := marked[:i]
				assert.Equal(t, strings.Count(before, "\n")+1, found[0].Line, found.Error())
				assert.Equal(t, len([]rune(before[strings.LastIndex(before, "\n")+1:]))+1, found[0].Col, found.Error())
			}
		})
	}
}

func TestTestsWithoutTheirPlaybookAreAProblem(t *testing.T) {
	fsys := files(goodInventory, goodPlaybook)
	set, err := playbooks.LoadFS(fsys, "inventory.yaml", "playbooks")
	require.NoError(t, err)
	fsys["playbooks/drian.test.yaml"] = &fstest.MapFile{Data: []byte(goodTests)}
	_, err = set.ReadTests(fsys, "playbooks")
	require.ErrorContains(t, err, `drian.test.yaml:1:1: file: there is no playbook "drian" for these tests (did you mean "drain"?)`)
	delete(fsys, "playbooks/drian.test.yaml")
	fsys["playbooks/drain.test.yaml"] = &fstest.MapFile{Data: []byte(goodTests)}
	tests, err := set.ReadTests(fsys, "playbooks")
	require.NoError(t, err)
	assert.Len(t, tests, 1)
}

func FuzzTestsAreReadOrRefusedAndNeverPanic(f *testing.F) {
	f.Add(goodTests)
	for _, b := range brokenTests {
		f.Add(strings.ReplaceAll(strings.Replace(goodTests, b.old, b.new, 1), "§", ""))
	}
	set := with(f)
	f.Fuzz(func(t *testing.T, text string) {
		tests, err := set.ParseTests("drain.test.yaml", text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		for _, c := range tests.Cases {
			require.NotEmpty(t, c.Alerts, "a case without an alert shows nothing")
			e := c.Expect
			asks := e.Match != "" || e.Because != "" || e.Incidents != nil || e.Runs != nil || len(e.Prepares)+len(e.Paged)+len(e.Refused)+len(e.Calls)+len(e.Notes) > 0 ||
				e.Outcome != "" || e.PreAuthorised != nil
			require.True(t, asks, "a test that expects nothing was taken: %q", text)
		}
	})
}

func TestTheTablesOfTheTestsNameOnlyMappingsThatAreThere(t *testing.T) {
	known := map[string]bool{}
	for _, m := range playbooks.TestFormat() {
		assert.False(t, known[m.Name], m.Name)
		known[m.Name] = true
		assert.NotEmpty(t, m.Words, m.Name)
	}
	for _, m := range playbooks.TestFormat() {
		seen := map[string]bool{}
		for _, k := range m.Keys {
			assert.False(t, seen[k.Name], "%s.%s twice", m.Name, k.Name)
			seen[k.Name] = true
			assert.NotEmpty(t, k.Words, k.Name)
			if k.Of != "" && (k.Kind == playbooks.KindMapping || k.Kind == playbooks.KindMappings) {
				assert.True(t, known[k.Of], "%s.%s is of %s", m.Name, k.Name, k.Of)
			}
		}
	}
}
