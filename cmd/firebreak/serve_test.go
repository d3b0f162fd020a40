package main

import (
	"net"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/journal/sqlite"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault/vaulttest"
)

// site is a configuration that serves, with a Vault behind it.
type site struct {
	dir    string
	vault  *vaulttest.Server
	listen string // a port that was free a moment ago
	key    common.Address
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{dir: files(t), listen: freeAddress(t)}
	var err error
	s.vault, err = vaulttest.Start(t.Context(), vaulttest.Config{})
	require.NoError(t, err)
	t.Cleanup(s.vault.Close)
	key, err := s.vault.CreateKey(t.Context(), signer.NewKey{Name: "guardian", Class: "containment", Policy: signertest.Policy("guardian"), Guardians: signertest.Guardians("guardian")})
	require.NoError(t, err)
	s.key = key.Address
	s.vault.UseToken(secrets()["vault-token"], "guardian")
	edit(t, "inventory.yaml", "0x4444444444444444444444444444444444444444", key.Address.Hex())
	edit(t, "firebreak.yaml", "http://127.0.0.1:1\", token", s.vault.URL()+"\", token")
	edit(t, "firebreak.yaml", "listen: 127.0.0.1:0", "listen: "+s.listen)
	return s
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// unpin takes the key's address out of the inventory, so that only Vault can
// tell it.
func unpin(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile("inventory.yaml")
	require.NoError(t, err)
	before, rest, _ := strings.Cut(string(text), "  guardian:\n")
	at := strings.Index(rest, "    address:")
	end := at + strings.Index(rest[at:], "\n") + 1
	write(t, "inventory.yaml", before+"  guardian:\n"+rest[:at]+rest[end:], 0o600)
}

// hold takes a port until the test ends.
func hold(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func write(t *testing.T, file, text string, mode os.FileMode) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte(text), mode))
	require.NoError(t, os.Chmod(file, mode))
}

const heldByTest = "a journal that another process has"

// wrong is one thing that keeps the daemon from starting.
type wrong struct {
	name string
	do   func(t *testing.T, s *site)
	says []string
}

func wrongs() []wrong {
	swap := func(file, from, to string) func(*testing.T, *site) {
		return func(t *testing.T, _ *site) { edit(t, file, from, to) }
	}
	mode := func(file string, mode os.FileMode) func(*testing.T, *site) {
		return func(t *testing.T, _ *site) { require.NoError(t, os.Chmod(file, mode)) }
	}
	gone := func(file string) func(*testing.T, *site) {
		return func(t *testing.T, _ *site) { require.NoError(t, os.Remove(file)) }
	}
	return []wrong{
		{"no configuration", gone("firebreak.yaml"), []string{"firebreak.yaml", "--config"}},
		{"a broken configuration", swap("firebreak.yaml", "journal:", "jornal:"), []string{"firebreak.yaml:3:1:", "jornal"}},
		{"a broken playbook", swap("playbooks/vault-drain.yaml", "do: pause", "do: explode"), []string{"vault-drain.yaml:29:9:", "explode"}},
		{"no inventory", gone("inventory.yaml"), []string{"inventory.yaml", "no such file"}},
		{"a chain that is not in the inventory", swap("firebreak.yaml", "  lab:\n", "  lab: {rpc: [{name: b, url: http://127.0.0.1:1}]}\n  main:\n"),
			[]string{"firebreak.yaml:8:3:", "chains.main", "it has lab"}},
		{"a contract on a chain without endpoints", func(t *testing.T, _ *site) {
			edit(t, "inventory.yaml", "  lab: {id: 1337", "  main: {id: 1, block_time: 12s, currency: ETH}\n  lab: {id: 1337")
			edit(t, "inventory.yaml", "contracts:\n", "contracts:\n  far-vault: {chain: main, address: \"0x7777777777777777777777777777777777777777\", can: [pause]}\n")
		}, []string{"firebreak.yaml:6:1:", "far-vault", "chain main"}},
		{"the port of alerts in use", func(t *testing.T, s *site) { edit(t, "firebreak.yaml", s.listen, hold(t)) },
			[]string{"alerts and clicks", "address already in use", "name another one"}},
		{"the port of health in use", func(t *testing.T, _ *site) { edit(t, "firebreak.yaml", "admin: 127.0.0.1:0", "admin: "+hold(t)) },
			[]string{"health and metrics", "address already in use"}},
		{"the port of the approval page in use", func(t *testing.T, _ *site) {
			edit(t, "firebreak.yaml", "sources:", `console: {origin: "https://approve.example.org", listen: "`+hold(t)+`"}`+"\nsources:")
		}, []string{"approval page", "address already in use", "name another one"}},
		{"an approval page without its certificate", swap("firebreak.yaml", "sources:",
			`console: {origin: "https://approve.example.org", listen: "127.0.0.1:0", tls: {cert_file: tls.crt, key_file: tls.key}}`+"\nsources:"),
			[]string{"approval page", "tls.crt", "no such file"}},
		{heldByTest, func(t *testing.T, _ *site) {
			j, err := sqlite.Open(t.Context(), "firebreak.db")
			require.NoError(t, err)
			t.Cleanup(func() { j.Close() })
		}, []string{"firebreak.db", "another firebreak process has it", "stop that one first"}},
		{"a journal in no folder", swap("firebreak.yaml", "journal: firebreak.db", "journal: nowhere/firebreak.db"), []string{"nowhere/firebreak.db", "no such file or directory"}},
		{"a journal that is none", func(t *testing.T, _ *site) {
			write(t, "firebreak.db", strings.Repeat("this is no database\n", 500), 0o600)
		}, []string{"firebreak.db", "is no journal"}},
		{"no Vault", func(t *testing.T, s *site) { unpin(t); s.vault.Close() }, []string{"key guardian", "no reply from vault", "check that it is up"}},
		{"a sealed Vault", func(t *testing.T, s *site) { unpin(t); s.vault.Faults.Seal(true) }, []string{"key guardian", "sealed"}},
		{"a refused token", func(t *testing.T, s *site) { unpin(t); s.vault.RevokeAll() }, []string{"key guardian", "refused the token", "that the token may read it"}},
		{"a key that is not there", func(t *testing.T, s *site) {
			edit(t, "inventory.yaml", "  guardian:\n", "  warden:\n")
			for _, name := range []string{"vault-drain", "allowance-phish", "limit-bleed"} {
				edit(t, "playbooks/"+name+".yaml", "as: guardian", "as: warden")
			}
			write(t, "vault-token", s.vault.RootToken(), 0o600)
		}, []string{"key warden", "create it first"}},
		{"a key at another address", func(t *testing.T, s *site) {
			text, err := os.ReadFile("inventory.yaml")
			require.NoError(t, err)
			before, rest, _ := strings.Cut(string(text), "guardian:")
			at := strings.Index(rest, "0x")
			write(t, "inventory.yaml", before+"guardian:"+rest[:at]+"0x4444444444444444444444444444444444444444"+rest[at+42:], 0o600)
		}, []string{"key guardian", "0x4444444444444444444444444444444444444444", "signers.guardian in inventory.yaml"}},
		{"no token of Slack", gone("slack-token"), []string{"slack-token", "no such file"}},
		{"a token of Slack for everybody", mode("slack-token", 0o644), []string{"slack-token", "chmod 600"}},
		{"no signing secret", gone("slack-signing-secret"), []string{"slack-signing-secret", "no such file"}},
		{"an alert secret for everybody", mode("detector-secret", 0o604), []string{"detector", "chmod 600"}},
		{"an empty alert secret", func(t *testing.T, _ *site) { write(t, "detector-secret", "\n", 0o600) }, []string{"detector", "empty"}},
		{"a weak alert secret", func(t *testing.T, _ *site) { write(t, "detector-secret", "x\n", 0o600) }, []string{"detector"}},
		{"no token of Vault", gone("vault-token"), []string{"vault-token", "no such file"}},
		{"a token of Vault for everybody", mode("vault-token", 0o644), []string{"vault-token", "chmod 640"}},
		{"an endpoint's file without a URL", func(t *testing.T, _ *site) {
			edit(t, "firebreak.yaml", `url: "http://127.0.0.1:1"`, "url_file: rpc-url")
			write(t, "rpc-url", "://"+secrets()["vault-token"], 0o600)
		}, []string{"node-a", "rpc-url", "URL"}},
	}
}

func TestADaemonThatCannotStartSaysWhyInOneLineAndLeavesNothingBehind(t *testing.T) {
	for _, w := range wrongs() {
		t.Run(w.name, func(t *testing.T) {
			s := newSite(t)
			w.do(t, s)
			a := call("serve")
			assert.Equal(t, exitError, a.code)
			assert.Empty(t, a.out)
			assert.Regexp(t, `^firebreak: \S`, a.err)
			for _, says := range w.says {
				assert.Contains(t, a.err, says)
			}
			lines := strings.Split(strings.TrimSpace(a.err), "\n")
			for _, line := range lines[1:] {
				assert.Regexp(t, `^ +(\d+)? \|`, line, "one line, and what a file has there")
			}
			quiet(t, a)
			if w.name != heldByTest {
				settled(t)
			}
			// Somebody else's connection may have the port for a moment.
			assert.Eventually(t, func() bool {
				l, err := net.Listen("tcp", s.listen)
				return err == nil && l.Close() == nil
			}, 20*time.Second, 50*time.Millisecond, "the port is free")
			if !strings.HasPrefix(w.name, "a journal") { // those are broken or held
				j, err := sqlite.Open(t.Context(), "firebreak.db")
				require.NoError(t, err, "the journal is free")
				require.NoError(t, j.Close())
			}
		})
	}
}

// quiet is what no output may have.
func quiet(t *testing.T, a answer) {
	t.Helper()
	for name, secret := range secrets() {
		assert.NotContains(t, a.out+a.err, secret, "%s is a secret", name)
	}
	assert.NotContains(t, a.err, "goroutine")
	assert.NotContains(t, a.err, "panic")
	assert.NotContains(t, a.err, "\x1b")
}

// running are the goroutines that belong to a daemon.
var running = regexp.MustCompile(`database/sql\.|firebreak/(app|engine|submitter|verifier|alerts|journal/sqlite|approvals/slack|console|signer/vault)\.`)

// settled waits until no goroutine of a daemon is left.
func settled(t *testing.T) {
	t.Helper()
	var left []string
	for range 200 {
		all := make([]byte, 1<<20)
		all = all[:runtime.Stack(all, true)]
		left = nil
		for _, one := range strings.Split(string(all), "\n\n") {
			if running.MatchString(one) {
				left = append(left, one)
			}
		}
		if left == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("goroutines are left behind:\n%s", strings.Join(left, "\n\n"))
}
