package app

import (
	"fmt"
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Chain is how one chain is reached, and where it differs from what is known of
// it: every value but the endpoints and the timeout has a preset by the chain's
// id (docs/CHAINS.md). Zero or absent is the preset's.
type Chain struct {
	// RPC are the endpoints. At least one is a node; two nodes of independent
	// operators are what lets one of them lie or die.
	RPC []RPC `yaml:"rpc"`
	// Finality is what ends the verification of a goal: safe or finalized, the
	// chain's own tags, or none for depth alone.
	Finality string `yaml:"finality"`
	// Depth is how many blocks must stand on top of a transaction's block
	// before its goal is read a last time, where finality is none. 0 takes the
	// goal at its block as the last word; use it only where blocks are final at
	// once.
	Depth *uint64 `yaml:"depth"`
	// BlockTime is how long a block takes, for polling and patience. The
	// inventory's block_time goes before the preset's.
	BlockTime time.Duration `yaml:"block_time"`
	// BumpAfter is how long a transaction may wait before its fees are raised.
	BumpAfter time.Duration `yaml:"bump_after"`
	// Rebroadcast is how often the same bytes are offered again.
	Rebroadcast time.Duration `yaml:"rebroadcast"`
	// FloorTip is the least priority fee in wei, as decimal digits. It keeps a
	// silent fee oracle from sending something that no block takes.
	FloorTip string `yaml:"floor_tip"`
	// Timeout is how long one call of one endpoint may take. Default 3s.
	Timeout time.Duration `yaml:"timeout"`
	// NoBump says that the chain has no mempool, so that a second transaction
	// at the same nonce replaces nothing (Arbitrum).
	NoBump *bool `yaml:"no_bump"`
	// MaxInFlight bounds the transactions of one key that are not mined yet.
	// Default 40, which is the largest plan.
	MaxInFlight int `yaml:"max_in_flight"`
	// NodeFeeCap is what gas times fee cap must stay below for public nodes to
	// take a transaction, in wei, as decimal digits (geth --rpc.txfeecap).
	NodeFeeCap string `yaml:"node_fee_cap"`
	// MaxTxGas is the most gas that one transaction may ask for.
	MaxTxGas uint64 `yaml:"max_tx_gas"`
}

// RPC is one endpoint. Facts, logs and errors call it by its name, because its
// URL may hold a token.
type RPC struct {
	Name string `yaml:"name"`
	// URL is http, https, ws or wss. Give either this or URLFile.
	URL string `yaml:"url"`
	// URLFile is a file that holds the URL, where it contains a token.
	URLFile string `yaml:"url_file"`
	// Kind is node, sequencer or relay. Default node. The other two are given
	// the same bytes at the same time as every node, and are never read from.
	Kind string `yaml:"kind"`
	// Method is how a relay takes a transaction: eth_sendRawTransaction, which
	// is the default, eth_sendPrivateTransaction, which takes an object, or
	// eth_sendPrivateRawTransaction.
	Method string `yaml:"method"`
	// NoFeeCap says that it is the operator's own node and refuses no
	// transaction for its cost (geth --rpc.txfeecap=0).
	NoFeeCap bool `yaml:"no_fee_cap"`
}

// The kinds of endpoints.
const (
	kindNode      = "node"
	kindSequencer = "sequencer"
	kindRelay     = "relay"
)

// sendOnly tells whether the endpoint is never read from.
func (r RPC) sendOnly() bool { return r.Kind == kindSequencer || r.Kind == kindRelay }

// nodes counts the endpoints that can be read from.
func (c Chain) nodes() int {
	n := 0
	for _, r := range c.RPC {
		if !r.sendOnly() {
			n++
		}
	}
	return n
}

// methods are the ways in which relays take a transaction.
var methods = []string{"eth_sendRawTransaction", "eth_sendPrivateTransaction", "eth_sendPrivateRawTransaction"}

func (k *checker) chain(path string, c Chain) {
	if c.nodes() == 0 {
		k.say(path+".rpc", "name at least one endpoint of kind node; two of independent operators are better")
	}
	seen := map[string]bool{}
	for i, r := range c.RPC {
		at := fmt.Sprintf("%s.rpc.%d", path, i)
		if !nameRule.MatchString(r.Name) || seen[r.Name] {
			k.say(at+".name", "every endpoint needs a name of its own, in lower case")
		}
		seen[r.Name] = true
		k.endpoint(at, r)
	}
	for key, d := range map[string]time.Duration{"block_time": c.BlockTime, "bump_after": c.BumpAfter, "rebroadcast": c.Rebroadcast, "timeout": c.Timeout} {
		if d != 0 && (d < 10*time.Millisecond || d > time.Hour) {
			k.say(path+"."+key, "%s is not between 10ms and 1h", d)
		}
	}
	for key, wei := range map[string]string{"floor_tip": c.FloorTip, "node_fee_cap": c.NodeFeeCap} {
		if _, err := incident.ParseQuantity(wei); wei != "" && err != nil {
			k.say(path+"."+key, "%v (wei, as digits)", err)
		}
	}
	if !slices.Contains([]string{"", finalityNone, incident.LevelSafe, incident.LevelFinalized}, c.Finality) {
		k.say(path+".finality", "%q is not none, safe or finalized", c.Finality)
	}
	if c.MaxInFlight < 0 {
		k.say(path+".max_in_flight", "cannot be negative")
	}
	if c.MaxTxGas != 0 && c.MaxTxGas < 21_000 {
		k.say(path+".max_tx_gas", "%d is less than the 21000 of any transaction", c.MaxTxGas)
	}
}

func (k *checker) endpoint(at string, r RPC) {
	if (r.URL == "") == (r.URLFile == "") {
		k.say(at, "give either url or url_file")
	}
	if r.URL != "" && !endpointURL(r.URL) {
		k.say(at+".url", "is no http, https, ws or wss URL")
	}
	if !slices.Contains([]string{"", kindNode, kindSequencer, kindRelay}, r.Kind) {
		k.say(at+".kind", "%q is not node, sequencer or relay", r.Kind)
	}
	switch {
	case r.Method == "":
	case !slices.Contains(methods, r.Method):
		k.say(at+".method", "%q is not one of %v", r.Method, methods)
	case r.Kind != kindRelay:
		k.say(at+".method", "only a relay has a choice; others take eth_sendRawTransaction")
	}
	if r.NoFeeCap && r.sendOnly() {
		k.say(at+".no_fee_cap", "is for a node of your own; what another's %s takes is not yours to say", r.Kind)
	}
}
