package submitter_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/rpc"
	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// golden are texts as clients send them, with values filled in.
var golden = []struct {
	client string
	kind   submitter.Kind
	text   string
}{
	{"geth, reth", submitter.KindKnown, "already known"},
	{"Erigon", submitter.KindKnown, "ALREADY_EXISTS: already known"},
	{"Erigon", submitter.KindKnown, "INTERNAL_ERROR: existing txn with same hash"},
	{"Nethermind old", submitter.KindKnown, "AlreadyKnown"},
	{"Besu", submitter.KindKnown, "Known transaction"},
	{"zkSync", submitter.KindKnown, "known transaction. transaction with hash 0x12ab is already in the system"},
	{"forks", submitter.KindKnown, "already imported"},

	{"zkSync", submitter.KindSameNonce, "insertion of another transaction with the same nonce is in progress"},

	{"geth, reth", submitter.KindNonceLow, "nonce too low: next nonce 5, tx nonce 4"},
	{"Erigon", submitter.KindNonceLow, "INTERNAL_ERROR: nonce too low"},
	{"Nethermind old", submitter.KindNonceLow, "OldNonce, Current nonce: 5, nonce of rejected tx: 4"},
	{"Nethermind between", submitter.KindNonceLow, "nonce too low, Current nonce: 5, nonce of rejected tx: 4"},
	{"Besu", submitter.KindNonceLow, "Nonce too low"},
	{"Nitro", submitter.KindNonceLow, "nonce too low: address 0x22, tx: 4 state: 5"},
	{"zkSync", submitter.KindNonceLow, "nonce too low. allowed nonce range: 5 - 25, actual: 4"},

	{"geth blob pool", submitter.KindNonceHigh, "nonce too high: tx nonce 7, gapped nonce 5"},
	{"Nethermind old", submitter.KindNonceHigh, "NonceGap, Future nonce. Expected nonce: 5"},
	{"Nethermind old", submitter.KindNonceHigh, "NonceTooFarInFuture"},
	{"Besu", submitter.KindNonceHigh, "Nonce too high"},
	{"Besu", submitter.KindNonceHigh, "Transaction nonce is too distant from current sender nonce"},
	{"Besu", submitter.KindNonceHigh, "An invalid transaction with a lower nonce exists"},
	{"Nitro", submitter.KindNonceHigh, "nonce too high: address 0x22, tx: 7 state: 5"},
	{"zkSync", submitter.KindNonceHigh, "nonce too high. allowed nonce range: 5 - 25, actual: 40"},

	{"geth, reth", submitter.KindReplacement, "replacement transaction underpriced"},
	{"geth blob pool", submitter.KindReplacement, "replacement transaction underpriced: new tx gas fee cap 9 < 18 queued + 100% replacement penalty"},
	{"Erigon", submitter.KindReplacement, "INTERNAL_ERROR: could not replace existing tx"},
	{"Erigon", submitter.KindReplacement, "FEE_TOO_LOW: replacement transaction underpriced"},
	{"Nethermind old", submitter.KindReplacement, "ReplacementNotAllowed"},
	{"Besu", submitter.KindReplacement, "Replacement transaction underpriced"},

	{"geth, reth", submitter.KindFeeLow, "transaction underpriced"},
	{"geth", submitter.KindFeeLow, "transaction gas price below minimum: gas tip cap 0, minimum needed 1"},
	{"Polygon bor", submitter.KindFeeLow, "transaction gas price below minimum: gas tip cap 1500000000, minimum needed 25000000000"},
	{"reth", submitter.KindFeeLow, "transaction priority fee below minimum required priority fee 1000000000"},
	{"Erigon", submitter.KindFeeLow, "FEE_TOO_LOW: underpriced"},
	{"Erigon", submitter.KindFeeLow, "FEE_TOO_LOW: fee too low"},
	{"Nethermind old", submitter.KindFeeLow, "FeeTooLow"},
	{"Nethermind old", submitter.KindFeeLow, "FeeTooLowToCompete"},
	{"Besu", submitter.KindFeeLow, "Gas price below configured minimum gas price"},
	{"Besu", submitter.KindFeeLow, "Gas price below current base fee"},
	{"Nitro", submitter.KindFeeLow, "max fee per gas less than block base fee: address 0x22, maxFeePerGas: 1 baseFee: 2"},
	{"zkSync", submitter.KindFeeLow, "max fee per gas less than block base fee"},

	{"geth", submitter.KindNodeFeeCap, "tx fee (1.20 ether) exceeds the configured cap (1.00 ether)"},
	{"reth", submitter.KindNodeFeeCap, "tx fee (1200 wei) exceeds the configured cap (1000 wei)"},
	{"Besu", submitter.KindNodeFeeCap, "Transaction fee cap exceeded"},

	{"geth, Nitro", submitter.KindFunds, "insufficient funds for gas * price + value: balance 1, tx cost 3, overshot 2"},
	{"geth", submitter.KindFunds, "insufficient funds for gas * price + value: balance 1, queued cost 2, tx cost 3, overshot 4"},
	{"reth", submitter.KindFunds, "insufficient funds for gas * price + value: have 1 want 3"},
	{"Erigon", submitter.KindFunds, "INTERNAL_ERROR: insufficient funds"},
	{"Nethermind old", submitter.KindFunds, "InsufficientFunds, Account balance: 1, cumulative cost: 3"},
	{"Besu", submitter.KindFunds, "Upfront cost exceeds account balance"},
	{"zkSync", submitter.KindFunds, "insufficient funds for gas + value. balance: 1, fee: 3, value: 0"},

	{"geth, Nitro", submitter.KindGas, "intrinsic gas too low: gas 20000, minimum needed 21064"},
	{"geth", submitter.KindGas, "insufficient gas for floor data gas cost: gas 21064, minimum needed 22000"},
	{"geth, reth", submitter.KindGas, "exceeds block gas limit"},
	{"geth", submitter.KindGas, "transaction gas limit too high (cap: 16777216, tx: 21000000)"},
	{"reth", submitter.KindGas, "exceeds max transaction gas limit"},
	{"Erigon", submitter.KindGas, "INTERNAL_ERROR: IntrinsicGas"},
	{"Erigon", submitter.KindGas, "gas limit is too high"},
	{"Nethermind", submitter.KindGas, "TxGasLimitCapExceeded: Gas limit 21000000 exceeded cap of 16777216."},
	{"Besu", submitter.KindGas, "Intrinsic gas exceeds gas limit"},
	{"Besu", submitter.KindGas, "Transaction gas limit exceeds block gas limit"},
	{"Besu", submitter.KindGas, "Transaction gas limit cap exceeded"},
	{"zkSync", submitter.KindGas, "intrinsic gas too low"},
	{"zkSync", submitter.KindSimulation, "failed to validate the transaction. reason: Validation revert: Pausable: paused"},

	{"geth, reth", submitter.KindPoolFull, "txpool is full"},
	{"geth", submitter.KindPoolFull, "future transaction tries to replace pending"},
	{"geth blob pool", submitter.KindPoolFull, "account limit exceeded: pooled 16 txs"},
	{"Erigon", submitter.KindPoolFull, "INTERNAL_ERROR: pending sub-pool is full"},
	{"Erigon", submitter.KindPoolFull, "INTERNAL_ERROR: baseFee sub-pool is full"},
	{"Erigon", submitter.KindPoolFull, "INTERNAL_ERROR: queued sub-pool is full"},
	{"Erigon", submitter.KindPoolFull, "spammer"},

	{"geth, reth", submitter.KindDelegated, "in-flight transaction limit reached for delegated accounts"},
	{"geth, reth", submitter.KindDelegated, "gapped-nonce tx from delegated accounts"},
	{"geth, reth", submitter.KindDelegated, "authority already reserved"},

	{"geth, reth", submitter.KindTypeClash, "address already reserved"},
	{"Nethermind", submitter.KindTypeClash, "PendingTxsOfConflictingType"},

	{"geth, Nitro", submitter.KindConfig, "invalid sender: invalid chain id for signer: have 1 want 1337"},
	{"reth", submitter.KindConfig, "invalid chain ID"},
	{"Erigon", submitter.KindConfig, "invalid chain id, expected 1337"},
	{"Besu", submitter.KindConfig, "Wrong chainId"},
	{"geth", submitter.KindConfig, "max priority fee per gas higher than max fee per gas"},

	{"Besu", submitter.KindAvailability, "Transaction pool not enabled"},
	{"Besu", submitter.KindAvailability, "Initial sync is still in progress"},
	{"Besu", submitter.KindAvailability, "Sender account not authorized to send transactions"},
	{"Besu", submitter.KindAvailability, "Plugin has marked the transaction as invalid"},
	{"Nitro", submitter.KindAvailability, "failed to publish transaction to any of the forwarding targets"},
	{"Nitro", submitter.KindAvailability, "sequencer temporarily not available"},
	{"Nitro", submitter.KindAvailability, "publishing transactions not supported by this endpoint"},
	{"Nitro", submitter.KindTransport, "context deadline exceeded"},
}

func classOf(k submitter.Kind) submitter.Class {
	switch k {
	case submitter.KindKnown:
		return submitter.Accepted
	case submitter.KindSameNonce, submitter.KindAvailability, submitter.KindTransport, submitter.KindUnknown:
		return submitter.Ambiguous
	}
	return submitter.Rejected
}

func TestEveryKnownTextOfEveryClientHasItsClass(t *testing.T) {
	for _, row := range golden {
		class, kind := submitter.Classify(said("%s", row.text))
		assert.Equal(t, row.kind, kind, "%s: %s", row.client, row.text)
		assert.Equal(t, classOf(row.kind), class, "%s: %s", row.client, row.text)
	}
}

func TestNoErrorIsAcceptance(t *testing.T) {
	class, _ := submitter.Classify(nil)
	assert.Equal(t, submitter.Accepted, class)
}

func TestTransportErrorsAreAmbiguous(t *testing.T) {
	for _, err := range []error{
		io.EOF, submittertest.ErrLost, context.DeadlineExceeded, fmt.Errorf("call: %w", context.Canceled),
		rpc.HTTPError{StatusCode: 503, Status: "503 Service Unavailable", Body: []byte("already known")},
		rpc.HTTPError{StatusCode: 429, Status: "429 Too Many Requests", Body: []byte("nonce too low")},
		rpc.HTTPError{StatusCode: 403, Status: "403 Forbidden"},
		errors.New("read tcp 10.0.0.1:4711: connection reset by peer"),
	} {
		class, kind := submitter.Classify(err)
		assert.Equal(t, submitter.Ambiguous, class, "%v", err)
		assert.Equal(t, submitter.KindTransport, kind, "%v", err)
	}
}

func TestWhatNoRowKnowsIsAmbiguous(t *testing.T) {
	for _, text := range []string{"unknown transaction type", "internal error", "", "rate limited", "the method is not whitelisted",
		"preunderpricedness", "transaction not already knownish"} {
		class, kind := submitter.Classify(said("%s", text))
		assert.Equal(t, submitter.Ambiguous, class, text)
		assert.Equal(t, submitter.KindUnknown, kind, text)
	}
}

// fragments are the words that alone can give a text a class other than
// ambiguous, kept apart from the table under test.
var accepting = []string{"already known", "existing txn with same hash", "alreadyknown", "known transaction", "already imported"}

var rejecting = []string{"nonce", "underpriced", "replace", "below", "fee", "cap", "funds", "upfront", "gas", "full", "spammer",
	"delegated", "reserved", "conflicting", "chain", "validate", "pooled"}

func FuzzRandomTextIsNeverAcceptanceOrRejection(f *testing.F) {
	for _, row := range golden {
		f.Add(row.text)
	}
	f.Add("unknown transaction type")
	f.Fuzz(func(t *testing.T, text string) {
		class, _ := submitter.Classify(said("%s", text))
		has := func(words []string) bool {
			for _, w := range words {
				if strings.Contains(strings.ToLower(text), w) {
					return true
				}
			}
			return false
		}
		if class == submitter.Accepted && !has(accepting) {
			t.Errorf("%q is taken for acceptance", text)
		}
		if class == submitter.Rejected && !has(rejecting) {
			t.Errorf("%q is taken for rejection", text)
		}
	})
}
