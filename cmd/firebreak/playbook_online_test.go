package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnOnlineCheckTellsByPlaybookWhatIsWrong(t *testing.T) {
	files(t) // nothing answers: neither chain nor Slack
	done := call("playbook", "check", "--config", "firebreak.yaml", "--online")
	assert.Equal(t, 3, done.code, done.err)
	assert.Contains(t, done.out, "FAIL  endpoint lab/")
	assert.Contains(t, done.out, "\nvault-drain\n", "each playbook has its part")
	assert.Contains(t, done.out, "?     call vault-drain/pause")
	done = call("playbook", "check", "--config", "firebreak.yaml", "--online", "--format", "json")
	assert.Equal(t, 3, done.code)
	var report struct {
		Checks []struct{ Check, Verdict, Playbook string }
	}
	require.NoError(t, json.Unmarshal([]byte(done.out), &report))
	byPlaybook := map[string]int{}
	for _, c := range report.Checks {
		byPlaybook[c.Playbook]++
	}
	for _, name := range []string{"", "vault-drain", "limit-bleed", "allowance-phish"} {
		assert.Positive(t, byPlaybook[name], name)
	}
}

func TestAnOnlineCheckNeedsAConfigurationAndGoodFiles(t *testing.T) {
	files(t)
	done := call("playbook", "check", "--online")
	assert.Equal(t, 2, done.code)
	assert.Contains(t, done.err, "--online needs --config")
	assert.Equal(t, 2, call("playbook", "check", "--config", "firebreak.yaml", "--online", "--format", "sarif").code)
	edit(t, "playbooks/vault-drain.yaml", "do: pause", "do: puase")
	done = call("playbook", "check", "--config", "firebreak.yaml", "--online")
	assert.Equal(t, 3, done.code)
	assert.Contains(t, done.err, "vault-drain.yaml:29:9")
}

func TestAnOnlineCheckDemandsNoLessThanOneOfTheFiles(t *testing.T) {
	libraryHere(t)
	edit(t, "playbooks/vault-drain.test.yaml", "loss: 999 USDX", "loss: 1_999 USDX")
	done := call("playbook", "check", "--config", "firebreak.yaml", "--online")
	assert.Equal(t, exitFindings, done.code)
	assert.Contains(t, done.err, "untested: it is live and its test")
	assert.Empty(t, done.out, "the chains are not asked about what does not work on paper")
}
