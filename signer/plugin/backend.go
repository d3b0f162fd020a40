// Package plugin is the Vault secrets engine that holds the responder's key: it
// signs a transaction only after its policy allowed it and its counters are
// durable, and it has no path that exports, imports or deletes a key or signs
// anything but a transaction.
//
// It uses no network, no files and no clock but the one it is given, and it
// keeps nothing between requests except locks and compiled documents, which are
// named by their hashes. Which of them is in force is read from storage every
// time. One mount is one trust domain: request headers are never read.
package plugin

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/helper/locksutil"
	"github.com/hashicorp/vault/sdk/logical"
)

// backend adds strictness to framework.Backend; see HandleRequest.
type backend struct {
	*framework.Backend
	now      func() time.Time
	library  *library
	locks    []*locksutil.LockEntry // striped by key name
	instance sync.Mutex             // the mount's id is drawn once

	// compact signs a digest. Tests replace it, to see that what it returns
	// is not believed.
	compact func(priv *secp256k1.PrivateKey, digest []byte) []byte
}

// Option changes how a backend is built.
type Option func(*backend)

// WithClock replaces time.Now. Windows and budgets are measured with it; a
// clock that steps back only makes them stricter.
func WithClock(now func() time.Time) Option {
	return func(b *backend) { b.now = now }
}

// WithVersion sets the version that the plugin reports to Vault. It has to
// equal the version it is registered under, "v" and a semantic version.
func WithVersion(version string) Option {
	return func(b *backend) { b.RunningVersion = version }
}

// NewFactory returns a logical.Factory with options.
func NewFactory(options ...Option) logical.Factory {
	return func(ctx context.Context, conf *logical.BackendConfig) (logical.Backend, error) {
		b := newBackend(options)
		if err := b.Setup(ctx, conf); err != nil {
			return nil, fmt.Errorf("set up firebreak backend: %w", err)
		}
		return b, nil
	}
}

func newBackend(options []Option) *backend {
	b := &backend{
		now:     time.Now,
		library: newLibrary(),
		locks:   locksutil.CreateLocks(),
		compact: signCompact,
	}
	b.Backend = &framework.Backend{
		Help:        "Signs containment transactions that its policy allows, and nothing else.",
		BackendType: logical.TypeLogical,
		PathsSpecial: &logical.Paths{
			SealWrapStorage: []string{keyPrefix},
		},
	}
	// sign and check come first only for the reader: no two patterns overlap.
	b.Paths = []*framework.Path{
		b.pathSign(), b.pathCheck(), b.pathInfo(), b.pathList(),
		b.pathKey(), b.pathPolicy(), b.pathGuardians(), b.pathActivate(), b.pathCancel(),
		b.pathFreeze(), b.pathHalt(), b.pathUnfreeze(), b.pathRetire(), b.pathNonce(), b.pathReceipt(),
	}
	for _, option := range options {
		option(b)
	}
	return b
}

func (b *backend) lock(name string) *locksutil.LockEntry {
	return locksutil.LockForKey(b.locks, name)
}
