package plugin

import (
	"go/build"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThePolicyUsesNoNetworkNoFilesAndNoProcesses(t *testing.T) {
	for _, dir := range []string{".", "../policy", "../document", "../consent", ".."} {
		pkg, err := build.ImportDir(dir, 0)
		require.NoError(t, err)
		for _, forbidden := range []string{"net", "net/http", "net/url", "os", "os/exec", "syscall", "unsafe", "plugin", "math/rand", "math/rand/v2", "log"} {
			assert.NotContains(t, pkg.Imports, forbidden, dir)
		}
		for _, path := range pkg.Imports {
			if ours, found := strings.CutPrefix(path, "github.com/firebreak-project/firebreak/"); found {
				assert.True(t, ours == "signer" || strings.HasPrefix(ours, "signer/"), "%s imports %s", dir, path)
			}
		}
	}
}
