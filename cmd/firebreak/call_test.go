package main

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
)

var update = flag.Bool("update", false, "write the golden files anew")

// answer is what a command left behind.
type answer struct {
	code     int
	out, err string
}

// call runs firebreak with an empty standard input.
func call(args ...string) answer { return callWith("", args...) }

func callWith(in string, args ...string) answer {
	var out, errs bytes.Buffer
	code := run(args, streams{strings.NewReader(in), &out, &errs})
	return answer{code, out.String(), errs.String()}
}

// golden compares text with a file of testdata, which is found from the
// package's folder whatever the test's folder is.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update")
	assert.Equal(t, string(want), got)
}

// testdata is an absolute path, for tests that go elsewhere.
func testdata(t *testing.T, parts ...string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(append([]string{"testdata"}, parts...)...))
	require.NoError(t, err)
	return path
}

// config is a whole configuration. Its inventory and playbooks are those of
// the library.
const config = `listen: 127.0.0.1:0
admin: 127.0.0.1:0
journal: firebreak.db
inventory: inventory.yaml
playbooks: playbooks
chains:
  lab:
    rpc:
      - {name: node-a, url: "http://127.0.0.1:1"}
signer:
  vault: {address: "http://127.0.0.1:1", token_file: vault-token, timeout: 300ms}
slack:
  team: T0FIREBREAK
  app: A0FIREBREAK
  token_file: slack-token
  signing_secret_files: [slack-signing-secret]
sources:
  detector: {kind: generic, secret_files: [detector-secret], rules: {"big-outflow": vault.outflow-spike}}
`

// secrets are the files of secrets by their names.
func secrets() map[string]string {
	return map[string]string{
		"slack-token":          "xoxb-0000-token-of-this-test",
		"slack-signing-secret": "signing-secret-of-this-test",
		"detector-secret":      "detector-secret-of-this-test",
		"vault-token":          "hvs.token-of-this-test",
	}
}

// files writes a whole configuration into a fresh folder, which becomes the
// working directory.
func files(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	put := func(name, text string, mode os.FileMode) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), mode))
	}
	put("firebreak.yaml", config, 0o644)
	for name, text := range secrets() {
		put(name, text+"\n", 0o600)
	}
	shipped, err := fs.Glob(playbooks.Library(), "*.yaml")
	require.NoError(t, err)
	for _, name := range shipped {
		text, err := fs.ReadFile(playbooks.Library(), name)
		require.NoError(t, err)
		switch {
		case name == "inventory.yaml":
			require.Contains(t, string(text), drillSigner)
			put(name, strings.Replace(string(text), drillSigner, "", 1), 0o644)
		case strings.HasPrefix(name, "vault-drain.") || strings.HasPrefix(name, "allowance-phish.") || strings.HasPrefix(name, "limit-bleed."):
			put("playbooks/"+name, string(text), 0o644)
		}
	}
	t.Chdir(dir)
	return dir
}

// drillSigner is the second key of the example inventory, which no Vault here has.
const drillSigner = `  drill: # may pause on the practice chain, and holds no role anywhere else
    chains: [lab]
    address: "0x4545454545454545454545454545454545454545"
    exercise: true
`

// edit replaces text that has to be there.
func edit(t *testing.T, file, from, to string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), from, "the case changes something")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o600))
}
