package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/sqlite"
	"github.com/firebreak-project/firebreak/playbooks"
)

func TestADraftIsWrittenOnceAndLoadsAndItsTestsPass(t *testing.T) {
	files(t)
	require.NoError(t, errors.Join(os.Remove("playbooks/allowance-phish.yaml"), os.Remove("playbooks/allowance-phish.test.yaml"))) // does the same
	args := []string{"playbook", "new", "first", "--do", "blocklist", "--rule", "approval.phish"}
	a := call(args...)
	require.Equal(t, exitOK, a.code, a.err)
	assert.Empty(t, a.err)
	assert.Equal(t, "playbooks/first.yaml\nplaybooks/first.test.yaml\n", a.out)
	assert.Equal(t, exitOK, call("playbook", "check").code)
	assert.Equal(t, exitOK, call("playbook", "fmt", "--check").code)
	tested := call("playbook", "test")
	assert.Equal(t, exitOK, tested.code, tested.out+tested.err)
	before := read(t, "playbooks/first.yaml")
	a = call(args...)
	assert.Equal(t, exitError, a.code)
	assert.Contains(t, a.err, "is there already")
	assert.Equal(t, before, read(t, "playbooks/first.yaml"))
}

func TestADraftThatDoesWhatAnotherDoesSaysSo(t *testing.T) {
	files(t)
	a := call("playbook", "new", "first", "--do", "blocklist", "--rule", "approval.phish")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, a.err, "note: together with the other playbooks:\nfirst.yaml:")
}

func TestADraftBesideTestsOfItsNameIsNotWrittenHalf(t *testing.T) {
	files(t)
	write(t, "playbooks/first.test.yaml", "mine\n", 0o600)
	a := call("playbook", "new", "first", "--do", "pause", "--rule", "vault.outflow-spike")
	assert.Equal(t, exitError, a.code)
	assert.NoFileExists(t, "playbooks/first.yaml")
	assert.Equal(t, "mine\n", read(t, "playbooks/first.test.yaml"))
}

func TestADifferenceIsSaidInWordsAndWhatLoosensEndsWithThreeWhenAsked(t *testing.T) {
	files(t)
	edited := strings.Replace(read(t, drainFile), "quorum: 2", "quorum: 3", 1)
	write(t, "next.yaml", strings.Replace(edited, "{quorum: 3, from", "{quorum: 4, from", 1), 0o600)
	a := call("playbook", "diff", drainFile, "next.yaml", "--strict")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Equal(t, "vault-drain\n  tightens  quorum 2 -> 3\n  tightens  quorum to undo pause 3 -> 4\n", a.out)
	a = call("playbook", "diff", "next.yaml", drainFile, "--strict")
	assert.Equal(t, exitFindings, a.code)
	assert.Contains(t, a.out, "  loosens   quorum 3 -> 2\n")
	a = call("playbook", "diff", "next.yaml", drainFile, "--format", "json")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, a.out, `{"playbook":"vault-drain","effect":"loosens","words":"quorum 3 -> 2"}`)
	assert.Equal(t, answer{exitOK, "no difference\n", ""}, call("playbook", "diff", "playbooks", "playbooks"))
	write(t, "next.yaml", read(t, drainFile)+"# a word\n", 0o600)
	assert.Equal(t, "no difference in meaning; layout or comments differ\n", call("playbook", "diff", drainFile, "next.yaml").out)
}

func TestADifferenceOfTheInventoryIsNoSmallerThanOneOfAPlaybook(t *testing.T) {
	files(t)
	require.NoError(t, os.Mkdir("next", 0o700))
	write(t, "next/vault-drain.yaml", read(t, drainFile), 0o600)
	inventory := read(t, "inventory.yaml")
	write(t, "next/inventory.yaml", inventory, 0o600)
	assert.Equal(t, answer{exitOK, "no difference\n", ""}, call("playbook", "diff", drainFile, "next", "--strict"))
	write(t, "next/inventory.yaml", strings.ReplaceAll(inventory, "0x1111111111111111111111111111111111111111", "0x1212121212121212121212121212121212121212"), 0o600)
	a := call("playbook", "diff", drainFile, "next", "--strict")
	assert.Equal(t, exitFindings, a.code, a.err)
	assert.Contains(t, a.out, "inventory.yaml\n  loosens   contract lab-vault is another: ")
	assert.NotContains(t, a.out, "no difference")
}

func TestADifferenceCountsWhatItMakesOfStoredAlerts(t *testing.T) {
	files(t)
	j, err := sqlite.Open(t.Context(), "firebreak.db")
	require.NoError(t, err)
	for i, severity := range []incident.Severity{"critical", "medium", "medium", "low"} {
		r := incident.Received{Raw: []byte("{}"), Alert: incident.Alert{Source: "detector", ID: fmt.Sprint(i), Rule: "vault.outflow-spike", Severity: severity, Contract: "lab-vault"}}
		if severity == "low" {
			r.Inert = "test"
		}
		_, err := j.Append(t.Context(), incident.Entry{Stream: incident.Inbox, After: journal.Anywhere, Drafts: []incident.Draft{{Seen: seen, Body: r}}})
		require.NoError(t, err)
	}
	require.NoError(t, j.Close())
	write(t, "next.yaml", strings.Replace(read(t, drainFile), "[critical, high]", "[critical, high, medium, low]", 1), 0o600)
	a := call("playbook", "diff", drainFile, "next.yaml", "--journal", "firebreak.db")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, a.out, "  loosens   matches 2 more past alerts\n", "what was never acted on does not count")
	a = call("playbook", "diff", "next.yaml", drainFile, "--journal", "firebreak.db")
	assert.Contains(t, a.out, "  tightens  matches 2 fewer past alerts\n")
	write(t, "next.yaml", strings.Replace(read(t, drainFile), "(!alert.has_loss || alert.loss", "(alert.loss", 1), 0o600)
	a = call("playbook", "diff", "next.yaml", drainFile, "--journal", "firebreak.db")
	assert.Contains(t, a.out, "  loosens   matches 1 more past alerts\n", "it could not be told, and now it matches")
}

func TestAnExportIsCACAOAndTheSameEveryTime(t *testing.T) {
	files(t)
	args := []string{"playbook", "export", "cacao", "vault-drain", "--created", "2026-11-22T07:00:00Z", "--modified", "2026-11-22T08:00:00Z"}
	a := call(args...)
	require.Equal(t, exitOK, a.code, a.err)
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.out), &v))
	assert.Equal(t, "cacao-2.0", v["spec_version"])
	assert.Equal(t, "2026-11-22T08:00:00.000Z", v["modified"])
	assert.Equal(t, a, call(args...))
	assert.Equal(t, exitUsage, call("playbook", "export", "cacao", "vault-drain", "--created", "yesterday").code)
	assert.Contains(t, call("playbook", "export", "cacao", "drain").err, "vault-drain")
}

const outflow = `{"id":"a-1","rule":"vault.outflow-spike","severity":"critical","contract":"lab-vault","loss":{"amount":"5","token":"USDX"}}`

func TestWhyAnAlertDoesNotMatchIsSaidWithTheValueThatDecided(t *testing.T) {
	files(t)
	a := callWith(outflow, "playbook", "match", "-")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, a.out, "✗ vault-drain (live)\n")
	assert.Contains(t, a.out, `* 19:25  alert.loss >= amount("1_000 USDX") is false (alert.loss = 5 USDX)`)
	a = callWith(outflow, "playbook", "match", "-", "--format", "json")
	for line := range strings.Lines(a.out) {
		var v playbooks.Verdict
		require.NoError(t, json.Unmarshal([]byte(line), &v))
		assert.False(t, v.Matched)
	}
}

func TestWhatShouldMatchIsAnAssertionWithAnExitCode(t *testing.T) {
	files(t)
	large := strings.Replace(outflow, `"5"`, `"5000"`, 1)
	for _, c := range []struct {
		alert, verify string
		code          int
		says          string
	}{
		{large, "vault-drain", exitOK, ""},
		{large, "", exitFindings, "vault-drain matches and should not"},
		{outflow, "vault-drain", exitFindings, "vault-drain does not match and should"},
		{outflow, "", exitOK, ""},
		{outflow, "drain", exitUsage, "there is no playbook"},
		{`{"id":"a"}`, "", exitError, "read alert -"},
	} {
		a := callWith(c.alert, "playbook", "match", "-", "--verify", c.verify)
		assert.Equal(t, c.code, a.code, a.err)
		assert.Contains(t, a.err, c.says)
	}
}

// explained writes a journal with one incident of vault-drain, in the text that
// ships, that people approved.
func explained(t *testing.T, text string, alert incident.Alert) {
	t.Helper()
	j, err := sqlite.Open(t.Context(), "firebreak.db")
	require.NoError(t, err)
	defer j.Close()
	set, err := playbooks.Load("inventory.yaml", "playbooks")
	require.NoError(t, err)
	pinned, err := playbooks.Parse(set.Inventory(), map[string]string{"vault-drain.yaml": text})
	require.NoError(t, err)
	drafts := story(older)
	opened := drafts[0].Body.(incident.Opened)
	opened.Text, opened.Alert, opened.Playbook.Digest = text, alert, pinned.Playbooks()[0].Digest
	drafts[0].Body = opened
	_, err = j.Append(t.Context(), incident.Entry{Stream: older.Stream(), Open: true, Drafts: drafts})
	require.NoError(t, err)
}

func TestAnIncidentIsExplainedFromTheTextThatItBeganWith(t *testing.T) {
	files(t)
	explained(t, read(t, drainFile), incident.Alert{Source: "detector", ID: "a-1", Rule: "vault.outflow-spike", Severity: "critical", Contract: "lab-vault", Chain: "lab"})
	a := call("playbook", "explain", string(older))
	require.Equal(t, exitOK, a.code, a.err)
	for _, want := range []string{"a-1 of detector: rule vault.outflow-spike, severity critical", "the text is the same today", "✓ vault-drain (live)",
		`alert.contract == "lab-vault" is true`, "pause: pause() of", "ana says approve (slack)", "now executing"} {
		assert.Contains(t, a.out, want)
	}
	edit(t, drainFile, "quorum: 2\n", "quorum: 3\n")
	edit(t, drainFile, "{quorum: 3, from", "{quorum: 4, from")
	a = call("playbook", "explain", string(older))
	assert.Contains(t, a.out, "the text is another today; since then:\n      tightens  quorum 2 -> 3\n")
	assert.Contains(t, a.out, "✓ vault-drain", "judged in the text of then")
}

func TestAnExplanationNeedsNoInventoryForWhatTheJournalHas(t *testing.T) {
	files(t)
	explained(t, read(t, drainFile), incident.Alert{Source: "detector", ID: hostile, Rule: "vault.outflow-spike", Suspects: []common.Address{{1}}})
	require.Equal(t, exitOK, call("playbook", "explain", string(older), "--format", "json").code)
	a := call("playbook", "explain", string(older), "--inventory", "gone.yaml")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, a.out, "it cannot be told again")
	assert.Contains(t, a.out, "ana says approve")
	assert.NotContains(t, a.out, "\x1b", "no text of the journal drives a terminal")
	assert.Equal(t, exitUsage, call("playbook", "explain", "nonsense").code)
}

func TestNamesOfPlaybooksAndTheInventoryAreCompleted(t *testing.T) {
	files(t)
	for want, args := range map[string][]string{
		"vault-drain\tPause": {"export", "cacao", ""},
		"lab-vault":          {"new", "x", "--on", ""},
		"approval.phish":     {"new", "x", "--rule", ""},
		"withdrawal-limit":   {"new", "x", "--do", ""},
		"sarif":              {"check", "--format", ""},
		"limit-bleed":        {"match", "--verify", ""},
	} {
		assert.Contains(t, call(append([]string{"__complete", "playbook"}, args...)...).out, want)
	}
}
