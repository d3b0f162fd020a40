package layers_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/internal/layers"
)

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
	GoFiles    []string
	Doc        string
}

func list(t *testing.T) []pkg {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps,GoFiles,Doc", layers.Module+"/...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	require.NoError(t, err)
	var all []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, p)
	}
}

func ours(path string) (string, bool) {
	return strings.CutPrefix(path, layers.Module+"/")
}

func TestEveryImportIsInTheTable(t *testing.T) {
	for _, p := range list(t) {
		name, _ := ours(p.ImportPath)
		if len(p.GoFiles) == 0 {
			continue // tests only
		}
		allowed, known := layers.Allowed[name]
		assert.True(t, known, "package %s is not in the table", name)
		for _, path := range p.Imports {
			dep, ok := ours(path)
			if !ok || slices.Contains(allowed, layers.Everything) {
				continue
			}
			assert.Contains(t, allowed, dep, "%s imports %s", name, dep)
		}
	}
}

func TestOnlyTheTopImportsTheWiring(t *testing.T) {
	for _, p := range list(t) {
		name, _ := ours(p.ImportPath)
		for _, path := range p.Imports {
			dep, _ := ours(path)
			if importers, leaf := layers.Leaves[dep]; leaf {
				assert.Contains(t, importers, name, "%s imports %s", name, dep)
			}
		}
	}
}

// insideVault are the packages of ours that the plugin's process is made of.
var insideVault = []string{"signer", "signer/document", "signer/policy", "signer/consent", "signer/plugin"}

func TestNoNetworkCodeOfOursRunsInsideVault(t *testing.T) {
	for _, p := range list(t) {
		name, _ := ours(p.ImportPath)
		if !slices.Contains(insideVault, name) {
			continue
		}
		assert.NotContains(t, p.Imports, "net/http", name)
		for _, path := range p.Deps {
			assert.NotContains(t, path, "slack-go", name)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range list(t) {
		if len(p.GoFiles) > 0 {
			assert.NotEmpty(t, p.Doc, "%s has no package comment", p.ImportPath)
		}
	}
}
