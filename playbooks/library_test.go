package playbooks_test

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
)

// shipped loads what ships.
func shipped(t testing.TB) *playbooks.Set {
	t.Helper()
	set, err := playbooks.LoadFS(playbooks.Library(), "inventory.yaml", ".")
	require.NoError(t, err)
	return set
}

func TestEveryPlaybookThatShipsLoads(t *testing.T) {
	set := shipped(t)
	var names []string
	for _, p := range set.Playbooks() {
		names = append(names, p.Name)
	}
	files, err := fs.Glob(playbooks.Library(), "*.yaml")
	require.NoError(t, err)
	assert.Len(t, files, 2*len(names)+1, "every file but the inventory is a playbook or its tests")
	assert.GreaterOrEqual(t, len(names), 12)
	assert.Empty(t, set.Warnings())
	assert.ElementsMatch(t, set.Inventory().Rules(), set.Rules(), "the example inventory has no rule that nothing waits for")
}
