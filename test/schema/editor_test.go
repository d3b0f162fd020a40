//go:build editor

package schema_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

// at is the place of a mark in a text, which is taken out.
func at(t *testing.T, text string) (string, position) {
	t.Helper()
	before, after, ok := strings.Cut(text, "§")
	require.True(t, ok)
	return before + after, position{strings.Count(before, "\n"), len(before) - strings.LastIndex(before, "\n") - 1}
}

// library is what ships, and an editor that knows its inventory.
func library(t *testing.T) (*playbooks.Set, *editor) {
	t.Helper()
	set, err := playbooks.LoadFS(playbooks.Library(), "inventory.yaml", ".")
	require.NoError(t, err)
	return set, knowing(t, desk.PlaybookSchema(set.Inventory()))
}

// knowing is an editor with one schema.
func knowing(t *testing.T, schema desk.Schema) *editor {
	t.Helper()
	raw, err := json.Marshal(schema)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "schema.json")
	require.NoError(t, os.WriteFile(file, raw, 0o600))
	return start(t, file)
}

func drain(t *testing.T, set *playbooks.Set) string {
	t.Helper()
	for _, p := range set.Playbooks() {
		if p.Name == "vault-drain" {
			return p.Text()
		}
	}
	require.Fail(t, "no vault-drain")
	return ""
}

func TestEditorFindsNothingWrongWithAnyPlaybookThatShips(t *testing.T) {
	set, editor := library(t)
	for _, p := range set.Playbooks() {
		assert.Empty(t, editor.open(p.Name+".yaml", p.Text()), p.Name)
	}
}

func TestEditorMarksWhatTheLoaderWouldRefuseAtItsLine(t *testing.T) {
	set, editor := library(t)
	good := drain(t, set)
	for name, c := range map[string]struct{ old, new, says string }{
		"a misspelt key":      {"approve:\n", "aprove:\n", "aprove"},
		"a misspelt contract": {"on: lab-vault\n", "on: lab-valt\n", "lab-vault"},
		"a misspelt rule":     {"[vault.outflow-spike]", "[vault.outflow]", "vault.outflow-spike"},
		"a misspelt mode":     {"mode: live", "mode: lve", "dry-run"},
		"another's verb":      {"do: pause\n", "do: blocklist\n", "lab-registry"},
		"a unit of nothing":   {"0.5 ETH", "0.5 EHT", "ETH"},
		"a missing key":       {"  deadline: 3m", "  # deadline: 3m", "deadline"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		require.NotEqual(t, good, text, name)
		found := editor.open(strings.ReplaceAll(name, " ", "-")+".yaml", text)
		require.NotEmpty(t, found, name)
		var said []string
		for _, d := range found {
			said = append(said, d.Message)
		}
		assert.Contains(t, strings.Join(said, "\n"), c.says, name)
	}
}

func TestEditorCompletesNamesOfTheInventoryWhereTheyBelong(t *testing.T) {
	set, editor := library(t)
	good := drain(t, set)
	for name, c := range map[string]struct {
		old, new string
		want     []string
	}{
		"contracts": {"on: lab-vault\n", "on: §\n", []string{"lab-vault"}},
		"verbs":     {"do: pause\n", "do: §\n", []string{"pause", "blocklist", "withdrawal-limit"}},
		"teams":     {"owner: security", "owner: §", []string{"protocol", "security"}},
		"modes":     {"mode: live", "mode: §", []string{`"off"`, "dry-run", "live"}},
		"signers":   {"  as: guardian", "  as: §", []string{"guardian"}},
		"rules":     {"rules: [vault.outflow-spike]", "rules:\n    - §", []string{"vault.outflow-spike", "approval.phish", "vault.slow-bleed"}},
		"keys":      {"  cooldown: 30m\n", "  cooldown: 30m\n  §\n", []string{"limit"}},
	} {
		require.Contains(t, good, c.old, name)
		text, where := at(t, strings.Replace(good, c.old, c.new, 1))
		editor.open(name+".yaml", text)
		assert.Subset(t, editor.complete(name+".yaml", where), c.want, name)
	}
}

func TestEditorKnowsInventoriesAndTestsToo(t *testing.T) {
	set, err := playbooks.LoadFS(playbooks.Library(), "inventory.yaml", ".")
	require.NoError(t, err)
	for pattern, c := range map[string]struct {
		schema         desk.Schema
		old, new, says string
	}{
		"inventory.yaml": {desk.InventorySchema(), "\nteams:", "\ntaems:", "taems"},
		"*.test.yaml":    {desk.TestsSchema(set.Inventory()), "expect: {", "expects: {", "expects"},
	} {
		editor := knowing(t, c.schema)
		files, err := fs.Glob(playbooks.Library(), pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			raw, err := fs.ReadFile(playbooks.Library(), file)
			require.NoError(t, err)
			assert.Empty(t, editor.open(file, string(raw)), file)
			wrong := strings.Replace(string(raw), c.old, c.new, 1)
			require.NotEqual(t, string(raw), wrong)
			found := editor.open("wrong-"+file, wrong)
			require.NotEmpty(t, found, file)
			assert.Contains(t, found[0].Message+found[len(found)-1].Message, c.says)
		}
	}
}
