package submitter

import (
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Limits that several chains share.
const (
	// capEIP7825 is 2^24 (EIP-7825, Osaka): above it geth refuses a transaction
	// as it comes in. Where a chain's own cap is not known, this is taken: it is
	// the lowest known one, and no containment call comes near it.
	capEIP7825 = 1 << 24
	// wholePlan lets every plan go out at once: one may hold 40 calls. geth's
	// pool guarantees an account 16 (legacypool AccountSlots) and keeps more
	// while it has room, reth refuses the others; what a pool has no room for is
	// offered again until it has.
	wholePlan = defaultInFlight
)

var (
	gweis = func(n uint64) incident.Wei { return incident.NewQuantity(n).Times(1_000_000_000) }
	// belowOne is 0.99 of the chain's currency: geth's --rpc.txfeecap is 1 of
	// it, whatever it is worth, and nodes of the same descent kept the default.
	belowOne = incident.NewQuantity(990_000_000_000_000_000)
	both     = []string{incident.LevelSafe, incident.LevelFinalized}
	last     = []string{incident.LevelFinalized}
)

var presets = []Preset{
	{
		Name: "Ethereum", ChainID: 1,
		BlockTime:   12 * time.Second, // a slot of the beacon chain
		FloorTip:    gweis(1),         // what other submitters never go below; builders leave out what pays nothing
		Mempool:     true,
		BumpAfter:   12 * time.Second, // one slot without inclusion
		Rebroadcast: 4 * time.Second,  // three times per slot: pools drop, and endpoints do not gossip
		MaxTxGas:    capEIP7825,
		NodeFeeCap:  belowOne,
		MaxInFlight: wholePlan,
		Levels:      both, // justified, finalized: an attacker cannot undo what two thirds of the stake signed
		Depth:       64,   // two epochs, after which finality would have come
		Sends:       []string{"relay.flashbots.net", "rpc.flashbots.net"},
	},
	{
		Name: "Base", ChainID: 8453,
		BlockTime:   2 * time.Second,
		FloorTip:    incident.NewQuantity(10_000_000), // ten times the least that op-geth suggests; still nothing to speak of
		Mempool:     true,                             // the sequencer orders by tip, and replaces as geth does
		BumpAfter:   2 * time.Second,                  // one block
		Rebroadcast: 2 * time.Second,                  // replicas may fail to forward
		MaxTxGas:    capEIP7825,                       // by protocol since Azul
		NodeFeeCap:  belowOne,
		MaxInFlight: wholePlan,
		Levels:      both, // safe: its batch is on L1; finalized: that L1 block is
		Depth:       150,  // five minutes, in which batches usually reach L1
		Sends:       []string{"mainnet-sequencer.base.org"},
	},
	{
		Name: "OP Mainnet", ChainID: 10,
		BlockTime:   2 * time.Second,
		FloorTip:    incident.NewQuantity(10_000_000), // as on Base
		Mempool:     true,
		BumpAfter:   2 * time.Second,
		Rebroadcast: 2 * time.Second,
		MaxTxGas:    capEIP7825, // not confirmed for OP Mainnet: the lowest known cap
		NodeFeeCap:  belowOne,
		MaxInFlight: wholePlan,
		Levels:      both,
		Depth:       150,
		Sends:       []string{"mainnet-sequencer.optimism.io"},
	},
	{
		Name: "Arbitrum One", ChainID: 42161,
		BlockTime:   250 * time.Millisecond,
		FloorTip:    incident.NewQuantity(1), // the sequencer takes who comes first; tips buy nothing
		Mempool:     false,                   // first come, first served: a dearer twin replaces nothing
		Rebroadcast: time.Second,             // a nonce that is too high is held for one second
		MaxTxGas:    32_000_000,              // since ArbOS 50
		NodeFeeCap:  belowOne,                // Nitro's --execution.rpc.tx-fee-cap is 1 too
		MaxInFlight: wholePlan,
		Levels:      both, // by the state of its batch on L1
		Depth:       1200, // five minutes
		Sends:       []string{"arb1-sequencer.arbitrum.io/rpc"},
	},
	{
		Name: "Polygon PoS", ChainID: 137,
		BlockTime:   2 * time.Second,
		FloorTip:    gweis(30), // bor refuses below 25; estimators have been seen below that
		Mempool:     true,
		BumpAfter:   2 * time.Second,
		Rebroadcast: 2 * time.Second,
		MaxTxGas:    1 << 25, // EIP-7825 with twice the number, since Madhugiri
		NodeFeeCap:  belowOne,
		MaxInFlight: wholePlan,
		Levels:      last, // milestones (PIP-11); safe is not known to be served
		Depth:       256,  // deeper than any reorganisation before milestones
	},
	{
		Name: "BNB Chain", ChainID: 56,
		BlockTime: 450 * time.Millisecond, // since Fermi
		// Twice the 0.05 gwei that validators ask. The base fee is zero, so the tip
		// is the whole price.
		FloorTip:    incident.NewQuantity(100_000_000),
		Mempool:     true,
		BumpAfter:   2 * time.Second,
		Rebroadcast: 2 * time.Second,
		MaxTxGas:    capEIP7825, // not confirmed for this chain: the lowest known cap
		NodeFeeCap:  belowOne,
		MaxInFlight: wholePlan,
		Levels:      last, // fast finality (BEP-126) takes seconds, so safe on the way is no news
		Depth:       180,  // a majority of validators, each with its turn of consecutive blocks
	},
	{
		Name: "Gnosis", ChainID: 100,
		BlockTime:   5 * time.Second,
		FloorTip:    gweis(1), // in xDAI: a thousandth of a cent per call
		Mempool:     true,
		BumpAfter:   5 * time.Second,
		Rebroadcast: 2 * time.Second,
		MaxTxGas:    capEIP7825, // not confirmed for this chain: the lowest known cap
		NodeFeeCap:  belowOne,   // 0.99 xDAI: see docs/CHAINS.md before a fee spike does
		MaxInFlight: wholePlan,
		Levels:      both, // a beacon chain of its own
		Depth:       64,   // more than the two epochs of 16 slots
	},
	{
		Name: "Avalanche C", ChainID: 43114,
		BlockTime:   2 * time.Second, // the least time is set by validators (ACP-226); this is what is seen
		FloorTip:    gweis(1),        // not confirmed: covers a market that the oracle does not see
		Mempool:     true,
		BumpAfter:   2 * time.Second,
		Rebroadcast: 2 * time.Second,
		MaxTxGas:    capEIP7825,          // not confirmed for this chain: the lowest known cap
		NodeFeeCap:  belowOne.Times(100), // coreth's rpc-tx-fee-cap is 100 AVAX
		MaxInFlight: wholePlan,
		Levels:      last, // accepted blocks are final: finalized is latest
		Depth:       1,    // the same without the tag
	},
	{
		Name: "zkSync Era", ChainID: 324,
		BlockTime:   time.Second,
		FloorTip:    incident.NewQuantity(1), // the sequencer takes who comes first, at its own price
		Mempool:     false,                   // one sequencer; a second transaction at a nonce is answered ambiguously
		Rebroadcast: 2 * time.Second,
		MaxTxGas:    capEIP7825, // its own cap is higher; plans never need more
		NodeFeeCap:  belowOne,   // no cap is known; this keeps plans alike
		MaxInFlight: wholePlan,
		Levels:      nil, // finalized means executed on L1, hours later: name it in the configuration to wait for it
		Depth:       60,  // a minute: its sequencer has no forks
		Sends:       []string{"mainnet.era.zksync.io"},
	},
}

// generic is for a chain that nobody has described: patient where a wrong guess
// would cost a transaction, and by depth because a tag that nobody serves would
// be waited for until a person notices.
var generic = Preset{
	Name:        "any other",
	BlockTime:   12 * time.Second,
	FloorTip:    gweis(1),
	Mempool:     true,
	MaxTxGas:    capEIP7825,
	NodeFeeCap:  belowOne,
	MaxInFlight: wholePlan,
	Depth:       2,
}
