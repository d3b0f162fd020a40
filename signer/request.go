package signer

import (
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Limits on a request. They bound memory and log lines; the policy sets the
// limits that matter.
const (
	MaxData          = 4 + 32*32 // bytes of calldata: 32 static arguments
	MaxText          = 128       // bytes of Incident and of RequestID
	MaxReason        = 1024      // bytes of Reason
	MaxApprovals     = 16        // entries in Approvals
	MaxApprovalBytes = 16 << 10  // bytes of one approval
	MaxApprovalLife  = 24 * time.Hour
	MinGas           = 21_000 // the intrinsic gas of any transaction
	maxFeeBits       = 128    // so that gas times fee cannot overflow 256 bits
	maxChainID       = math.MaxUint64/2 - 36
)

var keyName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,62}$`)

// ValidKeyName reports whether name can be the name of a key: lower-case
// letters, digits and hyphens, 2 to 63 of them, so that no two names differ
// only in case or in an escape.
func ValidKeyName(name string) bool { return keyName.MatchString(name) }

// Request asks for one EIP-1559 (type 2) transaction with value zero and an
// empty access list. It is structured on purpose: there is no way to ask for a
// signature over a hash, a message or bytes. The zero value is refused.
type Request struct {
	Key     string // the key's name, never its address
	ChainID uint64 // EIP-155 chain id, at least 1
	Nonce   uint64 // account nonce, chosen and journaled by the caller
	To      common.Address
	Data    []byte // one canonical ABI call
	Gas     uint64 // gas limit

	MaxFeePerGas         *big.Int // wei
	MaxPriorityFeePerGas *big.Int // wei

	// For people and for the audit log; they do not change the transaction.
	Incident, Reason, RequestID string

	// Guardian signatures, passed on unread.
	Approvals []json.RawMessage
}

// Validate refuses, as a *Refusal, what no policy could allow: the caller sees
// the same answer from the client as from the key. It says nothing about the
// policy.
func (r Request) Validate() error {
	for _, check := range []func() *Refusal{r.validCall, r.validFees, r.validTexts} {
		if refusal := check(); refusal != nil {
			return refusal
		}
	}
	return nil
}

func (r Request) validCall() *Refusal {
	switch {
	case !ValidKeyName(r.Key):
		return Refuse(CodeMalformed, "key name must match %s", keyName)
	case r.ChainID == 0 || r.ChainID > maxChainID:
		return Refuse(CodeChain, "chain id must be between 1 and %d (EIP-2294)", uint64(maxChainID))
	case r.Nonce == math.MaxUint64:
		return Refuse(CodeMalformed, "nonce 2^64-1 can never be mined (EIP-2681)")
	case r.To == (common.Address{}):
		return Refuse(CodeCreate, "to must name a contract; this key creates none")
	case len(r.Data) < 4:
		return Refuse(CodeNotCanonical, "data is shorter than a selector")
	case len(r.Data) > MaxData:
		return Refuse(CodeMalformed, "data is longer than %d bytes", MaxData)
	case r.Gas < MinGas:
		return Refuse(CodeGas, "gas is below the intrinsic %d", MinGas)
	}
	return nil
}

func (r Request) validFees() *Refusal {
	for _, fee := range []struct {
		name string
		wei  *big.Int
	}{{"max_fee_per_gas", r.MaxFeePerGas}, {"max_priority_fee_per_gas", r.MaxPriorityFeePerGas}} {
		if fee.wei == nil || fee.wei.Sign() < 0 || fee.wei.BitLen() > maxFeeBits {
			return Refuse(CodeMalformed, "%s must be between 0 and 2^%d-1 wei", fee.name, maxFeeBits)
		}
	}
	if r.MaxPriorityFeePerGas.Cmp(r.MaxFeePerGas) > 0 {
		return Refuse(CodeFee, "max_priority_fee_per_gas is above max_fee_per_gas")
	}
	return nil
}

func (r Request) validTexts() *Refusal {
	for _, text := range []struct {
		name, value string
		max         int
	}{{"incident", r.Incident, MaxText}, {"reason", r.Reason, MaxReason}, {"request_id", r.RequestID, MaxText}} {
		if !ValidText(text.value, text.max) {
			return Refuse(CodeMalformed, "%s must be at most %d bytes of printable UTF-8", text.name, text.max)
		}
	}
	if len(r.Approvals) > MaxApprovals {
		return Refuse(CodeMalformed, "more than %d approvals", MaxApprovals)
	}
	for i, approval := range r.Approvals {
		if len(approval) > MaxApprovalBytes || !json.Valid(approval) {
			return Refuse(CodeMalformed, "approval %d is not a JSON document of at most %d bytes", i, MaxApprovalBytes)
		}
	}
	return nil
}

// ValidText reports whether s is printable UTF-8 of at most most bytes, so that
// it cannot break a log line or a card.
func ValidText(s string, most int) bool {
	if len(s) > most || !utf8.ValidString(s) {
		return false
	}
	for _, c := range s {
		if !unicode.IsPrint(c) {
			return false
		}
	}
	return true
}

// Tx returns the unsigned transaction. Missing fees count as zero.
func (r Request) Tx() *types.Transaction {
	return types.NewTx(&types.DynamicFeeTx{
		ChainID:   new(big.Int).SetUint64(r.ChainID),
		Nonce:     r.Nonce,
		GasTipCap: orZero(r.MaxPriorityFeePerGas),
		GasFeeCap: orZero(r.MaxFeePerGas),
		Gas:       r.Gas,
		To:        new(r.To),
		Value:     new(big.Int),
		Data:      common.CopyBytes(r.Data),
	})
}

// Digest is the hash that gets signed: keccak256 of the unsigned transaction.
// It identifies the transaction for idempotency.
func (r Request) Digest() common.Hash {
	return r.txSigner().Hash(r.Tx())
}

// Cost is the most the transaction can cost, in wei: gas times max fee.
func (r Request) Cost() *big.Int {
	return new(big.Int).Mul(new(big.Int).SetUint64(r.Gas), orZero(r.MaxFeePerGas))
}

func (r Request) txSigner() types.Signer {
	return types.NewLondonSigner(new(big.Int).SetUint64(r.ChainID))
}

func orZero(n *big.Int) *big.Int {
	if n == nil {
		return new(big.Int)
	}
	return new(big.Int).Set(n)
}
