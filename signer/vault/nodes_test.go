package vault_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
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

// cluster is an active node and a standby, and a client that knows both and
// begins with the standby.
func cluster(t *testing.T) (*vaulttest.Server, *vaulttest.Standby, vault.Config) {
	t.Helper()
	server := start(t, vaulttest.Config{})
	info := createKey(t, server)
	standby := server.Standby()
	t.Cleanup(standby.Close)
	config := configOf(t, server)
	config.Address, config.Addresses = "", []string{standby.URL(), server.URL()}
	config.Keys = map[string]common.Address{signertest.Name: info.Address}
	return server, standby, config
}

func TestANodeThatCannotServeIsLeftForTheNext(t *testing.T) {
	for name, ill := range map[string]func(server *vaulttest.Server, standby *vaulttest.Standby){
		"unreachable":               func(_ *vaulttest.Server, b *vaulttest.Standby) { b.Close() },
		"sealed":                    func(_ *vaulttest.Server, b *vaulttest.Standby) { b.Seal(true) },
		"without a leader":          func(_ *vaulttest.Server, b *vaulttest.Standby) { b.Lose(true) },
		"redirecting to the active": func(s *vaulttest.Server, b *vaulttest.Standby) { b.Redirect(s.URL()) },
	} {
		t.Run(name, func(t *testing.T) {
			server, standby, config := cluster(t)
			client := connect(t, config)
			require.NoError(t, client.Ready(t.Context()), "a standby that forwards serves")
			ill(server, standby)
			signed, err := client.Sign(t.Context(), pause)
			require.NoError(t, err)
			assert.EqualValues(t, 1, signed.Seq)
			assert.Equal(t, 1, server.Asked("sign/"+signertest.Name))
			was := standby.Requests()
			require.NoError(t, client.Ready(t.Context()))
			_, err = client.Check(t.Context(), signertest.Pause(signertest.Core, 1))
			require.NoError(t, err)
			assert.Equal(t, was, standby.Requests(), "it stays with the node that serves")
		})
	}
}

func TestReadyNamesWhatEveryNodeSuffersFrom(t *testing.T) {
	server, standby, config := cluster(t)
	client := connect(t, config)
	standby.Seal(true)
	server.Close()
	err := client.Ready(t.Context())
	require.ErrorIs(t, err, signer.ErrUnavailable)
	for _, node := range config.Addresses {
		u, err := url.Parse(node)
		require.NoError(t, err)
		require.ErrorContains(t, client.Ready(t.Context()), u.Host)
	}
	assert.ErrorContains(t, err, "sealed")
	assert.ErrorContains(t, err, "connection refused")
}

// TestARedirectNeverCarriesTheTokenToAStranger: a 307 is followed by the
// library with the token in its header, unless it is kept from it.
func TestARedirectNeverCarriesTheTokenToAStranger(t *testing.T) {
	visited := 0
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visited++ }))
	t.Cleanup(stranger.Close)
	_, standby, config := cluster(t)
	config.Addresses = config.Addresses[:1]
	config.Timeout = 500 * time.Millisecond
	client := connect(t, config)
	standby.Redirect(stranger.URL)
	u, err := url.Parse(stranger.URL)
	require.NoError(t, err)
	_, err = client.Sign(t.Context(), pause)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	assert.ErrorContains(t, err, "not a configured address")
	assert.ErrorContains(t, err, u.Host)
	assert.Zero(t, visited)

	// It is passing: the standby can forward again.
	standby.Redirect("")
	_, err = client.Sign(t.Context(), pause)
	require.NoError(t, err)
}

func TestALoginFollowsTheActiveNodeToo(t *testing.T) {
	server, standby, config := cluster(t)
	standby.Redirect(server.URL())
	role, jwt := server.Kubernetes(signertest.Name, time.Hour)
	config.TokenFile, config.Kubernetes = "", &vault.Kubernetes{Role: role, JWTFile: secretFile(t, jwt)}
	_, err := connect(t, config).Sign(t.Context(), pause)
	require.NoError(t, err)
	assert.Equal(t, 1, standby.Requests(), "one redirect, and everything after it goes to the active node")
}
