//go:build unix

package vaultserver

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stubborn is a server that ignores what asks it to end and has a child.
const stubborn = `trap '' TERM; sleep 1000 & echo $! > child; wait; wait`

func gone(pid int) func() bool {
	return func() bool {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil && syscall.Kill(pid, 0) != nil || strings.Contains(string(text), ") Z ")
	}
}

func childIn(t *testing.T, dir string) int {
	t.Helper()
	var pid int
	require.Eventually(t, func() bool {
		text, _ := os.ReadFile(filepath.Join(dir, "child"))
		pid, _ = strconv.Atoi(string(bytes.TrimSpace(text)))
		return pid > 0
	}, 30*time.Second, 10*time.Millisecond)
	return pid
}

func TestAProcessIsKilledWithEverythingThatItStarted(t *testing.T) {
	dir := t.TempDir()
	p, err := launch("/bin/sh", []string{"-c", stubborn}, dir)
	require.NoError(t, err)
	child := childIn(t, dir)
	p.kill()
	assert.True(t, p.ended())
	assert.Eventually(t, gone(child), 30*time.Second, 10*time.Millisecond)
}

// TestAServerOutlivesNobodyWhoDiedWithoutCleaningUp runs this test again in a
// process that starts a server and exits at once.
func TestAServerOutlivesNobodyWhoDiedWithoutCleaningUp(t *testing.T) {
	if dir := os.Getenv("FIREBREAK_TEST_DIES_IN"); dir != "" {
		_, err := launch("/bin/sh", []string{"-c", stubborn}, dir)
		require.NoError(t, err)
		childIn(t, dir)
		os.Exit(0)
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "FIREBREAK_TEST_DIES_IN="+dir)
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, string(text))
	assert.Eventually(t, gone(childIn(t, dir)), 30*time.Second, 10*time.Millisecond)
}

func TestAProcessReadsNothingOfTheCallersEnvironment(t *testing.T) {
	t.Setenv("VAULT_TOKEN", "hvs.callers")
	dir := t.TempDir()
	p, err := launch("/bin/sh", []string{"-c", "env"}, dir)
	require.NoError(t, err)
	<-p.done
	assert.NotContains(t, p.lastWords(), "hvs.callers")
	assert.Contains(t, p.lastWords(), "HOME="+dir)
	p.release()
}
