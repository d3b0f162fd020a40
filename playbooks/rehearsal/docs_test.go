package rehearsal_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

func TestTheDocumentNamesEveryKeyAndEveryOutcomeAndItsStoriesPass(t *testing.T) {
	raw, err := os.ReadFile("../../docs/REHEARSAL.md")
	require.NoError(t, err)
	text := string(raw)
	for _, m := range playbooks.TestFormat() {
		for _, k := range m.Keys {
			assert.Contains(t, text, "`"+k.Name+"`", m.Name)
		}
	}
	for _, word := range playbooks.Outcomes() {
		assert.Contains(t, text, "| `"+word+"` |")
	}
	set, err := playbooks.LoadFS(os.DirFS("../library"), "inventory.yaml", ".")
	require.NoError(t, err)
	blocks := yamlBlock.FindAllStringSubmatch(text, -1)
	require.Len(t, blocks, 1)
	tests, err := set.ParseTests("vault-drain.test.yaml", blocks[0][1])
	require.NoError(t, err)
	require.Len(t, tests.Cases, strings.Count(text, "  - name:"))
	for _, c := range tests.Cases {
		r, err := rehearsal.Run(t.Context(), set, tests, c)
		require.NoError(t, err)
		assert.Empty(t, r.Failures, c.Name)
	}
}
