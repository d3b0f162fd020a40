package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// answering is a daemon's socket that answers every request alike, and keeps
// what it was asked.
func answering(t *testing.T, status int, body any) (socket string, asked *[]string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	asked = &[]string{}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var d app.Direction
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&d))
		*asked = append(*asked, strings.Join([]string{r.URL.Path, string(d.Incident), d.Step, d.Why, d.As}, " "))
		w.WriteHeader(status)
		assert.NoError(t, json.NewEncoder(w).Encode(body))
	})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		assert.ErrorIs(t, <-done, http.ErrServerClosed)
	})
	return socket, asked
}

func TestADirectionSaysHowTheStepStandsThen(t *testing.T) {
	socket, asked := answering(t, http.StatusOK, app.Directed{Incident: older, Step: "pause", State: incident.StepBroadcast,
		By: "ops (uid 7)", Words: []string{"No higher bid is made for it.", hostile}})
	a := call("tx", "cancel", string(older), "pause", "--why", "a false alarm", "--as", "ana", "--control", socket, "--yes")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, a.out, "step pause of "+string(older)+" is broadcast; on record as directed by ops (uid 7)\nNo higher bid is made for it.\n")
	assert.NotContains(t, a.out, "\x1b", "what a daemon says drives no terminal")
	a = call("tx", "bump", string(older), "pause", "--why", "stuck", "--control", socket, "--format", "json")
	require.Equal(t, exitOK, a.code, a.err)
	var done app.Directed
	require.NoError(t, json.Unmarshal([]byte(a.out), &done))
	assert.Equal(t, incident.StepBroadcast, done.State)
	assert.Equal(t, []string{
		"/v1/tx/cancel " + string(older) + " pause a false alarm ana",
		"/v1/tx/bump " + string(older) + " pause stuck ",
	}, *asked)
}

func TestADirectionThatIsNotTakenIsAnErrorInTheDaemonsWords(t *testing.T) {
	socket, _ := answering(t, http.StatusConflict, map[string]string{"error": "no higher bid can be made: " + hostile})
	a := call("tx", "bump", string(older), "pause", "--why", "stuck", "--control", socket)
	assert.Equal(t, exitError, a.code)
	assert.Contains(t, a.err, "firebreak: no higher bid can be made: ")
	assert.NotContains(t, a.err, "\x1b")
	assert.Empty(t, a.out)
}

func TestACancelThatNobodyConfirmedIsNotSent(t *testing.T) {
	socket, asked := answering(t, http.StatusOK, app.Directed{})
	a := callWith("yes\n", "tx", "cancel", string(older), "pause", "--why", "x", "--control", socket)
	assert.Equal(t, exitUsage, a.code)
	assert.Contains(t, a.err, "say --yes")
	assert.Empty(t, *asked)
	for answer, taken := range map[string]bool{"yes\n": true, " yes ": true, "": false, "y\n": false, "no\n": false, "yes please\n": false} {
		assert.Equal(t, taken, agreed(strings.NewReader(answer)) == nil, "%q", answer)
	}
}

func TestADirectionNeedsAReasonAStepAndADaemon(t *testing.T) {
	files(t)
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no reason":          {[]string{"bump", string(older), "pause"}, exitUsage, `"why" not set`},
		"an empty reason":    {[]string{"bump", string(older), "pause", "--why", " "}, exitUsage, "--why needs a reason"},
		"no step":            {[]string{"bump", string(older), "--why", "x"}, exitUsage, "accepts 2 arg"},
		"no incident's name": {[]string{"bump", "nonsense", "pause", "--why", "x"}, exitUsage, "16 characters"},
		"no daemon":          {[]string{"bump", string(older), "pause", "--why", "x"}, exitError, "no daemon answers on"},
		"no configuration":   {[]string{"bump", string(older), "pause", "--why", "x", "--config", "absent.yaml"}, exitError, "--control"},
	} {
		t.Run(name, func(t *testing.T) {
			a := call(append([]string{"tx"}, c.args...)...)
			assert.Equal(t, c.code, a.code, a.err)
			assert.Contains(t, a.err, c.says)
			assert.Empty(t, a.out)
		})
	}
	edit(t, "firebreak.yaml", "journal: firebreak.db", "journal: firebreak.db\ncontrol: off")
	assert.Contains(t, call("tx", "bump", string(older), "pause", "--why", "x").err, "takes no directions")
}

// TestADaemonTakesDirectionsOfWhatItsJournalOwes goes the whole way: command,
// socket, engine, journal, and the record afterwards.
func TestADaemonTakesDirectionsOfWhatItsJournalOwes(t *testing.T) {
	s := newSite(t)
	bid := bidFor("pause", 1, 7)
	bid.From = s.key
	j, err := sqlite.Open(t.Context(), "firebreak.db")
	require.NoError(t, err)
	_, err = j.Append(t.Context(), incident.Entry{Stream: older.Stream(), Open: true, Drafts: story(older, bid,
		signedAs("pause", 1), incident.Broadcast{Step: "pause", Attempt: 1})})
	require.NoError(t, err)
	require.NoError(t, j.Close())
	d := startDaemon(t, -1)

	a := call("tx", "bump", string(older), "pause", "--why", "it waits", "--as", "ana")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, a.out, "A bid higher than bid 1 at nonce 7 was asked for")
	a = call("tx", "cancel", string(older), "pause", "--why", "a false alarm", "--yes")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, a.out, "cannot be recalled: its key signs nothing else at nonce 7")
	a = call("tx", "cancel", string(older), "block/1", "--why", "a false alarm", "--yes")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, a.out, "nothing of it can reach a chain")

	for want, args := range map[string][]string{
		"called off already":                  {"tx", "cancel", string(older), "pause", "--why", "again", "--yes"},
		"no higher bid can be made":           {"tx", "bump", string(older), "pause", "--why", "after all"},
		`the plan has no step "pawse"`:        {"tx", "bump", string(older), "pawse", "--why", "typed wrong"},
		"there is no such incident: " + "01J": {"tx", "bump", string(newer), "pause", "--why", "another"},
	} {
		a := call(args...)
		assert.Equal(t, exitError, a.code, a.out)
		assert.Contains(t, a.err, want)
	}
	shown := call("tx", "show", string(older), "pause").out
	assert.Contains(t, shown, "who says to be ana asks for a higher bid: it waits")
	assert.Contains(t, shown, ": a false alarm")

	require.NoError(t, d.Process.Signal(os.Interrupt))
	assert.Equal(t, exitOK, d.end(t), d.errs.String())
	assert.NoFileExists(t, "firebreak.db.sock", "the socket goes with the daemon")
}
