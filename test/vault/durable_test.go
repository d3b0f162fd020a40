package vault_test

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/lab/vaultserver"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault"
	"github.com/firebreak-project/firebreak/signer/witness"
)

func TestARestartKeepsCountersAndAFreeze(t *testing.T) {
	for name, end := range map[string]func(*vaultserver.Node){
		"in good order": (*vaultserver.Node).Stop,
		"a power cut":   (*vaultserver.Node).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			v, bot := ready(t, nil)
			createKey(t, v, v.Mount(), "responder-2")
			cold := client(t, v, v.First(), v.Mount(), "responder-2")
			first := must(t, bot, signertest.Pause(signertest.Core, 0))
			must(t, bot, signertest.Pause(signertest.Core, 1))
			_, err := cold.Freeze(t.Context(), "responder-2", "drill")
			require.NoError(t, err)

			end(v.First())
			require.NoError(t, v.First().Start(t.Context()))

			assert.Equal(t, first, must(t, bot, signertest.Pause(signertest.Core, 0)), "it is the same signature")
			refused(t, bot, signertest.Pause(signertest.Core, 2), signer.CodeRate+":1h")
			assert.EqualValues(t, 2, seq(t, bot, signertest.Name))
			frozen := signertest.Pause(signertest.Core, 0)
			frozen.Key = "responder-2"
			refused(t, cold, frozen, signer.CodeFrozen)
		})
	}
}

func TestNoProcessIsLeftWhenTheServerHasStopped(t *testing.T) {
	for range 3 { // it is a race that the server does not always win
		v, bot := ready(t, nil)
		must(t, bot, signertest.Pause(signertest.Core, 0))
		pid, err := v.First().PluginPID()
		require.NoError(t, err)
		require.NoError(t, v.Close())
		require.Eventually(t, func() bool { return syscall.Kill(pid, 0) != nil }, time.Minute, 10*time.Millisecond,
			"the plugin of a server that is gone still runs, as process %d", pid)
	}
}

func TestASealedVaultIsUnavailableAndSignsTheSameBytesWhenItIsBack(t *testing.T) {
	v, bot := ready(t, nil)
	before := must(t, bot, signertest.Pause(signertest.Core, 0))
	require.NoError(t, v.First().Seal(t.Context()))

	hasty, err := vault.New(vault.Config{Address: v.URL(), Mount: v.Mount(), TokenFile: tokenOf(t, v.RootToken()),
		Keys: keysOf(before), Timeout: time.Second})
	require.NoError(t, err)
	_, err = hasty.Sign(t.Context(), signertest.Pause(signertest.Core, 0))
	require.ErrorIs(t, err, signer.ErrUnavailable)
	require.ErrorContains(t, bot.Ready(t.Context()), "sealed")
	require.Eventually(t, func() bool {
		_, err := v.First().PluginPID()
		return err != nil
	}, time.Minute, 20*time.Millisecond, "no process holds a key while Vault is sealed")

	// A call that began while it was sealed is answered when it is not.
	answer := make(chan signer.Signed, 1)
	go func() {
		signed, err := bot.Sign(t.Context(), signertest.Pause(signertest.Core, 0))
		assert.NoError(t, err)
		answer <- signed
	}()
	require.NoError(t, v.First().Unseal(t.Context()))
	assert.Equal(t, before, <-answer)
	assert.EqualValues(t, 1, seq(t, bot, signertest.Name))
}

// Nothing inside Vault can notice a restore: the key gives the same sequence
// numbers again, for other transactions. The witness outside can.
func TestASnapshotThatIsRestoredIsNoticedByTheWitness(t *testing.T) {
	v, bot := ready(t, nil)
	var seen witness.Witness
	var alarms []witness.Alarm
	sign := func(r signer.Request) signer.Signed {
		signed := must(t, bot, r)
		alarms = append(alarms, seen.Saw(signed.From, witness.LinkOf(signed.Receipt))...)
		return signed
	}
	sign(signertest.Pause(signertest.Core, 0))
	snapshot := filepath.Join(t.TempDir(), "raft.snap")
	require.NoError(t, v.Snapshot(t.Context(), snapshot))
	sign(signertest.Pause(signertest.Core, 1))
	before := sign(withdrawals(2, 500))
	refused(t, bot, signertest.Pause(signertest.Core, 3), signer.CodeRate+":1h")
	refused(t, bot, withdrawals(3, 400), signer.CodeRate+":1h")

	require.NoError(t, v.Restore(t.Context(), snapshot))
	require.Eventually(t, func() bool {
		info, err := bot.Key(t.Context(), signertest.Name)
		return err == nil && info.Seq == 1
	}, time.Minute, 20*time.Millisecond, "the snapshot's count is in force")

	info, err := bot.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	require.Empty(t, alarms, "so far everything was right")
	alarms = seen.Compare(info, seen.Seen(info.Address))
	require.Len(t, alarms, 1, "looking at the key is enough")
	assert.Equal(t, witness.Rollback, alarms[0].Kind)

	alarms = nil
	sign(withdrawals(1, 400)) // a nonce that was signed for another call, over a limit that was used up
	after := sign(signertest.Pause(signertest.Core, 2))
	assert.Equal(t, before.Seq, after.Seq, "the number is given twice")
	assert.NotEqual(t, before.Digest, after.Digest, "for two transactions")
	require.Len(t, alarms, 2, "and so is every signature that comes after")
	for _, a := range alarms {
		assert.Equal(t, witness.Fork, a.Kind)
	}
}
