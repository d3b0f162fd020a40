package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const drainFile = "playbooks/vault-drain.yaml"

func TestACheckSaysOfEveryPlaybookHowItWasUnderstood(t *testing.T) {
	files(t)
	for _, args := range [][]string{{}, {"playbooks"}, {"--config", "firebreak.yaml"}, {"--inventory", "inventory.yaml", "--playbooks", "playbooks"}} {
		a := call(append([]string{"playbook", "check"}, args...)...)
		require.Equal(t, exitOK, a.code, a.err)
		assert.Regexp(t, `(?m)^inventory: \d+ chains?, \d+ contracts?, \d+ people in \d+ teams?$`, a.out)
		assert.Regexp(t, `(?m)^vault-drain +live +1 transaction, 2-of-5 approvers from 2 teams, verified, undoable$`, a.out)
	}
}

func TestAFolderThatIsNotThereIsSaidAndNoOtherIsReadInItsPlace(t *testing.T) {
	files(t)
	one := call("playbook", "check", drainFile)
	assert.Equal(t, exitUsage, one.code)
	assert.Contains(t, one.err, drainFile+" is no folder")
	assert.Equal(t, answer{exitError, "", "firebreak: there is no folder elsewhere; say with --playbooks where the playbooks are\n"}, call("playbook", "check", "elsewhere"))
	require.NoError(t, os.RemoveAll("playbooks"))
	for _, verb := range []string{"check", "test"} {
		a := call("playbook", verb)
		assert.Equal(t, answer{exitError, "", "firebreak: there is no folder playbooks; say with --playbooks where the playbooks are\n"}, a, "the configuration beside it is no playbook")
	}
	assert.Equal(t, exitOK, call("playbook", "schema").code, "it needs no playbooks")
}

func TestACheckFindsWhatIsWrongInEveryFormatAtTheFileThatTheReaderSees(t *testing.T) {
	files(t)
	edit(t, drainFile, "do: pause", "do: explode")
	for format, says := range map[string]string{
		"json":   `"file": "playbooks/vault-drain.yaml"`,
		"sarif":  `"uri": "playbooks/vault-drain.yaml"`,
		"github": "::error file=playbooks/vault-drain.yaml,line=29,col=9,",
	} {
		a := call("playbook", "check", "--format", format)
		assert.Equal(t, exitFindings, a.code, format)
		assert.Contains(t, a.out, says)
		assert.Regexp(t, `^firebreak: the playbooks have \d+ problems?\n$`, a.err, "what is wrong is in the report")
	}
	a := call("playbook", "check")
	assert.Equal(t, exitFindings, a.code)
	assert.Empty(t, a.out)
	assert.Contains(t, a.err, "playbooks/vault-drain.yaml:29:9: action: unknown action \"explode\"")
	assert.Equal(t, exitUsage, call("playbook", "check", "--format", "xml").code)
}

func TestACheckWithoutProblemsIsAnEmptyReport(t *testing.T) {
	files(t)
	var report struct{ Problems, Playbooks []map[string]any }
	a := call("playbook", "check", "--format", "json")
	require.Equal(t, exitOK, a.code, a.err)
	require.NoError(t, json.Unmarshal([]byte(a.out), &report))
	assert.NotEmpty(t, report.Playbooks)
	assert.NotNil(t, report.Problems)
	assert.Empty(t, call("playbook", "check", "--format", "github").out+a.err)
}

func TestAWarningChangesTheExitCodeOnlyWhenAsked(t *testing.T) {
	files(t)
	second := strings.Replace(read(t, drainFile), "name: vault-drain", "name: second", 1)
	second = strings.Replace(second, `alert.loss >= amount("1_000 USDX")`, `alert.loss >= amount("2_000 USDX")`, 1)
	write(t, "playbooks/second.yaml", strings.Replace(second, "mode: live", "mode: dry-run", 1), 0o600)
	a := call("playbook", "check")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, a.err, "playbooks/", "the warning is said")
	assert.Contains(t, a.out, "second")
	a = call("playbook", "check", "--strict")
	assert.Equal(t, exitFindings, a.code, a.err)
}

func TestALivePlaybookWithoutTestsThatPassIsAnErrorAtTheDesk(t *testing.T) {
	files(t)
	require.NoError(t, os.Remove("playbooks/vault-drain.test.yaml"))
	a := call("playbook", "check")
	assert.Equal(t, exitFindings, a.code)
	assert.Contains(t, a.err, drainFile+":8:1: untested: it is live and has no tests; write vault-drain.test.yaml beside it")
	assert.Equal(t, exitOK, call("check", "--config", "firebreak.yaml").code, "what is deployed starts all the same")
}

func TestAnInventoryThatIsNotThereIsSaidWithItsFlag(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, verb := range []string{"check", "schema", "fmt"} {
		a := call("playbook", verb)
		assert.Equal(t, exitError, a.code, verb)
		assert.Contains(t, a.err, "--inventory", verb)
	}
}

func TestFormattingWritesWhatIsNotFormattedAndChecksWithoutWriting(t *testing.T) {
	files(t)
	good := read(t, drainFile)
	edit(t, drainFile, "owner: security # the team that answers when this playbook misbehaves\n", "")
	edit(t, drainFile, "playbook: 1\n", "owner:   security # the team that answers when this playbook misbehaves\nplaybook: 1\n")
	bad := read(t, drainFile)
	a := call("playbook", "fmt", "--check")
	assert.Equal(t, exitFindings, a.code)
	assert.Equal(t, drainFile+"\n", a.out)
	assert.Equal(t, bad, read(t, drainFile), "a check writes nothing")
	require.NoError(t, os.Chmod(drainFile, 0o640))
	a = call("playbook", "fmt")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Equal(t, good, read(t, drainFile))
	info, err := os.Stat(drainFile)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o640), info.Mode().Perm(), "the file keeps its mode")
	assert.Equal(t, answer{exitOK, "", ""}, call("playbook", "fmt", "--check"))
	assert.Equal(t, answer{exitOK, good, ""}, callWith(bad, "playbook", "fmt", "-"))
}

func TestALinkToAPlaybookStaysALink(t *testing.T) {
	files(t)
	require.NoError(t, os.Rename(drainFile, "elsewhere.yaml"))
	require.NoError(t, os.Symlink("../elsewhere.yaml", drainFile))
	edit(t, "elsewhere.yaml", "mode: live", "mode:   live")
	require.Equal(t, exitOK, call("playbook", "fmt").code)
	assert.NotContains(t, read(t, "elsewhere.yaml"), "mode:   live")
	link, err := os.Readlink(drainFile)
	require.NoError(t, err)
	assert.Equal(t, "../elsewhere.yaml", link)
}

func TestAFileThatCannotBeFormattedIsLeftAsItIs(t *testing.T) {
	files(t)
	edit(t, drainFile, "owner: security", "owner: !!str security")
	before := read(t, drainFile)
	a := call("playbook", "fmt")
	assert.Equal(t, exitFindings, a.code)
	assert.Contains(t, a.err, "vault-drain.yaml")
	assert.Equal(t, before, read(t, drainFile))
}

func TestTheSchemaIsForTheInventoryEvenWhileAPlaybookIsBroken(t *testing.T) {
	files(t)
	edit(t, drainFile, "do: pause", "do: explode")
	a := call("playbook", "schema")
	require.Equal(t, exitOK, a.code, a.err)
	var schema map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.out), &schema))
	assert.Equal(t, "http://json-schema.org/draft-07/schema#", schema["$schema"])
	assert.Contains(t, a.out, "lab-registry")
	assert.Contains(t, call("playbook", "schema", "--of", "tests").out, `"alerts"`)
	require.NoError(t, os.Remove("inventory.yaml"))
	assert.Contains(t, call("playbook", "schema", "--of", "inventory").out, "code_hash", "it needs no inventory to write one")
	assert.Equal(t, exitUsage, call("playbook", "schema", "--of", "slack").code)
}

// read is a file's text.
func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}
