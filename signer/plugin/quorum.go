package plugin

import (
	"encoding/json"
	"time"

	"github.com/hashicorp/vault/sdk/framework"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/document"
)

// ballot is the guardians' part of the body of a change.
type ballot struct {
	signatures []consent.Signature
}

func approvalsField() *framework.FieldSchema {
	return &framework.FieldSchema{Type: framework.TypeSlice, Description: "Guardian signatures over the typed data of this change."}
}

func validUntilField() *framework.FieldSchema {
	return &framework.FieldSchema{Type: framework.TypeString, Description: "End of the signatures' life, unix seconds, decimal; at most a day ahead."}
}

// readBallot reads the signatures. One that cannot be read refuses the whole
// body: a change is prepared at a desk, and should say what is wrong with it.
func readBallot(body map[string]any) (ballot, *signer.Refusal) {
	list, _ := body["approvals"].([]any)
	if len(list) > signer.MaxApprovals {
		return ballot{}, signer.Refuse(signer.CodeMalformed, "approvals must be a list of at most %d", signer.MaxApprovals)
	}
	var b ballot
	for i, item := range list {
		raw, err := json.Marshal(item)
		if err != nil || len(raw) > signer.MaxApprovalBytes {
			return ballot{}, signer.Refuse(signer.CodeMalformed, "approval %d is too large or cannot be read", i)
		}
		s, err := consent.ParseSignature(raw)
		if err != nil {
			return ballot{}, signer.Refuse(signer.CodeMalformed, "approval %d %v", i, err)
		}
		b.signatures = append(b.signatures, s)
	}
	return b, nil
}

// count verifies every signature over a message of this key and returns the
// distinct guardians, or refuses when there are fewer than need.
func (b ballot) count(k *keyring, message consent.Message, need uint64) ([]consent.Verified, *signer.Refusal) {
	digest := message.Digest(consent.Domain{Signer: k.state.Address, Instance: k.instance})
	var all []consent.Verified
	seen := map[string]bool{}
	for _, s := range b.signatures {
		who := "?"
		if _, known := k.roster.Find(s.Guardian); known {
			who = s.Guardian
		}
		v, err := k.roster.Verify(digest, s, k.state.signCount)
		if err != nil {
			return nil, badSignature(who, err)
		}
		if !seen[v.Guardian] {
			seen[v.Guardian] = true
			all = append(all, v)
		}
	}
	if uint64(len(all)) < need {
		return nil, signer.Refuse(signer.CodeApprovalsRequired, "%d guardians have to sign digest %s, %d did", need, digest, len(all))
	}
	return all, nil
}

// standing verifies a KeyState: an act on the key itself, good for the key's
// present epoch and a day at most.
func (b ballot) standing(k *keyring, act act, need uint64) *signer.Refusal {
	until, err := document.Uint64(act.validUntil)
	if err != nil {
		return signer.Refuse(signer.CodeMalformed, "valid_until %v", err)
	}
	end := time.Unix(int64(min(until, 1<<40)), 0)
	switch {
	case !k.now.Before(end):
		return signer.Refuse(signer.CodeApprovalExpired, "valid_until is over")
	case end.Sub(k.now) > signer.MaxApprovalLife:
		return signer.Refuse(signer.CodeMalformed, "valid_until is more than %s ahead", signer.MaxApprovalLife)
	}
	all, refusal := b.count(k, consent.KeyState{Key: k.name, State: act.state, Epoch: k.state.Epoch, ValidUntil: until}, need)
	if refusal != nil {
		return refusal
	}
	for _, v := range all {
		k.state.countPasskey(v)
	}
	k.state.Epoch++
	return nil
}

// act is what a KeyState asks for.
type act struct {
	state      string
	validUntil string
}

func names(all []consent.Verified) []string {
	var out []string
	for _, v := range all {
		out = append(out, v.Guardian)
	}
	return out
}
