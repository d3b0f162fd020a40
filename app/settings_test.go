package app

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/submitter"
)

func settingsOf(t *testing.T, c Chain, known playbooks.Chain) settings {
	s, err := c.settings(known)
	require.NoError(t, err)
	return s
}

func TestAChainThatIsNotConfiguredBehavesAsItsPreset(t *testing.T) {
	for _, p := range submitter.Presets() {
		s := settingsOf(t, Chain{}, playbooks.Chain{ID: max(p.ChainID, 1)})
		if p.ChainID == 0 {
			s = settingsOf(t, Chain{}, playbooks.Chain{ID: 1337})
		}
		bump, again := p.Bumping(p.BlockTime)
		assert.Equal(t, settings{preset: p.Name, blockTime: p.BlockTime, bumpAfter: bump, rebroadcast: again, timeout: 3 * time.Second,
			floorTip: p.FloorTip, nodeFeeCap: p.NodeFeeCap, bump: p.Mempool, maxInFlight: p.MaxInFlight, maxTxGas: p.MaxTxGas,
			levels: p.Levels, depth: p.Depth}, s)
		assert.Contains(t, s.words(), "preset "+p.Name+": ")
		assert.Contains(t, s.words(), "nothing is overridden")
	}
}

func TestEveryValueOfAPresetCanBeOverriddenAndIsNamed(t *testing.T) {
	arbitrum := playbooks.Chain{ID: 42161}
	for key, row := range map[string]struct {
		c    Chain
		want func(s *settings)
	}{
		"block_time":    {Chain{BlockTime: time.Second}, func(s *settings) { s.blockTime = time.Second }},
		"bump_after":    {Chain{BumpAfter: time.Second}, func(s *settings) { s.bumpAfter = time.Second }},
		"rebroadcast":   {Chain{Rebroadcast: 5 * time.Second}, func(s *settings) { s.rebroadcast = 5 * time.Second }},
		"floor_tip":     {Chain{FloorTip: "7"}, func(s *settings) { s.floorTip = incident.NewQuantity(7) }},
		"no_bump":       {Chain{NoBump: new(false)}, func(s *settings) { s.bump = true }},
		"max_in_flight": {Chain{MaxInFlight: 3}, func(s *settings) { s.maxInFlight = 3 }},
		"node_fee_cap":  {Chain{NodeFeeCap: "9"}, func(s *settings) { s.nodeFeeCap = incident.NewQuantity(9) }},
		"max_tx_gas":    {Chain{MaxTxGas: 1e6}, func(s *settings) { s.maxTxGas = 1e6 }},
		"finality":      {Chain{Finality: "safe"}, func(s *settings) { s.levels = []string{"safe"} }},
	} {
		want := settingsOf(t, Chain{}, arbitrum)
		row.want(&want)
		want.named = []string{key}
		got := settingsOf(t, row.c, arbitrum)
		assert.Equal(t, want, got, key)
		assert.True(t, strings.HasSuffix(got.words(), "overridden: "+key), got.words())
	}
}

func TestTheInventorysBlockTimeGoesBeforeThePresets(t *testing.T) {
	known := playbooks.Chain{ID: 1337, BlockTime: 3 * time.Second}
	assert.Equal(t, 3*time.Second, settingsOf(t, Chain{}, known).blockTime)
	assert.Equal(t, 3*time.Second, settingsOf(t, Chain{}, known).bumpAfter, "the generic preset follows its blocks")
	assert.Equal(t, time.Second, settingsOf(t, Chain{BlockTime: time.Second}, known).blockTime)
	assert.Equal(t, 12*time.Second, settingsOf(t, Chain{}, playbooks.Chain{ID: 1337}).blockTime)
}

func TestFinalityIsATagOrADepthAndNeverBothInSilence(t *testing.T) {
	const ethereum, polygon, zksync, lab = 1, 137, 324, 1337
	for name, row := range map[string]struct {
		id     uint64
		c      Chain
		levels []string
		depth  uint64
		ends   string
	}{
		"none by word":                 {ethereum, Chain{Finality: "none"}, nil, 64, "64 blocks deep"},
		"none and a depth":             {ethereum, Chain{Finality: "none", Depth: new(uint64(5))}, nil, 5, "5 blocks deep"},
		"a depth of nothing":           {lab, Chain{Depth: new(uint64(0))}, nil, 0, "0 blocks deep"},
		"finalized":                    {lab, Chain{Finality: "finalized"}, []string{"safe", "finalized"}, 2, "at finalized"},
		"finalized where safe is not":  {polygon, Chain{Finality: "finalized"}, []string{"finalized"}, 256, "at finalized"},
		"finalized where none is":      {zksync, Chain{Finality: "finalized"}, []string{"safe", "finalized"}, 60, "at finalized"},
		"safe as the end":              {ethereum, Chain{Finality: "safe"}, []string{"safe"}, 64, "at safe"},
		"the preset's tags by default": {ethereum, Chain{}, []string{"safe", "finalized"}, 64, "at finalized"},
	} {
		s := settingsOf(t, row.c, playbooks.Chain{ID: row.id})
		assert.Equal(t, row.levels, s.levels, name)
		assert.Equal(t, row.depth, s.depth, name)
		assert.Equal(t, row.ends, s.ends(), name)
	}
	_, err := Chain{Depth: new(uint64(5))}.settings(playbooks.Chain{ID: ethereum})
	assert.ErrorContains(t, err, "depth: it would not count, because verification ends at the tag finalized: set finality: none")
}

func TestOnlyNodesAreReadAndEveryEndpointIsSentTo(t *testing.T) {
	c := &chain{name: "l2", id: 8453, settings: settingsOf(t, Chain{}, playbooks.Chain{ID: 8453}), endpoints: []endpoint{
		{RPC{Name: "own", Kind: "node", NoFeeCap: true}, newLine("http://127.0.0.1:1")},
		{RPC{Name: "plain"}, newLine("http://127.0.0.1:1")},
		{RPC{Name: "seq", Kind: "sequencer"}, newLine("http://127.0.0.1:1")},
		{RPC{Name: "relay", Kind: "relay", Method: "eth_sendPrivateTransaction"}, newLine("http://127.0.0.1:1")},
	}}
	send, read := c.parts()
	var names []string
	for _, e := range read.Endpoints {
		names = append(names, e.Name)
	}
	assert.Equal(t, []string{"own", "plain"}, names)
	assert.Equal(t, incidentLevels(), read.Levels)
	require.Len(t, send.Endpoints, 4)
	for i, want := range []submitter.Endpoint{{Name: "own", NoFeeCap: true}, {Name: "plain"}, {Name: "seq", SendOnly: true},
		{Name: "relay", SendOnly: true, Method: "eth_sendPrivateTransaction"}} {
		got := send.Endpoints[i]
		got.Client = nil
		assert.Equal(t, want, got)
	}
	assert.Equal(t, 40, send.MaxInFlight)
	assert.Equal(t, c.nodeFeeCap, send.NodeFeeCap)
}

func incidentLevels() []string { return []string{incident.LevelSafe, incident.LevelFinalized} }
