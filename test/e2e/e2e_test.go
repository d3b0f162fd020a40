// Package e2e_test starts the built binary as a process and treats it as the
// world does: alerts over HTTP, clicks from Slack, a chain behind RPC, SIGKILL.
package e2e_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/lab"
)

// binary is firebreak as `make build` makes it.
var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "firebreak-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "firebreak")
	build := exec.Command("go", "build", "-o", binary, "../../cmd/firebreak")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build firebreak: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// start brings up a range around the binary.
func start(t *testing.T, scenario string) (*lab.Range, context.Context) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	scene, err := lab.Find(scenario)
	require.NoError(t, err)
	r, err := lab.Start(ctx, lab.Options{Scenario: scene, BlockTime: 150 * time.Millisecond, Binary: binary, Guardians: true, Storm: true, Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.Close()) })
	return r, ctx
}

func TestEveryScenarioIsContained(t *testing.T) {
	for _, scene := range lab.Scenarios() {
		t.Run(scene.Name, func(t *testing.T) {
			r, ctx := start(t, scene.Name)
			result, err := r.Play(ctx)
			require.NoError(t, err)
			assert.Equal(t, "contained", result.Outcome)
			assert.Positive(t, result.FundsSaved.Sign(), "something was saved")
			assert.Positive(t, result.FundsLost.Sign(), "the attack was real")
			assert.NotEmpty(t, result.TxHashes)
			for _, mark := range []string{"alert_accepted", "card_posted", "quorum", "broadcast", "included", "verified"} {
				assert.Contains(t, result.Timings, mark)
			}
			assert.Len(t, result.JournalHead, 64)
			sent, err := r.ResponderNonce(ctx)
			require.NoError(t, err)
			assert.Equal(t, uint64(len(result.TxHashes)), sent, "one transaction per step")
		})
	}
}

// TestAKillAtAnyMomentEndsContainedWithOneTransactionPerStep kills the daemon
// with SIGKILL at a random moment after the alarm and starts it again, fifty
// times over. From alarm to broadcast takes some fifty milliseconds, so half of
// the kills are drawn from the first eighth of a second. The last line says what
// the journal ended with when the daemon died.
func TestAKillAtAnyMomentEndsContainedWithOneTransactionPerStep(t *testing.T) {
	const runs = 50
	found := map[string]int{}
	for i := range runs {
		scene := []string{"vault-drain", "allowance-phish"}[i%2]
		within := []time.Duration{125 * time.Millisecond, 1500 * time.Millisecond}[i/2%2]
		after := time.Duration(rand.Int64N(int64(within)))
		t.Run(fmt.Sprintf("%02d %s after %s", i, scene, after.Round(time.Millisecond)), func(t *testing.T) {
			r, ctx := start(t, scene)
			killed := make(chan error, 1)
			r.OnAlarm(func() { go func() { killed <- killAndRestart(ctx, r, after) }() })
			result, err := r.Play(ctx)
			require.NoError(t, err)
			require.NoError(t, <-killed)
			assert.Equal(t, "contained", result.Outcome)
			sent, err := r.ResponderNonce(ctx)
			require.NoError(t, err)
			assert.Equal(t, uint64(len(result.TxHashes)), sent, "one mined transaction per step and none beside")
			found[r.LastFact()]++
		})
	}
	t.Logf("the journal ended with, at the kill: %v", found)
}

func killAndRestart(ctx context.Context, r *lab.Range, after time.Duration) error {
	select {
	case <-time.After(after):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := r.Kill(); err != nil {
		return err
	}
	return r.Restart(ctx)
}
