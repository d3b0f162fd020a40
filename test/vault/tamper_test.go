package vault_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault"
)

func TestAPluginWithAnotherChecksumSignsNothing(t *testing.T) {
	v, bot := ready(t, nil)
	before := must(t, bot, signertest.Pause(signertest.Core, 0))
	honest, err := os.ReadFile(v.PluginPath())
	require.NoError(t, err)
	replace := func(binary []byte) {
		require.NoError(t, os.WriteFile(v.PluginPath()+".next", binary, 0o755))
		require.NoError(t, os.Rename(v.PluginPath()+".next", v.PluginPath()))
	}

	replace(append(append([]byte{}, honest...), 0)) // it would still run
	err = v.ReloadPlugin(t.Context())
	require.ErrorContains(t, err, "checksum")
	hasty, err := vault.New(vault.Config{Address: v.URL(), Mount: v.Mount(), TokenFile: tokenOf(t, v.RootToken()),
		Keys: keysOf(before), Timeout: time.Second})
	require.NoError(t, err)
	for _, r := range []signer.Request{signertest.Pause(signertest.Core, 0), signertest.Pause(signertest.Core, 1)} {
		_, err = hasty.Sign(t.Context(), r)
		require.ErrorIs(t, err, signer.ErrUnavailable)
	}

	replace(honest)
	require.NoError(t, v.ReloadPlugin(t.Context()))
	assert.Equal(t, before, must(t, bot, signertest.Pause(signertest.Core, 0)))
	assert.EqualValues(t, 2, must(t, bot, signertest.Pause(signertest.Core, 1)).Seq)
}
