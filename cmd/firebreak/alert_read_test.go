package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// storedAlerts writes a journal with alerts of every fate.
func storedAlerts(t *testing.T) {
	t.Helper()
	files(t)
	j, err := sqlite.Open(t.Context(), "firebreak.db")
	require.NoError(t, err)
	defer j.Close()
	at := func(minute int, b incident.Body) incident.Draft {
		return incident.Draft{Seen: seen.Add(time.Duration(minute) * time.Minute), Body: b}
	}
	vault := common.HexToAddress("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")
	alert := func(id, rule string) incident.Alert {
		return incident.Alert{Source: "detector", ID: id, Rule: rule, Severity: incident.SeverityCritical, Chain: "lab", Contract: "lab-vault", Address: &vault, Signal: "s1",
			Loss: &incident.Amount{Units: incident.NewQuantity(300_000_000_000), Token: "USDX", Decimals: 6}, Labels: map[string]string{"env": "prod"}}
	}
	evil := alert("a-3", hostile)
	evil.Contract, evil.Summary = hostile, hostile
	match := func(receipt uint64, m ...incident.Match) incident.Decided {
		return incident.Decided{Receipt: receipt, Matches: m}
	}
	for _, e := range []incident.Entry{
		{Stream: incident.Inbox, Drafts: []incident.Draft{
			at(0, incident.Received{Alert: alert("a-1", "vault.outflow-spike"), Raw: []byte(`{"id":"a-1"}`), Headers: map[string]string{"X-Firebreak-Timestamp": "1785578400"}}),
			at(1, incident.Received{Alert: alert("a-2", "vault.outflow-spike"), Raw: []byte(`{}`)}),
			at(2, incident.Received{Alert: evil, Raw: []byte(hostile)}),
			at(3, incident.Received{Alert: alert("a-4", "vault.outflow-spike"), Inert: incident.InertLate, Raw: []byte(`{}`)}),
			at(4, incident.Received{Alert: alert("a-5", "vault.outflow-spike"), Inert: incident.InertTest, Raw: []byte(`{}`)}),
			at(5, incident.Received{Alert: alert("a-6", "vault.outflow-spike"), Raw: []byte(`{}`)})}},
		{Stream: incident.Silences, Drafts: []incident.Draft{
			at(0, incident.SilenceAdded{Match: incident.SilenceMatch{Rule: "vault.outflow-spike"}, Until: seen.Add(time.Hour), By: hostile, Why: "the vault is being moved"}),
			at(1, incident.SilenceExpired{Silence: 1, By: "ben"}),
			at(2, incident.SilenceAdded{Match: incident.SilenceMatch{Source: "detector"}, Until: time.Now().Add(time.Hour), By: "ana", Why: "a noisy rule"})}},
		{Stream: incident.Router, Drafts: []incident.Draft{
			at(0, incident.Routed{Decided: match(1, incident.Match{Playbook: "vault-drain", Verdict: incident.VerdictOpened, Incident: older})}),
			at(4, incident.Routed{Before: []incident.Decided{
				match(2, incident.Match{Playbook: "vault-drain", Verdict: incident.VerdictSilenced, Silence: 1, Why: "silence 1 by ana"}),
				match(3), match(4, incident.Match{Playbook: "vault-drain", Verdict: incident.VerdictInert, Why: incident.InertLate})}, Decided: match(5)})}},
	} {
		_, err := j.Append(t.Context(), e)
		require.NoError(t, err)
	}
}

func TestReceivedAlertsAreListedWithWhatCameOfEach(t *testing.T) {
	text := testdata(t, "alert-list.txt")
	storedAlerts(t)
	a := call("alert", "list")
	require.Equal(t, exitOK, a.code, a.err)
	golden(t, text, a.out)
	assert.NotContains(t, a.out, "\x1b")
}

func TestAlertsAreSiftedByWhatCameOfThem(t *testing.T) {
	storedAlerts(t)
	for verdict, want := range map[string][]uint64{
		"opened": {1}, "silenced": {2}, "unmatched": {3}, "late": {4}, "inert": {4, 5}, "test": {5}, "limit": nil, "": {1, 2, 3, 4, 5, 6},
	} {
		a := call("alert", "list", "--verdict", verdict, "--format", "json")
		require.Equal(t, exitOK, a.code, a.err)
		var got []uint64
		for line := range strings.Lines(a.out) {
			var one struct{ Receipt uint64 }
			require.NoError(t, json.Unmarshal([]byte(line), &one))
			got = append(got, one.Receipt)
		}
		assert.Equal(t, want, got, verdict)
	}
	assert.Contains(t, call("alert", "list", "--source", "other").out, "no such alert was received")
	a := call("alert", "list", "--limit", "2")
	assert.NotContains(t, a.out, "\n4 ")
	assert.Contains(t, a.out, "\n5 ")
	assert.Contains(t, a.out, "the newest 2;")
	assert.Equal(t, exitUsage, call("alert", "list", "--limit", "0").code)
	assert.Equal(t, exitUsage, call("alert", "list", "--since", "a week").code)
}

func TestAnAlertIsShownWithItsBodyByteForByte(t *testing.T) {
	text := testdata(t, "alert-show.txt")
	storedAlerts(t)
	a := call("alert", "show", "1")
	require.Equal(t, exitOK, a.code, a.err)
	golden(t, text, a.out)
	assert.Equal(t, `{"id":"a-1"}`, call("alert", "show", "1", "--raw").out)
	a = call("alert", "show", "3")
	assert.NotContains(t, a.out, "\x1b", "what a source wrote drives no terminal")
	for given, code := range map[string]int{"7": exitError, "0": exitUsage, "one": exitUsage} {
		assert.Equal(t, code, call("alert", "show", given).code, given)
	}
	assert.Contains(t, call("alert", "show", "7").err, "there is no such receipt")
}

func TestAStoredAlertIsHeldAgainstThePlaybooksOfNow(t *testing.T) {
	storedAlerts(t)
	a := call("alert", "replay", "2")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, a.out, "then: silenced vault-drain")
	assert.Contains(t, a.out, "now:  vault-drain (live), incident")
	assert.Contains(t, call("alert", "replay", "3").out, "no playbook matches")
	assert.Contains(t, call("alert", "replay", "5").out, "nothing: it is test and no order to act")
	assert.Contains(t, call("alert", "replay", "4").out, "now:  vault-drain", "of one that came too late it is said")
	a = call("alert", "replay", "2", "--send")
	assert.Equal(t, exitUsage, a.code)
	assert.Contains(t, a.err, "--why")
	a = call("alert", "replay", "2", "--send", "--why", "w")
	assert.Equal(t, exitError, a.code)
	assert.Contains(t, a.err, "no daemon answers")
}

func TestSilencesAreListedWithWhatTheyHeldBack(t *testing.T) {
	storedAlerts(t)
	a := call("silence", "list")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Regexp(t, `(?m)^3 +source=detector +\S+ \S+ +0 +ana +a noisy rule$`, a.out)
	assert.NotContains(t, a.out, "being moved", "it has ended")
	a = call("silence", "list", "--all", "--format", "json")
	lines := strings.Split(strings.TrimSpace(a.out), "\n")
	require.Len(t, lines, 2)
	var first struct {
		Number, Held uint64
		Active       bool
		Expired      *incident.SilenceExpired
	}
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &first))
	assert.Equal(t, uint64(1), first.Held)
	assert.False(t, first.Active)
	assert.Equal(t, "ben", first.Expired.By)
	assert.NotContains(t, call("silence", "list", "--all").out, "\x1b")
}

func TestASilenceThatCannotBeMeantIsAWrongCommandLine(t *testing.T) {
	files(t)
	for name, given := range map[string][]string{
		"nothing":         {"--for", "1h", "--why", "w"},
		"a chain alone":   {"--chain", "lab", "--for", "1h", "--why", "w"},
		"no time":         {"--rule", "r", "--why", "w"},
		"no reason":       {"--rule", "r", "--for", "1h"},
		"an empty reason": {"--rule", "r", "--for", "1h", "--why", " "},
		"half a label":    {"--rule", "r", "--label", "env", "--for", "1h", "--why", "w"},
		"a label twice":   {"--rule", "r", "--label", "env=a", "--label", "env=b", "--for", "1h", "--why", "w"},
	} {
		assert.Equal(t, exitUsage, call(append([]string{"silence", "add"}, given...)...).code, name)
	}
	a := call("silence", "add", "--rule", "r", "--for", "1h", "--why", "w")
	assert.Equal(t, exitError, a.code)
	assert.Contains(t, a.err, "no daemon answers")
	assert.Equal(t, exitUsage, call("silence", "expire", "none").code)
}
