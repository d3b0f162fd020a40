package plugin

import (
	"context"
	"fmt"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
)

func requestFields() map[string]*framework.FieldSchema {
	text := func(description string) *framework.FieldSchema {
		return &framework.FieldSchema{Type: framework.TypeString, Description: description}
	}
	return map[string]*framework.FieldSchema{
		"name":                     nameField(),
		"type":                     text("Transaction type, 2."),
		"chain_id":                 text("EIP-155 chain id, decimal."),
		"nonce":                    text("Account nonce, decimal."),
		"to":                       text("Contract, 0x and 40 digits, EIP-55 when in mixed case."),
		"value":                    text("Always \"0\"."),
		"data":                     text("Calldata, 0x and whole bytes."),
		"gas":                      text("Gas limit, decimal."),
		"max_fee_per_gas":          text("Wei, decimal."),
		"max_priority_fee_per_gas": text("Wei, decimal."),
		"incident":                 text("Incident, for the audit log."),
		"reason":                   text("Why, for the audit log."),
		"request_id":               text("Caller's id, for the audit log."),
		"approvals":                {Type: framework.TypeSlice, Description: "Guardian approvals."},
	}
}

func (b *backend) pathSign() *framework.Path {
	return &framework.Path{
		Pattern: "sign/" + keyPattern,
		Fields:  requestFields(),
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.UpdateOperation: &framework.PathOperation{
				Callback:                    b.handleSign,
				Summary:                     "Sign one transaction that the policy allows.",
				ForwardPerformanceStandby:   true,
				ForwardPerformanceSecondary: true,
			},
		},
		HelpSynopsis: "Sign one transaction that the policy allows.",
	}
}

// handleSign decides, makes the decision durable and only then signs. A Go
// error here means that the outcome is unknown: the same request may be sent
// again, and is counted once.
func (b *backend) handleSign(ctx context.Context, req *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	r, refusal := parseRequest(data.Get("name").(string), req.Data)
	if refusal != nil {
		return refuse(refusal), nil
	}
	lock := b.lock(r.Key)
	lock.Lock()
	defer lock.Unlock()

	q, err := b.ask(ctx, req.Storage, r)
	if err != nil {
		return nil, err
	}
	if q.state == nil {
		return noKey(), nil
	}
	d, refusal := q.decide()
	if refusal != nil {
		return refuse(refusal), nil
	}
	rec := d.replayed
	if rec == nil {
		rec = new(q.commit(d))
		// A crash before this write leaves nothing. A crash after it leaves
		// a count and a receipt: asking again signs the same bytes.
		if err := q.state.save(ctx, req.Storage, r.Key); err != nil {
			return nil, err
		}
	}
	signed, err := signTransaction(ctx, req.Storage, r, q.state.Address)
	if err != nil {
		return nil, err
	}
	signed.Rule, signed.Seq = rec.Rule, rec.Seq
	signed.PolicyVersion, signed.PolicyHash = rec.PolicyVersion, rec.PolicyHash
	if err := r.Accept(signed, q.state.Address); err != nil {
		return nil, fmt.Errorf("verify own signature: %w", err)
	}
	return &logical.Response{Data: signed.Fields()}, nil
}

// ask gathers what a decision depends on. A question without a state means
// that there is no such key.
func (b *backend) ask(ctx context.Context, storage logical.Storage, r signer.Request) (question, error) {
	q := question{request: r, digest: r.Digest(), now: b.now()}
	var err error
	if q.state, err = loadState(ctx, storage, r.Key); err != nil || q.state == nil {
		return q, err
	}
	q.policy, err = b.loadPolicy(ctx, storage, r.Key, q.state)
	return q, err
}
