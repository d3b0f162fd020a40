package signer

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/ethereum/go-ethereum/common"
)

// Custodian is what people may ask of the store that holds keys: to create one,
// to change what is in force for it, and to show it. Who may ask is Vault's
// affair; whether it happens is for the guardians' signatures to say. It is
// apart from Signer because the daemon is never given it.
//
// Refusals are *Refusal. An error that matches ErrUnavailable leaves open
// whether the change happened: read the key, or ask again; no change is made
// twice.
type Custodian interface {
	// Create makes a key, once; a name that exists is refused.
	Create(ctx context.Context, k NewKey) (KeyInfo, error)

	// Change asks for a change of a key and returns what the key says then.
	Change(ctx context.Context, c Change) (KeyInfo, error)

	// Document returns the policy or the guardians in force.
	Document(ctx context.Context, name string, what What) (Document, error)
}

// NewKey is what a key is created from.
type NewKey struct {
	Name      string
	Class     Class
	Policy    string            // the JSON document, byte for byte
	Guardians string            // the JSON document of the people who may approve
	Nonces    map[uint64]uint64 // first nonce by chain id; missing means 0
}

// Fields gives the body of the create path.
func (k NewKey) Fields() map[string]any {
	fields := map[string]any{"class": string(k.Class), "policy": k.Policy, "guardians": k.Guardians}
	if len(k.Nonces) > 0 {
		nonces := map[string]string{}
		for chain, nonce := range k.Nonces {
			nonces[strconv.FormatUint(chain, 10)] = strconv.FormatUint(nonce, 10)
		}
		text, _ := json.Marshal(nonces) // a map of strings always encodes
		fields["nonces"] = string(text)
	}
	return fields
}

// What is a document that is in force for a key.
type What string

// The two documents.
const (
	Policy    What = "policy"
	Guardians What = "guardians"
)

// Verb is a change of a key; it is the last part of the path that takes it.
type Verb string

// The verbs. What each takes is in its comment. Freeze alone needs no guardian:
// Vault's ACL says who may.
const (
	Freeze         Verb = "freeze"          // Reason
	Halt           Verb = "halt"            // ValidUntil, Approvals: a freeze that one guardian signed
	Unfreeze       Verb = "unfreeze"        // ValidUntil, Approvals
	Retire         Verb = "retire"          // ValidUntil, Approvals
	SetNonce       Verb = "nonce"           // Chain, Nonce, ValidUntil, Approvals
	ChangePolicy   Verb = "policy"          // Document, ActivateAfter, Approvals
	ChangeRoster   Verb = "guardians"       // Document, ActivateAfter, Approvals
	ActivateChange Verb = "policy/activate" // nothing: the guardians have signed
	CancelChange   Verb = "policy/cancel"   // ValidUntil, Approvals
)

// Change is one change of a key.
type Change struct {
	Key  string
	Verb Verb

	Reason        string
	Chain, Nonce  uint64
	Document      string
	ActivateAfter uint64 // unix seconds
	ValidUntil    uint64 // unix seconds
	Approvals     []json.RawMessage
}

// Path is where the change is sent, below the mount.
func (c Change) Path() string { return "keys/" + c.Key + "/" + string(c.Verb) }

// Fields gives the body, with what the verb takes and nothing else.
func (c Change) Fields() map[string]any {
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	fields := map[string]any{}
	switch c.Verb {
	case Freeze:
		fields["reason"] = c.Reason
		return fields
	case ActivateChange:
		return fields
	case ChangePolicy, ChangeRoster:
		fields[string(c.Verb)], fields["activate_after"] = c.Document, number(c.ActivateAfter)
	case SetNonce:
		fields["chain_id"], fields["nonce"] = number(c.Chain), number(c.Nonce)
		fallthrough
	default:
		fields["valid_until"] = number(c.ValidUntil)
	}
	if len(c.Approvals) > 0 {
		fields["approvals"] = c.Approvals
	}
	return fields
}

// Document is one in force, in the canonical form that was hashed.
type Document struct {
	Text    string
	Version uint64
	Hash    common.Hash
}
