package plugin_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/plugin"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

func TestR06NothingIsImportedAndNoLogRepeatsWhatWasSent(t *testing.T) {
	var log bytes.Buffer
	m := newMount(t)
	var err error
	m.backend, err = plugin.NewFactory()(t.Context(), &logical.BackendConfig{
		StorageView: m.storage, System: &logical.StaticSystemView{}, Logger: hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Trace}),
	})
	require.NoError(t, err)
	const secret = "deadbeefdeadbeefdeadbeef"
	body := signer.NewKey{Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: signertest.Guardians(signertest.Name)}.Fields()
	for _, field := range []string{"private_key", "privateKey", "key", "mnemonic", "seed", "address"} {
		with := map[string]any{field: secret}
		for k, v := range body {
			with[k] = v
		}
		resp, err := m.do(t, logical.CreateOperation, "keys/"+signertest.Name, with)
		require.NoError(t, err)
		require.ErrorContains(t, resp.Error(), signer.CodeMalformed, field)
		assert.NotContains(t, resp.Error().Error(), secret)
	}
	m.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: signertest.Guardians(signertest.Name)})
	for field := range with(nil) {
		m.sign(t, with(map[string]any{field: secret}))
		m.sign(t, with(map[string]any{secret: field}))
	}
	assert.NotContains(t, log.String(), secret)
}

func TestR07NoReplyHoldsTheKey(t *testing.T) {
	m := withKey(t)
	entry, err := m.storage.Get(t.Context(), "key/"+signertest.Name)
	require.NoError(t, err)
	secret := bytes.Clone(entry.Value)
	var said strings.Builder
	for _, c := range []struct {
		op   logical.Operation
		path string
		body map[string]any
	}{
		{logical.UpdateOperation, "sign/" + signertest.Name, with(nil)}, {logical.UpdateOperation, "check/" + signertest.Name, with(nil)},
		{logical.ReadOperation, "keys/" + signertest.Name, nil}, {logical.ReadOperation, "keys/" + signertest.Name + "/policy", nil},
		{logical.ReadOperation, "keys/" + signertest.Name + "/guardians", nil}, {logical.ListOperation, "keys/", nil},
		{logical.ReadOperation, "receipts/" + signertest.Name + "/1", nil}, {logical.ReadOperation, "info", nil},
		{logical.UpdateOperation, "keys/" + signertest.Name + "/freeze", nil},
	} {
		resp, err := m.do(t, c.op, c.path, c.body)
		require.NoError(t, err)
		require.False(t, resp.IsError(), c.path)
		fmt.Fprintf(&said, "%v %q\n", resp.Data, resp.Data)
	}
	for _, form := range []string{hex.EncodeToString(secret), strings.ToUpper(hex.EncodeToString(secret)), base64.StdEncoding.EncodeToString(secret),
		base64.RawURLEncoding.EncodeToString(secret), string(secret), new(big.Int).SetBytes(secret).String(), fmt.Sprint(secret)} {
		assert.NotContains(t, said.String(), form)
	}
}

func TestR10ANameHasOneSpelling(t *testing.T) {
	m := withKey(t)
	for _, name := range []string{"Responder-1", "RESPONDER-1", "responder-1 ", " responder-1", "responder-1/", "responder_1", "responder-1%00", "./responder-1", "r", strings.Repeat("a", 64)} {
		_, err := m.do(t, logical.UpdateOperation, "sign/"+name, with(nil))
		require.ErrorIs(t, err, logical.ErrUnsupportedPath, name)
	}
	assert.Zero(t, m.seq(t))
}

func TestR11TwoKeysDoNotLendEachOtherTheirPolicies(t *testing.T) {
	m := withKey(t)
	other := strings.Replace(signertest.Policy("responder-2"), signertest.Core+`","`+signertest.Vault, signertest.Safe, 1)
	require.NotEqual(t, signertest.Policy("responder-2"), other)
	m.create(t, signer.NewKey{Name: "responder-2", Class: signer.Containment, Policy: other, Guardians: signertest.Guardians("responder-2")})
	assert.Equal(t, signer.CodeNoRule, m.denied(t, signertest.Pause(signertest.Safe, 0)))
	resp, err := m.do(t, logical.UpdateOperation, "sign/responder-2", with(nil))
	require.NoError(t, err)
	require.ErrorContains(t, resp.Error(), signer.CodeNoRule)
	resp, err = m.do(t, logical.UpdateOperation, "sign/responder-2", with(map[string]any{"to": signertest.Safe}))
	require.NoError(t, err)
	assert.False(t, resp.IsError())
}

func TestR13AChangeReplacesTheWholeDocumentAndGuardiansSeeWhatItDrops(t *testing.T) {
	m := withKey(t)
	info := m.info(t)
	for name, text := range map[string]string{
		"no document":         "",
		"a part of one":       `{"rules":[]}`,
		"without its sets":    signertest.NextPolicy(info, `,`+"\n"+` "sets":{"protected":["`+signertest.Safe+`"]}`, ""),
		"without its limits":  signertest.NextPolicy(info, `"limits":[{"window":"1h","max":30}],`, ""),
		"without constraints": signertest.NextPolicy(info, `"args":{"0":{"not_in_set":"protected"}},`, ""),
	} {
		_, code := m.change(t, signer.Change{Verb: signer.ChangePolicy, Document: text})
		assert.Equal(t, signer.CodePolicy, code, name)
	}
	open := signertest.NextPolicy(info, `{"not_in_set":"protected"}`, `{"any":true}`)
	_, code := m.change(t, signertest.PolicyChange(info, open, m.clock.Now(), "ana", "ben"))
	assert.Equal(t, signer.CodePolicyPending, code, "to drop a protection is to loosen")
	waiting := m.changed(t, signertest.PolicyChange(info, open, m.clock.Now().Add(48*time.Hour), "ana", "ben"))
	assert.Contains(t, waiting.Pending.Summary, "blacklist(address)")
	assert.Equal(t, "ARG:0", m.denied(t, signertest.Request(signertest.Token, 0, signertest.Call("blacklist(address)", signertest.Safe))))
}

func TestR17NobodyGetsInWithoutAToken(t *testing.T) {
	special := withKey(t).backend.SpecialPaths()
	assert.Empty(t, special.Unauthenticated)
	assert.Empty(t, special.Binary)
	assert.Empty(t, special.LocalStorage, "every replica has the same counters")
}

func TestR19NoHeaderOfAnyNameChangesAnAnswer(t *testing.T) {
	m := withKey(t)
	for _, header := range []string{"X-Vault-Namespace", "X-Vault-Token", "X-Forwarded-For", "X-Tenant", "Authorization"} {
		resp, err := m.backend.HandleRequest(t.Context(), &logical.Request{
			Operation: logical.UpdateOperation, Path: "sign/" + signertest.Name, Storage: m.storage, Data: with(map[string]any{"to": signertest.Token}),
			Headers: map[string][]string{header: {"tenantA"}},
		})
		require.NoError(t, err)
		require.ErrorContains(t, resp.Error(), signer.CodeNoRule)
	}
	names, err := m.storage.List(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, []string{"guardians/", "instance", "key/", "policy/", "state/"}, names)
}

func TestR22OneKeyHasOneUseAndNoSiblings(t *testing.T) {
	m := withKey(t)
	for _, path := range []string{"decrypt/", "encrypt/", "derive/", "hd/", "wrap/", "ecdh/", "verify/", "jwt/", "sign-raw/", "sign-userop/", "authorize/"} {
		_, err := m.do(t, logical.UpdateOperation, path+signertest.Name, nil)
		require.ErrorIs(t, err, logical.ErrUnsupportedPath, path)
	}
	m.create(t, signer.NewKey{Name: "responder-2", Class: signer.Containment, Policy: signertest.Policy("responder-2"), Guardians: signertest.Guardians("responder-2")})
	keys, err := m.storage.List(t.Context(), "key/")
	require.NoError(t, err)
	assert.Equal(t, []string{"responder-1", "responder-2"}, keys)
	addresses := map[string]bool{}
	for _, name := range keys {
		entry, err := m.storage.Get(t.Context(), "key/"+name)
		require.NoError(t, err)
		priv, err := crypto.ToECDSA(entry.Value)
		require.NoError(t, err)
		resp, err := m.do(t, logical.ReadOperation, "keys/"+name, nil)
		require.NoError(t, err)
		assert.Equal(t, crypto.PubkeyToAddress(priv.PublicKey).Hex(), resp.Data["address"], "the key is the entry, and no child of it")
		addresses[resp.Data["address"].(string)] = true
	}
	assert.Len(t, addresses, 2)
}

func TestR26AFieldHasOneNameAndAnUnknownOneIsRefused(t *testing.T) {
	m := withKey(t)
	for alias, field := range map[string]string{
		"input": "data", "payload": "data", "Data": "data", "address_to": "to", "recipient": "to", "To": "to", "gas_limit": "gas", "gasLimit": "gas",
		"chainId": "chain_id", "chainid": "chain_id", "CHAIN_ID": "chain_id", "maxFeePerGas": "max_fee_per_gas", "gas_price": "max_fee_per_gas",
		"maxPriorityFeePerGas": "max_priority_fee_per_gas", "amount": "value", "tx_type": "type", "requestId": "request_id",
	} {
		body := with(nil)
		moved := with(map[string]any{field: nil, alias: body[field]})
		_, code := m.sign(t, moved)
		assert.Equal(t, signer.CodeMalformed, code, "%s for %s", alias, field)
		_, code = m.sign(t, with(map[string]any{alias: body[field]}))
		assert.Equal(t, signer.CodeMalformed, code, "%s beside %s", alias, field)
	}
	assert.Zero(t, m.seq(t))
}

// TestR29TheSignatureIsTheOneOfRFC6979 compares with another implementation.
func TestR29TheSignatureIsTheOneOfRFC6979(t *testing.T) {
	m := busy(t)
	entry, err := m.storage.Get(t.Context(), "key/"+signertest.Name)
	require.NoError(t, err)
	priv, err := crypto.ToECDSA(bytes.Clone(entry.Value))
	require.NoError(t, err)
	half := new(big.Int).Rsh(crypto.S256().Params().N, 1)
	for n := range uint64(20) {
		r := signertest.Pause(signertest.Core, n)
		m.clock.turn(time.Hour)
		signed := m.signed(t, r)
		var tx types.Transaction
		require.NoError(t, tx.UnmarshalBinary(signed.Raw))
		_, _, s := tx.RawSignatureValues()
		assert.LessOrEqual(t, s.Cmp(half), 0)
		digest := r.Digest()
		other, err := crypto.Sign(digest[:], priv)
		require.NoError(t, err)
		want, err := r.WithSignature(other)
		require.NoError(t, err)
		assert.Equal(t, want.Raw, signed.Raw)
	}
}
