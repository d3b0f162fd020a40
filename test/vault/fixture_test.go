// Package vault_test holds Firebreak's secrets engine and its client against a
// real Vault: the server as a process, raft on disk, the plugin registered by
// its sha256 and started by Vault itself.
package vault_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/lab/vaultserver"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault"
)

// version is what the plugin under test is built, registered and mounted as.
const version = "v0.1.0-test.1"

// The binaries under test, and a server for the tests that leave it as it was.
var (
	serverBinary, pluginBinary string
	shared                     *vaultserver.Cluster
	mounts                     atomic.Int64
)

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "the tests against a real Vault cannot run:", err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (code int, err error) {
	built := os.Getenv("FIREBREAK_VAULT")
	if built == "" {
		built = filepath.Join("..", "..", ".cache", "vault", "vault")
	}
	if serverBinary, err = vaultserver.FindBinary(built); err != nil {
		return 1, err
	}
	dir, err := os.MkdirTemp("", "firebreak-plugin-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	// Built here, so that what is tested is never older than its source.
	pluginBinary = filepath.Join(dir, "vault-plugin-firebreak")
	if err := build(pluginBinary, "./cmd/vault-plugin-firebreak"); err != nil {
		return 1, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	shared, err = vaultserver.Start(ctx, config())
	if err != nil {
		return 1, err
	}
	defer func() {
		if closed := shared.Close(); err == nil {
			err = closed
		}
	}()
	return m.Run(), nil
}

// build builds a command of the product as make does, as the version under test.
func build(to, command string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-X main.version="+version, "-o", to, command)
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", command, err, out)
	}
	return nil
}

func config() vaultserver.Config {
	return vaultserver.Config{Binary: serverBinary, Plugin: pluginBinary, Version: version}
}

// start starts a server of the test's own.
func start(t *testing.T, change func(*vaultserver.Config)) *vaultserver.Cluster {
	t.Helper()
	c := config()
	if change != nil {
		change(&c)
	}
	v, err := vaultserver.Start(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			for _, n := range v.Nodes() {
				text, _ := os.ReadFile(n.Log()) // what there is of it
				t.Logf("the log of %s ends:\n%s", n.Name(), text[max(0, len(text)-4000):])
			}
		}
		require.NoError(t, v.Close())
	})
	return v
}

// mount mounts the engine of a server once more.
func mount(t *testing.T, v *vaultserver.Cluster) string {
	t.Helper()
	path := fmt.Sprintf("eth-%d", mounts.Add(1))
	require.NoError(t, v.MountAt(t.Context(), path))
	return path
}

// createKey makes a containment key under the suite's policy.
func createKey(t *testing.T, v *vaultserver.Cluster, mount, name string) signer.KeyInfo {
	t.Helper()
	info, err := v.CreateKey(t.Context(), mount, signer.NewKey{
		Name: name, Class: signer.Containment, Policy: signertest.Policy(name), Guardians: signertest.Guardians(name),
	})
	require.NoError(t, err)
	return info
}

// client is the bot's client at one node, with a token for one key.
func client(t *testing.T, v *vaultserver.Cluster, at *vaultserver.Node, mount, key string) *vault.Client {
	t.Helper()
	token, err := v.BotToken(t.Context(), mount, key)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(token), 0o600))
	nodes := []string{at.URL()} // asked first; the others may be where it sends us
	for _, n := range v.Nodes() {
		if n != at {
			nodes = append(nodes, n.URL())
		}
	}
	c, err := vault.New(vault.Config{Addresses: nodes, Mount: mount, TokenFile: file, Timeout: time.Minute})
	require.NoError(t, err)
	return c
}

// ready is a server of the test's own with the suite's key, and its bot.
func ready(t *testing.T, change func(*vaultserver.Config)) (*vaultserver.Cluster, *vault.Client) {
	t.Helper()
	v := start(t, change)
	createKey(t, v, v.Mount(), signertest.Name)
	return v, client(t, v, v.First(), v.Mount(), signertest.Name)
}

func must(t *testing.T, s signer.Signer, r signer.Request) signer.Signed {
	t.Helper()
	signed, err := s.Sign(t.Context(), r)
	require.NoError(t, err)
	return signed
}

func refused(t *testing.T, s signer.Signer, r signer.Request, code string) {
	t.Helper()
	_, err := s.Sign(t.Context(), r)
	refusal, ok := err.(*signer.Refusal)
	require.True(t, ok, "not a refusal: %v", err)
	require.Equal(t, code, refusal.Code)
}

func seq(t *testing.T, s signer.Signer, key string) uint64 {
	t.Helper()
	info, err := s.Key(t.Context(), key)
	require.NoError(t, err)
	return info.Seq
}

// withdrawals is a request that the suite's policy allows once an hour.
func withdrawals(nonce uint64, limit int) signer.Request {
	return signertest.Request(signertest.Core, nonce, signertest.Call("setWithdrawalLimit(uint256,uint256)", limit, 3600))
}

// ask sends one request as anybody could and returns status and body.
func ask(t *testing.T, url, token, call, body string) (int, string) {
	t.Helper()
	method, path, _ := strings.Cut(call, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, url+"/v1/"+path, bytes.NewBufferString(body))
	require.NoError(t, err)
	req.Header.Set("X-Vault-Token", token)
	transport := http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req) // follows no redirect
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}
