package main

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/lab"
)

func call(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(args, &o, &e)
	return code, o.String(), e.String()
}

func TestEveryVerbSaysWhatItIsAndShowsHowItIsUsed(t *testing.T) {
	root := newRoot()
	for _, c := range append([]*cobra.Command{root}, root.Commands()...) {
		assert.NotEmpty(t, c.Short, c.CommandPath())
		assert.Contains(t, c.Example, "firebreak-lab", c.CommandPath())
		code, out, errs := call(append(strings.Fields(c.CommandPath())[1:], "--help")...)
		assert.Equal(t, exitOK, code)
		assert.Contains(t, out, c.Example)
		assert.Empty(t, errs)
	}
}

func TestTheScenariosAreListed(t *testing.T) {
	code, out, errs := call("list")
	assert.Equal(t, exitOK, code)
	assert.Empty(t, errs)
	assert.Equal(t, len(lab.Scenarios()), strings.Count(out, "\n"))
	for _, s := range lab.Scenarios() {
		assert.Contains(t, out, s.Name+" ")
	}
	_, out, _ = call("__complete", "run", "")
	assert.Contains(t, out, "vault-drain\n", "they complete")
}

func TestAWrongCommandLineIsSaidSoAndExitsWithTwo(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"an unknown verb":       {[]string{"rum"}, `unknown command "rum"`},
		"an argument too many":  {[]string{"list", "all"}, `unknown command "all"`},
		"no scenario":           {[]string{"run"}, "accepts 1 arg"},
		"an unknown scenario":   {[]string{"run", "flash-crash", "--yes"}, "vault-drain"},
		"both ways at once":     {[]string{"run", "vault-drain", "--yes", "--no-response"}, "[no-response yes]"},
		"an unknown flag":       {[]string{"demo", "--jason"}, "unknown flag"},
		"a block time of zero":  {[]string{"run", "vault-drain", "--yes", "--block-time", "0s"}, "between 50ms and 1m"},
		"a block time of words": {[]string{"run", "vault-drain", "--block-time", "soon"}, "soon"},
		"no pace":               {[]string{"run", "vault-drain", "--yes", "--pace", "0"}, "1 or more"},
		"an unknown vault":      {[]string{"run", "vault-drain", "--yes", "--vault", "cloud"}, "fake or real"},
		"no time":               {[]string{"run", "vault-drain", "--yes", "--timeout", "-1s"}, "more than nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := call(c.args...)
			assert.Equal(t, exitUsage, code, errs)
			assert.Contains(t, errs, c.says)
			assert.Empty(t, out)
			assert.Equal(t, 1, strings.Count(errs, "\n"), errs)
		})
	}
}

func TestARunPrintsOneObjectAndKeepsTheRange(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "range")
	code, out, errs := call("run", "vault-drain", "--yes", "--json", "--block-time", "200ms", "--keep", dir)
	require.Equal(t, exitOK, code, errs)
	var result struct {
		Scenario, Outcome string
		JournalHead       string `json:"journal_head"`
	}
	dec := json.NewDecoder(strings.NewReader(out))
	require.NoError(t, dec.Decode(&result))
	assert.False(t, dec.More(), "one object and nothing else")
	assert.Equal(t, "vault-drain", result.Scenario)
	assert.Equal(t, "contained", result.Outcome)
	assert.Len(t, result.JournalHead, 64)
	for _, name := range []string{"firebreak.yaml", "inventory.yaml", "firebreak.db", "playbooks/vault-drain.yaml"} {
		assert.FileExists(t, filepath.Join(dir, name))
	}
}

func TestARunThatRunsOutOfTimeFails(t *testing.T) {
	code, out, errs := call("run", "vault-drain", "--yes", "--json", "--timeout", "1ms")
	assert.Equal(t, exitError, code)
	assert.Empty(t, out)
	assert.Contains(t, errs, "the scenario took longer than 1ms")
}

func TestAPortInUseIsSaidSo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	code, out, errs := call("run", "vault-drain", "--yes", "--slack", l.Addr().String())
	assert.Equal(t, exitError, code)
	assert.Empty(t, out)
	assert.Contains(t, errs, "fake Slack")
	assert.Contains(t, errs, "address already in use")
}

func TestARealVaultThatIsNotBuiltIsSaidSo(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700))
	missing := filepath.Join(t.TempDir(), "vault")
	for says, args := range map[string][]string{
		"make vault":  {"--vault-binary", missing},
		"make plugin": {"--vault-binary", program, "--vault-plugin", missing},
		"it ended":    {"--vault-binary", program, "--vault-plugin", program},
	} {
		code, out, errs := call(append([]string{"run", "vault-drain", "--yes", "--vault", "real"}, args...)...)
		assert.Equal(t, exitError, code)
		assert.Empty(t, out)
		assert.Contains(t, errs, says)
	}
}

func TestAFolderThatCannotBeMadeIsSaidSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	code, _, errs := call("run", "vault-drain", "--yes", "--keep", filepath.Join(file, "range"))
	assert.Equal(t, exitError, code)
	assert.Contains(t, errs, file)
}
