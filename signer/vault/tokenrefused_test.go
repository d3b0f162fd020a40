package vault_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault"
	"github.com/firebreak-project/firebreak/signer/vault/vaulttest"
)

func TestARefusedTokenIsToldFromAVaultThatIsAway(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	config := configOf(t, server)
	config.TokenFile = secretFile(t, server.BotToken("another-key", time.Hour))
	_, err := connect(t, config).Key(t.Context(), signertest.Name)
	assert.ErrorIs(t, err, signer.ErrUnavailable)
	assert.True(t, vault.TokenRefused(err), "it may read another key alone")

	config = configOf(t, server)
	config.Timeout = 300 * time.Millisecond
	server.Faults.Seal(true)
	_, err = connect(t, config).Key(t.Context(), signertest.Name)
	assert.ErrorIs(t, err, signer.ErrUnavailable)
	assert.False(t, vault.TokenRefused(err))
}
