package submitter

import (
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Preset is what is known of a chain before anybody has configured it. Every
// value may be overridden. A value has its reason beside it in the table, and
// its source in docs/CHAINS.md, which a test holds against the table.
type Preset struct {
	Name    string // as people call the chain
	ChainID uint64 // EIP-155; zero for the generic one
	// BlockTime is the usual time between blocks.
	BlockTime time.Duration
	// FloorTip is the least priority fee per gas to bid, wei.
	FloorTip incident.Wei
	// Mempool tells whether a second transaction at the same nonce with higher
	// fees replaces the first. Without one nothing is ever bumped: the same
	// bytes are offered again.
	Mempool bool
	// BumpAfter is how long a bid may stand before it is raised. Zero without a
	// mempool, and in the generic preset: one block then, two seconds at least.
	BumpAfter time.Duration
	// Rebroadcast is how often the same bytes are offered again. Zero in the
	// generic preset: a third of a block, between 250 ms and 4 s.
	Rebroadcast time.Duration
	// MaxTxGas is the most gas that one transaction may ask for.
	MaxTxGas uint64
	// NodeFeeCap is what gas times fee cap must stay below for public nodes, in
	// wei of the chain's own currency.
	NodeFeeCap incident.Wei
	// MaxInFlight bounds the nonces of one account that are not mined yet.
	MaxInFlight int
	// Levels are the block tags at which a goal is read after latest, lowest
	// first. The last one ends the verification. Empty: Depth ends it.
	Levels []string
	// Depth is how many blocks end the verification where Levels is empty, or
	// is overridden to be.
	Depth uint64
	// Sends are the well-known places that take transactions and nothing else.
	// They are documentation: nothing is dialled that is not configured.
	Sends []string
}

// PresetOf is the preset of a chain by its EIP-155 id, the generic one when the
// chain is not known. What it returns is the caller's.
func PresetOf(chainID uint64) Preset {
	p := generic
	for _, known := range presets {
		if known.ChainID == chainID {
			p = known
		}
	}
	p.Levels, p.Sends = slices.Clone(p.Levels), slices.Clone(p.Sends)
	return p
}

// Presets are all of them, the generic one last.
func Presets() []Preset {
	var all []Preset
	for _, p := range presets {
		all = append(all, PresetOf(p.ChainID))
	}
	return append(all, PresetOf(0))
}

// Bumping is when bids are raised and bytes are offered again on a chain whose
// blocks take blockTime.
func (p Preset) Bumping(blockTime time.Duration) (bumpAfter, rebroadcast time.Duration) {
	bumpAfter, rebroadcast = p.BumpAfter, p.Rebroadcast
	if bumpAfter == 0 {
		bumpAfter = max(blockTime, 2*time.Second)
	}
	if rebroadcast == 0 {
		rebroadcast = min(max(blockTime/3, 250*time.Millisecond), 4*time.Second)
	}
	return bumpAfter, rebroadcast
}
