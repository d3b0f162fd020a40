package signer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"time"

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

type wireSigned struct {
	RawTx         hexutil.Bytes   `json:"raw_tx"`
	TxHash        *common.Hash    `json:"tx_hash"`
	TxDigest      *common.Hash    `json:"tx_digest"`
	From          *common.Address `json:"from"`
	Rule          string          `json:"rule"`
	PolicyVersion uint64          `json:"policy_version"`
	PolicyHash    *common.Hash    `json:"policy_hash"`
	Seq           uint64          `json:"seq"`
}

// Fields gives the reply of the plugin's sign path.
func (s Signed) Fields() map[string]any {
	return map[string]any{
		"raw_tx":         hexutil.Encode(s.Raw),
		"tx_hash":        s.Hash.Hex(),
		"tx_digest":      s.Digest.Hex(),
		"from":           s.From.Hex(),
		"rule":           s.Rule,
		"policy_version": s.PolicyVersion,
		"policy_hash":    s.PolicyHash.Hex(),
		"seq":            s.Seq,
	}
}

// ParseSigned reads the reply of the sign path. Every field has to be there;
// Request.Accept says whether it is the transaction that was asked for.
func ParseSigned(data []byte) (Signed, error) {
	var w wireSigned
	if err := decodeReply(data, &w); err != nil {
		return Signed{}, err
	}
	if len(w.RawTx) == 0 || w.TxHash == nil || w.TxDigest == nil || w.From == nil || w.PolicyHash == nil {
		return Signed{}, fmt.Errorf("read reply: a field is missing")
	}
	return Signed{
		Raw: w.RawTx, Hash: *w.TxHash, Digest: *w.TxDigest, From: *w.From,
		Rule: w.Rule, PolicyVersion: w.PolicyVersion, PolicyHash: *w.PolicyHash, Seq: w.Seq,
	}, nil
}

type wireVerdict struct {
	Allowed *bool        `json:"allowed"`
	Code    string       `json:"code"`
	Reason  string       `json:"reason"`
	Rule    string       `json:"rule"`
	Digest  *common.Hash `json:"digest"`
	Missing uint64       `json:"missing_approvals"`
}

// Fields gives the reply of the plugin's check path.
func (v Verdict) Fields() map[string]any {
	return map[string]any{
		"allowed": v.Allowed, "code": v.Code, "reason": v.Reason, "rule": v.Rule,
		"digest": v.Digest.Hex(), "missing_approvals": v.MissingApprovals,
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
	return Verdict{
		Allowed: *w.Allowed, Code: w.Code, Reason: w.Reason, Rule: w.Rule,
		Digest: *w.Digest, MissingApprovals: w.Missing,
	}, nil
}

type wireKey struct {
	Name          string            `json:"name"`
	Address       *common.Address   `json:"address"`
	PublicKey     hexutil.Bytes     `json:"public_key"`
	Class         Class             `json:"class"`
	State         State             `json:"state"`
	PolicyVersion uint64            `json:"policy_version"`
	PolicyHash    *common.Hash      `json:"policy_hash"`
	InstanceID    *common.Hash      `json:"instance_id"`
	Seq           uint64            `json:"seq"`
	Nonces        map[string]string `json:"nonces"`
	SpentDay      map[string]string `json:"spent_day"`
	Windows       []wireWindow      `json:"windows"`
}

type wireWindow struct {
	Rule   string          `json:"rule"`
	To     *common.Address `json:"to,omitempty"`
	Window string          `json:"window"`
	Max    uint64          `json:"max"`
	Used   uint64          `json:"used"`
}

// Fields gives the reply of the plugin's key path.
func (k KeyInfo) Fields() map[string]any {
	nonces, spent := map[string]any{}, map[string]any{}
	for _, n := range k.Nonces {
		chain := strconv.FormatUint(n.ChainID, 10)
		nonces[chain] = strconv.FormatUint(n.Next, 10)
		spent[chain] = orZero(n.SpentDay).String()
	}
	windows := make([]any, 0, len(k.Windows))
	for _, w := range k.Windows {
		window := map[string]any{
			"rule": w.Rule, "window": w.Every.String(), "max": w.Max, "used": w.Used,
		}
		if w.To != nil {
			window["to"] = w.To.Hex()
		}
		windows = append(windows, window)
	}
	return map[string]any{
		"name": k.Name, "address": k.Address.Hex(), "public_key": hexutil.Encode(k.PublicKey),
		"class": string(k.Class), "state": string(k.State),
		"policy_version": k.PolicyVersion, "policy_hash": k.PolicyHash.Hex(),
		"instance_id": k.InstanceID.Hex(), "seq": k.Seq,
		"nonces": nonces, "spent_day": spent, "windows": windows,
	}
}

// ParseKeyInfo reads the reply of the key path. An unknown state is not
// active, and a reply without an address or a state is an error.
func ParseKeyInfo(data []byte) (KeyInfo, error) {
	var w wireKey
	if err := decodeReply(data, &w); err != nil {
		return KeyInfo{}, err
	}
	if w.Name == "" || w.Address == nil || w.Class == "" || w.State == "" || w.PolicyHash == nil || w.InstanceID == nil {
		return KeyInfo{}, fmt.Errorf("read reply: a field is missing")
	}
	info := KeyInfo{
		Name: w.Name, Address: *w.Address, PublicKey: w.PublicKey, Class: w.Class, State: w.State,
		PolicyVersion: w.PolicyVersion, PolicyHash: *w.PolicyHash, InstanceID: *w.InstanceID, Seq: w.Seq,
	}
	for _, chain := range slices.Sorted(maps.Keys(w.Nonces)) {
		id, err := strconv.ParseUint(chain, 10, 64)
		next, err2 := strconv.ParseUint(w.Nonces[chain], 10, 64)
		spent, ok := new(big.Int).SetString(w.SpentDay[chain], 10)
		if err != nil || err2 != nil || !ok {
			return KeyInfo{}, fmt.Errorf("read reply: a nonce or a spent amount is not a number")
		}
		info.Nonces = append(info.Nonces, NextNonce{ChainID: id, Next: next, SpentDay: spent})
	}
	for _, window := range w.Windows {
		every, err := time.ParseDuration(window.Window)
		if err != nil {
			return KeyInfo{}, fmt.Errorf("read reply: a window is not a duration")
		}
		info.Windows = append(info.Windows, Window{
			Rule: window.Rule, To: window.To, Every: every, Max: window.Max, Used: window.Used,
		})
	}
	return info, nil
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
