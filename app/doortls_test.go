package app

import (
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
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
func tlsDoor(t *testing.T, files DoorTLS) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	inner, err := doorTLS(&files, l, func(err error) { t.Error(err) })
	require.NoError(t, err)
	s := newServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.VerifiedChains) > 0 {
			w.Write([]byte(r.TLS.VerifiedChains[0][0].DNSNames[0]))
		}
	}))
	go s.Serve(inner)
	t.Cleanup(func() { s.Close() })
	return "https://" + l.Addr().String()
}

func TestAClientCertificateMayBeMissingButNotBad(t *testing.T) {
	ours, theirs := newNotary(t, "ours"), newNotary(t, "theirs")
	dir := t.TempDir()
	files := DoorTLS{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key"), ClientCAFile: filepath.Join(dir, "clients.crt")}
	certify(t, TLS{CertFile: files.CertFile, KeyFile: files.KeyFile}, 1, time.Now())
	ours.write(t, files.ClientCAFile, time.Now())
	url := tlsDoor(t, files)

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
			config := &tls.Config{InsecureSkipVerify: true, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				if len(c.shown) == 0 {
					return &tls.Certificate{}, nil
				}
				return &c.shown[0], nil
			}}
			transport := &http.Transport{TLSClientConfig: config}
			defer transport.CloseIdleConnections()
			answer, err := (&http.Client{Transport: transport}).Get(url)
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

func TestOldTLSIsRefused(t *testing.T) {
	dir := t.TempDir()
	files := DoorTLS{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")}
	certify(t, TLS{CertFile: files.CertFile, KeyFile: files.KeyFile}, 1, time.Now())
	url := tlsDoor(t, files)
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
