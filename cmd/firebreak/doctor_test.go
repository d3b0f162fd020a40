package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/lab"
)

func TestADoctorFindsNothingWrongBesideARunningDaemon(t *testing.T) {
	scene, err := lab.Find("vault-drain")
	require.NoError(t, err)
	dir := t.TempDir()
	r, err := lab.Start(t.Context(), lab.Options{Scenario: scene, Dir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	a := call("doctor", "--config", filepath.Join(dir, "firebreak.yaml"))
	assert.Equal(t, exitOK, a.code, a.out)
	assert.Empty(t, a.err, "nobody watches, so there is no progress")
	assert.NotContains(t, a.out, "\x1b", "and no colour")
	assert.NotContains(t, a.out, "://")
	assert.Contains(t, a.out, "would succeed from 0x")
	assert.Contains(t, a.out, " 0 failed")

	var report struct {
		Checks []app.Finding
		OK     int
		Failed int
	}
	a = call("doctor", "--config", filepath.Join(dir, "firebreak.yaml"), "--format", "json")
	require.NoError(t, json.Unmarshal([]byte(a.out), &report))
	assert.Equal(t, exitOK, a.code)
	assert.Zero(t, report.Failed)
	assert.Greater(t, report.OK, 30)
	assert.Equal(t, "configuration", report.Checks[0].Check)
}

func TestWhatADoctorFindsIsAFindingAndNoFailure(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "firebreak.yaml"), "lisen: 1\n", 0o600)
	a := call("doctor", "--config", filepath.Join(dir, "firebreak.yaml"))
	assert.Equal(t, exitFindings, a.code)
	assert.Contains(t, a.out, "FAIL  configuration  ")
	assert.Contains(t, a.out, "-> mend the file")
	assert.Equal(t, "firebreak: 1 of 1 checks failed\n", a.err)
}

func TestADoctorWithoutAConfigurationCouldNotLook(t *testing.T) {
	a := call("doctor", "--config", filepath.Join(t.TempDir(), "firebreak.yaml"))
	assert.Equal(t, exitError, a.code)
	assert.Empty(t, a.out)
	assert.Contains(t, a.err, "say with --config where it is")
}

func TestADiagnosisIsAlignedAndDrivesNoTerminal(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, diagnosisText(&out, []app.Finding{
		{Check: "chain lab", Verdict: app.Passed, Found: "fine"},
		{Check: "call a/b", Verdict: app.Failed, Found: "reverts:\x1b[2J\nsecond line", Mend: "grant the role"},
		{Check: "balance guardian@lab", Verdict: app.Warned, Found: "low", Mend: "send ETH"},
		{Check: "clock", Verdict: app.NotTold, Found: "nobody told"},
		{Check: "odd", Found: "a verdict that nobody knows is no success"},
	}))
	assert.Equal(t, strings.Join([]string{
		"ok    chain lab             fine",
		"FAIL  call a/b              reverts:\uFFFD[2J",
		"                            second line",
		"                            -> grant the role",
		"warn  balance guardian@lab  low",
		"                            -> send ETH",
		"?     clock                 nobody told",
		"FAIL  odd                   a verdict that nobody knows is no success",
		"",
		"1 ok, 1 with a warning, 1 failed, 1 could not be told",
		"",
	}, "\n"), out.String())
}

func TestADiagnosisIsOneJSONObject(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, diagnosisJSON(&out, []app.Finding{{Check: "clock", Verdict: app.NotTold, Found: "nobody told"}}))
	assert.JSONEq(t, `{"checks":[{"check":"clock","verdict":"not told","found":"nobody told"}],"ok":0,"warnings":0,"failed":0,"not_told":1}`, out.String())
}
