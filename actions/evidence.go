package actions

import (
	"context"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// Evidence reads what a plan rests on. Like a Reader it is safe for concurrent
// use, keeps and writes nothing, and its time is bounded by ctx.
type Evidence interface {
	// CallTogether asks every endpoint for all views at one block, named by hash:
	// the latest that all of them have, or its own latest where one is far from
	// the others or cannot be asked again. There is one Together for each endpoint
	// that answered, if only that views revert, in the order of the configuration.
	// It fails when none did, for a chain that is not configured, and for a view of
	// another one.
	CallTogether(ctx context.Context, chainID uint64, views []View) ([]Together, error)
	// Transfers asks every endpoint for ERC-20 Transfer events (eth_getLogs).
	// There is one Transfers for each endpoint that gave the whole window, or
	// more than Most of it. An endpoint that answers what was not asked for
	// has none. It fails when no endpoint has one.
	Transfers(ctx context.Context, chainID uint64, q TransferQuery) ([]Transfers, error)
}

// Together is what one endpoint said of several views at one block.
type Together struct {
	Endpoint  string // configured name, never a URL: those hold keys
	Block     uint64
	BlockHash common.Hash
	Data      [][]byte // by view; nil: that view reverted or failed. Empty is an answer
}

// MaxTransferBlocks is the longest window of a TransferQuery, in blocks: a day of a
// chain with two seconds for a block. A longer one takes an endpoint longer than a
// plan can wait.
const MaxTransferBlocks = 50_000

// TransferQuery says which transfers of a token are asked for.
type TransferQuery struct {
	Token    common.Address
	From, To common.Address // zero: any
	Since    time.Duration  // before the latest block's time
	// BlockTime is what the chain takes for a block, to guess where the window
	// begins before the blocks' own times tell. Zero: as it is configured.
	BlockTime time.Duration
	Most      int // how many transfers are kept of an endpoint, at most. Zero: 1000
}

// Transfers is what one endpoint said was moved between two blocks, both
// included. FromBlock is the last known to be no later than the time asked
// for, so the window is that long at least and may be some blocks longer.
type Transfers struct {
	Endpoint           string
	FromBlock, ToBlock uint64
	List               []Transfer // oldest first
	Cut                bool       // there were more than Most: List has the newest
}

// Transfer is one ERC-20 Transfer event.
type Transfer struct {
	From, To common.Address
	Units    incident.Quantity // base units of the token
	Block    uint64
	Tx       common.Hash
	Index    uint64 // of the log in its block
}
