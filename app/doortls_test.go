package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/incident"
)

// notary signs certificates for one test.
type notary struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newNotary(t *testing.T, name string) notary {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return notary{cert, key}
}

// issue makes a certificate for a name.
func (a notary) issue(t *testing.T, name string, until time.Time) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotBefore: until.Add(-time.Hour), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func (a notary) write(t *testing.T, path string, changed time.Time) {
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}), 0o600))
	require.NoError(t, os.Chtimes(path, changed, changed))
}

// tlsDoor listens with client authorities and answers which names were verified.
func tlsDoor(t *testing.T, files DoorTLS, h http.Handler) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	inner, err := doorTLS(&files, l, func(err error) { t.Error(err) })
	require.NoError(t, err)
	s := newServer(h)
	go s.Serve(inner)
	t.Cleanup(func() { s.Close() })
	return "https://" + l.Addr().String()
}

// verified answers with the name in the certificate that was verified.
var verified = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if len(r.TLS.VerifiedChains) > 0 {
		w.Write([]byte(r.TLS.VerifiedChains[0][0].DNSNames[0]))
	}
})

// client shows a certificate, or none.
func client(t *testing.T, shown ...tls.Certificate) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if len(shown) == 0 {
				return &tls.Certificate{}, nil
			}
			return &shown[0], nil
		}}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestAClientCertificateMayBeMissingButNotBad(t *testing.T) {
	ours, theirs := newNotary(t, "ours"), newNotary(t, "theirs")
	dir := t.TempDir()
	files := DoorTLS{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key"), ClientCAFile: filepath.Join(dir, "clients.crt")}
	certify(t, TLS{CertFile: files.CertFile, KeyFile: files.KeyFile}, 1, time.Now())
	ours.write(t, files.ClientCAFile, time.Now())
	url := tlsDoor(t, files, verified)

	for name, c := range map[string]struct {
		shown []tls.Certificate
		met   string // "" none is verified, "-" the handshake fails
	}{
		"none":        {nil, ""},
		"ours":        {[]tls.Certificate{ours.issue(t, "detector", time.Now().Add(time.Hour/2))}, "detector"},
		"another's":   {[]tls.Certificate{theirs.issue(t, "detector", time.Now().Add(time.Hour/2))}, "-"},
		"ours, ended": {[]tls.Certificate{ours.issue(t, "detector", time.Now().Add(-time.Minute))}, "-"},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := client(t, c.shown...).Get(url)
			if c.met == "-" {
				assert.Error(t, err)
				return
			}
			require.NoError(t, err)
			defer answer.Body.Close()
			text := make([]byte, 64)
			n, _ := answer.Body.Read(text)
			assert.Equal(t, c.met, string(text[:n]))
			assert.Equal(t, uint16(tls.VersionTLS13), answer.TLS.Version)
			assert.Equal(t, 1, answer.ProtoMajor, "one connection is one request at a time")
		})
	}
}

// TestASourceThatNamesACertificateIsToldSoOverTLS: the handshake takes who shows
// none, because other sources need none; the source does not.
func TestASourceThatNamesACertificateIsToldSoOverTLS(t *testing.T) {
	ours := newNotary(t, "ours")
	dir := t.TempDir()
	files := DoorTLS{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key"), ClientCAFile: filepath.Join(dir, "clients.crt")}
	certify(t, TLS{CertFile: files.CertFile, KeyFile: files.KeyFile}, 1, time.Now())
	ours.write(t, files.ClientCAFile, time.Now())
	secret := "a-secret-of-this-test"
	never := func(string) (string, common.Address, bool) { return "", common.Address{}, false }
	doors, err := alerts.Handler(alerts.Config{Inbox: taken{}, Names: alerts.Names{
		ChainByID: func(uint64) (string, bool) { return "", false }, KnownChain: func(string) bool { return false }, Contract: never,
		ContractAt: func(string, common.Address) (string, bool) { return "", false }, Decimals: func(string) (uint8, bool) { return 0, false },
	}, Sources: []alerts.Source{{Name: "detector", Kind: "generic", Secrets: []string{secret}, Client: "detector"},
		{Name: "other", Kind: "generic", Secrets: []string{secret + "-2"}}}})
	require.NoError(t, err)
	url := tlsDoor(t, files, doors)

	post := func(c *http.Client, source, secret string) int {
		body := `{"id":"a1","rule":"vault.outflow-spike"}`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/alerts/"+source, strings.NewReader(body))
		require.NoError(t, err)
		r.Header = alerts.SignGeneric(secret, []byte(body), time.Now())
		r.Header.Set("Content-Type", "application/json")
		answer, err := c.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	until := time.Now().Add(time.Hour / 2)
	assert.Equal(t, http.StatusUnauthorized, post(client(t), "detector", secret), "none")
	assert.Equal(t, http.StatusUnauthorized, post(client(t, ours.issue(t, "stranger", until)), "detector", secret), "another's")
	assert.Equal(t, http.StatusUnauthorized, post(client(t, ours.issue(t, "detector", until)), "detector", "another-secret-of-it"), "no signature")
	assert.Equal(t, http.StatusAccepted, post(client(t, ours.issue(t, "detector", until)), "detector", secret))
	assert.Equal(t, http.StatusAccepted, post(client(t), "other", secret+"-2"), "who needs none")
}

// taken is an inbox that takes everything.
type taken struct{}

func (taken) Receive(context.Context, incident.Received) (uint64, bool, error) { return 1, false, nil }

func TestOldTLSIsRefused(t *testing.T) {
	dir := t.TempDir()
	files := DoorTLS{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")}
	certify(t, TLS{CertFile: files.CertFile, KeyFile: files.KeyFile}, 1, time.Now())
	url := tlsDoor(t, files, verified)
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}}
	_, err := (&http.Client{Transport: transport}).Get(url)
	assert.Error(t, err)
}

func TestAuthoritiesAreReadAgainAndBrokenOnesAreNotUsed(t *testing.T) {
	ours, theirs := newNotary(t, "ours"), newNotary(t, "theirs")
	file := filepath.Join(t.TempDir(), "clients.crt")
	synctest.Test(t, func(t *testing.T) {
		var failures []error
		a := &authorities{file: file, failed: func(err error) { failures = append(failures, err) }}
		assert.Error(t, a.load(), "there is no file yet")
		start := time.Now()
		ours.write(t, file, start)
		require.NoError(t, a.load())
		pool := func(of notary) *x509.CertPool {
			p := x509.NewCertPool()
			p.AddCert(of.cert)
			return p
		}
		theirs.write(t, file, start.Add(time.Second))
		assert.True(t, a.get().Equal(pool(ours)), "it is not read at every handshake")
		time.Sleep(certificateAge)
		assert.True(t, a.get().Equal(pool(theirs)))
		require.NoError(t, os.WriteFile(file, []byte("nothing"), 0o600))
		require.NoError(t, os.Chtimes(file, start.Add(2*time.Second), start.Add(2*time.Second)))
		time.Sleep(certificateAge)
		assert.True(t, a.get().Equal(pool(theirs)), "the old ones stay in force")
		assert.Len(t, failures, 1)
	})
}
