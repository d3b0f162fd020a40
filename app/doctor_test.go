package app_test

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// unwell lists the findings that are not ok.
func unwell(found map[string]app.Finding) []string {
	var list []string
	for _, f := range found {
		if f.Verdict != app.Passed {
			list = append(list, fmt.Sprintf("%s: %s: %s", f.Verdict, f.Check, f.Found))
		}
	}
	return list
}

func TestWhereNothingIsWrongEveryCheckIsOk(t *testing.T) {
	c := newClinic(t, habit{})
	found := c.ask()
	require.Empty(t, unwell(found))
	for _, check := range []string{
		"configuration", "inventory", "playbook vault-drain", "playbook allowance-phish", "playbook limit-bleed", "secrets",
		"endpoint lab/node-a", "endpoint lab/node-b", "chain lab", "settings lab", "finality lab", "gas lab", "fee cap lab", "contract lab-vault", "contract lab-registry", "token USDX",
		"goal vault-drain/pause", "call vault-drain/pause", "policy vault-drain/pause",
		"goal allowance-phish/block", "call allowance-phish/block", "policy allowance-phish/block",
		"goal limit-bleed/cap", "call limit-bleed/cap", "policy limit-bleed/cap",
		"vault", "vault login", "vault rights", "key guardian", "account guardian@lab", "nonce guardian@lab", "balance guardian@lab",
		"slack token", "slack app", "slack scopes", "channel #inc-onchain", "guardian ana", "guardian eli",
		"quorum vault-drain", "quorum allowance-phish", "quorum limit-bleed", "journal", "clock",
	} {
		assert.Contains(t, found, check)
	}
}

// broken is one thing that is wrong, the check that has to find it, and what
// finding and mend have to say.
type broken struct {
	before  habit
	breakIt func(*clinic)
	check   string
	verdict app.Verdict
	says    string
	mend    string
	besides []string // other checks that follow from it and are not ok either
}

func TestEveryThingThatIsWrongIsFoundByItsCheck(t *testing.T) {
	for name, b := range everythingWrong() {
		t.Run(name, func(t *testing.T) {
			c := newClinic(t, b.before)
			if b.breakIt != nil {
				b.breakIt(c)
			}
			found := c.ask()
			f, ok := found[b.check]
			require.True(t, ok, "there is no check %s", b.check)
			assert.Equal(t, b.verdict, f.Verdict, f.Found)
			assert.Contains(t, f.Found, b.says)
			assert.Contains(t, f.Mend, b.mend)
			if b.verdict == app.Failed || b.verdict == app.Warned {
				assert.NotEmpty(t, f.Mend, "what is wrong can be mended")
			}
			for other, f := range found {
				if f.Verdict != app.Passed && other != b.check {
					assert.Contains(t, b.besides, other, "%s: %s", f.Verdict, f.Found)
				}
			}
		})
	}
}

func TestEverythingThatHangsIsGivenUpWithinFifteenSeconds(t *testing.T) {
	c := newClinic(t, habit{})
	asleep := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // so that the server sees the client leave
		<-r.Context().Done()
	}))
	defer asleep.Close()
	host := strings.TrimPrefix(asleep.URL, "http://")
	c.file("node-a-url", asleep.URL)
	c.edit("firebreak.yaml", c.chain.WS, "ws://"+host)
	c.edit("firebreak.yaml", c.vault.URL(), asleep.URL)
	c.edit("firebreak.yaml", c.doors.URL, asleep.URL)
	c.edit("firebreak.yaml", "timeout: 2s", "timeout: 30s")
	begun := time.Now()
	found := c.ask()
	assert.Less(t, time.Since(begun), 15*time.Second, "an operator was promised that")
	for _, check := range []string{"endpoint lab/node-a", "endpoint lab/node-b", "chain lab", "vault", "slack token"} {
		assert.Equal(t, app.Failed, found[check].Verdict, "%s: %s", check, found[check].Found)
	}
	for _, check := range []string{"endpoint lab/node-a", "endpoint lab/node-b", "slack token"} {
		assert.Contains(t, found[check].Found, "does not answer in time", check)
	}
}

func TestADoctorNeitherPostsNorSignsNorCountsNorWrites(t *testing.T) {
	c := newClinic(t, habit{})
	before, err := os.ReadDir(c.dir)
	require.NoError(t, err)
	c.ask()
	key, err := c.client().Key(t.Context(), "guardian")
	require.NoError(t, err)
	assert.Zero(t, key.Seq, "no signature was given")
	for _, w := range key.Windows {
		assert.Zero(t, w.Used, "no use was counted")
	}
	assert.Empty(t, c.slack.Calls("chat.postMessage"))
	nonce, err := c.NonceAt(t.Context(), c.key.Address)
	require.NoError(t, err)
	assert.Zero(t, nonce)
	require.NoError(t, os.Remove(filepath.Join(c.dir, "root-token"))) // this test's own
	after, err := os.ReadDir(c.dir)
	require.NoError(t, err)
	assert.Equal(t, len(before), len(after), "no file was made, neither journal nor lock")
}

func TestADoctorRunsBesideTheDaemonAndSeesItsJournal(t *testing.T) {
	c := newClinic(t, habit{})
	j, err := sqlite.Open(t.Context(), filepath.Join(c.dir, "firebreak.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, j.Close()) }()
	found := c.ask()
	assert.Contains(t, found["journal"].Found, "whole: 0 facts")
	assert.Equal(t, app.Passed, found["journal"].Verdict)
	assert.Contains(t, found["journal lock"].Found, "holds it")
}

func TestWithoutAConfigurationADoctorCannotLook(t *testing.T) {
	_, err := app.Doctor(t.Context(), filepath.Join(t.TempDir(), "firebreak.yaml"), app.DoctorOptions{})
	assert.ErrorIs(t, err, fs.ErrNotExist)
}

func TestProgressNamesWhatIsStillLookedAt(t *testing.T) {
	c := newClinic(t, habit{})
	seen := map[string]bool{}
	var last []string
	_, err := app.Doctor(t.Context(), c.config(), app.DoctorOptions{Progress: func(waiting []string) {
		for _, name := range waiting {
			seen[name] = true
		}
		last = waiting
	}})
	require.NoError(t, err)
	for _, name := range []string{"chain lab", "Vault", "Slack", "the journal", "contracts", "accounts", "the key's policy"} {
		assert.True(t, seen[name], name)
	}
	assert.Empty(t, last, "nothing is waited for in the end")
}
