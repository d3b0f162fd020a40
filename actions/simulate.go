package actions

import (
	"context"

	"github.com/ethereum/go-ethereum/common"
)

// Simulator tries calls without sending them. It is safe for concurrent use,
// writes nothing to a chain, and its time is bounded by ctx.
type Simulator interface {
	// Simulate makes the calls in order on top of the latest block of one
	// endpoint, and reads the views before and after them (eth_simulateV1).
	// Where no endpoint can do that, each call is tried alone and the answer is
	// not Stateful. What comes back is one endpoint's word, so it is advice. It
	// fails when no endpoint could tell, for a chain that is not configured,
	// and for a view of another one.
	Simulate(ctx context.Context, chainID uint64, r SimulateRequest) (Simulated, error)
}

// SimulateRequest is what to try: calls in order, then the views.
type SimulateRequest struct {
	Calls []Simulation
	Views []View
}

// Simulated is what one endpoint said would happen.
type Simulated struct {
	Endpoint string // configured name
	Block    uint64 // the calls were tried on top of it
	// Stateful says that each call saw what those before it did. Otherwise
	// every call was tried alone, and what they do together is not known.
	Stateful bool
	Calls    []SimulatedCall // as many as were asked for
	// Before and After hold what each view answered; nil where it reverted or
	// could not be read. After is nil when not Stateful.
	Before, After [][]byte
}

// SimulatedCall is what one call would do.
type SimulatedCall struct {
	Gas    uint64 // what it used at most at any time; zero: not known
	Revert []byte // nil: it succeeded; not nil though perhaps empty: it failed
	Logs   []SimulatedLog
}

// SimulatedLog is an event that a call would emit.
type SimulatedLog struct {
	Address common.Address
	Topics  []common.Hash
	Data    []byte
}
