package vault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault"
	"github.com/firebreak-project/firebreak/signer/vault/vaulttest"
)

// rewrite turns a sign request into the one for the suite's first nonce.
func rewrite(t *testing.T, r *http.Request) *http.Request {
	t.Helper()
	raw, err := json.Marshal(pause.Fields())
	if err != nil {
		return r
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	return r
}

func TestATokenFileIsReadAgainWhenItChanges(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	config := configOf(t, server)
	client := connect(t, config)
	_, err := client.Sign(t.Context(), pause)
	require.NoError(t, err)
	old, err := os.ReadFile(config.TokenFile)
	require.NoError(t, err)
	next := server.BotToken(signertest.Name, time.Hour)
	require.NoError(t, os.WriteFile(config.TokenFile, []byte(next+" \n"), 0o600))
	server.Revoke(string(bytes.TrimSpace(old)))
	before := server.Faults.Requests()
	_, err = client.Sign(t.Context(), pause)
	require.NoError(t, err)
	assert.Equal(t, before+2, server.Faults.Requests(), "lookup-self and sign: no request with the old token")
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	client := connect(t, configOf(t, server))
	_, err := client.Sign(t.Context(), pause)
	require.NoError(t, err)

	config := configOf(t, server)
	token, err := os.ReadFile(config.TokenFile)
	require.NoError(t, err)
	config.Timeout = time.Second
	refused := connect(t, config)
	_, err = refused.Sign(t.Context(), pause)
	require.NoError(t, err)
	server.Revoke(string(bytes.TrimSpace(token)))
	before := server.Faults.Requests()
	_, err = refused.Sign(t.Context(), pause)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	assert.NotContains(t, err.Error(), string(bytes.TrimSpace(token)))
	assert.LessOrEqual(t, server.Faults.Requests()-before, 3, "sign, lookup-self, sign")
}

func TestAnAppRoleLogsInAgainWhenItsTokenIsRevoked(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	roleID, secretID := server.AppRole(signertest.Name, time.Second)
	client := connect(t, vault.Config{
		Address: server.URL(), Mount: server.Mount(), Timeout: 5 * time.Second,
		AppRole: &vault.AppRole{RoleID: roleID, SecretIDFile: secretFile(t, secretID)},
	})
	_, err := client.Sign(t.Context(), pause)
	require.NoError(t, err)
	server.RevokeAll()
	_, err = client.Sign(t.Context(), pause)
	require.NoError(t, err)
}

func TestAWrongSecretIDIsUnavailableAndNotInTheError(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	roleID, _ := server.AppRole(signertest.Name, time.Hour)
	const wrong = "s3cr3t-of-nobody"
	client := connect(t, vault.Config{
		Address: server.URL(), Mount: server.Mount(), Timeout: time.Second,
		AppRole: &vault.AppRole{RoleID: roleID, SecretIDFile: secretFile(t, wrong)},
	})
	_, err := client.Sign(t.Context(), pause)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	assert.NotContains(t, err.Error(), wrong)
	assert.Equal(t, 1, server.Faults.Requests(), "a refused login is not tried again")
}

func TestATokenMayDoOnlyWhatItsPolicySays(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	config := configOf(t, server)
	config.TokenFile = secretFile(t, server.TokenFor(map[string][]string{"eth/keys/" + signertest.Name: {"read"}}))
	client := connect(t, config)
	_, err := client.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	_, err = client.Sign(t.Context(), pause)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	_, err = client.Freeze(t.Context(), signertest.Name, "")
	require.ErrorIs(t, err, signer.ErrUnavailable)
}

func TestABadTokenFileIsUnavailableAndNotInTheError(t *testing.T) {
	server := start(t, vaulttest.Config{})
	for name, content := range map[string]string{
		"empty": " ", "two words": "hvs.aaa hvs.bbb", "not ASCII": "hvs.\x01aaa", "too long": string(bytes.Repeat([]byte("a"), 9<<10)),
	} {
		t.Run(name, func(t *testing.T) {
			config := configOf(t, server)
			config.TokenFile = secretFile(t, content)
			_, err := connect(t, config).Key(t.Context(), signertest.Name)
			require.ErrorIs(t, err, signer.ErrUnavailable)
			assert.NotContains(t, err.Error(), "aaa")
		})
	}
}

func TestRunKeepsATokenAliveUntilItIsTold(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	roleID, secretID := server.AppRole(signertest.Name, 2*time.Second)
	client := connect(t, vault.Config{
		Address: server.URL(), Mount: server.Mount(), Timeout: 5 * time.Second,
		AppRole: &vault.AppRole{RoleID: roleID, SecretIDFile: secretFile(t, secretID)},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- client.Run(ctx) }()
	require.Eventually(t, func() bool { return server.Renewals() > 0 }, 10*time.Second, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	_, err := client.Sign(t.Context(), pause)
	require.NoError(t, err)
}

func TestARevokedTokenIsReplacedBeforeASignatureNeedsIt(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	config := anonymous(t, server)
	role, jwt := server.JWT(signertest.Name, time.Hour)
	config.JWT = &vault.JWT{Role: role, JWTFile: secretFile(t, jwt)}
	client := connect(t, config)
	_, err := client.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	server.RevokeAll()
	require.NoError(t, client.Ready(t.Context()))
	assert.Equal(t, 2, server.Logins())
	before := server.Faults.Requests()
	_, err = client.Sign(t.Context(), pause)
	require.NoError(t, err)
	assert.Equal(t, before+1, server.Faults.Requests())
}

// TestManyCallsThatMeetARevokedTokenLogInOnce: a login may cost a use of the
// credentials, and every one is a request to a Vault that has trouble.
func TestManyCallsThatMeetARevokedTokenLogInOnce(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	config := anonymous(t, server)
	role, jwt := server.JWT(signertest.Name, time.Hour)
	config.JWT = &vault.JWT{Role: role, JWTFile: secretFile(t, jwt)}
	client := connect(t, config)
	_, err := client.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	server.RevokeAll()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, err := client.Key(t.Context(), signertest.Name)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.Equal(t, 2, server.Logins())
}
