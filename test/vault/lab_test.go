package vault_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheLabContainsAnAttackWithTheKeyInARealVault is the whole story as an
// operator plays it: daemon, chain and attacker, and the key in a server and a
// plugin that are processes of their own.
func TestTheLabContainsAnAttackWithTheKeyInARealVault(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "firebreak-lab")
	require.NoError(t, build(binary, "./cmd/firebreak-lab"))
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), binary, "run", "vault-drain", "--yes", "--json", "--block-time", "200ms",
		"--vault", "real", "--vault-binary", serverBinary, "--vault-plugin", pluginBinary)
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Run(), errs.String())
	var result struct{ Outcome string }
	require.NoError(t, json.Unmarshal(out.Bytes(), &result), out.String())
	assert.Equal(t, "contained", result.Outcome)
	assert.Contains(t, errs.String(), "a real server")
}
