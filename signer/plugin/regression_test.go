package plugin_test

import (
	"context"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// Each test is named for a bug of another signer that must not be ours.

func TestR01AMissingChainIsNotAReplayableSignature(t *testing.T) {
	m := withKey(t)
	for _, chain := range []any{nil, "0", ""} {
		_, code := m.sign(t, with(map[string]any{"chain_id": chain}))
		assert.Equal(t, signer.CodeChain, code)
	}
	var tx types.Transaction
	require.NoError(t, tx.UnmarshalBinary(m.signed(t, signertest.Pause(signertest.Core, 0)).Raw))
	assert.True(t, tx.Protected())
	assert.Equal(t, big.NewInt(1), tx.ChainId())
}

func TestR02R03R20NumbersAreNeitherNegatedNorTruncated(t *testing.T) {
	m := withKey(t)
	for _, field := range []string{"nonce", "gas", "value", "max_fee_per_gas", "max_priority_fee_per_gas", "chain_id"} {
		for _, text := range []string{"-5", "18446744073709551617" + strings.Repeat("0", 60), "zz", "+1", "1e3", "1.0", "٣"} {
			_, code := m.sign(t, with(map[string]any{field: text}))
			assert.NotEmpty(t, code, "%s=%s", field, text)
		}
	}
}

func TestR04AMissingTargetCreatesNothing(t *testing.T) {
	m := withKey(t)
	for _, to := range []any{nil, "", "0x", "zz", "0x1111"} {
		_, code := m.sign(t, with(map[string]any{"to": to}))
		assert.Contains(t, []string{signer.CodeCreate, signer.CodeMalformed}, code)
	}
}

// panicking storage stands for any bug that panics.
type panicking struct{ logical.Storage }

func (panicking) Get(context.Context, string) (*logical.StorageEntry, error) {
	panic("secret in a panic")
}

func TestR05R14R24APanicDoesNotLeaveTheHandler(t *testing.T) {
	m := withKey(t)
	resp, err := m.backend.HandleRequest(t.Context(), &logical.Request{
		Operation: logical.UpdateOperation, Path: "sign/" + signertest.Name,
		Data: with(nil), Storage: panicking{m.storage},
	})
	require.Error(t, err)
	assert.Nil(t, resp)
	assert.NotContains(t, err.Error(), "secret")
	m.signed(t, signertest.Pause(signertest.Core, 0)) // the lock was released
}

func TestR09R21TheKeyIsStoredAsBytesAndWiped(t *testing.T) {
	m := withKey(t)
	entry, err := m.storage.Get(t.Context(), "key/"+signertest.Name)
	require.NoError(t, err)
	assert.Len(t, entry.Value, 32)
	assert.Contains(t, m.backend.SpecialPaths().SealWrapStorage, "key/")
	spy := &spying{Storage: m.storage}
	m.storage = spy
	m.signed(t, signertest.Pause(signertest.Core, 0))
	require.NotEmpty(t, spy.handedOut)
	for _, value := range spy.handedOut {
		assert.Equal(t, make([]byte, 32), value)
	}
	m.signed(t, signertest.Pause(signertest.Core, 1)) // what is stored is whole
}

// spying keeps the very slices of the key that the backend was given.
type spying struct {
	logical.Storage
	handedOut [][]byte
}

func (s *spying) Get(ctx context.Context, key string) (*logical.StorageEntry, error) {
	entry, err := s.Storage.Get(ctx, key)
	if entry != nil && strings.HasPrefix(key, "key/") {
		s.handedOut = append(s.handedOut, entry.Value)
	}
	return entry, err
}

func TestR08EveryStorageErrorRefuses(t *testing.T) {
	m := withKey(t)
	m.brittle.failing.Store(true)
	_, err := m.do(t, logical.UpdateOperation, "sign/"+signertest.Name, with(nil))
	require.Error(t, err)
	_, err = m.do(t, logical.CreateOperation, "keys/responder-2", signer.NewKey{
		Name: "responder-2", Class: signer.Containment, Policy: signertest.Policy("responder-2"), Guardians: signertest.Guardians("responder-2"),
	}.Fields())
	require.Error(t, err)
	m.brittle.failing.Store(false)
	resp, err := m.do(t, logical.ReadOperation, "keys/responder-2", nil)
	require.NoError(t, err)
	assert.True(t, resp.IsError(), "half a key is no key")
}

func TestR12AddressesAreComparedAsBytes(t *testing.T) {
	m := newMount(t)
	const mixed = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
	policy := strings.ReplaceAll(signertest.Policy(signertest.Name), signertest.Safe, strings.ToLower(mixed))
	m.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: policy, Guardians: signertest.Guardians(signertest.Name)})
	data := signertest.Call("blacklist(address)", mixed)
	assert.Equal(t, "ARG:0", m.denied(t, signertest.Request(signertest.Token, 0, data)))
}

func TestR15R18R23ThereIsOneSigningPathAndItSignsType2(t *testing.T) {
	m := withKey(t)
	var tx types.Transaction
	require.NoError(t, tx.UnmarshalBinary(m.signed(t, signertest.Pause(signertest.Core, 0)).Raw))
	assert.EqualValues(t, types.DynamicFeeTxType, tx.Type())
	assert.Empty(t, tx.AccessList())
	assert.Zero(t, tx.Value().Sign())
	assert.Equal(t, core, *tx.To())
}

func TestR16TheCallerCannotSpendBeyondTheCeilings(t *testing.T) {
	m := withKey(t)
	assert.Equal(t, signer.CodeFee, m.denied(t, signertest.Fees(signertest.Pause(signertest.Core, 0), 1_000_000, 2)))
	r := signertest.Pause(signertest.Core, 0)
	r.Gas = 30_000_000
	assert.Equal(t, signer.CodeGas, m.denied(t, r))
}

func TestR19HeadersDoNotChooseTheTenant(t *testing.T) {
	m := withKey(t)
	resp, err := m.backend.HandleRequest(t.Context(), &logical.Request{
		Operation: logical.ReadOperation, Path: "keys/" + signertest.Name, Storage: m.storage,
		Headers: map[string][]string{"X-Vault-Namespace": {"other"}},
	})
	require.NoError(t, err)
	assert.Equal(t, signertest.Name, resp.Data["name"])
}

func TestR25CalldataHasOneEncoding(t *testing.T) {
	m := withKey(t)
	good := signertest.Call("blacklist(address)", signertest.Core)
	for name, data := range map[string][]byte{
		"a dirty upper bit": append(append([]byte{}, good[:4]...), append([]byte{0x80}, good[5:]...)...),
		"a trailing byte":   append(append([]byte{}, good...), 0),
		"a trailing word":   append(append([]byte{}, good...), make([]byte, 32)...),
		"a short word":      good[:35],
		"no argument":       good[:4],
	} {
		assert.Equal(t, signer.CodeNotCanonical, m.denied(t, signertest.Request(signertest.Token, 0, data)), name)
	}
}

func TestR27ARefusalIsAResponseAndNotAGoError(t *testing.T) {
	m := withKey(t)
	resp, err := m.do(t, logical.UpdateOperation, "sign/"+signertest.Name, with(map[string]any{"to": signertest.Token}))
	require.NoError(t, err)
	status, err := logical.RespondErrorCommon(&logical.Request{Operation: logical.UpdateOperation}, resp, nil)
	assert.Equal(t, 400, status)
	require.ErrorContains(t, err, "firebreak: DENY NO_RULE: ")
	assert.Equal(t, signer.CodeNoRule, resp.Data["data"].(map[string]any)["code"])
}

func TestR28CountersSurviveARestart(t *testing.T) {
	m := withKey(t)
	m.signed(t, signertest.Pause(signertest.Core, 0))
	m.signed(t, signertest.Pause(signertest.Core, 1))
	m.open(t)
	assert.Equal(t, "RATE:1h", m.denied(t, signertest.Pause(signertest.Core, 2)))
}

func TestR29SignaturesAreDeterministicAndLowS(t *testing.T) {
	m := withKey(t)
	first := m.signed(t, signertest.Pause(signertest.Core, 0))
	m.open(t)
	assert.Equal(t, first, m.signed(t, signertest.Pause(signertest.Core, 0)))
	info, err := m.do(t, logical.ReadOperation, "keys/"+signertest.Name, nil)
	require.NoError(t, err)
	require.NoError(t, signertest.Pause(signertest.Core, 0).Accept(first, common.HexToAddress(info.Data["address"].(string))))
}

// landed is storage that writes and then says that it did not.
type landed struct{ logical.Storage }

func (l landed) Put(ctx context.Context, entry *logical.StorageEntry) error {
	return errors.Join(l.Storage.Put(ctx, entry), errors.New("the connection was lost"))
}

func TestAWriteThatLandedAndFailedIsCountedOnceAndSignedLater(t *testing.T) {
	m := withKey(t)
	whole := m.storage
	m.storage = landed{whole}
	resp, err := m.do(t, logical.UpdateOperation, "sign/"+signertest.Name, with(nil))
	require.Error(t, err)
	assert.Nil(t, resp)
	m.storage = whole
	assert.EqualValues(t, 1, m.signed(t, signertest.Pause(signertest.Core, 0)).Seq)
	assert.EqualValues(t, 1, m.seq(t))
}
