package main

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

const (
	older = incident.ID("01JEQ7V5M2K3ABCD")
	newer = incident.ID("01JEQ7V5M2K3ABCE")
)

var seen = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// after is a fact of an incident, seconds after the first.
func after(seconds int, b incident.Body) incident.Draft {
	return incident.Draft{Seen: seen.Add(time.Duration(seconds) * time.Second), Body: b}
}

// record writes a journal with two incidents, one of them an exercise whose
// texts are what an attacker would write, and goes where it is.
func record(t *testing.T) string {
	t.Helper()
	t.Chdir(t.TempDir())
	j, err := sqlite.Open(t.Context(), "firebreak.db")
	require.NoError(t, err)
	defer j.Close()
	opened := func(playbook string) incident.Draft {
		return after(0, incident.Opened{Key: playbook, Playbook: incident.PlaybookRef{Name: playbook}, Mode: incident.ModeLive, Receipt: 1,
			Alert: incident.Alert{Source: "detector", ID: "a-1", Rule: "vault.outflow-spike"}})
	}
	evil := opened(hostile)
	evil.Exercise = true
	note := after(1, incident.Noted{By: "ana", Text: hostile})
	end := after(2, incident.Escalated{Stage: "plan", Why: "the RPC says " + hostile, Mend: hostile})
	note.Exercise, end.Exercise = true, true
	for _, e := range []incident.Entry{
		{Stream: older.Stream(), Open: true, Drafts: []incident.Draft{opened("vault-drain"),
			after(2, incident.Escalated{Stage: "plan", Why: "the vault does not answer", Mend: "pause it by hand: cast send"})}},
		{Stream: newer.Stream(), Open: true, Drafts: []incident.Draft{evil, note, end}},
	} {
		_, err := j.Append(t.Context(), e)
		require.NoError(t, err)
	}
	return filepath.Join(".", "firebreak.db")
}

// hostile clears a screen, sets a title, turns text around and breaks a line.
const hostile = "x\x1b[2J\x1b]0;owned\x07\u202egnp\u009b31m\r\nINCIDENT contained\x00\x7f"

// written is what is not the same in two runs.
var written = regexp.MustCompile(`[0-9a-f]{64}`)

func TestIncidentsAreListedNewestFirst(t *testing.T) {
	text := testdata(t, "incident-list.txt")
	record(t)
	a := call("incident", "list")
	require.Equal(t, exitOK, a.code, a.err)
	golden(t, text, a.out)
	a = call("incident", "list", "--format", "json")
	require.Equal(t, exitOK, a.code, a.err)
	lines := strings.Split(strings.TrimSpace(a.out), "\n")
	require.Len(t, lines, 2)
	assert.JSONEq(t, `{"incident":"01JEQ7V5M2K3ABCD","opened":"2026-11-22T03:00:00Z","playbook":"vault-drain",
		"phase":"escalated","alerts":1,"exercise":false}`, lines[1])
	var first map[string]any
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &first))
	assert.Equal(t, hostile, first["playbook"], "a script gets what was written")
}

func TestAnIncidentIsShownFactByFact(t *testing.T) {
	text := testdata(t, "incident-show.txt")
	record(t)
	a := call("incident", "show", string(older))
	require.Equal(t, exitOK, a.code, a.err)
	golden(t, text, a.out)
	a = call("incident", "show", string(older), "--format", "json")
	require.Equal(t, exitOK, a.code, a.err)
	var kinds []string
	for _, line := range strings.Split(strings.TrimSpace(a.out), "\n") {
		var fact struct {
			Seq  int
			Kind string
			Seen time.Time
			Body map[string]any
			Hash string
		}
		require.NoError(t, json.Unmarshal([]byte(line), &fact))
		kinds = append(kinds, fact.Kind)
		assert.Equal(t, len(kinds), fact.Seq)
		assert.NotEmpty(t, fact.Body)
		assert.Regexp(t, written, fact.Hash)
	}
	assert.Equal(t, []string{"opened", "escalated"}, kinds)
}

func TestNoTextOfTheJournalDrivesATerminal(t *testing.T) {
	record(t)
	for _, args := range [][]string{{"incident", "list"}, {"incident", "show", string(newer)}} {
		a := call(args...)
		require.Equal(t, exitOK, a.code, a.err)
		for _, r := range a.out + a.err {
			if r != '\n' && (r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u202e') {
				t.Errorf("%v prints %q", args, r)
			}
		}
		for _, line := range strings.Split(a.out, "\n") {
			assert.False(t, strings.HasPrefix(line, "INCIDENT contained"), "a fact makes no line of its own")
		}
	}
	assert.Contains(t, call("incident", "show", string(newer)).out, "owned", "what was written is still there to read")
}

func TestAnEmptyJournalIsNoError(t *testing.T) {
	t.Chdir(t.TempDir())
	j, err := sqlite.Open(t.Context(), "firebreak.db")
	require.NoError(t, err)
	require.NoError(t, j.Close())
	assert.Equal(t, answer{exitOK, "no incidents\n", ""}, call("incident", "list"))
	assert.Equal(t, answer{exitOK, "", ""}, call("incident", "list", "--format", "json"))
	a := call("journal", "verify")
	assert.Equal(t, exitOK, a.code)
	assert.Contains(t, a.out, "whole: 0 facts in 0 streams, 0 checkpoints")
}

func TestAnUnknownIncidentIsNotFound(t *testing.T) {
	record(t)
	a := call("incident", "show", "01JEQ7V5M2K3ABCF")
	assert.Equal(t, answer{exitError, "", "firebreak: the journal has no incident 01JEQ7V5M2K3ABCF; see firebreak incident list\n"}, a)
}

func TestAWholeJournalIsVerified(t *testing.T) {
	want := testdata(t, "journal-verify.txt")
	record(t)
	a := call("journal", "verify")
	require.Equal(t, exitOK, a.code, a.err)
	golden(t, want, written.ReplaceAllString(a.out, "HEAD"))
	j := call("journal", "verify", "--format", "json")
	var report struct {
		Facts, Streams, Checkpoints int
		Head                        string
	}
	require.NoError(t, json.Unmarshal([]byte(j.out), &report))
	assert.Equal(t, 5, report.Facts)
	assert.Contains(t, a.out, report.Head, "both forms say the same")
}

func TestABrokenJournalIsAFindingAtItsFirstBrokenFact(t *testing.T) {
	for name, c := range map[string]struct{ change, says string }{
		"a changed fact":  {`update facts set body = replace(body, 'vault-drain', 'vault-brain') where seq = 1`, "fact 1 of " + string(older)},
		"a dropped fact":  {`delete from facts where stream = '` + string(newer) + `' and seq = 2`, "fact 2 of " + string(newer)},
		"a cut tail":      {`delete from facts where stream = '` + string(newer) + `' and seq = 3`, "fact 3 of " + string(newer)},
		"a cut stream":    {`delete from streams where stream = '` + string(older) + `'`, string(older)},
		"a moved time":    {`update facts set seen = seen + 1 where stream = '` + string(older) + `' and seq = 2`, "fact 2 of " + string(older)},
		"an exercise now": {`update facts set exercise = 1 where stream = '` + string(older) + `' and seq = 1`, "fact 1 of " + string(older)},
		"a checkpoint":    {`update checkpoints set written = written + 1 where n = 2`, "checkpoint 2"},
		"a terminal":      {`update streams set stream = 'x' || char(27) || '[2J' where stream = '` + string(older) + `'`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := record(t)
			tamper(t, path, c.change)
			a := call("journal", "verify")
			assert.Equal(t, exitFindings, a.code, a.err)
			assert.True(t, strings.HasPrefix(a.err, "firebreak: the journal is broken at "), a.err)
			assert.Contains(t, a.err, c.says)
			assert.Empty(t, a.out)
			assert.NotContains(t, a.err, "\x1b")
		})
	}
}

func tamper(t *testing.T, path, change string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	// A thief of the file is not held back by triggers.
	rows, err := db.Query("select name from sqlite_master where type = 'trigger'")
	require.NoError(t, err)
	var triggers []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		triggers = append(triggers, name)
	}
	require.NoError(t, rows.Close())
	for _, name := range triggers {
		_, err := db.Exec("drop trigger " + name)
		require.NoError(t, err)
	}
	_, err = db.Exec(change)
	require.NoError(t, err)
}

func TestWhatIsNoJournalIsSaidSo(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("text.db", []byte(strings.Repeat("this is no database\n", 500)), 0o600))
	require.NoError(t, os.WriteFile("empty.db", nil, 0o600))
	require.NoError(t, os.Mkdir("folder.db", 0o700))
	db, err := sql.Open("sqlite", "other.db")
	require.NoError(t, err)
	_, err = db.Exec("create table cats (name text)")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	for _, verb := range [][]string{{"incident", "list"}, {"incident", "show", string(older)}, {"journal", "verify"}} {
		for path, says := range map[string]string{
			"text.db": "is no journal", "empty.db": "journal", "other.db": "journal", "folder.db": "journal", "absent.db": "--journal",
		} {
			a := call(append(verb, "--journal", path)...)
			assert.Equal(t, exitError, a.code, "%v %s: %s", verb, path, a.err)
			assert.Contains(t, a.err, says, path)
			assert.Contains(t, a.err, path)
			assert.Empty(t, a.out)
		}
	}
}
