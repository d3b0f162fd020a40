package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/signer"
)

// keeper is what the keyring asks of Vault. It is safe for concurrent use and
// answers an error that matches signer.ErrUnavailable when Vault is away.
type keeper interface {
	// Key returns what a key says of itself.
	Key(ctx context.Context, name string) (signer.KeyInfo, error)
	// Document returns its policy or its guardians in force.
	Document(ctx context.Context, name string, what signer.What) (signer.Document, error)
}

// keyringAge is how old a key's documents may be that people only look at, or
// sign in by. A vote is read against those of now.
const keyringAge = 10 * time.Second

// keyring knows what is in force for the keys of the inventory. It is safe for
// concurrent use. It never answers with what it read before keyringAge ago: while
// Vault is away nobody can say who may vote, and so nobody may.
type keyring struct {
	vault keeper
	names []string // of the inventory's signers, sorted
	now   func() time.Time

	mu   sync.Mutex
	kept map[string]keptKey
}

type keptKey struct {
	key ballot.Key
	at  time.Time
}

func newKeyring(vault keeper, names []string, now func() time.Time) *keyring {
	return &keyring{vault: vault, names: names, now: now, kept: map[string]keptKey{}}
}

// of returns what is in force for these keys, none of it older than age.
func (k *keyring) of(ctx context.Context, age time.Duration, names ...string) (map[string]ballot.Key, error) {
	keys := map[string]ballot.Key{}
	for _, name := range names {
		k.mu.Lock()
		kept, known := k.kept[name]
		k.mu.Unlock()
		if !known || k.now().Sub(kept.at) >= age {
			var err error
			kept.at = k.now() // before it is read: what follows is not older
			if kept.key, err = k.read(ctx, name); err != nil {
				return nil, fmt.Errorf("read what is in force for key %s: %w", name, err)
			}
			k.mu.Lock()
			k.kept[name] = kept
			k.mu.Unlock()
		}
		keys[name] = kept.key
	}
	return keys, nil
}

// all is of for every key of the inventory.
func (k *keyring) all(ctx context.Context) (map[string]ballot.Key, error) {
	return k.of(ctx, keyringAge, k.names...)
}

// read reads the documents first and then what the key says of itself, whose
// hashes tell a change in between.
func (k *keyring) read(ctx context.Context, name string) (ballot.Key, error) {
	var key ballot.Key
	hashes := map[signer.What]common.Hash{}
	for what, text := range map[signer.What]*string{signer.Policy: &key.Policy, signer.Guardians: &key.Guardians} {
		document, err := k.vault.Document(ctx, name, what)
		if err != nil {
			return key, err
		}
		*text, hashes[what] = document.Text, document.Hash
	}
	var err error
	if key.Info, err = k.vault.Key(ctx, name); err != nil {
		return key, err
	}
	if key.Info.PolicyHash != hashes[signer.Policy] || key.Info.GuardiansHash != hashes[signer.Guardians] {
		return key, fmt.Errorf("%w: it changed while it was read; ask again", signer.ErrUnavailable)
	}
	return key, nil
}
