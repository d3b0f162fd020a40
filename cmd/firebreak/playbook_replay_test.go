package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// remember writes a journal of an hour ago: an alert that opened an incident of
// vault-drain, and one that nothing was made of.
func remember(t *testing.T) {
	t.Helper()
	files(t)
	j, err := sqlite.Open(t.Context(), "firebreak.db")
	require.NoError(t, err)
	defer j.Close()
	then := time.Now().Add(-time.Hour)
	alert := func(id string) incident.Alert {
		return incident.Alert{Source: "detector", ID: id, Rule: "vault.outflow-spike", Severity: incident.SeverityCritical, Chain: "lab", Contract: "lab-vault"}
	}
	draft := func(after time.Duration, b incident.Body) incident.Draft {
		return incident.Draft{Seen: then.Add(after), Body: b}
	}
	opened := incident.Opened{Key: "k", Playbook: incident.PlaybookRef{Name: "vault-drain"}, Mode: incident.ModeLive, Receipt: 1, Alert: alert("a-1")}
	for _, e := range []incident.Entry{
		{Stream: incident.Inbox, Drafts: []incident.Draft{draft(0, incident.Received{Alert: alert("a-1")}), draft(time.Minute, incident.Received{Alert: alert("a-2\x1b[2J")})}},
		{Stream: older.Stream(), Drafts: []incident.Draft{draft(0, opened), draft(time.Second, incident.Escalated{Stage: "plan", Why: "no chain"})}},
		{Stream: incident.Router, Drafts: []incident.Draft{
			draft(0, incident.Routed{Decided: incident.Decided{Receipt: 1, Matches: []incident.Match{{Playbook: "vault-drain", Verdict: "opened", Incident: older}}}}),
			draft(time.Minute, incident.Routed{Decided: incident.Decided{Receipt: 2}})}},
	} {
		_, err := j.Append(t.Context(), e)
		require.NoError(t, err)
	}
}

func TestAReplayShowsWhatDidFireNextToWhatWould(t *testing.T) {
	remember(t)
	a := call("playbook", "replay", "--since", "2h")
	assert.Equal(t, exitOK, a.code, a.err)
	lines := strings.Split(a.out, "\n")
	require.GreaterOrEqual(t, len(lines), 4, a.out)
	assert.Regexp(t, `detector/a-1 +vault.outflow-spike +vault-drain opened 01JEQ7V5M2K3ABCD +vault-drain opened #1 *$`, lines[1])
	assert.Regexp(t, `nothing +vault-drain cooldown #1 +CHANGED$`, lines[2])
	assert.Contains(t, a.out, "2 alerts since 2h: 1 incidents then, 1 with these playbooks; 1 alerts would have come out otherwise\n")
	assert.NotContains(t, a.out, "\x1b")
}

func TestAChangeIsAFindingOnlyWhenAskedFor(t *testing.T) {
	remember(t)
	a := call("playbook", "replay", "--config", "firebreak.yaml", "--since", "7d", "--fail-on-change", "--format", "json")
	assert.Equal(t, exitFindings, a.code)
	assert.Contains(t, a.err, "of 2 alerts 1 would have come out otherwise")
	var first struct {
		Receipt uint64
		Changed bool
		Would   []incident.Match
	}
	require.NoError(t, json.Unmarshal([]byte(strings.Split(a.out, "\n")[0]), &first))
	assert.Equal(t, uint64(1), first.Receipt)
	assert.False(t, first.Changed)
	assert.Equal(t, "opened", first.Would[0].Verdict)
	a = call("playbook", "replay", "--since", "30m", "--fail-on-change")
	assert.Equal(t, exitOK, a.code, "what is older is not told")
}

func TestAReplayWithoutAJournalOrATimeSaysSo(t *testing.T) {
	files(t)
	a := call("playbook", "replay", "--journal", "none.db")
	assert.Equal(t, exitError, a.code)
	assert.Contains(t, a.err, "say with --journal where it is")
	a = call("playbook", "replay", "--since", "a week")
	assert.Equal(t, exitUsage, a.code)
	assert.Contains(t, a.err, "30d, 12h or 90m")
}
