package rehearsal_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

func TestTheLibraryDoesWhatItsTestsSayAndEveryConditionIsSeenBothWays(t *testing.T) {
	fsys := os.DirFS("../library")
	set, err := playbooks.LoadFS(fsys, "inventory.yaml", ".")
	require.NoError(t, err)
	files, err := set.ReadTests(fsys, ".")
	require.NoError(t, err)
	var results []rehearsal.Result
	for _, file := range files {
		for _, c := range file.Cases {
			r, err := rehearsal.Run(t.Context(), set, file, c)
			require.NoError(t, err)
			assert.True(t, r.OK, "%s:%d %s\n%v", r.File, r.Line, r.Name, rehearsal.Lines(r))
			results = append(results, r)
		}
	}
	coverage := rehearsal.Cover(set.Playbooks(), results)
	assert.True(t, coverage.Complete())
	for _, c := range coverage.Conditions {
		assert.Empty(t, c.Missing(), c.String())
	}
	assert.Empty(t, coverage.Untested)
}
