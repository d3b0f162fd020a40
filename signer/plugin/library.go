package plugin

import (
	"context"
	"fmt"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/policy"
)

// library reads the documents that a state names. It keeps what it has read:
// a document is named by its hash, so what is kept can never be out of date.
// Which document is in force is read from storage every time.
type library struct {
	mu       sync.Mutex
	policies map[common.Hash]*policy.Policy
	rosters  map[common.Hash]*consent.Guardians
}

// mostKept bounds what is kept. Beyond it everything is read again.
const mostKept = 64

func newLibrary() *library {
	return &library{policies: map[common.Hash]*policy.Policy{}, rosters: map[common.Hash]*consent.Guardians{}}
}

// policy reads the policy in force and refuses a document that is not the one
// the state names.
func (l *library) policy(ctx context.Context, storage logical.Storage, name string, s *state) (*policy.Policy, error) {
	l.mu.Lock()
	kept := l.policies[s.PolicyHash]
	l.mu.Unlock()
	if kept != nil && kept.Key == name && string(kept.Class) == s.Class {
		return kept, nil
	}
	raw, err := readDocument(ctx, storage, policyPath(name, s.PolicyHash))
	if err != nil {
		return nil, err
	}
	p, err := policy.Parse(raw, name, signer.Class(s.Class))
	if err != nil {
		return nil, fmt.Errorf("compile stored policy: %w", err)
	}
	if p.Hash != s.PolicyHash || p.Version != s.PolicyVersion {
		return nil, fmt.Errorf("compile stored policy: its hash is not the one in force")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.policies) >= mostKept {
		clear(l.policies)
	}
	l.policies[p.Hash] = p
	return p, nil
}

// roster reads the guardians in force, in the same way.
func (l *library) roster(ctx context.Context, storage logical.Storage, name string, s *state) (*consent.Guardians, error) {
	l.mu.Lock()
	kept := l.rosters[s.RosterHash]
	l.mu.Unlock()
	if kept != nil && kept.Key == name {
		return kept, nil
	}
	raw, err := readDocument(ctx, storage, rosterPath(name, s.RosterHash))
	if err != nil {
		return nil, err
	}
	g, err := consent.ParseGuardians(raw, name)
	if err != nil {
		return nil, fmt.Errorf("compile stored guardians: %w", err)
	}
	if g.Hash != s.RosterHash || g.Version != s.RosterVersion {
		return nil, fmt.Errorf("compile stored guardians: their hash is not the one in force")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rosters) >= mostKept {
		clear(l.rosters)
	}
	l.rosters[g.Hash] = g
	return g, nil
}

func readDocument(ctx context.Context, storage logical.Storage, path string) ([]byte, error) {
	entry, err := storage.Get(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("read document in force: %w", err)
	}
	if entry == nil {
		return nil, fmt.Errorf("read document in force: it is missing")
	}
	return entry.Value, nil
}

// Documents are kept under their hashes, so that proposing one can never
// change another, in force or waiting.
func policyPath(name string, hash common.Hash) string { return policyPrefix + name + "/" + hash.Hex() }

func rosterPath(name string, hash common.Hash) string { return rosterPrefix + name + "/" + hash.Hex() }
