package lab

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// TestAVaultThatIsSealedDelaysTheSignatureAndNothingElse restarts the daemon
// while Vault is sealed: the alert is taken, people are asked and approve, and
// what they approved is signed when Vault is back.
func TestAVaultThatIsSealedDelaysTheSignatureAndNothingElse(t *testing.T) {
	scene, err := Find("vault-drain")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := Start(ctx, Options{Scenario: scene, BlockTime: 60 * time.Millisecond, Guardians: true, Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { assert.NoError(t, r.Close()) }()

	require.NoError(t, r.responder().Stop())
	r.vault.(fakeVault).Faults.Seal(true)
	require.NoError(t, r.launch(ctx), "an incident cannot wait for Vault to begin")
	ready, answer, err := probe(ctx, "http://"+r.responder().Admin()+"/readyz")
	require.NoError(t, err)
	assert.False(t, ready)
	assert.Contains(t, answer, "signer")

	r.OnAlarm(func() {
		go func() {
			assert.Eventually(t, func() bool { return r.phase(ctx) == incident.PhaseExecuting }, 30*time.Second, 20*time.Millisecond)
			sent, err := r.ResponderNonce(ctx)
			assert.NoError(t, err)
			assert.Zero(t, sent, "nothing is signed while Vault is sealed")
			r.vault.(fakeVault).Faults.Seal(false)
		}()
	})
	result, err := r.Play(ctx)
	require.NoError(t, err)
	assert.Equal(t, "contained", result.Outcome)
}

// phase is that of the only incident.
func (r *Range) phase(ctx context.Context) incident.Phase {
	states, err := journal.Incidents(ctx, r.record)
	if err != nil || len(states) == 0 {
		return incident.PhaseNone
	}
	return states[0].Phase()
}
