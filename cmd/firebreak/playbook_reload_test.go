package main

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// metric waits until the daemon's metrics have a line.
func (d *daemon) metric(t *testing.T, line string) {
	t.Helper()
	require.Eventually(t, func() bool {
		resp, err := http.Get("http://" + d.admin + "/metrics")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		return err == nil && strings.Contains(string(text), line)
	}, 10*time.Second, 50*time.Millisecond, line)
}

func TestADaemonReloadsWhenItIsAskedOrHungUpOn(t *testing.T) {
	newSite(t)
	edit(t, "firebreak.yaml", "journal:", "reload: manual\njournal:")
	d := startDaemon(t, -1)
	done := call("playbook", "reload")
	assert.Equal(t, answer{0, "nothing has changed: what is in force is what the files say\n", ""}, done)

	edit(t, "playbooks/vault-drain.yaml", "mode: live", "mode: dry-run")
	done = call("playbook", "reload")
	assert.Zero(t, done.code, done.err)
	assert.Contains(t, done.out, "playbook vault-drain changed, from live to dry-run\n")
	assert.Contains(t, done.out, "reloaded; digest ")

	edit(t, "playbooks/vault-drain.yaml", "mode: dry-run", "mode: dryrun")
	done = call("playbook", "reload")
	assert.Equal(t, 3, done.code)
	assert.Contains(t, done.err, "the last good playbooks stay in force")
	assert.Regexp(t, `vault-drain\.yaml:\d+:\d+: mode: `, done.err)
	assert.Contains(t, done.err, "^", "the caret")
	d.metric(t, "firebreak_playbooks_last_reload_successful 0")

	edit(t, "playbooks/vault-drain.yaml", "mode: dryrun", "mode: live")
	require.NoError(t, d.Process.Signal(syscall.SIGHUP))
	d.metric(t, `firebreak_playbooks_reloads_total{outcome="changed"} 2`)
	d.metric(t, "firebreak_playbooks_last_reload_successful 1")

	edit(t, "firebreak.yaml", "team: ", "team: T0")
	done = call("playbook", "reload", "--format", "json")
	assert.Equal(t, 1, done.code)
	assert.Contains(t, done.err, "needs a restart")
	assert.Contains(t, done.err, "slack of the configuration changed")
	require.NoError(t, d.Process.Signal(syscall.SIGTERM))
	assert.Zero(t, d.end(t))
	done = call("playbook", "reload")
	assert.Equal(t, 1, done.code)
	assert.Contains(t, done.err, "no daemon answers on")
}
