package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

// TestWhatItSaysCanBeDone follows the printed words: the request, signed with
// the bot's token at the address.
func TestWhatItSaysCanBeDone(t *testing.T) {
	if os.Getenv("FIREBREAK_VAULT") == "" {
		t.Setenv("FIREBREAK_VAULT", filepath.Join("..", "..", "..", ".cache", "vault", "vault"))
	}
	plugin := filepath.Join(t.TempDir(), "vault-plugin-firebreak")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", plugin, "./cmd/vault-plugin-firebreak")
	build.Dir = filepath.Join("..", "..", "..")
	text, err := build.CombinedOutput()
	require.NoError(t, err, string(text))
	t.Setenv("FIREBREAK_VAULT_PLUGIN", plugin)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	said, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, "", out)
		out.CloseWithError(err)
		ended <- err
	}()
	words := func(until string) string {
		var all strings.Builder
		for !strings.Contains(all.String(), until) {
			piece := make([]byte, 4096)
			n, err := said.Read(piece)
			require.NoError(t, err)
			all.Write(piece[:n])
		}
		return all.String()
	}
	usage := words("$VAULT_ADDR/v1/eth/sign/responder-1")
	go func() { _, _ = io.Copy(io.Discard, said) }()
	find := func(pattern string) string {
		found := regexp.MustCompile(pattern).FindStringSubmatch(usage)
		require.Len(t, found, 2, usage)
		return found[1]
	}
	token, err := os.ReadFile(find(`bot token +(\S+)`))
	require.NoError(t, err)
	request, err := os.Open(find(`request +(\S+)`))
	require.NoError(t, err)
	defer request.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, find(`address +(\S+)`)+"/v1/eth/sign/responder-1", request)
	require.NoError(t, err)
	req.Header.Set("X-Vault-Token", string(token))
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusOK, resp.StatusCode)

	sealed, err := os.ReadFile(find(`guardians +(\S+)`))
	require.NoError(t, err)
	secret, err := os.ReadFile(find(`passphrase is in (\S+)`))
	require.NoError(t, err)
	key, err := keystore.DecryptKey(sealed, string(secret))
	require.NoError(t, err)
	assert.Equal(t, consenttest.NewWallet("ana").Address(), key.Address)

	stop()
	require.NoError(t, <-ended)
	assert.NoDirExists(t, filepath.Dir(find(`root token +(\S+)`)))
}
