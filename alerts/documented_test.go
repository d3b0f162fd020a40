package alerts_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
)

func TestEveryKindIsInTheManual(t *testing.T) {
	manual, err := os.ReadFile("../docs/SOURCES.md")
	require.NoError(t, err)
	for _, kind := range alerts.Kinds() {
		assert.Contains(t, string(manual), "\n| `"+kind+"` |", "the table of proofs")
		assert.Contains(t, string(manual), "\n**"+kind+".**", "what it takes")
	}
}
