package vault_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault"
	"github.com/firebreak-project/firebreak/signer/vault/vaulttest"
)

var pause = signertest.Pause(signertest.Core, 0)

func TestWhatTheNetworkLosesIsAskedAgainAndCountedOnce(t *testing.T) {
	for name, fault := range map[string]func(*vaulttest.Faults){
		"failed and lost":      func(f *vaulttest.Faults) { f.Lose(2) },
		"failed but landed":    func(f *vaulttest.Faults) { f.Drop(2) },
		"quota with a wait":    func(f *vaulttest.Faults) { f.Limit(1, time.Second) },
		"index not applied":    func(f *vaulttest.Faults) { f.Fail(2, http.StatusPreconditionFailed) },
		"performance standby":  func(f *vaulttest.Faults) { f.Fail(1, 473) },
		"no leader":            func(f *vaulttest.Faults) { f.Fail(2, http.StatusInternalServerError) },
		"sealed for a moment":  func(f *vaulttest.Faults) { f.Fail(2, http.StatusServiceUnavailable) },
		"a gateway in between": func(f *vaulttest.Faults) { f.Fail(1, http.StatusBadGateway) },
	} {
		t.Run(name, func(t *testing.T) {
			server, client := ready(t)
			_, err := client.Key(t.Context(), signertest.Name) // log in and pin first
			require.NoError(t, err)
			fault(server.Faults)
			signed, err := client.Sign(t.Context(), pause)
			require.NoError(t, err)
			assert.EqualValues(t, 1, signed.Seq)
			info, err := client.Key(t.Context(), signertest.Name)
			require.NoError(t, err)
			assert.EqualValues(t, 1, info.Seq)
		})
	}
}

func TestAReplyThatNeverComesIsAskedForAgain(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	config := configOf(t, server)
	config.Timeout = 600 * time.Millisecond
	client := connect(t, config)
	_, err := client.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	server.Faults.Delay(time.Hour)
	before := server.Faults.Requests()
	_, err = client.Sign(t.Context(), pause)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	assert.Greater(t, server.Faults.Requests(), before+1)
	server.Faults.Delay(0)
	signed, err := client.Sign(t.Context(), pause)
	require.NoError(t, err)
	assert.EqualValues(t, 1, signed.Seq, "the delayed requests landed and were counted once")
}

func TestAStandbyThatCannotForwardSendsTheWholeRequestToTheLeader(t *testing.T) {
	leader := start(t, vaulttest.Config{})
	createKey(t, leader)
	standby := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a forward that failed has read it
		w.Header().Set("Location", leader.URL()+r.URL.RequestURI())
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
	t.Cleanup(standby.Close)
	config := configOf(t, leader)
	config.Address, config.Addresses = "", []string{standby.URL, leader.URL()}
	signed, err := connect(t, config).Sign(t.Context(), signertest.Pause(signertest.Core, 0))
	require.NoError(t, err)
	assert.EqualValues(t, 1, signed.Seq)
}

func TestARefusalIsNeverAskedAgain(t *testing.T) {
	server, client := ready(t)
	_, err := client.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	before := server.Faults.Requests()
	_, err = client.Sign(t.Context(), signertest.Pause(signertest.Token, 0))
	refusal, ok := errors.AsType[*signer.Refusal](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, signer.CodeNoRule, refusal.Code)
	assert.NotErrorIs(t, err, signer.ErrUnavailable)
	assert.Equal(t, before+1, server.Faults.Requests())
}

func TestASealedVaultIsUnavailableAndNotReady(t *testing.T) {
	server, client := ready(t)
	require.NoError(t, client.Ready(t.Context()))
	server.Faults.Seal(true)
	require.ErrorIs(t, client.Ready(t.Context()), signer.ErrUnavailable)
	ctx := t.Context()
	config := configOf(t, server)
	config.Timeout = 300 * time.Millisecond
	_, err := connect(t, config).Sign(ctx, pause)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	server.Faults.Seal(false)
	_, err = client.Sign(ctx, pause)
	require.NoError(t, err)
}

func TestAMissingMountIsUnavailableAndNotAskedAgain(t *testing.T) {
	server := start(t, vaulttest.Config{})
	config := configOf(t, server)
	config.Mount = "elsewhere"
	config.TokenFile = secretFile(t, server.RootToken())
	client := connect(t, config)
	_, err := client.Key(t.Context(), signertest.Name)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	assert.ErrorContains(t, err, "check the mount")
	assert.Equal(t, 2, server.Faults.Requests(), "lookup-self and one read")
}

func TestReadyWantsEveryConfiguredKeyActiveAtItsAddress(t *testing.T) {
	server := start(t, vaulttest.Config{})
	info := createKey(t, server)
	config := configOf(t, server)
	config.Keys = map[string]common.Address{signertest.Name: info.Address}
	client := connect(t, config)
	require.NoError(t, client.Ready(t.Context()))
	_, err := client.Freeze(t.Context(), signertest.Name, "drill")
	require.NoError(t, err)
	require.ErrorContains(t, client.Ready(t.Context()), "frozen")

	config.Keys = map[string]common.Address{signertest.Name: common.HexToAddress(signertest.Core)}
	other := connect(t, config)
	require.ErrorContains(t, other.Ready(t.Context()), "not the pinned")
}

func TestASignatureOfAnotherKeyThanThePinnedOneIsRefused(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	config := configOf(t, server)
	config.Keys = map[string]common.Address{signertest.Name: common.HexToAddress(signertest.Core)}
	signed, err := connect(t, config).Sign(t.Context(), pause)
	require.Error(t, err)
	assert.Empty(t, signed.Raw)
	assert.NotErrorIs(t, err, signer.ErrUnavailable)
}

// TestAnotherTransactionInTheReplyIsRefused puts a liar between client and
// server that answers every signature with the first one.
func TestAnotherTransactionInTheReplyIsRefused(t *testing.T) {
	server, client := ready(t)
	_, err := client.Sign(t.Context(), pause)
	require.NoError(t, err)
	target, err := url.Parse(server.URL())
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/eth/sign/"+signertest.Name {
			proxy.ServeHTTP(w, rewrite(t, r))
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(liar.Close)
	config := configOf(t, server)
	config.Address = liar.URL
	signed, err := connect(t, config).Sign(t.Context(), signertest.Pause(signertest.Vault, 1))
	require.ErrorContains(t, err, "nonce differs")
	assert.Empty(t, signed.Raw)
}

func TestAnAnswerForAnotherKeyIsRefused(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	target, err := url.Parse(server.URL())
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/eth/keys/responder-2" {
			r.URL.Path = "/v1/eth/keys/" + signertest.Name
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(liar.Close)
	config := configOf(t, server)
	config.Address = liar.URL
	_, err = connect(t, config).Key(t.Context(), "responder-2")
	require.ErrorContains(t, err, "another key")
}

func TestAServerIsTrustedByTheConfiguredCAAlone(t *testing.T) {
	server := start(t, vaulttest.Config{TLS: true})
	createKey(t, server)
	config := configOf(t, server)
	config.Timeout = 300 * time.Millisecond
	_, err := connect(t, config).Sign(t.Context(), pause)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	config.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, server.WriteCA(config.CAFile))
	config.Timeout = 5 * time.Second
	_, err = connect(t, config).Sign(t.Context(), pause)
	require.NoError(t, err)
}

func TestAConfigurationIsRefused(t *testing.T) {
	good := vault.Config{Address: "https://vault.internal:8200", Mount: "eth", TokenFile: "token"}
	_, err := vault.New(good)
	require.NoError(t, err)
	for name, change := range map[string]func(*vault.Config){
		"zero":               func(c *vault.Config) { *c = vault.Config{} },
		"no address":         func(c *vault.Config) { c.Address = "" },
		"other scheme":       func(c *vault.Config) { c.Address = "ftp://vault" },
		"credentials in URL": func(c *vault.Config) { c.Address = "https://a:b@vault" },
		"no mount":           func(c *vault.Config) { c.Mount = "" },
		"mount with dots":    func(c *vault.Config) { c.Mount = "../sys" },
		"two logins":         func(c *vault.Config) { c.AppRole = &vault.AppRole{RoleID: "a", SecretIDFile: "b"} },
		"no login":           func(c *vault.Config) { c.TokenFile = "" },
		"half an AppRole":    func(c *vault.Config) { c.TokenFile, c.AppRole = "", &vault.AppRole{RoleID: "a"} },
		"negative timeout":   func(c *vault.Config) { c.Timeout = -1 },
		"a zero address":     func(c *vault.Config) { c.Keys = map[string]common.Address{"responder-1": {}} },
		"no such CA":         func(c *vault.Config) { c.CAFile = filepath.Join(t.TempDir(), "none.pem") },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			_, err := vault.New(c)
			require.Error(t, err)
		})
	}
}
