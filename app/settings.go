package app

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/submitter"
)

// finalityNone is the configuration's word for depth alone.
const finalityNone = "none"

// settings are how a chain behaves, with everything decided: what the
// configuration names, else what the inventory does, else the preset.
type settings struct {
	preset                                     string
	blockTime, bumpAfter, rebroadcast, timeout time.Duration
	floorTip, nodeFeeCap                       incident.Wei
	bump                                       bool
	maxInFlight                                int
	maxTxGas                                   uint64
	levels                                     []string
	depth                                      uint64
	named                                      []string // keys that go before the preset
}

// settings merges what is said of a chain. The error names the key at fault.
func (c Chain) settings(known playbooks.Chain) (settings, error) {
	p := submitter.PresetOf(known.ID)
	s := settings{preset: p.Name, timeout: cmp.Or(c.Timeout, 3*time.Second),
		floorTip: p.FloorTip, nodeFeeCap: p.NodeFeeCap, bump: p.Mempool, maxInFlight: p.MaxInFlight, maxTxGas: p.MaxTxGas,
		levels: p.Levels, depth: p.Depth}
	s.blockTime = cmp.Or(c.BlockTime, known.BlockTime, p.BlockTime)
	bumpAfter, rebroadcast := p.Bumping(s.blockTime)
	s.bumpAfter, s.rebroadcast = cmp.Or(c.BumpAfter, bumpAfter), cmp.Or(c.Rebroadcast, rebroadcast)
	s.note("block_time", s.blockTime != p.BlockTime)
	s.note("bump_after", c.BumpAfter != 0)
	s.note("rebroadcast", c.Rebroadcast != 0)
	for key, to := range map[string]*incident.Wei{"floor_tip": &s.floorTip, "node_fee_cap": &s.nodeFeeCap} {
		text := map[string]string{"floor_tip": c.FloorTip, "node_fee_cap": c.NodeFeeCap}[key]
		if text == "" {
			continue
		}
		wei, err := incident.ParseQuantity(text)
		if err != nil {
			return s, fmt.Errorf("%s: %w", key, err)
		}
		if !wei.IsZero() {
			*to = wei
			s.note(key, true)
		}
	}
	if c.NoBump != nil {
		s.bump = !*c.NoBump
		s.note("no_bump", s.bump != p.Mempool)
	}
	s.maxInFlight, s.maxTxGas = cmp.Or(c.MaxInFlight, s.maxInFlight), cmp.Or(c.MaxTxGas, s.maxTxGas)
	s.note("max_in_flight", c.MaxInFlight != 0)
	s.note("max_tx_gas", c.MaxTxGas != 0)
	return s, s.end(c)
}

// end decides what ends a verification.
func (s *settings) end(c Chain) error {
	onlyFinalized := len(s.levels) == 1 // the preset knows that safe is not served
	switch c.Finality {
	case finalityNone:
		s.levels = nil
	case incident.LevelSafe:
		s.levels = []string{incident.LevelSafe}
	case incident.LevelFinalized:
		s.levels = []string{incident.LevelSafe, incident.LevelFinalized}
		if onlyFinalized {
			s.levels = []string{incident.LevelFinalized}
		}
	}
	s.note("finality", c.Finality != "")
	if c.Depth == nil {
		return nil
	}
	if len(s.levels) > 0 {
		return fmt.Errorf("depth: it would not count, because verification ends at the tag %s: set finality: none, or leave depth out",
			s.levels[len(s.levels)-1])
	}
	s.depth = *c.Depth
	s.note("depth", true)
	return nil
}

func (s *settings) note(key string, named bool) {
	if named {
		s.named = append(s.named, key)
		slices.Sort(s.named)
	}
}

// ends says what ends a verification: a tag or a depth.
func (s settings) ends() string {
	if len(s.levels) > 0 {
		return "at " + s.levels[len(s.levels)-1]
	}
	return fmt.Sprintf("%d blocks deep", s.depth)
}

// words say everything in one line, for the log and for doctor. None of it is
// secret.
func (s settings) words() string {
	bump := "never bumped"
	if s.bump {
		bump = fmt.Sprintf("bumped after %s", s.bumpAfter)
	}
	overridden := "nothing is overridden"
	if len(s.named) > 0 {
		overridden = "overridden: " + strings.Join(s.named, ", ")
	}
	return fmt.Sprintf("preset %s: block %s, floor tip %s gwei, %s, same bytes every %s, %d in flight, gas up to %d, node fee cap %s, final %s; %s",
		s.preset, s.blockTime, s.floorTip.Decimal(9), bump, s.rebroadcast.Round(time.Millisecond), s.maxInFlight, s.maxTxGas, s.nodeFeeCap.Decimal(18), s.ends(), overridden)
}
