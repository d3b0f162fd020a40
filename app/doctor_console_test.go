package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheApprovalPageNeedsToReadWhoItsGuardiansAre: without the right, nobody could
// sign in.
func TestTheApprovalPageNeedsToReadWhoItsGuardiansAre(t *testing.T) {
	d := newDoctor(DoctorOptions{})
	assert.Equal(t, right{"eth/keys/a/guardians", "", "read"}, d.mayRead("eth/keys/a/guardians"))
	d.c.Console = &Console{}
	assert.Equal(t, right{"eth/keys/a/guardians", "read", ""}, d.mayRead("eth/keys/a/guardians"))
}

func TestDoctorLooksAtTheApprovalPageAsABrowserWould(t *testing.T) {
	files := TLS{CertFile: filepath.Join(t.TempDir(), "tls.crt"), KeyFile: filepath.Join(t.TempDir(), "tls.key")}
	certify(t, files, 1, time.Now()) // for an hour, for approve.firebreak.test
	open := TLS{CertFile: files.CertFile, KeyFile: filepath.Join(t.TempDir(), "open.key")}
	raw, err := os.ReadFile(files.KeyFile)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(open.KeyFile, raw, 0o600))
	require.NoError(t, os.Chmod(open.KeyFile, 0o644))
	const origin = "https://approve.firebreak.test"
	for name, c := range map[string]struct {
		console *Console
		later   time.Duration
		verdict Verdict
		says    string
	}{
		"none":                 {nil, 0, Warned, "while Slack is down nobody can vote"},
		"behind a proxy":       {&Console{Origin: origin}, 0, Passed, "behind a proxy"},
		"one that ends soon":   {&Console{Origin: origin, TLS: &files}, 0, Warned, "ends on"},
		"one that is good":     {&Console{Origin: origin, TLS: &files}, -expiresSoon, Passed, "with a certificate until"},
		"one that has ended":   {&Console{Origin: origin, TLS: &files}, 2 * time.Hour, Failed, "not now"},
		"for another name":     {&Console{Origin: "https://vote.firebreak.test", TLS: &files}, 0, Failed, "another name"},
		"no file":              {&Console{Origin: origin, TLS: &TLS{CertFile: "absent", KeyFile: files.KeyFile}}, 0, Failed, "cannot be used"},
		"a key for everybody":  {&Console{Origin: origin, TLS: &open}, 0, Failed, "everybody may read"},
		"a key that is absent": {&Console{Origin: origin, TLS: &TLS{CertFile: files.CertFile, KeyFile: "absent"}}, 0, Failed, "read secret"},
	} {
		t.Run(name, func(t *testing.T) {
			d, p := newDoctor(DoctorOptions{}), &page{}
			d.c.Console = c.console
			d.judgeConsole(p, time.Now().Add(c.later))
			require.Len(t, p.findings, 1)
			assert.Equal(t, c.verdict, p.findings[0].Verdict, p.findings[0].Found)
			assert.Contains(t, p.findings[0].Found, c.says)
		})
	}
}
