package plugin

import (
	"context"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/policy"
)

func (b *backend) pathPolicy() *framework.Path {
	return b.documentPath(changesPolicy, "policy document", b.reads(b.readPolicy), func(k *keyring, text string) (*proposal, *signer.Refusal) {
		return k.proposePolicy(text)
	})
}

func (b *backend) pathGuardians() *framework.Path {
	return b.documentPath(changesRoster, "guardian document", b.reads(b.readRoster), func(k *keyring, text string) (*proposal, *signer.Refusal) {
		return k.proposeRoster(text)
	})
}

// documentPath reads a document in force, or takes its successor.
func (b *backend) documentPath(what, noun string, read framework.OperationFunc, propose func(*keyring, string) (*proposal, *signer.Refusal)) *framework.Path {
	submit := b.change(func(ctx context.Context, storage logical.Storage, k *keyring, body map[string]any) (*signer.Refusal, error) {
		text, _ := body[what].(string)
		p, refusal := propose(k, text)
		if refusal != nil {
			return refusal, nil
		}
		return k.submit(ctx, storage, p, body)
	})
	operations := writes(submit, "Replace the "+noun+". Needs the guardian quorum, and a delay when it loosens.")
	operations[logical.ReadOperation] = &framework.PathOperation{
		Callback: read, Summary: "Read the " + noun + " in force, in the canonical form that was hashed.",
	}
	return &framework.Path{
		Pattern: "keys/" + keyPattern + "/" + what,
		Fields: map[string]*framework.FieldSchema{
			"name":           nameField(),
			what:             {Type: framework.TypeString, Description: "The new " + noun + ", as the text of the JSON file."},
			"activate_after": {Type: framework.TypeString, Description: "When it may come into force, unix seconds, decimal; part of what guardians sign."},
			"approvals":      approvalsField(),
		},
		Operations:   operations,
		HelpSynopsis: "Read or replace the " + noun + " of a key.",
	}
}

func (b *backend) readPolicy(ctx context.Context, k shown) (*logical.Response, error) {
	p, err := b.library.policy(ctx, k.storage, k.name, k.state)
	if err != nil {
		return nil, err
	}
	return &logical.Response{Data: map[string]any{changesPolicy: string(p.Canonical), "version": p.Version, "hash": p.Hash.Hex()}}, nil
}

func (b *backend) readRoster(ctx context.Context, k shown) (*logical.Response, error) {
	g, err := b.library.roster(ctx, k.storage, k.name, k.state)
	if err != nil {
		return nil, err
	}
	return &logical.Response{Data: map[string]any{changesRoster: string(g.Canonical), "version": g.Version, "hash": g.Hash.Hex()}}, nil
}

func (b *backend) pathActivate() *framework.Path {
	const summary = "Put the change that waits in force, once its delay is over."
	return &framework.Path{
		Pattern:      "keys/" + keyPattern + "/policy/activate",
		Fields:       map[string]*framework.FieldSchema{"name": nameField()},
		Operations:   writes(b.change(activate), summary),
		HelpSynopsis: summary,
	}
}

// activate needs no signature: the guardians have given theirs, and whoever
// may call it can only do what they agreed to, when they agreed to it.
func activate(ctx context.Context, storage logical.Storage, k *keyring, _ map[string]any) (*signer.Refusal, error) {
	if len(k.state.Pending) == 0 {
		return signer.Refuse(signer.CodeNoChange, "no change waits"), nil
	}
	change := k.state.Pending[0]
	if due := unix(change.ActivateAfter); k.now.Before(due) {
		return signer.Refuse(signer.CodePolicyPending, "this change can come into force from %s on", due.UTC().Format(time.RFC3339)), nil
	}
	if err := k.confirm(ctx, storage, change); err != nil {
		return nil, err
	}
	k.state.enforce(change.What, change.Version, change.Hash)
	return nil, nil
}

// confirm reads the document that a pending change names, before it is in
// force: a key whose documents cannot be read signs nothing and cannot be
// mended.
func (k *keyring) confirm(ctx context.Context, storage logical.Storage, change pendingChange) error {
	path := policyPath(k.name, change.Hash)
	if change.What == changesRoster {
		path = rosterPath(k.name, change.Hash)
	}
	raw, err := readDocument(ctx, storage, path)
	if err != nil {
		return err
	}
	hash := change.Hash
	if change.What == changesRoster {
		g, err := consent.ParseGuardians(raw, k.name)
		if err != nil || g.Hash != hash {
			return fmt.Errorf("read the document that waits: it is not the one that was signed")
		}
		return nil
	}
	p, err := policy.Parse(raw, k.name, signer.Class(k.state.Class))
	if err != nil || p.Hash != hash {
		return fmt.Errorf("read the document that waits: it is not the one that was signed")
	}
	return nil
}

func (b *backend) pathCancel() *framework.Path {
	const summary = "Drop the change that waits. One guardian's signature is enough."
	return &framework.Path{
		Pattern: "keys/" + keyPattern + "/policy/cancel",
		Fields: map[string]*framework.FieldSchema{
			"name": nameField(), "valid_until": validUntilField(), "approvals": approvalsField(),
		},
		Operations:   writes(b.change(cancelChange), summary),
		HelpSynopsis: summary,
	}
}

func cancelChange(_ context.Context, _ logical.Storage, k *keyring, body map[string]any) (*signer.Refusal, error) {
	if len(k.state.Pending) == 0 {
		return signer.Refuse(signer.CodeNoChange, "no change waits"), nil
	}
	if refusal := bySignature(k, body, consent.StateCancel(k.state.Pending[0].Digest), 1); refusal != nil {
		return refusal, nil
	}
	k.state.drop(k.state.Pending[0].Digest)
	return nil, nil
}

// drop cancels a change for good: its signatures are still about, and handing
// them in again would undo what the guardian did.
func (s *state) drop(change common.Hash) {
	s.Pending = nil
	if s.Dropped = append(s.Dropped, change); len(s.Dropped) > maxDropped {
		s.Dropped = s.Dropped[len(s.Dropped)-maxDropped:]
	}
}

// maxDropped bounds the memory of cancelled changes. One that is forgotten can
// be handed in again only while its time to come into force is far enough ahead.
const maxDropped = 64
