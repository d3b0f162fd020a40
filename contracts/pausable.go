package contracts

// The calls of OpenZeppelin's Pausable. A second pause reverts with
// EnforcedPause, and unpause without a pause with ExpectedPause.
const pausable = "IPausable"

// Pause is calldata for pause().
func Pause() []byte { return encode(pausable, "pause") }

// Unpause is calldata for unpause(), which loosens.
func Unpause() []byte { return encode(pausable, "unpause") }

// PausedQuery is calldata for the view paused(); read the answer with
// DecodeBool.
func PausedQuery() []byte { return encode(pausable, "paused") }
