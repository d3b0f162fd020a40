package plugin

import (
	"testing"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A standby that answered from what it has read could sign under a policy that
// is no longer in force.
func TestWhateverChangesSomethingIsForwardedToTheActiveNode(t *testing.T) {
	b := newBackend(nil)
	writes := 0
	for _, path := range b.Paths {
		for operation, handler := range path.Operations {
			if operation == logical.ReadOperation || operation == logical.ListOperation {
				continue
			}
			writes++
			op, ok := handler.(*framework.PathOperation)
			require.True(t, ok, path.Pattern)
			assert.True(t, op.ForwardPerformanceStandby, "%s %s", operation, path.Pattern)
			assert.True(t, op.ForwardPerformanceSecondary, "%s %s", operation, path.Pattern)
		}
	}
	assert.Greater(t, writes, 10)
}

func TestTheKeyIsDeclaredForSealWrapAndNothingIsOpenToAll(t *testing.T) {
	b := newBackend(nil)
	assert.Equal(t, []string{keyPrefix}, b.PathsSpecial.SealWrapStorage)
	assert.Empty(t, b.PathsSpecial.Unauthenticated)
	assert.Empty(t, b.PathsSpecial.Root)
	for _, path := range b.Paths {
		assert.NotEmpty(t, path.HelpSynopsis, path.Pattern)
	}
}
