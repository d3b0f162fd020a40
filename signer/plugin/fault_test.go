package plugin_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// tripping is storage whose nth operation fails, alone or with every one after
// it.
type tripping struct {
	logical.Storage
	left   int
	alone  bool
	failed bool
}

var errTripped = errors.New("tripped")

func (s *tripping) trip() error {
	if s.left--; s.left >= 0 || s.alone && s.failed {
		return nil
	}
	s.failed = true
	return errTripped
}

func (s *tripping) Get(ctx context.Context, key string) (*logical.StorageEntry, error) {
	if err := s.trip(); err != nil {
		return nil, err
	}
	return s.Storage.Get(ctx, key)
}

func (s *tripping) Put(ctx context.Context, entry *logical.StorageEntry) error {
	if err := s.trip(); err != nil {
		return err
	}
	return s.Storage.Put(ctx, entry)
}

func (s *tripping) List(ctx context.Context, prefix string) ([]string, error) {
	if err := s.trip(); err != nil {
		return nil, err
	}
	return s.Storage.List(ctx, prefix)
}

// deed is one request of every kind, on a mount that is ready for it.
type deed struct {
	name  string
	ready func(t *testing.T) *mount
	op    logical.Operation
	path  string
	body  func(t *testing.T, m *mount) map[string]any
}

func deeds() []deed {
	nothing := func(*testing.T, *mount) map[string]any { return nil }
	change := func(make func(t *testing.T, m *mount) signer.Change) func(*testing.T, *mount) map[string]any {
		return func(t *testing.T, m *mount) map[string]any { return wire(t, make(t, m).Fields()) }
	}
	frozen := func(t *testing.T) *mount {
		m := withKey(t)
		m.changed(t, signer.Change{Verb: signer.Freeze})
		return m
	}
	pending := func(roster bool) func(t *testing.T) *mount {
		return func(t *testing.T) *mount {
			m := withKey(t)
			c := m.loosening(t, 48*time.Hour)
			if roster {
				c = m.newcomer(t)
			}
			m.changed(t, c)
			m.clock.turn(48 * time.Hour)
			return m
		}
	}
	const key = "keys/" + signertest.Name
	guarded := func(t *testing.T, m *mount) map[string]any {
		r := signertest.Request(signertest.Core, 0, signertest.Call("shutdown()"))
		return asked(t, m.approved(t, r, m.terms(r, "a1", time.Minute), people("ana", "ben")...))
	}
	return []deed{
		{"create", newMount, logical.CreateOperation, key, func(t *testing.T, _ *mount) map[string]any {
			return signer.NewKey{Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: signertest.Guardians(signertest.Name)}.Fields()
		}},
		{"sign", withKey, logical.UpdateOperation, "sign/" + signertest.Name, func(*testing.T, *mount) map[string]any { return with(nil) }},
		{"sign with guardians", withKey, logical.UpdateOperation, "sign/" + signertest.Name, guarded},
		{"sign again", func(t *testing.T) *mount {
			m := busy(t)
			m.spend(t, 33)
			return m
		}, logical.UpdateOperation, "sign/" + signertest.Name, func(*testing.T, *mount) map[string]any { return with(nil) }},
		{"wait", withRecovery, logical.UpdateOperation, "sign/" + signertest.Name, func(t *testing.T, m *mount) map[string]any {
			return asked(t, m.released(t, 0, "INC-1"))
		}},
		{"check", withKey, logical.UpdateOperation, "check/" + signertest.Name, guarded},
		{"read", withKey, logical.ReadOperation, key, nothing},
		{"read the policy", withKey, logical.ReadOperation, key + "/policy", nothing},
		{"read the guardians", withKey, logical.ReadOperation, key + "/guardians", nothing},
		{"list", withKey, logical.ListOperation, "keys/", nothing},
		{"info", withKey, logical.ReadOperation, "info", nothing},
		{"freeze", withKey, logical.UpdateOperation, key + "/freeze", nothing},
		{"unfreeze", frozen, logical.UpdateOperation, key + "/unfreeze", change(func(t *testing.T, m *mount) signer.Change {
			return m.standing(t, signer.Change{Verb: signer.Unfreeze}, consent.StateActive, "ana", "ben")
		})},
		{"retire", withKey, logical.UpdateOperation, key + "/retire", change(func(t *testing.T, m *mount) signer.Change {
			return m.standing(t, signer.Change{Verb: signer.Retire}, consent.StateRetired, "ana", "ben")
		})},
		{"set the nonce", withKey, logical.UpdateOperation, key + "/nonce", change(func(t *testing.T, m *mount) signer.Change {
			return m.standing(t, signer.Change{Verb: signer.SetNonce, Chain: 1, Nonce: 4}, consent.StateNonce(1, 4), "ana", "ben")
		})},
		{"tighten", withKey, logical.UpdateOperation, key + "/policy", change(func(t *testing.T, m *mount) signer.Change { return m.tightening(t, 0) })},
		{"loosen", withKey, logical.UpdateOperation, key + "/policy", change(func(t *testing.T, m *mount) signer.Change { return m.loosening(t, 48*time.Hour) })},
		{"add a guardian", withKey, logical.UpdateOperation, key + "/guardians", change(func(t *testing.T, m *mount) signer.Change { return m.newcomer(t) })},
		{"activate a policy", pending(false), logical.UpdateOperation, key + "/policy/activate", nothing},
		{"activate guardians", pending(true), logical.UpdateOperation, key + "/policy/activate", nothing},
		{"cancel", pending(false), logical.UpdateOperation, key + "/policy/cancel", change(func(t *testing.T, m *mount) signer.Change {
			return m.standing(t, signer.Change{Verb: signer.CancelChange}, consent.StateCancel(m.info(t).Pending.Digest), "dee")
		})},
		{"read a receipt", func(t *testing.T) *mount {
			m := busy(t)
			m.spend(t, 33)
			return m
		}, logical.ReadOperation, "receipts/" + signertest.Name + "/1", nothing},
	}
}

// TestAStorageErrorAnywhereGivesNothingAndLeavesAWholeKey fails the first
// storage operation of every request, then the second, and so on. An error is
// never a yes; and what it leaves is the key as it was or as it should be.
func TestAStorageErrorAnywhereGivesNothingAndLeavesAWholeKey(t *testing.T) {
	for _, d := range deeds() {
		for _, alone := range []bool{true, false} {
			name := d.name + ", and the storage stays away"
			if alone {
				name = d.name + ", once"
			}
			t.Run(name, func(t *testing.T) {
				good := d.ready(t)
				_, err := good.do(t, d.op, d.path, d.body(t, good))
				require.NoError(t, err)
				for n := 0; d.fails(t, &tripping{left: n, alone: alone}, good.info(t)); n++ {
					require.Less(t, n, 50)
				}
			})
		}
	}
}

// fails does the deed once over storage that trips, and then again. It returns
// false when there was nothing left to trip over.
func (d deed) fails(t *testing.T, trap *tripping, done signer.KeyInfo) bool {
	t.Helper()
	m := d.ready(t)
	body := d.body(t, m)
	before, err := m.do(t, logical.ReadOperation, "keys/"+signertest.Name, nil)
	require.NoError(t, err)
	m.open(t) // nothing is remembered
	trap.Storage = m.storage
	m.storage = trap
	resp, err := m.do(t, d.op, d.path, body)
	m.storage = trap.Storage
	if !trap.failed {
		require.NoError(t, err)
		return false
	}
	require.ErrorIs(t, err, errTripped)
	assert.Nil(t, resp)
	m.left(t, before, done)
	m.open(t)
	resp, err = m.do(t, d.op, d.path, body)
	require.NoError(t, err, "asking again")
	if strings.HasPrefix(d.path, "sign/") && d.name != "wait" {
		require.False(t, resp.IsError(), "%v", resp.Data)
	}
	return true
}

// left asserts that a key is as it was, or as it should have become.
func (m *mount) left(t *testing.T, before *logical.Response, done signer.KeyInfo) {
	t.Helper()
	m.open(t)
	now, err := m.do(t, logical.ReadOperation, "keys/"+signertest.Name, nil)
	require.NoError(t, err)
	if before.IsError() {
		require.True(t, now.IsError() || infoOf(t, now).Seq == 0)
		return
	}
	was, is := infoOf(t, before), infoOf(t, now)
	if was.Seq == is.Seq && was.Epoch == is.Epoch && was.PolicyVersion == is.PolicyVersion && was.GuardiansVersion == is.GuardiansVersion && (was.Pending == nil) == (is.Pending == nil) {
		assert.Equal(t, was, is)
		return
	}
	assert.Equal(t, done.Seq, is.Seq)
	assert.Equal(t, done.State, is.State)
	assert.Equal(t, done.Epoch, is.Epoch)
	assert.Equal(t, done.PolicyVersion, is.PolicyVersion)
	assert.Equal(t, done.GuardiansVersion, is.GuardiansVersion)
	assert.Equal(t, done.Pending == nil, is.Pending == nil)
	assert.Equal(t, done.Nonces, is.Nonces)
}
