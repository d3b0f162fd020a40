package submitter

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEverythingThatIsReportedIsListed(t *testing.T) {
	text, err := os.ReadFile("event.go")
	require.NoError(t, err)
	var declared []What
	for _, found := range regexp.MustCompile(`What = "([a-z-]+)"`).FindAllStringSubmatch(string(text), -1) {
		declared = append(declared, What(found[1]))
	}
	assert.ElementsMatch(t, declared, Everything())
}
