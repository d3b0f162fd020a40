package submitter

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/firebreak-project/firebreak/incident"
)

// Class is what one endpoint's answer to a broadcast proves.
type Class string

// The classes. Ambiguous means that the bytes may be live: it is the class of
// everything that the table below does not know. No class frees a nonce.
const (
	Accepted  Class = "accepted"
	Ambiguous Class = "ambiguous"
	Rejected  Class = "rejected"
)

// Kind says more about a class.
type Kind string

// The kinds of answers.
const (
	KindKnown        Kind = "known"
	KindTransport    Kind = "transport"    // the call may or may not have arrived
	KindAvailability Kind = "availability" // the node cannot say whether it took it
	KindSameNonce    Kind = "same-nonce"   // another insertion at the nonce is under way
	KindUnknown      Kind = "unknown"      // a text of no table
	KindWrongHash    Kind = "wrong-hash"
	KindPending      Kind = "pending"   // no answer yet
	KindNonceLow     Kind = "nonce-low" // proves nothing about our own transaction
	KindNonceHigh    Kind = "nonce-high"
	KindReplacement  Kind = "replacement" // a transaction with this nonce is in that pool
	KindFeeLow       Kind = "fee-low"
	KindNodeFeeCap   Kind = "node-fee-cap"
	KindFunds        Kind = "funds"
	KindGas          Kind = "gas"
	KindSimulation   Kind = "simulation" // refused because it would revert: a question about the goal
	KindPoolFull     Kind = "pool-full"
	KindDelegated    Kind = "delegated" // EIP-7702
	KindTypeClash    Kind = "type-clash"
	KindConfig       Kind = "config"
)

// text is one row: words as a client says them, in lower case.
type text struct {
	kind  Kind
	words string
}

// texts is the whole of what is known about what nodes say. The first row whose
// words stand in an answer, as whole words, decides. Versions: geth 1.17.5,
// reth, Besu, Erigon, Nethermind and Nitro as of 2026; "old" Nethermind is
// before its change to geth's words (2026-06).
var texts = []text{
	{KindSameNonce, "insertion of another transaction with the same nonce is in progress"}, // zkSync

	{KindReplacement, "replacement transaction underpriced"},   // geth, reth, Erigon, Besu
	{KindReplacement, "could not replace existing tx"},         // Erigon
	{KindReplacement, "replacementnotallowed"},                 // Nethermind old
	{KindDelegated, "gapped-nonce tx from delegated accounts"}, // geth, reth
	{KindDelegated, "in-flight transaction limit reached for delegated accounts"},
	{KindDelegated, "authority already reserved"},
	{KindTypeClash, "address already reserved"},                          // geth, reth
	{KindTypeClash, "pendingtxsofconflictingtype"},                       // Nethermind
	{KindConfig, "invalid chain id"},                                     // geth, Nitro, reth, Erigon
	{KindConfig, "wrong chainid"},                                        // Besu
	{KindConfig, "max priority fee per gas higher than max fee per gas"}, // geth

	{KindNonceLow, "nonce too low"},   // geth, reth, Erigon, Besu, Nitro, zkSync
	{KindNonceLow, "oldnonce"},        // Nethermind old
	{KindNonceHigh, "nonce too high"}, // geth's blob pool, Besu, Nitro, zkSync
	{KindNonceHigh, "noncegap"},       // Nethermind old
	{KindNonceHigh, "noncetoofarinfuture"},
	{KindNonceHigh, "transaction nonce is too distant from current sender nonce"}, // Besu
	{KindNonceHigh, "an invalid transaction with a lower nonce exists"},           // Besu

	{KindFunds, "insufficient funds"},                   // geth, Nitro, reth, Erigon, zkSync
	{KindFunds, "insufficientfunds"},                    // Nethermind old
	{KindFunds, "upfront cost exceeds account balance"}, // Besu
	{KindNodeFeeCap, "exceeds the configured cap"},      // geth, reth
	{KindNodeFeeCap, "transaction fee cap exceeded"},    // Besu

	{KindGas, "intrinsic gas too low"},                     // geth, Nitro, zkSync
	{KindGas, "insufficient gas for floor data gas cost"},  // geth, EIP-7623
	{KindGas, "transaction gas limit too high"},            // geth, EIP-7825
	{KindGas, "exceeds block gas limit"},                   // geth, reth, Besu
	{KindGas, "exceeds max transaction gas limit"},         // reth
	{KindGas, "intrinsicgas"},                              // Erigon
	{KindGas, "gas limit is too high"},                     // Erigon
	{KindGas, "txgaslimitcapexceeded"},                     // Nethermind
	{KindGas, "intrinsic gas exceeds gas limit"},           // Besu
	{KindGas, "transaction gas limit cap exceeded"},        // Besu
	{KindSimulation, "failed to validate the transaction"}, // zkSync simulates

	{KindPoolFull, "txpool is full"},                              // geth, reth
	{KindPoolFull, "future transaction tries to replace pending"}, // geth
	{KindPoolFull, "account limit exceeded: pooled"},              // geth's blob pool
	{KindPoolFull, "sub-pool is full"},                            // Erigon
	{KindPoolFull, "spammer"},                                     // Erigon

	{KindFeeLow, "transaction underpriced"},                                      // geth, reth
	{KindFeeLow, "gas price below minimum"},                                      // geth, Polygon bor
	{KindFeeLow, "transaction priority fee below minimum required priority fee"}, // reth
	{KindFeeLow, "fee_too_low"},                                                  // Erigon
	{KindFeeLow, "feetoolow"},                                                    // Nethermind old
	{KindFeeLow, "feetoolowtocompete"},                                           // Nethermind old
	{KindFeeLow, "gas price below configured minimum gas price"},                 // Besu
	{KindFeeLow, "gas price below current base fee"},                             // Besu
	{KindFeeLow, "max fee per gas less than block base fee"},                     // Nitro, zkSync

	{KindAvailability, "transaction pool not enabled"}, // Besu -32002
	{KindAvailability, "initial sync is still in progress"},
	{KindAvailability, "sender account not authorized to send transactions"},
	{KindAvailability, "plugin has marked the transaction as invalid"},
	{KindAvailability, "failed to publish transaction to any of the forwarding targets"}, // Nitro
	{KindAvailability, "sequencer temporarily not available"},
	{KindAvailability, "publishing transactions not supported by this endpoint"},
	{KindTransport, "context deadline exceeded"}, // Nitro's queue, and Go clients

	{KindKnown, "already known"},               // geth, reth, Erigon
	{KindKnown, "existing txn with same hash"}, // Erigon
	{KindKnown, "alreadyknown"},                // Nethermind old
	{KindKnown, "known transaction"},           // Besu, zkSync
	{KindKnown, "already imported"},            // forks of OpenEthereum
}

// class is the class of a kind.
func (k Kind) class() Class {
	switch k {
	case KindKnown:
		return Accepted
	case KindNonceLow, KindNonceHigh, KindReplacement, KindFeeLow, KindNodeFeeCap, KindFunds,
		KindGas, KindSimulation, KindPoolFull, KindDelegated, KindTypeClash, KindConfig:
		return Rejected
	}
	return Ambiguous
}

// raises tells whether a higher bid is the answer, without waiting.
func (k Kind) raises() bool {
	return k == KindReplacement || k == KindFeeLow || k == KindPoolFull
}

// permanent tells whether neither time nor a higher bid changes the answer.
func (k Kind) permanent() bool {
	return k == KindGas || k == KindConfig || k == KindTypeClash
}

// Classify reads an endpoint's error. Codes are not looked at: most servers
// send -32000 for everything. An overloaded or failing server (429, 5xx) is
// transport whatever its page says, and so is an error that no server sent and
// no row knows. Pure, safe for concurrent use.
func Classify(err error) (Class, Kind) {
	if err == nil {
		return Accepted, ""
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return Ambiguous, KindTransport
	}
	status := 0
	if e, ok := errors.AsType[rpc.HTTPError](err); ok {
		status = e.StatusCode
	}
	if status == http.StatusTooManyRequests || status >= 500 {
		return Ambiguous, KindTransport
	}
	kind := ReadText(err.Error())
	if _, answered := errors.AsType[rpc.Error](err); kind == KindUnknown && !answered {
		kind = KindTransport
	}
	return kind.class(), kind
}

// ReadText finds the kind of a node's text; KindUnknown when no row knows it.
func ReadText(s string) Kind {
	s = strings.ToLower(s)
	for _, row := range texts {
		if hasWords(s, row.words) {
			return row.kind
		}
	}
	return KindUnknown
}

// hasWords finds words that are not a part of longer ones: "unknown
// transaction" does not say "known transaction".
func hasWords(s, words string) bool {
	for from := 0; ; {
		i := strings.Index(s[from:], words)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+len(words):])
		if !unicode.IsLetter(before) && !unicode.IsLetter(after) {
			return true
		}
		from = i + 1
	}
}

var neededTip = regexp.MustCompile(`(?:minimum needed|required priority fee) (\d{1,30})\b`)

// tipNeeded reads the least priority fee per gas that a fee-low answer names,
// wei; zero when it names none.
func tipNeeded(s string) incident.Wei {
	m := neededTip.FindStringSubmatch(strings.ToLower(s))
	if m == nil {
		return incident.Wei{}
	}
	// A number that ParseQuantity refuses is as good as none: the next rung
	// is tried instead.
	q, _ := incident.ParseQuantity(m[1])
	return q
}
