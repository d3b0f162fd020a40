package vault_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault"
)

// engine is a fresh mount on the shared server, with the bot's client and the
// ceremony's.
func engine(t *testing.T) signertest.Harness {
	path := mount(t, shared)
	token, err := shared.CeremonyToken(t.Context(), path)
	require.NoError(t, err)
	custody, err := vault.New(vault.Config{Address: shared.URL(), Mount: path, TokenFile: tokenOf(t, token), Timeout: time.Minute})
	require.NoError(t, err)
	return signertest.Harness{
		Signer: client(t, shared, shared.First(), path, signertest.Name), Custody: custody, Receipt: custody.Receipt,
	}
}

func TestARealVaultConforms(t *testing.T) { signertest.Run(t, engine) }

func TestARealVaultRefusesAHostileBot(t *testing.T) { signertest.RunHostile(t, engine) }

func TestEveryMountIsServedByOneProcessAndHasKeysOfItsOwn(t *testing.T) {
	pid, err := shared.First().PluginPID()
	require.NoError(t, err)
	one, other := mount(t, shared), mount(t, shared)
	first := createKey(t, shared, one, signertest.Name)
	second := createKey(t, shared, other, signertest.Name)
	assert.NotEqual(t, first.Address, second.Address)
	assert.NotEqual(t, first.InstanceID, second.InstanceID, "an approval for one mount is none for the other")
	again, err := shared.First().PluginPID()
	require.NoError(t, err)
	assert.Equal(t, pid, again)
}

func TestThePluginRunsAsTheVersionItIsRegisteredAs(t *testing.T) {
	at, err := shared.First().API().Sys().MountConfigWithContext(t.Context(), shared.Mount())
	require.NoError(t, err)
	require.NotNil(t, at)
	all, err := shared.First().API().Sys().ListMountsWithContext(t.Context())
	require.NoError(t, err)
	assert.Equal(t, version, all[shared.Mount()+"/"].RunningVersion)
	info, err := shared.First().API().Logical().ReadWithContext(t.Context(), shared.Mount()+"/info")
	require.NoError(t, err)
	assert.Equal(t, version, info.Data["version"])
}
