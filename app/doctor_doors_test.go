package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDoctorLooksAtTheDoorsAsSendersWould(t *testing.T) {
	dir := t.TempDir()
	files := DoorTLS{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")}
	certify(t, TLS{CertFile: files.CertFile, KeyFile: files.KeyFile}, 1, time.Now()) // for an hour
	believing, empty := files, files
	believing.ClientCAFile = filepath.Join(dir, "clients.crt")
	newNotary(t, "ours").write(t, believing.ClientCAFile, time.Now())
	empty.ClientCAFile = files.KeyFile
	for name, c := range map[string]struct {
		c       Config
		later   time.Duration
		verdict Verdict
		says    string
	}{
		"on loopback":            {Config{Listen: "127.0.0.1:1"}, 0, Passed, "without TLS"},
		"behind a proxy":         {Config{Listen: "0.0.0.0:1", Proxies: []string{"10.0.0.1"}}, 0, Passed, "without TLS"},
		"open to the network":    {Config{Listen: "0.0.0.0:1"}, 0, Warned, "read on the way"},
		"one that is good":       {Config{Listen: "0.0.0.0:1", TLS: &believing}, -expiresSoon, Passed, "approve.firebreak.test"},
		"one that ends soon":     {Config{Listen: "0.0.0.0:1", TLS: &files}, 0, Warned, "ends on"},
		"one that has ended":     {Config{Listen: "0.0.0.0:1", TLS: &files}, 2 * time.Hour, Failed, "not now"},
		"no file":                {Config{Listen: "0.0.0.0:1", TLS: &DoorTLS{CertFile: "absent", KeyFile: files.KeyFile}}, 0, Failed, "cannot be used"},
		"no authority in a file": {Config{Listen: "0.0.0.0:1", TLS: &empty}, 0, Failed, "no certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			d, p := newDoctor(DoctorOptions{}), &page{}
			d.c = c.c
			d.judgeDoors(p, time.Now().Add(c.later))
			require.Len(t, p.findings, 1)
			assert.Equal(t, c.verdict, p.findings[0].Verdict, p.findings[0].Found)
			assert.Contains(t, p.findings[0].Found, c.says)
		})
	}
}

// TestWhatAStreamIsLoggedInWithIsAsPrivateAsAnySecret, and no word of it is in an
// error.
func TestWhatAStreamIsLoggedInWithIsAsPrivateAsAnySecret(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), mode))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	for name, c := range map[string]struct {
		n    NATS
		says string
	}{
		"a password that is absent": {NATS{User: "u", PasswordFile: filepath.Join(dir, "absent")}, "read secret"},
		"a password for everybody":  {NATS{User: "u", PasswordFile: put("open", "hunter2-hunter2", 0o644)}, "chmod"},
		"credentials for everybody": {NATS{CredsFile: put("creds", "hunter2-hunter2", 0o644)}, "chmod"},
		"a seed that is none":       {NATS{NKeyFile: put("seed", "hunter2-hunter2", 0o600)}, "cannot be used"},
		"a key that is absent":      {NATS{CertFile: "a", KeyFile: filepath.Join(dir, "absent")}, "read secret"},
	} {
		c.n.URL = "nats://127.0.0.1:1"
		_, err := natsLogin(c.n)
		require.Error(t, err, name)
		assert.Contains(t, err.Error(), c.says, name)
		assert.NotContains(t, err.Error(), "hunter2", name)

		d, p := newDoctor(DoctorOptions{}), &page{}
		d.c = Config{Listen: "127.0.0.1:1", Sources: map[string]Source{"waits": {NATS: &c.n}}}
		d.askStreams(t.Context(), p)
		require.Len(t, p.findings, 1)
		assert.Equal(t, Failed, p.findings[0].Verdict, name)
	}
	options, err := natsLogin(NATS{URL: "tls://a.internal:4222", User: "u", PasswordFile: put("password", "hunter2-hunter2", 0o600), CAFile: "ca.crt"})
	require.NoError(t, err)
	assert.Len(t, options, 3, "TLS, whom to believe, and who we are")
}
