package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAGoodConfigurationIsToldHowItWasUnderstood(t *testing.T) {
	want := testdata(t, "check.txt")
	files(t)
	a := call("check")
	require.Equal(t, exitOK, a.code, a.err)
	assert.Empty(t, a.err)
	golden(t, want, a.out)
}

func TestACheckNeedsNoSecretAndNoNetwork(t *testing.T) {
	files(t)
	for name := range secrets() {
		require.NoError(t, os.Remove(name))
	}
	assert.Equal(t, exitOK, call("check").code)
}

// TestWhatIsWrongIsFoundAtItsPlace breaks one file at a time. The golden has
// every message as a person sees it.
func TestWhatIsWrongIsFoundAtItsPlace(t *testing.T) {
	const drain = "playbooks/vault-drain.yaml"
	for _, c := range []struct{ name, file, from, to string }{
		{"config-misspelt-key", "firebreak.yaml", "journal:", "jornal:"},
		{"config-no-yaml", "firebreak.yaml", "listen:", "listen: ["},
		{"config-double-key", "firebreak.yaml", "admin:", "admin: 127.0.0.1:0\nadmin:"},
		{"config-vault-without-tls", "firebreak.yaml", "http://127.0.0.1:1\", token", "http://vault.internal:8200\", token"},
		{"config-two-problems", "firebreak.yaml", "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0", "listen: nowhere\nadmin: ''"},
		{"config-unknown-chain", "firebreak.yaml", "  lab:\n    rpc:", "  mainnet:\n    rpc:"},
		{"config-depth-that-does-not-count", "firebreak.yaml", "  lab:\n    rpc:", "  lab:\n    finality: safe\n    depth: 3\n    rpc:"},
		{"config-unknown-rule", "firebreak.yaml", "vault.outflow-spike}", "vault.outflow}"},
		{"inventory-misspelt-key", "inventory.yaml", "teams:", "taems:"},
		{"inventory-bad-address", "inventory.yaml", "0x1111111111111111111111111111111111111111", "0x111"},
		{"inventory-team-of-strangers", "inventory.yaml", "protocol: [dee, eli]", "protocol: [dee, zoe]"},
		{"playbook-misspelt-key", drain, "approve:", "aprove:"},
		{"playbook-bad-condition", drain, `alert.contract == "lab-vault" &&`, `alert.contrat == "lab-vault" &&`},
		{"playbook-unknown-verb", drain, "do: pause", "do: explode"},
		{"playbook-quorum-too-large", drain, "quorum: 2", "quorum: 9"},
		{"playbook-unknown-rule", drain, "rules: [vault.outflow-spike]", "rules: [vault.outflow]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := testdata(t, "check", c.name+".txt")
			files(t)
			edit(t, c.file, c.from, c.to)
			a := call("check")
			assert.Equal(t, exitFindings, a.code, a.err)
			assert.Empty(t, a.out)
			golden(t, want, a.err)
			lines := strings.Split(strings.TrimSpace(a.err), "\n")
			assert.Regexp(t, `^firebreak: .* \d+ problems?:$`, lines[0])
			place := regexp.MustCompile(`^\S+\.yaml:\d+:\d+: \S`)
			for _, line := range lines[1:] {
				if !strings.HasPrefix(line, " ") {
					assert.Regexp(t, place, line)
				}
			}
		})
	}
}

func TestAConfigurationThatIsNotThereCouldNotBeChecked(t *testing.T) {
	for name, c := range map[string]struct {
		gone, says string
		code       int
	}{
		"the configuration": {"firebreak.yaml", "--config", exitError},
		"the inventory":     {"inventory.yaml", "inventory.yaml", exitError},
		"the playbooks":     {"playbooks", "playbooks", exitError},
	} {
		t.Run(name, func(t *testing.T) {
			files(t)
			require.NoError(t, os.RemoveAll(c.gone))
			a := call("check")
			assert.Equal(t, c.code, a.code, a.err)
			assert.Contains(t, a.err, c.says)
			assert.Equal(t, 1, strings.Count(a.err, "\n"), a.err)
		})
	}
}

func TestOddFilesAreRefusedAndNothingPanics(t *testing.T) {
	for name, text := range map[string]string{
		"empty":          "",
		"a null":         "~",
		"a list":         "- a\n- b\n",
		"a binary":       "\x7fELF\x02\x01\x01\x00\x00",
		"an alias bomb":  "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]\n",
		"a second one":   config + "---\nlisten: x\n",
		"null sections":  "chains:\nsigner:\nslack:\nsources:\n",
		"too large":      "# " + strings.Repeat("x", 1<<20),
		"escapes":        "\x1b[2Jlisten: x\n",
		"escapes in key": "\"\\e[2J\": x\n",
	} {
		t.Run(name, func(t *testing.T) {
			files(t)
			require.NoError(t, os.WriteFile("firebreak.yaml", []byte(text), 0o600))
			a := call("check")
			assert.Equal(t, exitFindings, a.code, a.err)
			assert.Contains(t, a.err, "firebreak.yaml")
			assert.NotContains(t, a.err, "\x1b")
			assert.NotContains(t, a.err, "goroutine")
		})
	}
}
