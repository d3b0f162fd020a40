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
// everything that the table (texts.go) does not know. No class frees a nonce.
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
