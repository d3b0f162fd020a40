package actions

import (
	"context"

	"github.com/ethereum/go-ethereum/common"
)

// Reader reads chains through their endpoints. Implementations are safe for
// concurrent use, keep nothing, write nothing, and retry nothing: the caller
// bounds the time with ctx and decides on what came.
type Reader interface {
	// CallAll asks every configured endpoint of the chain for what a view
	// answers at its latest block (eth_call), and returns one Answer for each
	// endpoint that answered, in the order of the configuration. Block and
	// BlockHash are of exactly the block that Data was read at. An endpoint
	// that failed, timed out or reverted has no Answer; empty data is an
	// Answer, because it says that there is no code. It fails when no endpoint
	// answered, and for a chain that is not configured.
	CallAll(ctx context.Context, chainID uint64, to common.Address, data []byte) ([]Answer, error)
	// Estimate asks one endpoint what gas the call takes at the latest block
	// (eth_estimateGas). When the call would revert, revert is the revert data,
	// not nil though perhaps empty, and gas and err are zero. An err means that
	// nobody could tell.
	Estimate(ctx context.Context, chainID uint64, call Simulation) (gas uint64, revert []byte, err error)
}

// Answer is what one endpoint said a view returned, and at which block.
type Answer struct {
	Endpoint  string // configured name, never a URL: those hold keys
	Block     uint64
	BlockHash common.Hash
	Data      []byte
}

// Simulation is a call to try without sending it.
type Simulation struct {
	From common.Address
	To   common.Address
	Data []byte
}
