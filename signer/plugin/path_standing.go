package plugin

import (
	"context"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/document"
)

func (b *backend) pathHalt() *framework.Path {
	return standingPath("halt", b.change(halt), "Stop the key at once, with the signature of one guardian.")
}

func (b *backend) pathUnfreeze() *framework.Path {
	return standingPath("unfreeze", b.change(unfreeze), "Release a frozen key. Needs the guardian quorum.")
}

func (b *backend) pathRetire() *framework.Path {
	return standingPath("retire", b.change(retire), "End a key for good. Needs the guardian quorum.")
}

func (b *backend) pathNonce() *framework.Path {
	path := standingPath("nonce", b.change(setNonce), "Set the next nonce of a chain. Needs the guardian quorum.")
	path.Fields["chain_id"] = &framework.FieldSchema{Type: framework.TypeString, Description: "EIP-155 chain id, decimal."}
	path.Fields["nonce"] = &framework.FieldSchema{Type: framework.TypeString, Description: "The next nonce that is accepted, decimal."}
	return path
}

func standingPath(verb string, handle framework.OperationFunc, summary string) *framework.Path {
	return &framework.Path{
		Pattern: "keys/" + keyPattern + "/" + verb,
		Fields: map[string]*framework.FieldSchema{
			"name":        nameField(),
			"valid_until": validUntilField(),
			"approvals":   approvalsField(),
		},
		Operations:   writes(handle, summary),
		HelpSynopsis: summary,
	}
}

// bySignature judges the signatures over an act on the key.
func bySignature(k *keyring, body map[string]any, state string, need uint64) *signer.Refusal {
	b, refusal := readBallot(body)
	if refusal != nil {
		return refusal
	}
	until, _ := body["valid_until"].(string)
	return b.standing(k, act{state: state, validUntil: until}, need)
}

// halt is the freeze that a guardian without a token can order: whoever relays
// the signature needs no right to freeze by itself.
func halt(_ context.Context, _ logical.Storage, k *keyring, body map[string]any) (*signer.Refusal, error) {
	if k.state.Status != string(signer.Active) {
		return signer.Refuse(signer.CodeMalformed, "the key is %s and not active", k.state.Status), nil
	}
	if refusal := bySignature(k, body, consent.StateFrozen, 1); refusal != nil {
		return refusal, nil
	}
	k.state.freeze("a guardian signed it")
	return nil, nil
}

func unfreeze(_ context.Context, _ logical.Storage, k *keyring, body map[string]any) (*signer.Refusal, error) {
	if k.state.Status != string(signer.Frozen) {
		return signer.Refuse(signer.CodeMalformed, "the key is %s and not frozen", k.state.Status), nil
	}
	if refusal := bySignature(k, body, consent.StateActive, k.policy.Change.Need); refusal != nil {
		return refusal, nil
	}
	k.state.Status, k.state.FrozenReason = string(signer.Active), ""
	return nil, nil
}

func retire(_ context.Context, _ logical.Storage, k *keyring, body map[string]any) (*signer.Refusal, error) {
	if k.state.Status == string(signer.Retired) {
		return signer.Refuse(signer.CodeRetired, "the key is retired"), nil
	}
	if refusal := bySignature(k, body, consent.StateRetired, k.policy.Change.Need); refusal != nil {
		return refusal, nil
	}
	k.state.Status, k.state.Pending, k.state.Waiting = string(signer.Retired), nil, nil
	return nil, nil
}

// setNonce moves a chain's watermark, for instance when a signed transaction
// can never be mined. Slots at and above the new nonce are forgotten, so that
// it can be signed for another call: that is why people have to agree. What
// was put at risk stays counted.
func setNonce(_ context.Context, _ logical.Storage, k *keyring, body map[string]any) (*signer.Refusal, error) {
	if k.state.Status == string(signer.Retired) {
		return signer.Refuse(signer.CodeRetired, "the key is retired"), nil
	}
	chainText, _ := body["chain_id"].(string)
	nextText, _ := body["nonce"].(string)
	id, err := document.Uint64(chainText)
	if _, named := k.policy.Fees[id]; err != nil || !named {
		return signer.Refuse(signer.CodeChain, "chain_id must be a chain of the policy"), nil
	}
	next, err := document.Uint64(nextText)
	if err != nil {
		return signer.Refuse(signer.CodeMalformed, "nonce %v", err), nil
	}
	if refusal := bySignature(k, body, consent.StateNonce(id, next), k.policy.Change.Need); refusal != nil {
		return refusal, nil
	}
	c := k.state.chain(id)
	c.Next = next
	kept := c.Slots[:0]
	for _, sl := range c.Slots {
		if sl.Nonce < next {
			kept = append(kept, sl)
		}
	}
	c.Slots = kept
	k.state.keep(c)
	return nil, nil
}
