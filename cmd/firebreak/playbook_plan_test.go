package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// outflowAlert is what vault-drain is for.
const outflowAlert = `{"id":"a-1","rule":"vault.outflow-spike","severity":"critical","chain":"lab","contract":"lab-vault",
"confidence":0.97,"loss":{"amount":"400000","token":"USDX"}}`

func TestAPlanShowsCallsDigestAndCard(t *testing.T) {
	files(t)
	a := callWith(outflowAlert, "playbook", "plan", "-")
	assert.Equal(t, exitOK, a.code, a.err)
	for _, says := range []string{"✗ limit-bleed does not match: alert.rule is \"vault.outflow-spike\"", "✓ vault-drain (live): pause lab-vault on lab\n  digest ",
		"call pause: pause() on lab-vault (0x1111111111111111111111111111111111111111), chain lab", "data 0x8456cb59", "until lab-vault.paused() == true",
		"warning: could not tell whether it is so already", "[Review and approve]  [Deny]", "Requested by rule vault.outflow-spike (desk)"} {
		assert.Contains(t, a.out, says)
	}
}

func TestAPlanIsReadByScripts(t *testing.T) {
	files(t)
	a := callWith(outflowAlert, "playbook", "plan", "-", "--format", "json", "--playbook", "vault-drain")
	assert.Equal(t, exitOK, a.code, a.err)
	assert.Equal(t, 1, strings.Count(a.out, "\n"), "one line for each playbook")
	var got struct {
		Playbook, Result, Digest, Card string
		Plan                           struct {
			Calls []struct{ Step, Function string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(a.out), &got))
	assert.Equal(t, "planned", got.Result)
	assert.Len(t, got.Digest, 64)
	require.Len(t, got.Plan.Calls, 1)
	assert.Equal(t, "pause()", got.Plan.Calls[0].Function)
	assert.Contains(t, got.Card, "approval needed")
}

func TestAnAlertThatNothingMatchesIsAFinding(t *testing.T) {
	files(t)
	a := callWith(`{"id":"a-1","rule":"vault.outflow-spike","severity":"low"}`, "playbook", "plan", "-")
	assert.Equal(t, exitFindings, a.code)
	assert.Contains(t, a.out, `✗ vault-drain does not match: alert.severity is "low"; on.severity has critical, high`)
	assert.Contains(t, a.err, "no playbook matches")
}

func TestAPlanThatCannotBeMadeSaysWhy(t *testing.T) {
	files(t)
	for says, c := range map[string]struct {
		code int
		in   string
		args []string
	}{
		"read alert":              {exitError, `{"id": 1`, nil},
		"there is no playbook":    {exitUsage, outflowAlert, []string{"--playbook", "vault-drian"}},
		"--online needs --config": {exitUsage, outflowAlert, []string{"--online"}},
	} {
		a := callWith(c.in, append([]string{"playbook", "plan", "-"}, c.args...)...)
		assert.Equal(t, c.code, a.code, a.err)
		assert.Contains(t, a.err, says)
	}
}

func TestTheWordsOfAnAlertDoNotDriveATerminal(t *testing.T) {
	files(t)
	a := callWith(`{"id":"a-1","rule":"x\u001b[2J","severity":"low"}`, "playbook", "plan", "-")
	assert.NotContains(t, a.out+a.err, "\x1b")
}

func TestNamesOfPlaybooksAreCompleted(t *testing.T) {
	files(t)
	a := call("__complete", "playbook", "plan", "alert.json", "--playbook", "")
	assert.Contains(t, a.out, "vault-drain\tPause the vault")
}
