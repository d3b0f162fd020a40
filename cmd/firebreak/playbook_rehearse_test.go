package main

import (
	"encoding/json"
	"encoding/xml"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
)

// libraryHere writes the library with its tests into a fresh folder, which
// becomes the working directory.
func libraryHere(t *testing.T) {
	t.Helper()
	files(t)
	shipped, err := fs.Glob(playbooks.Library(), "*.yaml")
	require.NoError(t, err)
	for _, name := range shipped {
		text, err := fs.ReadFile(playbooks.Library(), name)
		require.NoError(t, err)
		if name != "inventory.yaml" {
			name = filepath.Join("playbooks", name)
		}
		require.NoError(t, os.WriteFile(name, text, 0o600))
	}
}

func TestTheTestsOfTheLibraryPassAndCoverEveryCondition(t *testing.T) {
	libraryHere(t)
	a := call("playbook", "test", "--coverage")
	assert.Equal(t, exitOK, a.code, a.err)
	assert.Empty(t, a.err)
	assert.Contains(t, a.out, "vault-drain\n  ✓ a confident large outflow asks for the pause of the vault\n")
	assert.Contains(t, a.out, " tests, 0 failed\n")
	assert.Contains(t, a.out, "conditions seen true and false\n")
	again := call("playbook", "test", "--config", "firebreak.yaml", "--coverage")
	assert.Equal(t, a, again)
}

func TestATestThatFailsShowsWhatDecidedAndExitsWithThree(t *testing.T) {
	libraryHere(t)
	edit(t, "playbooks/vault-drain.test.yaml", "loss: 999 USDX", "loss: 1_999 USDX")
	a := call("playbook", "test", "playbooks/vault-drain.test.yaml", "--run", "below a thousand", "--junit", "report.xml")
	assert.Equal(t, exitFindings, a.code)
	assert.Equal(t, "firebreak: 1 of 1 tests failed\n", a.err)
	for _, says := range []string{"  ✗ below a thousand nothing happens", "playbooks/vault-drain.test.yaml:", "match: expected false, got true",
		`on.when: alert.loss >= amount("1_000 USDX") is true (alert.loss = 1999 USDX)`} {
		assert.Contains(t, a.out, says)
	}
	raw, err := os.ReadFile("report.xml")
	require.NoError(t, err)
	var report struct {
		Failures int `xml:"failures,attr"`
	}
	require.NoError(t, xml.Unmarshal(raw, &report))
	assert.Equal(t, 1, report.Failures)

	js := call("playbook", "test", "--format", "json")
	assert.Equal(t, exitFindings, js.code)
	var got struct{ Tests, Failed int }
	require.NoError(t, json.Unmarshal([]byte(js.out), &got))
	assert.Equal(t, 1, got.Failed)
	assert.Greater(t, got.Tests, 30)
}

func TestAConditionThatNoTestShowsExitsWithThree(t *testing.T) {
	libraryHere(t)
	a := call("playbook", "test", "playbooks/vault-drain.yaml", "--run", "another contract", "--coverage")
	assert.Equal(t, exitFindings, a.code)
	assert.Contains(t, a.out, "playbooks/vault-drain.yaml:17:5: on.when: never seen true: alert.contract == \"lab-vault\"\n")
	assert.NotContains(t, a.out, "limit-bleed", "only what was named")
	assert.Contains(t, a.err, "do not show every condition both ways")
}

func TestTestsThatShowNothingAreFindings(t *testing.T) {
	libraryHere(t)
	a := call("playbook", "test", "--run", "no test is called that")
	assert.Equal(t, exitFindings, a.code)
	assert.Contains(t, a.err, "no test was played")
	edit(t, "playbooks/vault-drain.test.yaml", "expect: {match: false, because: alert.loss}", "expect: {}")
	a = call("playbook", "test")
	assert.Equal(t, exitFindings, a.code)
	assert.Contains(t, a.err, "playbooks/vault-drain.test.yaml:36:13: required: expect names nothing")
	assert.Empty(t, a.out)
}

func TestWhereTestsAreIsSaidOnce(t *testing.T) {
	libraryHere(t)
	for says, args := range map[string][]string{
		"there is no playbooks/x.test.yaml": {"playbooks/x.test.yaml"},
		"one folder, or files of one":       {"playbooks/vault-drain.test.yaml", "playbooks/limit-bleed.test.yaml", "inventory.yaml"},
		"given twice":                       {"playbooks", "--playbooks", "playbooks"},
		"--run: error parsing regexp":       {"--run", "("},
	} {
		a := call(append([]string{"playbook", "test"}, args...)...)
		assert.Equal(t, exitUsage, a.code, a.err)
		assert.Contains(t, a.err, says)
	}
	a := call("playbook", "test", "playbooks/vault-drain.test.yaml", "playbooks/limit-bleed.yaml")
	assert.Equal(t, exitOK, a.code, a.err)
	assert.NotContains(t, a.out, "allowance-phish")
	assert.Equal(t, 1, strings.Count(a.out, "\nvault-drain\n"))
}

func TestAFileThatIsNamedAndShowsNothingExitsWithThree(t *testing.T) {
	libraryHere(t)
	require.NoError(t, os.Remove("playbooks/limit-stop.test.yaml"))
	a := call("playbook", "test", "playbooks/vault-drain.yaml", "playbooks/limit-stop.yaml")
	assert.Equal(t, exitFindings, a.code)
	assert.Contains(t, a.err, "no test of limit-stop was played")
	a = call("playbook", "test", "playbooks/vault-drain.yaml", "playbooks/limit-stpo.yaml")
	assert.Equal(t, exitUsage, a.code)
}

func TestAFolderIsNotNarrowedByAFileBesideIt(t *testing.T) {
	libraryHere(t)
	for _, given := range [][]string{{"playbooks/vault-drain.yaml", "playbooks"}, {"playbooks", "playbooks/vault-drain.yaml"}} {
		a := call(append([]string{"playbook", "test"}, given...)...)
		assert.Equal(t, exitUsage, a.code, given)
	}
}
