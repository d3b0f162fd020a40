package vaultserver

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBinariesAreLookedForAndTheWayToHaveThemIsSaid(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("FIREBREAK_VAULT", "")
	t.Setenv("FIREBREAK_VAULT_PLUGIN", "")
	_, err := FindBinary("")
	require.ErrorContains(t, err, "make vault")
	_, err = FindPlugin("")
	require.ErrorContains(t, err, "make plugin")

	here, err := os.Getwd()
	require.NoError(t, err)
	built := filepath.Join(here, ".cache", "vault", "vault")
	require.NoError(t, os.MkdirAll(filepath.Dir(built), 0o700))
	require.NoError(t, os.WriteFile(built, nil, 0o600))
	_, err = FindBinary("")
	require.ErrorContains(t, err, "make vault", "a file that cannot be run is none")
	require.NoError(t, os.Chmod(built, 0o700))
	found, err := FindBinary("")
	require.NoError(t, err)
	assert.Equal(t, built, found)

	t.Setenv("FIREBREAK_VAULT", filepath.Join(here, "elsewhere"))
	_, err = FindBinary("")
	require.ErrorContains(t, err, "elsewhere")
	found, err = FindBinary(built)
	require.NoError(t, err)
	assert.Equal(t, built, found, "a path that is given comes first")
}
