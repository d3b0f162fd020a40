package ceremony

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/document"
)

// Transaction is a call that a rule wants guardians for, and the terms of their
// approval. Gas and fees are ceilings in intent mode, which does not look at the
// nonce.
type Transaction struct {
	ChainID  uint64         `json:"chain_id,string"`
	Nonce    uint64         `json:"nonce,string"`
	To       common.Address `json:"to"`
	Data     hexutil.Bytes  `json:"data"`
	Gas      uint64         `json:"gas,string"`
	MaxFee   string         `json:"max_fee_per_gas"` // wei, decimal
	MaxTip   string         `json:"max_priority_fee_per_gas"`
	Incident string         `json:"incident"`

	Mode       consent.Mode `json:"mode"`
	Approval   common.Hash  `json:"approval_id"`
	ValidAfter uint64       `json:"valid_after,string"` // unix seconds
	ValidUntil uint64       `json:"valid_until,string"`
	MaxUses    uint64       `json:"max_uses,string"`
}

// read gives the request and the terms that the approval is about.
func (t *Transaction) read(key string) (signer.Request, consent.Terms, error) {
	fee, err := document.Uint256(t.MaxFee)
	if err != nil {
		return signer.Request{}, consent.Terms{}, fmt.Errorf("max_fee_per_gas %w", err)
	}
	tip, err := document.Uint256(t.MaxTip)
	if err != nil {
		return signer.Request{}, consent.Terms{}, fmt.Errorf("max_priority_fee_per_gas %w", err)
	}
	r := signer.Request{
		Key: key, ChainID: t.ChainID, Nonce: t.Nonce, To: t.To, Data: t.Data, Gas: t.Gas,
		MaxFeePerGas: fee, MaxPriorityFeePerGas: tip, Incident: t.Incident,
	}
	terms := consent.Terms{Mode: t.Mode, ID: t.Approval, ValidAfter: t.ValidAfter, ValidUntil: t.ValidUntil, MaxUses: t.MaxUses}
	switch t.Mode {
	case consent.Intent:
		terms.Gas, terms.MaxFeePerGas, terms.MaxPriorityFeePerGas = t.Gas, fee, tip
	case consent.Exact:
	default:
		return r, terms, fmt.Errorf("mode must be %q or %q", consent.Intent, consent.Exact)
	}
	return r, terms, r.Validate()
}

// Ask proposes to approve one transaction. The rule and the words come from the
// policy in force.
func (s Source) Ask(t Transaction) (*Proposal, error) {
	p := s.blank(Sign)
	p.Transaction = &t
	_, err := p.judge()
	return p, err
}

func (p *Proposal) judgeTransaction(j *judged) error {
	if p.Transaction == nil {
		return errors.New("the proposal has no transaction")
	}
	r, terms, err := p.Transaction.read(p.Key)
	if err != nil {
		return fmt.Errorf("the transaction: %w", err)
	}
	rule, refusal := j.policy.Find(r)
	if refusal == nil {
		refusal = rule.Arguments(r.Data)
	}
	if refusal != nil {
		return fmt.Errorf("the transaction: %w", refusal)
	}
	action := rule.Action(r)
	j.need = rule.Approvals.Most()
	j.domain.ChainID = r.ChainID
	j.message = terms.Approval(r, rule.ID, j.policy.Hash, action)
	j.title = fmt.Sprintf("key %s (%s): %s", p.Key, p.Address, action)
	j.lines = []string{
		"for incident " + r.Incident, "by rule " + rule.ID,
		fmt.Sprintf("%d times at most, from %s to %s", terms.MaxUses, clock(terms.ValidAfter), clock(terms.ValidUntil)),
		fmt.Sprintf("for at most %s wei in fees: %d gas at %s wei", r.Cost(), r.Gas, r.MaxFeePerGas),
	}
	if terms.Mode == consent.Exact {
		j.lines = append(j.lines, fmt.Sprintf("this very transaction and no other: nonce %d, digest %s", r.Nonce, r.Digest()))
	}
	return nil
}

func clock(seconds uint64) string {
	return time.Unix(int64(min(seconds, 1<<40)), 0).UTC().Format(time.RFC3339)
}

// Request is the transaction with its approvals, ready for the sign path.
func (p *Proposal) Request() (signer.Request, error) {
	approvals, err := p.Approvals()
	if err != nil {
		return signer.Request{}, err
	}
	r, _, err := p.Transaction.read(p.Key)
	if err != nil {
		return signer.Request{}, fmt.Errorf("the transaction: %w", err)
	}
	r.Approvals = approvals
	return r, nil
}

// Approvals are the signatures as the sign path takes them.
func (p *Proposal) Approvals() ([]json.RawMessage, error) {
	if p.Verb != Sign || p.Transaction == nil {
		return nil, errors.New("the proposal is no approval of a transaction")
	}
	_, terms, err := p.Transaction.read(p.Key)
	if err != nil {
		return nil, fmt.Errorf("the transaction: %w", err)
	}
	var out []json.RawMessage
	for _, raw := range p.Signatures {
		s, err := consent.ParseSignature(raw)
		if err != nil {
			return nil, err
		}
		given, err := consent.Given{Terms: terms, Signature: s}.MarshalJSON()
		if err != nil {
			return nil, fmt.Errorf("encode approval: %w", err)
		}
		out = append(out, given)
	}
	return out, nil
}
