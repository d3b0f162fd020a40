package plugin

import (
	"go/build"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThePolicyUsesNoNetworkNoFilesAndNoProcesses(t *testing.T) {
	pkg, err := build.ImportDir(".", 0)
	require.NoError(t, err)
	for _, forbidden := range []string{"net", "net/http", "net/url", "os", "os/exec", "syscall", "unsafe", "plugin", "math/rand", "math/rand/v2", "log"} {
		assert.NotContains(t, pkg.Imports, forbidden)
	}
	for _, path := range pkg.Imports {
		if len(path) > 37 && path[:37] == "github.com/firebreak-project/firebreak" {
			assert.Equal(t, "github.com/firebreak-project/firebreak/signer", path)
		}
	}
}
