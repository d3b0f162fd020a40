package plugin

import (
	"context"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
)

func (b *backend) pathCheck() *framework.Path {
	return &framework.Path{
		Pattern: "check/" + keyPattern,
		Fields:  requestFields(),
		Operations: map[logical.Operation]framework.OperationHandler{
			logical.UpdateOperation: &framework.PathOperation{
				Callback: b.handleCheck,
				Summary:  "Say what sign would do. Signs nothing and counts nothing.",
				// A standby could answer from old counters.
				ForwardPerformanceStandby:   true,
				ForwardPerformanceSecondary: true,
			},
		},
		HelpSynopsis: "Say what sign would do. Signs nothing and counts nothing.",
	}
}

func (b *backend) handleCheck(ctx context.Context, req *logical.Request, data *framework.FieldData) (*logical.Response, error) {
	r, refusal := parseRequest(data.Get("name").(string), req.Data)
	if refusal != nil {
		return verdict(signer.Verdict{}, refusal), nil
	}
	lock := b.lock(r.Key)
	lock.RLock()
	defer lock.RUnlock()

	q, err := b.ask(ctx, req.Storage, r)
	if err != nil {
		return nil, err
	}
	if q.state == nil {
		return noKey(), nil
	}
	d, refusal := q.decide()
	v := signer.Verdict{Digest: q.digest, MissingApprovals: d.missing, PolicyHash: q.policy.Hash}
	switch {
	case d.rule != nil:
		v.Rule, v.Action = d.rule.ID, d.rule.Action(r)
	case d.replayed > 0:
		rec, err := q.state.receipt(ctx, req.Storage, receiptID{r.Key, d.replayed})
		if err != nil {
			return nil, err
		}
		v.Rule = rec.Rule
	}
	return verdict(v, refusal), nil
}

func verdict(v signer.Verdict, refusal *signer.Refusal) *logical.Response {
	v.Allowed = refusal == nil
	if refusal != nil {
		v.Code, v.Reason = refusal.Code, refusal.Reason
	}
	return &logical.Response{Data: v.Fields()}
}
