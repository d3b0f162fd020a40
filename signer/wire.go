package signer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// Fields gives the body that the plugin reads: numbers as decimal strings, one
// name per field, nothing optional that changes the transaction. The key's
// name is not in it; it is part of the path.
func (r Request) Fields() map[string]any {
	fields := map[string]any{
		"type":                     2,
		"chain_id":                 strconv.FormatUint(r.ChainID, 10),
		"nonce":                    strconv.FormatUint(r.Nonce, 10),
		"to":                       r.To.Hex(),
		"value":                    "0",
		"data":                     hexutil.Encode(r.Data),
		"gas":                      strconv.FormatUint(r.Gas, 10),
		"max_fee_per_gas":          orZero(r.MaxFeePerGas).String(),
		"max_priority_fee_per_gas": orZero(r.MaxPriorityFeePerGas).String(),
		"incident":                 r.Incident,
		"reason":                   r.Reason,
		"request_id":               r.RequestID,
	}
	if len(r.Approvals) > 0 {
		fields["approvals"] = r.Approvals
	}
	return fields
}

type wireVerdict struct {
	Allowed *bool        `json:"allowed"`
	Code    string       `json:"code"`
	Reason  string       `json:"reason"`
	Rule    string       `json:"rule"`
	Digest  *common.Hash `json:"digest"`
	Missing uint64       `json:"missing_approvals"`
	Action  string       `json:"action"`
	Policy  *common.Hash `json:"policy_hash"`
}

// Fields gives the reply of the plugin's check path.
func (v Verdict) Fields() map[string]any {
	return map[string]any{
		"allowed": v.Allowed, "code": v.Code, "reason": v.Reason, "rule": v.Rule,
		"digest": v.Digest.Hex(), "missing_approvals": v.MissingApprovals,
		"action": v.Action, "policy_hash": v.PolicyHash.Hex(),
	}
}

// ParseVerdict reads the reply of the check path. A reply that does not say
// whether it is allowed, or says it both ways, is an error.
func ParseVerdict(data []byte) (Verdict, error) {
	var w wireVerdict
	if err := decodeReply(data, &w); err != nil {
		return Verdict{}, err
	}
	if w.Allowed == nil || w.Digest == nil || *w.Allowed != (w.Code == "") {
		return Verdict{}, fmt.Errorf("read reply: the verdict is incomplete or contradicts itself")
	}
	v := Verdict{
		Allowed: *w.Allowed, Code: w.Code, Reason: w.Reason, Rule: w.Rule,
		Digest: *w.Digest, MissingApprovals: w.Missing, Action: w.Action,
	}
	if w.Policy != nil {
		v.PolicyHash = *w.Policy
	}
	return v, nil
}

// decodeReply reads one JSON object. Fields that it does not know are left for
// a newer plugin to send; everything acted on is checked by the caller.
func decodeReply(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("read reply: %w", err)
	}
	if decoder.More() {
		return fmt.Errorf("read reply: more than one document")
	}
	return nil
}
