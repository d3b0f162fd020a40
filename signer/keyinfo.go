package signer

import (
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// Class says what a key is for. It is fixed when the key is created.
type Class string

const (
	// Containment keys tighten. They can never sign a loosening function,
	// whatever their policy says.
	Containment Class = "containment"
	// Recovery keys may loosen, and only with guardian approvals.
	Recovery Class = "recovery"
)

// State is where a key stands. Only an active key signs.
type State string

// The states of a key.
const (
	Active  State = "active"
	Frozen  State = "frozen"
	Retired State = "retired"
)

// Verdict is the answer of Signer.Check. The zero value is a refusal.
type Verdict struct {
	Allowed bool
	Code    string // refusal code, empty when allowed
	Reason  string
	Rule    string      // the rule that was found, also for a refusal
	Digest  common.Hash // the hash that would be signed; zero if unreadable
	// MissingApprovals is how many guardians have yet to sign.
	MissingApprovals uint64
	// Action and PolicyHash are what an approval of this request has to hold.
	Action     string
	PolicyHash common.Hash
}

// KeyInfo is what a key says about itself. None of it is secret.
type KeyInfo struct {
	Name          string
	Address       common.Address
	PublicKey     []byte // 33 bytes, compressed
	Class         Class
	State         State
	PolicyVersion uint64
	PolicyHash    common.Hash
	InstanceID    common.Hash // of the mount; names this plugin's storage
	Seq           uint64      // signatures given so far
	Nonces        []NextNonce // by chain id
	Windows       []Window

	Epoch        uint64      // of KeyState messages; rises with every change of standing
	FrozenReason string      // as given by whoever froze it
	ReceiptHead  common.Hash // hash of the last receipt; Origin before the first

	ChangeNeed       uint64 // guardians that a change of policy, roster or standing needs
	GuardiansVersion uint64
	GuardiansHash    common.Hash
	Guardians        []string // ids
	Pending          *Pending // the change that waits, if any
}

// Pending is a change that guardians have signed and whose delay is running.
type Pending struct {
	What          string // "policy" or "guardians"
	Version       uint64
	Hash          common.Hash // of the new document
	Digest        common.Hash // of the PolicyChange that was signed
	ActivateAfter uint64      // unix seconds
	Loosens       bool
	Summary       string
	ApprovedBy    []string
}

// NextNonce is the next fresh nonce that the key accepts on a chain, and the
// fees in wei that it has put at risk there in the last day.
type NextNonce struct {
	ChainID  uint64
	Next     uint64
	SpentDay *big.Int
}

// Window is one rate limit and how much of it is used.
type Window struct {
	Rule  string          // empty for a limit of the whole key
	To    *common.Address // set when the limit is per target
	Every time.Duration
	Max   uint64
	Used  uint64
}
