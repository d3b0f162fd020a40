package signer

import (
	"errors"
	"fmt"
)

// Refusal codes. A code may carry a detail after a colon, such as "ARG:0" or
// "RATE:1h"; compare with Refusal.Has.
const (
	CodeMalformed         = "MALFORMED"          // not a well-formed request
	CodeNoKey             = "NO_KEY"             // no key of that name
	CodeFrozen            = "FROZEN"             // the key is frozen
	CodeRetired           = "RETIRED"            // the key is retired
	CodeTxType            = "TX_TYPE"            // not a type 2 transaction
	CodeChain             = "CHAIN"              // chain missing, zero or not in the policy
	CodeCreate            = "CREATE"             // contract creation, or no target
	CodeValue             = "VALUE"              // value other than zero
	CodeForbiddenSelector = "FORBIDDEN_SELECTOR" // refused by the binary, whatever the policy
	CodeNoRule            = "NO_RULE"            // no rule allows (chain, to, selector)
	CodeNotCanonical      = "NOT_CANONICAL"      // calldata is not the canonical encoding
	CodeArgument          = "ARG"                // ARG:<index>, an argument outside its rule
	CodeGas               = "GAS"                // gas above the ceiling
	CodeFee               = "FEE"                // a fee above its ceiling, or not raised
	CodeCost              = "COST"               // gas times fee above the ceiling
	CodeNonceGap          = "NONCE_GAP"          // a nonce above the next one
	CodeNonceStale        = "NONCE_STALE"        // a spent nonce and not a replacement
	CodeRate              = "RATE"               // RATE:<window>, a count is used up
	CodeBudget            = "BUDGET"             // the day's fee budget is used up
	CodeApprovalsRequired = "APPROVALS_REQUIRED" // guardians have to sign first
	CodeApprovalBad       = "APPROVAL_BAD"       // APPROVAL_BAD:<guardian>:<why>
	CodeApprovalExpired   = "APPROVAL_EXPIRED"   // outside its time, or too old for the rule
	CodeApprovalSpent     = "APPROVAL_SPENT"     // used up
	CodeDelay             = "DELAY"              // approved; signed once the rule's delay is over
	CodePolicy            = "POLICY"             // the policy document is not acceptable
	CodeGuardians         = "GUARDIANS"          // the guardian document is not acceptable
	CodePolicyPending     = "POLICY_PENDING"     // another change waits, or its delay is not over
	CodeNoChange          = "NO_CHANGE"          // no change waits
	CodeNoReceipt         = "NO_RECEIPT"         // no signature of that number
	CodeExists            = "EXISTS"             // a key of that name exists
)

// ErrUnavailable says that the key could not be reached or that the outcome of
// the call is unknown. Ask again with the same request.
var ErrUnavailable = errors.New("signer unavailable")

// Refusal is the key's final no. It is never retried: the same request gets
// the same answer, or a worse one. Its texts never repeat what was sent.
type Refusal struct {
	Code   string // one of the Code constants, perhaps with ":detail"
	Reason string // what, why, and how to mend it
	Rule   string // id of the rule that refused, if one was found
}

// Error gives the form that the plugin uses on the wire.
func (r *Refusal) Error() string {
	if r.Rule == "" {
		return fmt.Sprintf("firebreak: DENY %s: %s", r.Code, r.Reason)
	}
	return fmt.Sprintf("firebreak: DENY %s: %s (rule %s)", r.Code, r.Reason, r.Rule)
}

// Has reports whether the refusal's code is code, whatever its detail.
func (r *Refusal) Has(code string) bool {
	if r == nil || len(r.Code) < len(code) || r.Code[:len(code)] != code {
		return false
	}
	return len(r.Code) == len(code) || r.Code[len(code)] == ':'
}

// Refuse builds a Refusal without a rule.
func Refuse(code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Reason: fmt.Sprintf(format, args...)}
}
