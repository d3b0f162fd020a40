package playbooks_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

// compiled is the schema of playbooks as an independent reader understands it.
func compiled(t *testing.T, s desk.Schema) *jsonschema.Schema {
	t.Helper()
	raw, err := json.Marshal(s)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("schema.json", document))
	out, err := c.Compile("schema.json")
	require.NoError(t, err)
	return out
}

// asJSON is a YAML text as an editor's reader gives it to a schema.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var v any
	require.NoError(t, yaml.Unmarshal([]byte(text), &v))
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	return document
}

func TestTheSchemaAcceptsEveryPlaybookThatShips(t *testing.T) {
	schema := compiled(t, desk.PlaybookSchema(shipped(t).Inventory()))
	for _, p := range shipped(t).Playbooks() {
		assert.NoError(t, schema.Validate(asJSON(t, p.Text())), p.Name)
	}
}

// formal are the kinds of problems that a schema can see. Of what is inside an
// expression it knows nothing.
var formal = []playbooks.Code{
	playbooks.CodeUnknownKey, playbooks.CodeRequired, playbooks.CodeType, playbooks.CodeVersion, playbooks.CodeDuplicate,
	playbooks.CodeMatch, playbooks.CodeKey, playbooks.CodeRule, playbooks.CodeSeverity, playbooks.CodeMode, playbooks.CodeTeam,
	playbooks.CodePerson, playbooks.CodeContract, playbooks.CodeChannel, playbooks.CodeAction, playbooks.CodeCapability,
	playbooks.CodeMissing, playbooks.CodeRange, playbooks.CodeRunbook, playbooks.CodeEachMax, playbooks.CodeNoApproval, playbooks.CodeTimeout,
}

// beyond are mistakes of these kinds that a schema cannot see.
var beyond = map[string]string{
	"a merge key":                          "YAML's reader merges it away",
	"an unknown contract in an expression": "it is named inside a statement",
	"an unknown contract's address":        "it is named inside a condition",
}

func TestTheSchemaRefusesEveryMistakeOfForm(t *testing.T) {
	set, err := loadText(goodInventory, goodPlaybook)
	require.NoError(t, err)
	schema := compiled(t, desk.PlaybookSchema(set.Inventory()))
	require.NoError(t, schema.Validate(asJSON(t, goodPlaybook)))
	tried := 0
	for _, b := range append(brokenForm, append(brokenMeaning, brokenExpressions...)...) {
		text, _, _ := b.apply(t, goodPlaybook)
		if !slices.Contains(formal, b.code) || beyond[b.name] != "" {
			continue
		}
		tried++
		assert.Error(t, schema.Validate(asJSON(t, text)), "%s: %s", b.code, b.name)
	}
	assert.GreaterOrEqual(t, tried, 50, "most mistakes are of form")
}

func TestTheSchemaRefusesANameThatTheInventoryDoesNotHave(t *testing.T) {
	schema := compiled(t, desk.PlaybookSchema(shipped(t).Inventory()))
	drain, err := fs.ReadFile(playbooks.Library(), "vault-drain.yaml")
	require.NoError(t, err)
	for _, e := range []edit{
		{"on: lab-vault", "on: lab-valt"}, {"on: lab-vault", "on: lab-registry"}, {"as: guardian", "as: gaurdian"},
		{"[vault.outflow-spike]", "[vault.outflow]"}, {"{page: security", "{page: zoe"}, {"0.5 ETH", "0.5 ETC"},
		{`in: "#inc-onchain"`, `in: "#general"`}, {"mode: live", "mode: liv"}, {"do: pause", "do: puase"},
	} {
		text := strings.Replace(string(drain), e.old, e.new, 1)
		require.NotEqual(t, string(drain), text, e.old)
		assert.Error(t, schema.Validate(asJSON(t, text)), e.new)
	}
}

func TestTheSchemaDescribesEveryKey(t *testing.T) {
	var walk func(path string, s desk.Schema)
	walk = func(path string, s desk.Schema) {
		properties, _ := s["properties"].(desk.Schema)
		for name, value := range properties {
			at := path + "." + name
			key := value.(desk.Schema)
			assert.NotEmpty(t, key["description"], at)
			walk(at, key)
			if items, ok := key["items"].(desk.Schema); ok {
				walk(at, items)
			}
		}
		if properties != nil {
			assert.Equal(t, false, s["additionalProperties"], path)
		}
	}
	walk("", desk.PlaybookSchema(shipped(t).Inventory()))
}

func TestTheSchemaOfInventoriesAcceptsWhatLoadsAndRefusesMistakesOfForm(t *testing.T) {
	schema := compiled(t, desk.InventorySchema())
	text, err := fs.ReadFile(playbooks.Library(), "inventory.yaml")
	require.NoError(t, err)
	assert.NoError(t, schema.Validate(asJSON(t, string(text))))
	require.NoError(t, schema.Validate(asJSON(t, goodInventory)))
	seen := []playbooks.Code{playbooks.CodeUnknownKey, playbooks.CodeRequired, playbooks.CodeVersion, playbooks.CodeRange, playbooks.CodeAction,
		playbooks.CodeName, playbooks.CodeHash, playbooks.CodeChannel}
	tried := 0
	for _, b := range brokenInventory {
		text, _, _ := b.apply(t, goodInventory)
		if slices.Contains(seen, b.code) {
			tried++
			assert.Error(t, schema.Validate(asJSON(t, text)), "%s: %s", b.code, b.name)
		}
	}
	assert.GreaterOrEqual(t, tried, 12)
}

func TestTheSchemaOfTestsAcceptsWhatShipsAndRefusesMistakesOfForm(t *testing.T) {
	schema := compiled(t, desk.TestsSchema(shipped(t).Inventory()))
	entries, err := os.ReadDir("library")
	require.NoError(t, err)
	read := 0
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), playbooks.TestSuffix) {
			continue
		}
		read++
		text, err := os.ReadFile("library/" + e.Name())
		require.NoError(t, err)
		assert.NoError(t, schema.Validate(asJSON(t, string(text))), e.Name())
	}
	assert.NotZero(t, read)
	const good = `{tests: 1, base: {rule: vault.outflow-spike}, cases: [{name: a, alerts: [{}], approvals: [ana], expect: {match: true}}]}`
	require.NoError(t, schema.Validate(asJSON(t, good)))
	for _, e := range []edit{
		{"expect: {match: true}", "expect: {}"}, {"expect: {match: true}", "expects: {match: true}"}, {"match: true", "matches: true"},
		{"rule: vault.outflow-spike", "rule: vault.outflow"}, {"[ana]", "[zoe]"}, {"alerts: [{}], ", ""}, {"tests: 1", "tests: 2"},
		{"alerts: [{}]", "alerts: []"}, {"alerts: [{}]", "alerts: [{loss: 5 EUR}]"}, {"match: true", "outcome: containd"},
	} {
		text := strings.Replace(good, e.old, e.new, 1)
		require.NotEqual(t, good, text)
		assert.Error(t, schema.Validate(asJSON(t, text)), e.new)
	}
}
