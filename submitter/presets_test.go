package submitter_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
)

// row is a preset as docs/CHAINS.md has it.
func row(p submitter.Preset) string {
	or := func(text, none string) string {
		if text == "" {
			return none
		}
		return text
	}
	id, bump, again := fmt.Sprint(p.ChainID), p.BumpAfter.String(), p.Rebroadcast.String()
	if p.ChainID == 0 {
		id, bump, again = "any", "1 block, 2s at least", "1/3 block, 250ms to 4s"
	}
	if !p.Mempool {
		bump = "never"
	}
	cells := []string{p.Name, id, p.BlockTime.String(), p.FloorTip.Decimal(9), bump, again, fmt.Sprint(p.MaxTxGas),
		p.NodeFeeCap.Decimal(18), fmt.Sprint(p.MaxInFlight), or(strings.Join(p.Levels, ", "), "none"), fmt.Sprint(p.Depth),
		or(strings.Join(p.Sends, ", "), "-")}
	return "| " + strings.Join(cells, " | ") + " |"
}

func TestThePageOnChainsSaysWhatThePresetsAre(t *testing.T) {
	page, err := os.ReadFile("../docs/CHAINS.md")
	require.NoError(t, err)
	for _, p := range submitter.Presets() {
		assert.Contains(t, string(page), row(p)+"\n", "the row of %s", p.Name)
		assert.Contains(t, string(page), "\n### "+p.Name+"\n", "where its values come from")
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| ") && strings.Count(line, "|") == 13 {
			rows++
		}
	}
	assert.Equal(t, len(submitter.Presets())+1, rows, "a row for each and a head, and no other")
}

func TestEveryPresetCanBeLivedWith(t *testing.T) {
	seen := map[uint64]bool{}
	for _, p := range submitter.Presets() {
		t.Run(p.Name, func(t *testing.T) {
			assert.False(t, seen[p.ChainID], "one preset for each chain")
			seen[p.ChainID] = true
			assert.Positive(t, p.BlockTime)
			assert.False(t, p.FloorTip.IsZero(), "a silent oracle must not make a bid of nothing")
			assert.False(t, p.NodeFeeCap.IsZero())
			assert.Positive(t, p.MaxInFlight)
			assert.Positive(t, p.Depth, "where tags are overridden something must end the verification")
			assert.GreaterOrEqual(t, p.MaxTxGas, uint64(1<<24), "no known chain allows less")
			assert.True(t, slices.IsSortedFunc(p.Levels, func(a, b string) int { return incident.LevelRank(a) - incident.LevelRank(b) }))
			bump, again := p.Bumping(p.BlockTime)
			assert.GreaterOrEqual(t, bump, 2*time.Second, "an endpoint needs time to answer")
			assert.GreaterOrEqual(t, bump, p.BlockTime)
			assert.LessOrEqual(t, again, 4*time.Second)
			assert.GreaterOrEqual(t, again, 250*time.Millisecond)
			if !p.Mempool {
				assert.Zero(t, p.BumpAfter, "it would mean nothing")
			}
			for _, place := range p.Sends {
				assert.NotContains(t, place, "://", "documentation, and nothing to dial")
			}
		})
	}
}

func TestAChainThatNobodyKnowsHasTheGenericPreset(t *testing.T) {
	assert.Equal(t, "any other", submitter.PresetOf(1337).Name)
	assert.Equal(t, "Base", submitter.PresetOf(8453).Name)
	for _, p := range submitter.Presets() {
		assert.Equal(t, p, submitter.PresetOf(p.ChainID))
	}
}

func TestAPresetIsTheCallersOwn(t *testing.T) {
	mine := submitter.PresetOf(1)
	mine.Levels[0], mine.Sends[0] = "changed", "changed"
	assert.Equal(t, incident.LevelSafe, submitter.PresetOf(1).Levels[0])
	assert.NotEqual(t, "changed", submitter.PresetOf(1).Sends[0])
}

func TestTheGenericPresetFollowsTheBlocksOfItsChain(t *testing.T) {
	p := submitter.PresetOf(1337)
	for _, c := range []struct{ block, bump, again time.Duration }{
		{100 * time.Millisecond, 2 * time.Second, 250 * time.Millisecond},
		{3 * time.Second, 3 * time.Second, time.Second},
		{time.Minute, time.Minute, 4 * time.Second},
	} {
		bump, again := p.Bumping(c.block)
		assert.Equal(t, c.bump, bump, c.block)
		assert.Equal(t, c.again, again, c.block)
	}
}
