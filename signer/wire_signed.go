package signer

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

type wireReceipt struct {
	Seq           uint64        `json:"seq"`
	Prev          *common.Hash  `json:"prev_receipt"`
	Receipt       *common.Hash  `json:"receipt"`
	Digest        *common.Hash  `json:"tx_digest"`
	Rule          string        `json:"rule"`
	PolicyVersion uint64        `json:"policy_version"`
	PolicyHash    *common.Hash  `json:"policy_hash"`
	ApprovedBy    []wireConsent `json:"approved_by"`
	Time          uint64        `json:"time"`
}

type wireConsent struct {
	Guardian string      `json:"guardian"`
	Approval common.Hash `json:"approval_id"`
}

type wireSigned struct {
	RawTx  hexutil.Bytes   `json:"raw_tx"`
	TxHash *common.Hash    `json:"tx_hash"`
	From   *common.Address `json:"from"`
	wireReceipt
}

// Fields gives the reply of the plugin's receipts path.
func (r Receipt) Fields() map[string]any {
	approved := make([]any, 0, len(r.Approvals))
	for _, c := range r.Approvals {
		approved = append(approved, map[string]any{"guardian": c.Guardian, "approval_id": c.Approval.Hex()})
	}
	return map[string]any{
		"seq":            r.Seq,
		"prev_receipt":   r.Prev.Hex(),
		"receipt":        r.Hash().Hex(),
		"tx_digest":      r.Digest.Hex(),
		"rule":           r.Rule,
		"policy_version": r.PolicyVersion,
		"policy_hash":    r.PolicyHash.Hex(),
		"approved_by":    approved,
		"time":           r.Time,
	}
}

// Fields gives the reply of the plugin's sign path.
func (s Signed) Fields() map[string]any {
	fields := s.Receipt.Fields()
	fields["raw_tx"] = hexutil.Encode(s.Raw)
	fields["tx_hash"] = s.Hash.Hex()
	fields["from"] = s.From.Hex()
	return fields
}

// ParseReceipt reads the reply of the receipts path. A receipt that is not the
// one its hash names is an error.
func ParseReceipt(data []byte) (Receipt, error) {
	var w wireReceipt
	if err := decodeReply(data, &w); err != nil {
		return Receipt{}, err
	}
	return w.receipt()
}

func (w wireReceipt) receipt() (Receipt, error) {
	if w.Prev == nil || w.Receipt == nil || w.Digest == nil || w.PolicyHash == nil {
		return Receipt{}, fmt.Errorf("read reply: a field is missing")
	}
	r := Receipt{
		Seq: w.Seq, Prev: *w.Prev, Digest: *w.Digest, Rule: w.Rule,
		PolicyVersion: w.PolicyVersion, PolicyHash: *w.PolicyHash, Time: w.Time,
	}
	for _, c := range w.ApprovedBy {
		r.Approvals = append(r.Approvals, Consent(c))
	}
	if r.Hash() != *w.Receipt {
		return Receipt{}, fmt.Errorf("read reply: the receipt is not the one that its hash names")
	}
	return r, nil
}

// ParseSigned reads the reply of the sign path. Every field has to be there;
// Request.Accept says whether it is the transaction that was asked for.
func ParseSigned(data []byte) (Signed, error) {
	var w wireSigned
	if err := decodeReply(data, &w); err != nil {
		return Signed{}, err
	}
	if len(w.RawTx) == 0 || w.TxHash == nil || w.From == nil {
		return Signed{}, fmt.Errorf("read reply: a field is missing")
	}
	receipt, err := w.receipt()
	if err != nil {
		return Signed{}, err
	}
	return Signed{Raw: w.RawTx, Hash: *w.TxHash, From: *w.From, Receipt: receipt}, nil
}
