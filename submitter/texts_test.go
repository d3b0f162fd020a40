package submitter

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// clientsOf are the clients that an example names, as the table calls them.
var clientsOf = map[string]client{
	"geth": geth, "geth blob pool": geth, "reth": reth, "Erigon": erigon, "Besu": besu, "Nethermind": nethermind,
	"Nethermind old": oldNethermind, "Nethermind between": nethermindBetween, "Nitro": nitro, "zkSync": zkSync,
	"Polygon bor": bor, "forks": openEthereum,
}

func TestTheRowThatKnowsATextNamesTheClientThatSaysIt(t *testing.T) {
	used := map[int]bool{}
	for _, example := range submittertest.Texts {
		said := strings.ToLower(example.Text)
		row := -1
		for i := range texts {
			if hasWords(said, texts[i].words) {
				row = i
				break
			}
		}
		require.GreaterOrEqual(t, row, 0, example.Text)
		used[row] = true
		for name := range strings.SplitSeq(example.Client, ", ") {
			by, known := clientsOf[name]
			require.True(t, known, "%q says %q", name, example.Text)
			assert.Contains(t, texts[row].by, by, example.Text)
		}
	}
	for i, row := range texts {
		assert.Equal(t, strings.ToLower(row.words), row.words)
		assert.NotEmpty(t, row.by, row.words)
		if len(row.by) > 1 || row.by[0] != goClients {
			assert.True(t, used[i], "no example shows that %s says %q", row.by, row.words)
		}
	}
}
