package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// post sends an alert that matches no playbook and returns the status, 0 when
// nobody answers.
func post(t *testing.T, addr, id string) (int, string) {
	t.Helper()
	body := fmt.Appendf(nil, `{"id":%q,"rule":"no.such.rule","summary":%q}`, id, strings.Repeat("x", 1000))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/v1/alerts/detector", bytes.NewReader(body))
	require.NoError(t, err)
	req.Header = alerts.SignGeneric(secrets()["detector-secret"], body, time.Now())
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

func TestAJournalThatCannotBeWrittenKeepsTheDaemonFromStarting(t *testing.T) {
	for name, c := range map[string]struct {
		limit int
		spoil func(t *testing.T)
		says  string
	}{
		"a full disk": {0, func(*testing.T) {}, "firebreak.db"},
		"a full disk under a journal that is there": {1024, func(t *testing.T) {
			j, err := sqlite.Open(t.Context(), "firebreak.db")
			require.NoError(t, err)
			require.NoError(t, j.Close())
		}, "firebreak.db"},
		"a read-only journal": {-1, func(t *testing.T) {
			j, err := sqlite.Open(t.Context(), "firebreak.db")
			require.NoError(t, err)
			require.NoError(t, j.Close())
			require.NoError(t, os.Chmod("firebreak.db", 0o400))
		}, "permissions"},
		"a read-only folder": {-1, func(t *testing.T) {
			require.NoError(t, os.Chmod(".", 0o500))
		}, "permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			c.spoil(t)
			cmd := command(t, c.limit, "serve")
			asNobody(t, cmd, s.dir)
			a := wait(t, cmd)
			assert.Equal(t, exitError, a.code, a.err)
			assert.Regexp(t, `^firebreak: .*journal`, a.err)
			assert.Contains(t, a.err, c.says)
			assert.Empty(t, a.out)
			assert.Equal(t, 1, strings.Count(a.err, "\n"), a.err)
			quiet(t, a)
		})
	}
}

func TestWhoMayNotReadTheJournalIsToldThatItIsAboutTheUser(t *testing.T) {
	s := newSite(t)
	j, err := sqlite.Open(t.Context(), "firebreak.db")
	require.NoError(t, err)
	require.NoError(t, j.Close())
	cmd := command(t, -1, "tx", "list")
	asNobody(t, cmd, s.dir)
	require.NoError(t, os.Chmod("firebreak.db", 0)) // the site is nobody's now
	a := wait(t, cmd)
	assert.Equal(t, exitError, a.code)
	assert.Contains(t, a.err, "may this user read it?")
	assert.Empty(t, a.out)
}

func TestADiskThatFillsUpStopsTheDaemonAndLosesNothingAcknowledged(t *testing.T) {
	newSite(t)
	d := startDaemon(t, 1<<20)
	var taken []string
	var refused string
	for i := range 5000 {
		id := fmt.Sprintf("storm-%d", i)
		status, text := post(t, d.addr, id)
		if status != http.StatusAccepted {
			refused = id
			if status != 0 { // the connection may break as the daemon leaves
				assert.Equal(t, http.StatusServiceUnavailable, status, text)
				assert.Contains(t, text, "send it again")
			}
			break
		}
		taken = append(taken, id)
	}
	require.NotEmpty(t, refused, "the disk is full at last")
	require.Greater(t, len(taken), 10)
	assert.Equal(t, exitError, d.end(t))
	lines := strings.Split(strings.TrimSpace(d.errs.String()), "\n")
	assert.Regexp(t, `^firebreak: write firebreak.db: .*journal cannot be written: .*see to the disk and start again$`, lines[len(lines)-1])
	quiet(t, answer{err: d.errs.String()})

	again := startDaemon(t, -1)
	status, text := post(t, again.addr, refused)
	assert.Equal(t, http.StatusAccepted, status, text)
	status, text = post(t, again.addr, taken[len(taken)-1])
	assert.Equal(t, http.StatusAccepted, status, text)
	assert.Contains(t, text, `"duplicate":true`, "what was acknowledged last is known")
	require.NoError(t, again.Process.Signal(syscall.SIGTERM))
	assert.Equal(t, exitOK, again.end(t), again.errs.String())
	assert.Subset(t, inbox(t), taken)
	assert.Equal(t, exitOK, call("journal", "verify").code)
}

func inbox(t *testing.T) (ids []string) {
	t.Helper()
	j, err := sqlite.OpenReadOnly(t.Context(), "firebreak.db")
	require.NoError(t, err)
	defer j.Close()
	for f, err := range j.Read(t.Context(), incident.Inbox, 0) {
		require.NoError(t, err)
		body, err := f.Body()
		require.NoError(t, err)
		ids = append(ids, body.(incident.Received).Alert.ID)
	}
	return ids
}

func TestASecondDaemonOnTheSameJournalIsRefusedAndTheFirstGoesOn(t *testing.T) {
	newSite(t)
	first := startDaemon(t, -1)
	edit(t, "firebreak.yaml", "listen: "+first.addr, "listen: 127.0.0.1:0")
	a := wait(t, command(t, -1, "serve"))
	assert.Equal(t, exitError, a.code)
	assert.Contains(t, a.err, "another firebreak process has it; stop that one first")
	quiet(t, a)
	status, text := post(t, first.addr, "one")
	assert.Equal(t, http.StatusAccepted, status, text)
	require.NoError(t, first.Process.Signal(syscall.SIGINT))
	assert.Equal(t, exitOK, first.end(t), first.errs.String())
	assert.Equal(t, []string{"one"}, inbox(t))
}
