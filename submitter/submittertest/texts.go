package submittertest

// Text is what one client answers to a send, with values filled in, and the
// kind of it by the submitter's table.
type Text struct{ Client, Kind, Text string }

// Texts are the answers of all clients that the reference knows.
var Texts = []Text{
	{"geth, reth", "known", "already known"},
	{"Erigon", "known", "ALREADY_EXISTS: already known"},
	{"Erigon", "known", "INTERNAL_ERROR: existing txn with same hash"},
	{"Nethermind old", "known", "AlreadyKnown"},
	{"Besu", "known", "Known transaction"},
	{"zkSync", "known", "known transaction. transaction with hash 0x12ab is already in the system"},
	{"forks", "known", "already imported"},

	{"zkSync", "same-nonce", "insertion of another transaction with the same nonce is in progress"},

	{"geth, reth", "nonce-low", "nonce too low: next nonce 5, tx nonce 4"},
	{"Erigon", "nonce-low", "INTERNAL_ERROR: nonce too low"},
	{"Nethermind old", "nonce-low", "OldNonce, Current nonce: 5, nonce of rejected tx: 4"},
	{"Nethermind between", "nonce-low", "nonce too low, Current nonce: 5, nonce of rejected tx: 4"},
	{"Besu", "nonce-low", "Nonce too low"},
	{"Nitro", "nonce-low", "nonce too low: address 0x22, tx: 4 state: 5"},
	{"zkSync", "nonce-low", "nonce too low. allowed nonce range: 5 - 25, actual: 4"},

	{"geth blob pool", "nonce-high", "nonce too high: tx nonce 7, gapped nonce 5"},
	{"Nethermind old", "nonce-high", "NonceGap, Future nonce. Expected nonce: 5"},
	{"Nethermind old", "nonce-high", "NonceTooFarInFuture"},
	{"Besu", "nonce-high", "Nonce too high"},
	{"Besu", "nonce-high", "Transaction nonce is too distant from current sender nonce"},
	{"Besu", "nonce-high", "An invalid transaction with a lower nonce exists"},
	{"Nitro", "nonce-high", "nonce too high: address 0x22, tx: 7 state: 5"},
	{"zkSync", "nonce-high", "nonce too high. allowed nonce range: 5 - 25, actual: 40"},

	{"geth, reth", "replacement", "replacement transaction underpriced"},
	{"geth blob pool", "replacement", "replacement transaction underpriced: new tx gas fee cap 9 < 18 queued + 100% replacement penalty"},
	{"Erigon", "replacement", "INTERNAL_ERROR: could not replace existing tx"},
	{"Erigon", "replacement", "FEE_TOO_LOW: replacement transaction underpriced"},
	{"Nethermind old", "replacement", "ReplacementNotAllowed"},
	{"Besu", "replacement", "Replacement transaction underpriced"},

	{"geth, reth", "fee-low", "transaction underpriced"},
	{"geth", "fee-low", "transaction gas price below minimum: gas tip cap 0, minimum needed 1"},
	{"Polygon bor", "fee-low", "transaction gas price below minimum: gas tip cap 1500000000, minimum needed 25000000000"},
	{"reth", "fee-low", "transaction priority fee below minimum required priority fee 1000000000"},
	{"Erigon", "fee-low", "FEE_TOO_LOW: underpriced"},
	{"Erigon", "fee-low", "FEE_TOO_LOW: fee too low"},
	{"Nethermind old", "fee-low", "FeeTooLow"},
	{"Nethermind old", "fee-low", "FeeTooLowToCompete"},
	{"Besu", "fee-low", "Gas price below configured minimum gas price"},
	{"Besu", "fee-low", "Gas price below current base fee"},
	{"Nitro", "fee-low", "max fee per gas less than block base fee: address 0x22, maxFeePerGas: 1 baseFee: 2"},
	{"zkSync", "fee-low", "max fee per gas less than block base fee"},

	{"geth", "node-fee-cap", "tx fee (1.20 ether) exceeds the configured cap (1.00 ether)"},
	{"reth", "node-fee-cap", "tx fee (1200 wei) exceeds the configured cap (1000 wei)"},
	{"Besu", "node-fee-cap", "Transaction fee cap exceeded"},

	{"geth, Nitro", "funds", "insufficient funds for gas * price + value: balance 1, tx cost 3, overshot 2"},
	{"geth", "funds", "insufficient funds for gas * price + value: balance 1, queued cost 2, tx cost 3, overshot 4"},
	{"reth", "funds", "insufficient funds for gas * price + value: have 1 want 3"},
	{"Erigon", "funds", "INTERNAL_ERROR: insufficient funds"},
	{"Nethermind old", "funds", "InsufficientFunds, Account balance: 1, cumulative cost: 3"},
	{"Besu", "funds", "Upfront cost exceeds account balance"},
	{"zkSync", "funds", "insufficient funds for gas + value. balance: 1, fee: 3, value: 0"},

	{"geth, Nitro", "gas", "intrinsic gas too low: gas 20000, minimum needed 21064"},
	{"geth", "gas", "insufficient gas for floor data gas cost: gas 21064, minimum needed 22000"},
	{"geth, reth", "gas", "exceeds block gas limit"},
	{"geth", "gas", "transaction gas limit too high (cap: 16777216, tx: 21000000)"},
	{"reth", "gas", "exceeds max transaction gas limit"},
	{"Erigon", "gas", "INTERNAL_ERROR: IntrinsicGas"},
	{"Erigon", "gas", "gas limit is too high"},
	{"Nethermind", "gas", "TxGasLimitCapExceeded: Gas limit 21000000 exceeded cap of 16777216."},
	{"Besu", "gas", "Intrinsic gas exceeds gas limit"},
	{"Besu", "gas", "Transaction gas limit exceeds block gas limit"},
	{"Besu", "gas", "Transaction gas limit cap exceeded"},
	{"zkSync", "gas", "intrinsic gas too low"},
	{"zkSync", "simulation", "failed to validate the transaction. reason: Validation revert: Pausable: paused"},

	{"geth, reth", "pool-full", "txpool is full"},
	{"geth", "pool-full", "future transaction tries to replace pending"},
	{"geth blob pool", "pool-full", "account limit exceeded: pooled 16 txs"},
	{"Erigon", "pool-full", "INTERNAL_ERROR: pending sub-pool is full"},
	{"Erigon", "pool-full", "INTERNAL_ERROR: baseFee sub-pool is full"},
	{"Erigon", "pool-full", "INTERNAL_ERROR: queued sub-pool is full"},
	{"Erigon", "pool-full", "spammer"},

	{"geth, reth", "delegated", "in-flight transaction limit reached for delegated accounts"},
	{"geth, reth", "delegated", "gapped-nonce tx from delegated accounts"},
	{"geth, reth", "delegated", "authority already reserved"},

	{"geth, reth", "type-clash", "address already reserved"},
	{"Nethermind", "type-clash", "PendingTxsOfConflictingType"},

	{"geth, Nitro", "config", "invalid sender: invalid chain id for signer: have 1 want 1337"},
	{"reth", "config", "invalid chain ID"},
	{"Erigon", "config", "invalid chain id, expected 1337"},
	{"Besu", "config", "Wrong chainId"},
	{"geth", "config", "max priority fee per gas higher than max fee per gas"},

	{"Besu", "availability", "Transaction pool not enabled"},
	{"Besu", "availability", "Initial sync is still in progress"},
	{"Besu", "availability", "Sender account not authorized to send transactions"},
	{"Besu", "availability", "Plugin has marked the transaction as invalid"},
	{"Nitro", "availability", "failed to publish transaction to any of the forwarding targets"},
	{"Nitro", "availability", "sequencer temporarily not available"},
	{"Nitro", "availability", "publishing transactions not supported by this endpoint"},
	{"Nitro", "transport", "context deadline exceeded"},
}
