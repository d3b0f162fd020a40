package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// saidIn writes what a source said into the journal of the files.
func saidIn(t *testing.T, r incident.Received) {
	t.Helper()
	j, err := sqlite.Open(t.Context(), "firebreak.db")
	require.NoError(t, err)
	defer j.Close()
	_, err = j.Append(t.Context(), incident.Entry{Stream: incident.Inbox, After: ^uint64(0), Drafts: []incident.Draft{{Seen: seen, Body: r}}})
	require.NoError(t, err)
}

func TestASetUpIsUnfinishedUntilTheSourceWasHeard(t *testing.T) {
	files(t)
	a := call("source", "test", "detector", "--base", "https://firebreak.example.org/")
	assert.Equal(t, exitFindings, a.code)
	assert.Contains(t, a.out, "https://firebreak.example.org/v1/alerts/detector")
	assert.Regexp(t, `heard last +never`, a.out)
	assert.Contains(t, a.err, "send a test from its side")

	saidIn(t, incident.Received{Alert: incident.Alert{Source: "detector", ID: "t1"}, Inert: incident.InertTest})
	a = call("source", "test", "detector")
	assert.Equal(t, exitOK, a.code, a.err)
	assert.Regexp(t, `heard last +2026-11-22 03:00:00 \(test\)`, a.out)
	assert.Regexp(t, `last test +2026-11-22 03:00:00`, a.out)
	assert.Contains(t, a.out, "firebreak alert show 1")
}

func TestWhatToPasteHoldsNoSecret(t *testing.T) {
	files(t)
	a := call("source", "test", "detector")
	for _, name := range []string{"detector-secret", "slack-token", "vault-token"} {
		if raw, err := os.ReadFile(name); err == nil {
			assert.NotContains(t, a.out+a.err, strings.TrimSpace(string(raw)), name)
		}
	}
	assert.Contains(t, a.out, "detector-secret", "but where it is")
}

func TestSourcesAreListedWithWhenTheyWereHeard(t *testing.T) {
	files(t)
	assert.Regexp(t, `(?m)^detector +generic +http://127.0.0.1:0/v1/alerts/detector +not missed +never$`, call("source", "list").out)
	saidIn(t, incident.Received{Alert: incident.Alert{Source: "detector", ID: "a1"}, Inert: "malformed: \x1b[2J"})
	a := call("source", "list")
	assert.NotContains(t, a.out, "\x1b")
	a = call("source", "list", "--format", "json")
	var line sourceLine
	require.NoError(t, json.Unmarshal([]byte(a.out), &line))
	assert.Equal(t, uint64(1), line.Last.Receipt)
}

func TestASourceThatIsNotThereIsNamedWithThoseThatAre(t *testing.T) {
	files(t)
	a := call("source", "test", "tenderly")
	assert.Equal(t, exitError, a.code)
	assert.Contains(t, a.err, `there is no source "tenderly" in firebreak.yaml; there are detector`)
	assert.Equal(t, exitUsage, call("source", "test", "detector", "--base", "firebreak.example.org").code)
	assert.Contains(t, call("__complete", "source", "test", "").out, "detector")
}
