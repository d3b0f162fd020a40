package vault_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault"
	"github.com/firebreak-project/firebreak/signer/vault/vaulttest"
)

func start(t *testing.T, c vaulttest.Config) *vaulttest.Server {
	t.Helper()
	server, err := vaulttest.Start(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(server.Close)
	return server
}

// secretFile writes a secret to a file of its own.
func secretFile(t *testing.T, secret string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(secret+"\n"), 0o600))
	return path
}

func configOf(t *testing.T, server *vaulttest.Server) vault.Config {
	t.Helper()
	return vault.Config{
		Address: server.URL(), Mount: server.Mount(), Timeout: 5 * time.Second,
		TokenFile: secretFile(t, server.BotToken(signertest.Name, time.Hour)),
	}
}

func connect(t *testing.T, c vault.Config) *vault.Client {
	t.Helper()
	client, err := vault.New(c)
	require.NoError(t, err)
	return client
}

// ready starts a server with the suite's key and a client for it.
func ready(t *testing.T) (*vaulttest.Server, *vault.Client) {
	t.Helper()
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	return server, connect(t, configOf(t, server))
}

func createKey(t *testing.T, server *vaulttest.Server) signer.KeyInfo {
	t.Helper()
	info, err := server.CreateKey(t.Context(), signer.NewKey{
		Name: signertest.Name, Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: signertest.Guardians(signertest.Name),
	})
	require.NoError(t, err)
	return info
}

// behindVault is a client with the bot's token, and one with the ceremony's.
func behindVault(t *testing.T) signertest.Harness {
	server := start(t, vaulttest.Config{})
	config := configOf(t, server)
	config.Timeout = time.Second // a failed write is asked again until then
	client := connect(t, config)
	ceremony := config
	ceremony.TokenFile = secretFile(t, server.RootToken())
	custody := connect(t, ceremony)
	return signertest.Harness{
		Signer: client, Custody: custody, Receipt: custody.Receipt,
		FailWrites: server.Faults.FailWrites, Requests: server.Faults.Requests,
	}
}

// writeOver replaces what a file holds.
func writeOver(path, text string) error { return os.WriteFile(path, []byte(text), 0o600) }

func TestTheVaultClientConforms(t *testing.T) { signertest.Run(t, behindVault) }

func TestTheVaultClientIsRefusedAsAHostileBot(t *testing.T) { signertest.RunHostile(t, behindVault) }
