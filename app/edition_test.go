package app

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// Whoever exchanges a file while it is read, and back, must not have what was
// read called by the digest of what was there before and after.
func TestTheDigestThatIsShownIsOfWhatWasReadAndNotOfTheFilesAlone(t *testing.T) {
	inventory, err := os.ReadFile("../playbooks/library/inventory.yaml")
	require.NoError(t, err)
	drill, err := os.ReadFile("../playbooks/library/drill.yaml")
	require.NoError(t, err)
	shown := map[string]bool{}
	for _, c := range [][2]string{{"", ""}, {"# another\n", ""}, {"", "# another\n"}} {
		set, err := playbooks.LoadFS(fstest.MapFS{"inventory.yaml": {Data: append([]byte(c[0]), inventory...)}, "p/drill.yaml": {Data: append([]byte(c[1]), drill...)}}, "inventory.yaml", "p")
		require.NoError(t, err)
		for _, files := range []string{"a", "b"} {
			s := shelf{set: set, digest: incident.DigestOf("test", []byte(files))}
			assert.Equal(t, s.shown(), s.shown())
			shown[s.shown()] = true
		}
	}
	assert.Len(t, shown, 6, "each of the files, the inventory's text and a playbook's counts")
}
