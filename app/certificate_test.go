package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// certify writes a certificate with that number into files.
func certify(t *testing.T, files TLS, number int64, changed time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(number), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"approve.firebreak.test"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(files.CertFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(files.KeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	require.NoError(t, os.Chtimes(files.CertFile, changed, changed))
}

func TestARenewedCertificateIsUsedAndABrokenOneIsNot(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		files := TLS{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")}
		var failures []error
		c := &certificate{files: files, failed: func(err error) { failures = append(failures, err) }}
		assert.ErrorContains(t, c.load(), "read certificate")
		serial := func() int64 {
			pair, err := c.get(nil)
			require.NoError(t, err)
			leaf, err := x509.ParseCertificate(pair.Certificate[0])
			require.NoError(t, err)
			return leaf.SerialNumber.Int64()
		}

		start := time.Now()
		certify(t, files, 1, start)
		require.NoError(t, c.load())
		assert.Equal(t, int64(1), serial())

		certify(t, files, 2, start.Add(time.Second))
		assert.Equal(t, int64(1), serial(), "it is not read at every handshake")
		time.Sleep(certificateAge)
		assert.Equal(t, int64(2), serial())

		require.NoError(t, os.WriteFile(files.CertFile, []byte("half a file"), 0o600))
		require.NoError(t, os.Chtimes(files.CertFile, start.Add(2*time.Second), start.Add(2*time.Second)))
		time.Sleep(certificateAge)
		assert.Equal(t, int64(2), serial(), "the old one stays in force")
		assert.Len(t, failures, 1)

		certify(t, files, 3, start.Add(3*time.Second))
		require.NoError(t, os.Chmod(files.KeyFile, 0o644))
		time.Sleep(certificateAge)
		assert.Equal(t, int64(2), serial(), "a key that everybody may read is none")
		assert.Len(t, failures, 2)
	})
}
