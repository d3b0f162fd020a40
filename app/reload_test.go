package app_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/playbooks"
)

// logged is a log that a test reads.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// change replaces a part of a file; a part that is not there fails the test.
func (s *site) change(t *testing.T, name, old, new string) {
	t.Helper()
	text := s.text(t, name)
	require.Contains(t, text, old)
	s.put(t, name, strings.Replace(text, old, new, 1))
}

func (s *site) text(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	require.NoError(t, err)
	return string(text)
}

// serving runs a daemon that tells its log.
func (s *site) serving(t *testing.T) (*app.App, *logged) {
	t.Helper()
	c, err := app.LoadConfig(filepath.Join(s.dir, "firebreak.yaml"))
	require.NoError(t, err)
	log := &logged{}
	a, err := app.New(t.Context(), c, app.Options{Version: "test", Log: slog.New(slog.NewTextHandler(log, nil))})
	require.NoError(t, err)
	a.Start()
	t.Cleanup(func() { require.NoError(t, a.Stop()) })
	return a, log
}

// manual makes the site's daemons reload only when they are told to.
func (s *site) manual(t *testing.T) *site {
	t.Helper()
	s.change(t, "firebreak.yaml", "playbooks: playbooks\n", "playbooks: playbooks\nreload: manual\n")
	return s
}

func (s *site) socket() string { return filepath.Join(s.dir, "firebreak.db.sock") }

func TestAChangedPlaybookComesIntoForceWithoutARestart(t *testing.T) {
	s := newSite(t).manual(t)
	a, log := s.serving(t)
	done, err := app.RequestReload(t.Context(), s.socket())
	require.NoError(t, err)
	assert.True(t, done.Same)
	before := done.Digest

	s.change(t, "playbooks/vault-drain.yaml", "cooldown: ", "cooldown: 1")
	s.change(t, "inventory.yaml", "rules:", "rules:\n  - vault.another")
	done, err = app.RequestReload(t.Context(), s.socket())
	require.NoError(t, err)
	assert.False(t, done.Same)
	assert.NotEqual(t, before, done.Digest)
	assert.Equal(t, []string{"playbook vault-drain changed", "rule vault.another added"}, done.Changed)
	assert.Contains(t, log.String(), "rule vault.another added")
	_, metrics := get(t, admin(a, "/metrics"))
	assert.Contains(t, metrics, `firebreak_playbooks_info{digest="`+done.Digest+`"} 1`)
	assert.NotContains(t, metrics, before)
	assert.Contains(t, metrics, "firebreak_playbooks_last_reload_successful 1")
	assert.Contains(t, metrics, `firebreak_playbooks_reloads_total{outcome="changed"} 1`)
	assert.Contains(t, metrics, `firebreak_playbooks_reloads_total{outcome="same"} 1`)
	assert.Regexp(t, `firebreak_playbooks_last_reload_success_timestamp_seconds \d`, metrics)
}

// Whoever reads the log sees it there and not only in a digest.
func TestAReloadSaysLoudlyWhatGoesOutWithoutAskingFromNowOn(t *testing.T) {
	s := newSite(t).manual(t)
	a, log := s.serving(t)
	const sends = "SENDS WITHOUT ASKING: pause, once in 24h, until 2027-03-31"
	steps := []struct{ old, new, says string }{
		{"\napprove:\n", "\npre_authorize: {only: [pause], until: \"2027-03-31\", per: 24h}\napprove:\n", "changed, " + sends},
		{"cooldown: ", "cooldown: 1", "changed"},
		{"mode: live", "mode: dry-run", "changed, from live to dry-run, SENDS NOTHING WITHOUT ASKING any more"},
		{"mode: dry-run", "mode: live", "changed, from dry-run to live, " + sends},
		{"per: 24h", "per: 1h", "changed, " + strings.Replace(sends, "24h", "1h", 1)},
	}
	for _, step := range steps {
		s.change(t, "playbooks/vault-drain.yaml", step.old, step.new)
		done, err := a.Reload(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"playbook vault-drain " + step.says}, done.Changed)
		assert.Contains(t, log.String(), step.says)
	}
}

func TestAReloadRenewsWhatIsWatched(t *testing.T) {
	s := newSite(t).manual(t)
	a, _ := s.serving(t)
	require.Equal(t, []string{"pause lab-vault"}, app.Guarded(a))
	s.change(t, "playbooks/vault-drain.yaml", "mode: live", "mode: dry-run")
	_, err := a.Reload(t.Context())
	require.NoError(t, err)
	assert.Empty(t, app.Guarded(a))
}

func TestAReloadSaysWhatPeopleShouldLookAt(t *testing.T) {
	s := newSite(t).manual(t)
	a, log := s.serving(t)
	s.change(t, "playbooks/vault-drain.yaml", "\nprepare:\n", "\nevidence:\n  - {id: idle, read: lab-vault.paused()}\nprepare:\n")
	done, err := a.Reload(t.Context())
	require.NoError(t, err)
	require.Len(t, done.Warnings, 1)
	assert.Contains(t, done.Warnings[0], "no condition asks for evidence.idle")
	assert.Contains(t, log.String(), "evidence.idle")
}

func TestABrokenFileKeepsWhatIsInForceAndSaysWhy(t *testing.T) {
	s := newSite(t).manual(t)
	a, log := s.serving(t)
	good := s.text(t, "playbooks/vault-drain.yaml")
	s.change(t, "playbooks/vault-drain.yaml", "cooldown:", "cooldwn:")
	_, err := app.RequestReload(t.Context(), s.socket())
	unfit := (*app.Unfit)(nil)
	require.ErrorAs(t, err, &unfit)
	assert.Regexp(t, `vault-drain\.yaml:\d+:\d+: unknown-key: .*cooldown`, err.Error(), "where, what, and a suggestion")
	assert.Contains(t, log.String(), "the last good ones stay in force")
	assert.Contains(t, log.String(), "cooldwn")
	_, metrics := get(t, admin(a, "/metrics"))
	assert.Contains(t, metrics, "firebreak_playbooks_last_reload_successful 0")
	assert.Contains(t, metrics, `firebreak_playbooks_reloads_total{outcome="refused"} 1`)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, a.WaitReady(ctx), "it is ready on the last good set")
	_, err = a.Reload(t.Context())
	problems := playbooks.Problems{}
	require.ErrorAs(t, err, &problems)
	assert.Equal(t, 202, post(t, a, drainAlert("a1")))
	s.matched(t, a, 1)

	s.put(t, "playbooks/vault-drain.yaml", good)
	done, err := app.RequestReload(t.Context(), s.socket())
	require.NoError(t, err)
	assert.True(t, done.Same)
	_, metrics = get(t, admin(a, "/metrics"))
	assert.Contains(t, metrics, "firebreak_playbooks_last_reload_successful 1", "what is in force is what the files say")
}

// drainAlert is an alert that the drain's playbook is for.
func drainAlert(id string) string {
	return fmt.Sprintf(`{"id":%q,"rule":"vault.outflow-spike","severity":"critical","chain":"lab","contract":"lab-vault","confidence":0.97,"loss":{"amount":"400000","token":"USDX"}}`, id)
}

// matched waits until so many incidents were opened.
func (s *site) matched(t *testing.T, a *app.App, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, metrics := get(t, admin(a, "/metrics"))
		return strings.Contains(metrics, fmt.Sprintf(`firebreak_facts_total{kind="opened"} %d`, n))
	}, 10*time.Second, 20*time.Millisecond)
}

func TestWhatOnlyAStartReadsIsRefusedWithWhatItIs(t *testing.T) {
	for name, c := range map[string]struct{ file, old, new, says string }{
		"a chain's id":       {"inventory.yaml", "id: 1337", "id: 1338", "chain lab changed"},
		"a key's address":    {"inventory.yaml", "signers:", "signers:\n  another: {chains: [lab]}", "signer another added"},
		"where it listens":   {"firebreak.yaml", "listen: 127.0.0.1:0", "listen: 127.0.0.1:1", "listen of the configuration changed"},
		"the token of Slack": {"firebreak.yaml", "token_file: slack-token", "token_file: slack-secret", "slack of the configuration changed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t).manual(t)
			a, _ := s.serving(t)
			s.change(t, c.file, c.old, c.new)
			_, err := a.Reload(t.Context())
			restart := (*app.RestartNeeded)(nil)
			require.ErrorAs(t, err, &restart)
			assert.Contains(t, err.Error(), "needs a restart")
			assert.Contains(t, err.Error(), c.says)
			_, err = app.RequestReload(t.Context(), s.socket())
			assert.ErrorContains(t, err, c.says)
		})
	}
}

func TestFilesThatChangeAreReadWhenTheyAreWritten(t *testing.T) {
	s := newSite(t)
	a, log := s.serving(t)
	text := s.text(t, "playbooks/vault-drain.yaml")
	half := strings.Replace(text, "cooldown: ", "cooldown: 1", 1)
	// A writer who is slower than the looks, but never rests as long as one.
	s.put(t, "playbooks/vault-drain.yaml", half[:len(half)/2])
	time.Sleep(1200 * time.Millisecond)
	s.put(t, "playbooks/vault-drain.yaml", half[:len(half)*3/4])
	time.Sleep(1200 * time.Millisecond)
	s.put(t, "playbooks/vault-drain.yaml", half)
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "playbook vault-drain changed") }, 20*time.Second, 50*time.Millisecond)
	assert.NotContains(t, log.String(), "were not reloaded", "what was half written was never read")
	_, metrics := get(t, admin(a, "/metrics"))
	assert.Contains(t, metrics, `firebreak_playbooks_reloads_total{outcome="refused"} 0`)
}

func TestWhatTheConfigurationKeptOutIsTakenWhenThatIsAsItWas(t *testing.T) {
	s := newSite(t)
	_, log := s.serving(t)
	config := s.text(t, "firebreak.yaml")
	s.change(t, "firebreak.yaml", "listen: 127.0.0.1:0", "listen: 127.0.0.1:1")
	s.change(t, "playbooks/vault-drain.yaml", "cooldown: ", "cooldown: 1")
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "this needs a restart") }, 20*time.Second, 50*time.Millisecond)
	s.put(t, "firebreak.yaml", config)
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "playbook vault-drain changed") }, 20*time.Second, 50*time.Millisecond)
}

func TestAFolderThatIsSwappedByALinkIsSeen(t *testing.T) {
	s := newSite(t)
	// As a mounted ConfigMap: the files are links into a folder that one link
	// names, and that link is replaced.
	text := s.text(t, "playbooks/vault-drain.yaml")
	require.NoError(t, os.RemoveAll(filepath.Join(s.dir, "playbooks")))
	s.put(t, "playbooks/..first/vault-drain.yaml", text)
	s.put(t, "playbooks/..second/vault-drain.yaml", strings.Replace(text, "cooldown: ", "cooldown: 1", 1))
	dir := filepath.Join(s.dir, "playbooks")
	require.NoError(t, os.Symlink("..first", filepath.Join(dir, "..data")))
	require.NoError(t, os.Symlink("..data/vault-drain.yaml", filepath.Join(dir, "vault-drain.yaml")))
	_, log := s.serving(t)
	require.NoError(t, os.Symlink("..second", filepath.Join(dir, "..next")))
	require.NoError(t, os.Rename(filepath.Join(dir, "..next"), filepath.Join(dir, "..data")))
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "playbook vault-drain changed") }, 20*time.Second, 50*time.Millisecond)
}

func TestAlertsThatComeWhilePlaybooksAreReplacedAllOpenTheirIncident(t *testing.T) {
	s := newSite(t).manual(t)
	a, _ := s.serving(t)
	plain := s.text(t, "playbooks/vault-drain.yaml")
	other := strings.Replace(plain, "cooldown: ", "cooldown: 1", 1)
	var all sync.WaitGroup
	all.Go(func() {
		for i := range 20 {
			text := plain
			if i%2 == 0 {
				text = other
			}
			s.put(t, "playbooks/vault-drain.yaml", text)
			_, err := a.Reload(t.Context())
			assert.NoError(t, err)
		}
	})
	for n := range 4 {
		all.Go(func() {
			for i := range 10 {
				assert.Equal(t, 202, post(t, a, drainAlert(fmt.Sprintf("a%d-%d", n, i))))
			}
		})
	}
	all.Wait()
	require.Eventually(t, func() bool {
		_, metrics := get(t, admin(a, "/metrics"))
		return strings.Contains(metrics, `firebreak_alerts_decided_total{verdict="attached"} 39`)
	}, 20*time.Second, 50*time.Millisecond)
	_, metrics := get(t, admin(a, "/metrics"))
	assert.Contains(t, metrics, `firebreak_facts_total{kind="opened"} 1`, "one attack is one incident, whichever edition matched it")
}
