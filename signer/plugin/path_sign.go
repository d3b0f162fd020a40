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
		return b.refused(ctx, req.Storage, q, d, refusal)
	}
	rec, err := q.settle(ctx, req.Storage, d)
	if err != nil {
		return nil, err
	}
	signed, err := b.signTransaction(ctx, req.Storage, r, q.state.Address)
	if err != nil {
		return nil, err
	}
	signed.Receipt = *rec
	if err := r.Accept(signed, q.state.Address); err != nil {
		return nil, fmt.Errorf("verify own signature: %w", err)
	}
	return &logical.Response{Data: signed.Fields()}, nil
}

// settle makes the decision durable. A crash before the write of the state
// leaves nothing. A crash after it leaves a count and a receipt: asking again
// signs the same bytes.
func (q question) settle(ctx context.Context, storage logical.Storage, d decision) (*signer.Receipt, error) {
	if d.replayed > 0 {
		return q.state.receipt(ctx, storage, receiptID{q.request.Key, d.replayed})
	}
	if err := q.state.turnPage(ctx, storage, q.request.Key); err != nil {
		return nil, err
	}
	rec := q.commit(d)
	return &rec, q.state.save(ctx, storage, q.request.Key)
}

// refused answers a request that is not signed. One that only has to wait
// begins its wait here, which must be durable or it would never end.
func (b *backend) refused(ctx context.Context, storage logical.Storage, q question, d decision, refusal *signer.Refusal) (*logical.Response, error) {
	if refusal.Has(signer.CodeDelay) && !d.waits {
		if full := q.state.wait(q.now, q.request); full != nil {
			return refuse(full), nil
		}
		if err := q.state.save(ctx, storage, q.request.Key); err != nil {
			return nil, err
		}
	}
	return refuse(refusal), nil
}

// ask gathers what a decision depends on. A question without a state means
// that there is no such key. Guardians are read only when somebody says that
// they have signed.
func (b *backend) ask(ctx context.Context, storage logical.Storage, r signer.Request) (question, error) {
	q := question{request: r, digest: r.Digest(), now: b.now()}
	var err error
	if q.state, err = loadState(ctx, storage, r.Key); err != nil || q.state == nil {
		return q, err
	}
	if q.policy, err = b.library.policy(ctx, storage, r.Key, q.state); err != nil || len(r.Approvals) == 0 {
		return q, err
	}
	if q.roster, err = b.library.roster(ctx, storage, r.Key, q.state); err != nil {
		return q, err
	}
	q.instance, err = readInstance(ctx, storage)
	return q, err
}
