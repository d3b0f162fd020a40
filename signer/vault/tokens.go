package vault

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/vault/api"

	"github.com/firebreak-project/firebreak/signer"
)

// tokens holds the one token in use.
type tokens struct {
	api    *api.Client
	source login
	name   string // of the method

	mu      sync.Mutex
	current *api.Secret
	ends    time.Time          // of the current one, where it has an end
	issue   uint64             // counts the tokens
	barred  map[string]barring // by path
	fresh   chan struct{}      // holds one element after every login, for Run
}

// barring remembers that a token straight from a login was refused on a path.
// Logging in again would change nothing but cost a use of the credentials.
type barring struct {
	issue uint64
	until time.Time
}

// barTime is how long a path stays barred. It ends, because a policy can be
// mended and a token be revoked meanwhile, which look alike from here.
const barTime = time.Minute

// open builds the library's client and what logs it in.
func (c Config) open() (*api.Client, *nodes, *tokens, error) {
	m, err := c.method()
	if err != nil {
		return nil, nil, nil, err
	}
	all, err := newNodes(c.nodeTexts())
	if err != nil {
		return nil, nil, nil, err
	}
	offer := &offered{reconnect: func() {}}
	under := c.under
	if under == nil {
		var show func(*tls.CertificateRequestInfo) (*tls.Certificate, error)
		if c.Certificate != nil {
			show = offer.get
		}
		transport, err := c.transport(show)
		if err != nil {
			return nil, nil, nil, err
		}
		offer.reconnect = transport.CloseIdleConnections
		under = transport
	}
	library, err := c.library(all, under)
	if err != nil {
		return nil, nil, nil, err
	}
	// A login carries no token: an old one says more than has to be said.
	bare, err := c.library(all, under)
	if err != nil {
		return nil, nil, nil, err
	}
	source, err := m.open(desk{api: bare, config: c, nodes: all, offer: offer})
	if err != nil {
		return nil, nil, nil, err
	}
	return library, all, &tokens{api: library, source: source, name: m.name, barred: map[string]barring{}, fresh: make(chan struct{}, 1)}, nil
}

// ensure logs in unless there is a token and none newer lies ready. It returns
// which token is in use, and whether it has just come.
func (t *tokens) ensure(ctx context.Context) (issue uint64, isNew bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != nil && !t.source.changed() {
		return t.issue, false, nil
	}
	err = t.replace(ctx)
	return t.issue, true, err
}

// renew logs in again, after a token was refused or has ended. A token that
// somebody else has replaced meanwhile is left alone.
func (t *tokens) renew(ctx context.Context, issue uint64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.issue != issue {
		return nil
	}
	return t.replace(ctx)
}

func (t *tokens) replace(ctx context.Context) error {
	secret, err := t.source.login(ctx)
	if err != nil {
		if _, again := errors.AsType[*transient](err); again {
			return err
		}
		return fmt.Errorf("%w: log in to vault by %s: %w", signer.ErrUnavailable, t.name, err)
	}
	t.current = secret
	t.ends = endOf(secret)
	t.issue++
	t.api.SetToken(secret.Auth.ClientToken)
	select {
	case t.fresh <- struct{}{}:
	default:
	}
	return nil
}

// bar notes that a fresh token was refused on a path.
func (t *tokens) bar(path string, issue uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.barred[path] = barring{issue, time.Now().Add(barTime)}
}

func (t *tokens) isBarred(path string, issue uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.barred[path]
	return ok && b.issue == issue && time.Now().Before(b.until)
}

// secret returns the login in use, for the lifetime watcher.
func (t *tokens) secret() (*api.Secret, uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current, t.issue
}

// renewed notes that the token lives longer.
func (t *tokens) renewed(issue uint64, secret *api.Secret) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.issue == issue && secret != nil && secret.Auth != nil {
		t.ends = endOf(secret)
	}
}

func endOf(secret *api.Secret) time.Time {
	return time.Now().Add(time.Duration(secret.Auth.LeaseDuration) * time.Second)
}

// left is how long the current token lives.
func (t *tokens) left() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Until(t.ends)
}
