package vault

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/hashicorp/vault/api"

	"github.com/firebreak-project/firebreak/signer"
)

// login gets a token. It is called under the lock of tokens.
type login interface {
	// login returns a secret with Auth set. Its errors hold no token.
	login(ctx context.Context) (*api.Secret, error)
	// changed reports that a new token lies ready.
	changed() bool
}

// tokens holds the one token in use.
type tokens struct {
	api    *api.Client
	source login

	mu      sync.Mutex
	current *api.Secret
	fresh   chan struct{} // holds one element after every login, for Run
}

func newTokens(c Config, library *api.Client) *tokens {
	t := &tokens{api: library, fresh: make(chan struct{}, 1)}
	if c.AppRole != nil {
		t.source = &roleLogin{api: library, role: *c.AppRole}
	} else {
		t.source = &fileLogin{api: library, path: c.TokenFile}
	}
	return t
}

// ensure logs in unless there is a token and none newer lies ready.
func (t *tokens) ensure(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != nil && !t.source.changed() {
		return nil
	}
	return t.replace(ctx)
}

// renew logs in again, after a token was refused or has ended.
func (t *tokens) renew(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.replace(ctx)
}

func (t *tokens) replace(ctx context.Context) error {
	secret, err := t.source.login(ctx)
	if err != nil {
		if _, again := errors.AsType[*transient](err); again {
			return err
		}
		return fmt.Errorf("%w: log in to vault: %w", signer.ErrUnavailable, err)
	}
	t.current = secret
	t.api.SetToken(secret.Auth.ClientToken)
	select {
	case t.fresh <- struct{}{}:
	default:
	}
	return nil
}

// secret returns the login in use, for the lifetime watcher.
func (t *tokens) secret() *api.Secret {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current
}
