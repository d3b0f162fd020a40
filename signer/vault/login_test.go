package vault_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault"
	"github.com/firebreak-project/firebreak/signer/vault/vaulttest"
)

// anonymous is a configuration that does not say yet who is asking.
func anonymous(t *testing.T, server *vaulttest.Server) vault.Config {
	t.Helper()
	config := configOf(t, server)
	config.TokenFile = ""
	return config
}

// pair writes a client certificate with its key, and returns both files and the
// certificate as DER.
func pair(t *testing.T) (cert, key string, der []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "firebreak"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err = x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	return cert, key, der
}

// TestEveryLoginReadsItsFileAgain goes through each method: it logs in, its
// secret is rotated, its token is revoked, and it logs in with the new one.
func TestEveryLoginReadsItsFileAgain(t *testing.T) {
	for name, set := range map[string]func(t *testing.T, server *vaulttest.Server, c *vault.Config) (role, file string){
		"AppRole": func(t *testing.T, server *vaulttest.Server, c *vault.Config) (string, string) {
			role, secret := server.AppRole(signertest.Name, time.Hour)
			c.AppRole = &vault.AppRole{RoleID: role, SecretIDFile: secretFile(t, secret)}
			return role, c.AppRole.SecretIDFile
		},
		"Kubernetes": func(t *testing.T, server *vaulttest.Server, c *vault.Config) (string, string) {
			role, jwt := server.Kubernetes(signertest.Name, time.Hour)
			c.Kubernetes = &vault.Kubernetes{Role: role, JWTFile: secretFile(t, jwt)}
			return role, c.Kubernetes.JWTFile
		},
		"JWT": func(t *testing.T, server *vaulttest.Server, c *vault.Config) (string, string) {
			role, jwt := server.JWT(signertest.Name, time.Hour)
			c.JWT = &vault.JWT{Role: role, JWTFile: secretFile(t, jwt)}
			return role, c.JWT.JWTFile
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, vaulttest.Config{})
			createKey(t, server)
			config := anonymous(t, server)
			role, file := set(t, server, &config)
			client := connect(t, config)
			_, err := client.Sign(t.Context(), pause)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(file, []byte(server.Rotate(role)), 0o600))
			server.RevokeAll()
			_, err = client.Sign(t.Context(), pause)
			require.NoError(t, err)
			assert.Equal(t, 2, server.Logins())
			token, err := client.Token(t.Context())
			require.NoError(t, err)
			assert.Equal(t, name, token.Method)

			// The secret is wrong now, and is not what the error says.
			wrong := "wrong" + server.Rotate(role)
			require.NoError(t, os.WriteFile(file, []byte(wrong), 0o600))
			server.RevokeAll()
			before := server.Faults.Requests()
			_, err = client.Sign(t.Context(), pause)
			require.ErrorIs(t, err, signer.ErrUnavailable)
			assert.ErrorContains(t, err, "refused the login at auth/")
			assert.ErrorContains(t, err, "log in to vault by "+name)
			assert.NotContains(t, err.Error(), wrong)
			assert.Equal(t, before+2, server.Faults.Requests(), "the sign and one login: a refused login is not tried again")
		})
	}
}

func TestALoginThatIsNotThereSaysSo(t *testing.T) {
	server := start(t, vaulttest.Config{})
	config := anonymous(t, server)
	config.JWT = &vault.JWT{Role: "bot", JWTFile: secretFile(t, "x.y.z"), Mount: "gitlab"}
	_, err := connect(t, config).Key(t.Context(), signertest.Name)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	assert.ErrorContains(t, err, "auth/gitlab")
	config.JWT.Mount, config.JWT.JWTFile = "", filepath.Join(t.TempDir(), "none")
	_, err = connect(t, config).Key(t.Context(), signertest.Name)
	assert.ErrorContains(t, err, "none: no such file")
}

func TestALoginMeetsTheSameWeatherAsACall(t *testing.T) {
	for name, fault := range map[string]func(*vaulttest.Faults){
		"lost": func(f *vaulttest.Faults) { f.Lose(1) }, "quota": func(f *vaulttest.Faults) { f.Limit(1, time.Second) },
		"no leader": func(f *vaulttest.Faults) { f.NoLeader(1) }, "sealed": func(f *vaulttest.Faults) { f.Fail(1, 503) },
		"gateway": func(f *vaulttest.Faults) { f.Fail(1, 502) }, "landed and not answered": func(f *vaulttest.Faults) { f.Drop(1) },
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, vaulttest.Config{})
			createKey(t, server)
			config := anonymous(t, server)
			role, jwt := server.Kubernetes(signertest.Name, time.Hour)
			config.Kubernetes = &vault.Kubernetes{Role: role, JWTFile: secretFile(t, jwt)}
			fault(server.Faults)
			_, err := connect(t, config).Sign(t.Context(), pause)
			require.NoError(t, err)
		})
	}
}

func TestACertificateIsLoadedAnewAndRenewsOnlyItsOwnToken(t *testing.T) {
	server := start(t, vaulttest.Config{TLS: true})
	createKey(t, server)
	cert, key, der := pair(t)
	server.Certificate("responder", signertest.Name, der, 2*time.Second)
	config := anonymous(t, server)
	config.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, server.WriteCA(config.CAFile))
	config.Certificate = &vault.Certificate{CertFile: cert, KeyFile: key, Role: "responder"}
	client := connect(t, config)
	_, err := client.Sign(t.Context(), pause)
	require.NoError(t, err)

	// The files are rotated: the next login shows the new certificate, over a
	// new connection.
	newCert, newKey, newDER := pair(t)
	for from, to := range map[string]string{newCert: cert, newKey: key} {
		raw, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, raw, 0o600))
	}
	server.Certificate("responder", signertest.Name, newDER, 2*time.Second)
	server.RevokeAll()
	_, err = client.Sign(t.Context(), pause)
	require.NoError(t, err)
	assert.Equal(t, 2, server.Logins())

	// A renewal shows it too.
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- client.Run(ctx) }()
	require.Eventually(t, func() bool { return server.Renewals() > 0 }, 10*time.Second, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)

	require.NoError(t, os.WriteFile(key, []byte("no key"), 0o600))
	server.RevokeAll()
	_, err = client.Sign(t.Context(), pause)
	require.ErrorIs(t, err, signer.ErrUnavailable)
	assert.NotContains(t, err.Error(), "no key")
}

func TestACertificateIsShownOnlyWhereItIsTheLogin(t *testing.T) {
	server := start(t, vaulttest.Config{TLS: true})
	config := anonymous(t, server)
	config.Timeout = time.Second
	config.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, server.WriteCA(config.CAFile))
	cert, key, _ := pair(t)
	config.Certificate = &vault.Certificate{CertFile: cert, KeyFile: key}
	_, err := connect(t, config).Key(t.Context(), signertest.Name)
	assert.ErrorContains(t, err, "check the certificate", "nobody has made a role for it")
	config.Address = "http" + strings.TrimPrefix(server.URL(), "https")
	_, err = vault.New(config)
	assert.ErrorContains(t, err, "https")
}

func TestAWrappedSecretIDIsUnwrappedOnceAndKept(t *testing.T) {
	server := start(t, vaulttest.Config{})
	createKey(t, server)
	config := anonymous(t, server)
	roleID, secretID := server.AppRole(signertest.Name, time.Hour)
	const from = "auth/approle/role/responder/secret-id"
	file := secretFile(t, server.Wrap(from, secretID))
	config.AppRole = &vault.AppRole{RoleID: roleID, WrappedSecretIDFile: file, Role: "responder"}
	client := connect(t, config)
	_, err := client.Sign(t.Context(), pause)
	require.NoError(t, err)
	assert.Equal(t, 5, server.Faults.Requests(), "lookup, unwrap, login, key, sign")
	server.RevokeAll()
	_, err = client.Sign(t.Context(), pause)
	require.NoError(t, err, "the secret id is remembered")
	require.NoError(t, os.Remove(file))
	server.RevokeAll()
	_, err = client.Sign(t.Context(), pause)
	require.NoError(t, err, "and needs its file no more")

	// Rotation: a new wrapping token in the file.
	require.NoError(t, os.WriteFile(file, []byte(server.Wrap(from, server.Rotate(roleID))+"\n\n"), 0o600))
	server.RevokeAll()
	_, err = client.Sign(t.Context(), pause)
	require.NoError(t, err)
}

func TestAWrappedSecretIDThatCannotBeTrustedIsAnAlarm(t *testing.T) {
	const from = "auth/approle/role/responder/secret-id"
	for name, c := range map[string]struct {
		token func(server *vaulttest.Server, secretID string) string
		want  string
	}{
		"it was used already":    {func(*vaulttest.Server, string) string { return "hvs.used-by-somebody" }, "already unwrapped"},
		"it came from elsewhere": {func(s *vaulttest.Server, id string) string { return s.Wrap("cubbyhole/mine", id) }, "was made by"},
		"it is of another role": {func(s *vaulttest.Server, id string) string {
			return s.Wrap("auth/approle/role/other/secret-id", id)
		}, "was made by"},
		"it holds nothing": {func(s *vaulttest.Server, _ string) string { return s.Wrap(from, "") }, "no secret id"},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, vaulttest.Config{})
			config := anonymous(t, server)
			roleID, secretID := server.AppRole(signertest.Name, time.Hour)
			token := c.token(server, secretID)
			config.AppRole = &vault.AppRole{RoleID: roleID, WrappedSecretIDFile: secretFile(t, token), Role: "responder"}
			var log bytes.Buffer
			config.Logger = slog.New(slog.NewTextHandler(&log, nil))
			client := connect(t, config)
			for range 3 {
				_, err := client.Key(t.Context(), signertest.Name)
				require.ErrorIs(t, err, signer.ErrUnavailable)
				assert.ErrorContains(t, err, "ALARM")
				assert.ErrorContains(t, err, c.want)
				assert.NotContains(t, err.Error(), secretID)
				assert.NotContains(t, err.Error(), token)
			}
			assert.Equal(t, 1, strings.Count(log.String(), "cannot be trusted"), "one alarm per file")
			assert.Contains(t, log.String(), "level=ERROR")
			assert.LessOrEqual(t, server.Faults.Requests(), 2, "it is not tried again")
		})
	}
}

func TestAnUnwrappingWithoutAnAnswerSaysThatItMayHaveBeenOurs(t *testing.T) {
	server := start(t, vaulttest.Config{})
	config := anonymous(t, server)
	roleID, secretID := server.AppRole(signertest.Name, time.Hour)
	config.AppRole = &vault.AppRole{RoleID: roleID, WrappedSecretIDFile: secretFile(t, server.Wrap("auth/approle/role/r/secret-id", secretID))}
	server.Faults.Pass(1)
	server.Faults.Drop(1)
	_, err := connect(t, config).Key(t.Context(), signertest.Name)
	assert.ErrorContains(t, err, "an earlier try of ours got no answer")
}
