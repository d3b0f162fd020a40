package desk_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/actions"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

func guide(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/PLAYBOOKS.md")
	require.NoError(t, err)
	return string(raw)
}

func TestTheGuideHasEveryCodeWithItsHelp(t *testing.T) {
	text := guide(t)
	for _, code := range playbooks.Codes() {
		assert.Contains(t, text, "| `"+string(code)+"` | "+desk.Help(code)+" |")
	}
}

func TestTheGuideNamesEveryKeyEveryVerbAndEveryPlaybookThatShips(t *testing.T) {
	text := guide(t)
	for _, m := range playbooks.Format() {
		for _, k := range m.Keys {
			assert.Contains(t, text, k.Name, "%s.%s", m.Name, k.Name)
		}
	}
	for _, a := range actions.All() {
		assert.Contains(t, text, "| `"+a.Info().Verb+"` |")
	}
	set, err := playbooks.LoadFS(playbooks.Library(), "inventory.yaml", ".")
	require.NoError(t, err)
	for _, p := range set.Playbooks() {
		assert.Contains(t, text, "["+p.Name+"](../playbooks/library/"+p.Name+".yaml)")
	}
}

// The expressions of the guide are put into a playbook of the library that has
// the evidence they name.
func TestTheExpressionsOfTheGuideLoad(t *testing.T) {
	lines := regexp.MustCompile(`(?m)^when: (.*)$`).FindAllStringSubmatch(guide(t), -1)
	require.GreaterOrEqual(t, len(lines), 4)
	raw, err := os.ReadFile("../library/limit-watch.yaml")
	require.NoError(t, err)
	inventory, err := os.ReadFile("../library/inventory.yaml")
	require.NoError(t, err)
	for _, line := range lines {
		text := strings.Replace(string(raw), "    on: lab-vault\n", "    on: lab-vault\n    when: |\n      "+line[1]+"\n", 1)
		text = strings.Replace(text, "in: USDX}\n", "in: USDX}\n  - {id: delay, read: lab-timelock.getMinDelay()}\n  - {id: supply, read: lab-token.totalSupply()}\n", 1)
		_, err := playbooks.LoadFS(fstest.MapFS{"inventory.yaml": {Data: inventory}, "books/limit-watch.yaml": {Data: []byte(text)}}, "inventory.yaml", "books")
		assert.NoError(t, err, line[1])
	}
}
