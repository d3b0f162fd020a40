package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheBenchMeasuresWhatItSays runs it small; the figures are for `make
// bench-signer`.
func TestTheBenchMeasuresWhatItSays(t *testing.T) {
	if os.Getenv("FIREBREAK_VAULT") == "" {
		t.Setenv("FIREBREAK_VAULT", filepath.Join("..", "..", "..", ".cache", "vault", "vault"))
	}
	plugin := filepath.Join(t.TempDir(), "vault-plugin-firebreak")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", plugin, "./cmd/vault-plugin-firebreak")
	build.Dir = filepath.Join("..", "..", "..")
	text, err := build.CombinedOutput()
	require.NoError(t, err, string(text))
	t.Setenv("FIREBREAK_VAULT_PLUGIN", plugin)

	var out bytes.Buffer
	require.NoError(t, run(t.Context(), options{samples: 10, signatures: 201, workers: 2, audit: 1, noCache: true}, &out))
	for _, name := range calls {
		assert.Contains(t, out.String(), name)
	}
	assert.Regexp(t, `p50 of sign / p50 of kv put: \d+\.\d\d \(aim 1.30: (met|missed)\)`, out.String())
	assert.Regexp(t, `(\d+\.\d) MiB at most \(aim 64 MiB: (met|missed)\)`, out.String())
	require.Error(t, run(t.Context(), options{}, &out))
}
