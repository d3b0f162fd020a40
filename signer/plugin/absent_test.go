package plugin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/signer/policy"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

func codeOf(resp *logical.Response) string {
	detail, _ := resp.Data["data"].(map[string]any)
	code, _ := detail["code"].(string)
	return code
}

func TestEveryPathOfAKeyThatIsNotThereSaysSo(t *testing.T) {
	m := withKey(t)
	const key = "keys/responder-2"
	for path, op := range map[string]logical.Operation{
		"sign/responder-2": logical.UpdateOperation, "check/responder-2": logical.UpdateOperation, key: logical.ReadOperation,
		key + "/policy": logical.ReadOperation, key + "/guardians": logical.ReadOperation, key + "/freeze": logical.UpdateOperation,
		key + "/unfreeze": logical.UpdateOperation, key + "/retire": logical.UpdateOperation, key + "/nonce": logical.UpdateOperation,
		key + "/policy/activate": logical.UpdateOperation, key + "/policy/cancel": logical.UpdateOperation, "receipts/responder-2/1": logical.ReadOperation,
	} {
		var body map[string]any
		if strings.HasPrefix(path, "sign") || strings.HasPrefix(path, "check") {
			body = with(nil)
		}
		resp, err := m.do(t, op, path, body)
		require.NoError(t, err, path)
		require.True(t, resp.IsError(), path)
		assert.Equal(t, signer.CodeNoKey, codeOf(resp), path)
	}
	for _, path := range []string{key + "/policy", key + "/guardians"} {
		resp, err := m.do(t, logical.UpdateOperation, path, nil)
		require.NoError(t, err)
		assert.Equal(t, signer.CodeNoKey, codeOf(resp), path)
	}
}

func TestARefusalNamesTheRuleThatRefused(t *testing.T) {
	m := withKey(t)
	r := signertest.Request(signertest.Core, 0, signertest.Call("setWithdrawalLimit(uint256,uint256)", 1001, 3600))
	resp, err := m.do(t, logical.UpdateOperation, "sign/"+signertest.Name, asked(t, r))
	require.NoError(t, err)
	assert.Equal(t, "close-limit", resp.Data["data"].(map[string]any)["rule"])
	assert.Equal(t, "close-limit", m.check(t, r).Rule)
}

func TestTheNeedOfARuleRisesWithItsOwnUsesAlone(t *testing.T) {
	m := withKey(t)
	m.signed(t, signertest.Pause(signertest.Core, 0))
	m.signed(t, signertest.Pause(signertest.Core, 1))
	m.signed(t, signertest.Pause(signertest.Vault, 2))
	m.signed(t, signertest.Request(signertest.Token, 3, signertest.Call("blacklist(address)", signertest.Core)))
}

func TestABallotIsReadStrictly(t *testing.T) {
	m := withKey(t)
	retire := func(change func(map[string]any)) string {
		body := wire(t, m.standing(t, signer.Change{Verb: signer.Retire}, consent.StateRetired, "ana").Fields())
		change(body)
		resp, err := m.do(t, logical.UpdateOperation, "keys/"+signertest.Name+"/retire", body)
		require.NoError(t, err)
		require.True(t, resp.IsError())
		return codeOf(resp)
	}
	times := func(n int) func(map[string]any) {
		return func(b map[string]any) {
			one := b["approvals"].([]any)[0]
			list := []any{}
			for range n {
				list = append(list, one)
			}
			b["approvals"] = list
		}
	}
	assert.Equal(t, signer.CodeApprovalsRequired, retire(times(16)), "one guardian sixteen times")
	assert.Equal(t, signer.CodeMalformed, retire(times(17)))
	for name, item := range map[string]any{
		"nothing": map[string]any{}, "no object": "0x", "null": nil, "a list": []any{},
		"too large": map[string]any{"guardian": "ana", "type": "eip712", "signature": "0x" + strings.Repeat("00", signer.MaxApprovalBytes)},
	} {
		assert.Equal(t, signer.CodeMalformed, retire(func(b map[string]any) { b["approvals"] = []any{item} }), name)
	}
	for _, until := range []any{nil, "", "x", "-1", "1.5"} {
		assert.Equal(t, signer.CodeMalformed, retire(func(b map[string]any) {
			b["valid_until"] = until
			if until == nil {
				delete(b, "valid_until")
			}
		}), "%v", until)
	}
	assert.Equal(t, signer.Active, m.info(t).State)
}

func TestAnActHoldsForADayAndNotLonger(t *testing.T) {
	m := withKey(t)
	act := func(life time.Duration) signer.Change {
		info := m.info(t)
		c := signer.Change{Verb: signer.Retire, ValidUntil: uint64(m.clock.Now().Add(life).Unix())}
		c.Approvals = signertest.Sign(info, consent.KeyState{Key: info.Name, State: consent.StateRetired, Epoch: info.Epoch, ValidUntil: c.ValidUntil}, "ana", "ben")
		return c
	}
	_, code := m.change(t, act(24*time.Hour+time.Second))
	assert.Equal(t, signer.CodeMalformed, code)
	_, code = m.change(t, act(0))
	assert.Equal(t, signer.CodeApprovalExpired, code)
	assert.Equal(t, signer.Retired, m.changed(t, act(24*time.Hour)).State)
}

func TestAnActIsDoneOnce(t *testing.T) {
	m := withKey(t)
	c := m.standing(t, signer.Change{Verb: signer.SetNonce, Chain: 1, Nonce: 0}, consent.StateNonce(1, 0), "ana", "ben")
	before := m.info(t).Epoch
	assert.Equal(t, before+1, m.changed(t, c).Epoch)
	_, code := m.change(t, c)
	assert.Equal(t, "APPROVAL_BAD:ana:signature", code)
}

func TestANonceThatPeopleSetForgetsWhatIsAboveItAndKeepsWhatIsBelow(t *testing.T) {
	m := withKey(t)
	first := m.signed(t, signertest.Pause(signertest.Core, 0))
	m.signed(t, signertest.Pause(signertest.Core, 1))
	m.signed(t, signertest.Pause(signertest.Vault, 2))
	m.changed(t, m.standing(t, signer.Change{Verb: signer.SetNonce, Chain: 1, Nonce: 1}, consent.StateNonce(1, 1), "ana", "ben"))
	assert.Equal(t, first, m.signed(t, signertest.Pause(signertest.Core, 0)))
	assert.EqualValues(t, 4, m.signed(t, signertest.Fees(signertest.Pause(signertest.Core, 0), 110, 3)).Seq, "it can still be replaced")
	assert.Equal(t, "RATE:1h", m.denied(t, signertest.Pause(signertest.Core, 1)), "it is asked for as something new, and counted")
	other := signertest.Request(signertest.Core, 1, signertest.Call("setWithdrawalLimit(uint256,uint256)", 1, 3600))
	assert.EqualValues(t, 5, m.signed(t, other).Seq)
	assert.Equal(t, signer.CodeNonceGap, m.denied(t, signertest.Pause(signertest.Vault, 3)))
	m.changed(t, m.standing(t, signer.Change{Verb: signer.SetNonce, Chain: 1, Nonce: 9}, consent.StateNonce(1, 9), "ana", "ben"))
	assert.Equal(t, signer.CodeNonceStale, m.denied(t, signertest.Pause(signertest.Vault, 5)))
	for field, code := range map[string]string{"nonce": signer.CodeMalformed, "chain_id": signer.CodeChain, "valid_until": signer.CodeMalformed} {
		for _, text := range []string{"", "x", "-1"} {
			body := wire(t, m.standing(t, signer.Change{Verb: signer.SetNonce, Chain: 1}, consent.StateNonce(1, 0), "ana", "ben").Fields())
			body[field] = text
			resp, err := m.do(t, logical.UpdateOperation, "keys/"+signertest.Name+"/nonce", body)
			require.NoError(t, err)
			assert.Equal(t, code, codeOf(resp), "%s=%q", field, text)
		}
	}
}

func TestAChangeNeedsAWellFormedStart(t *testing.T) {
	m := withKey(t)
	for _, after := range []string{"", "x", "-1"} {
		body := wire(t, m.tightening(t, 0).Fields())
		body["activate_after"] = after
		resp, err := m.do(t, logical.UpdateOperation, "keys/"+signertest.Name+"/policy", body)
		require.NoError(t, err)
		assert.Equal(t, signer.CodeMalformed, codeOf(resp))
	}
	body := wire(t, m.tightening(t, 0).Fields())
	body["approvals"] = []any{map[string]any{}}
	resp, err := m.do(t, logical.UpdateOperation, "keys/"+signertest.Name+"/policy", body)
	require.NoError(t, err)
	assert.Equal(t, signer.CodeMalformed, codeOf(resp))
	_, code := m.change(t, signer.Change{Verb: signer.ChangeRoster, Document: "{"})
	assert.Equal(t, signer.CodeGuardians, code)
}

func TestAPasskeyThatSignedAChangeHasCounted(t *testing.T) {
	m := withKey(t)
	key := consenttest.NewPasskey("cleo", "firebreak.example", "https://firebreak.example")
	key.Counter = 5
	cleo := consenttest.Person{ID: "cleo", Keys: []consenttest.Keyholder{key}}
	info, c := m.info(t), m.tightening(t, 0)
	next, err := policy.Parse([]byte(c.Document), info.Name, info.Class)
	require.NoError(t, err)
	was, err := policy.Parse([]byte(signertest.Policy(info.Name)), info.Name, info.Class)
	require.NoError(t, err)
	lines, loosens := policy.Compare(was, next, nil)
	digest := consent.PolicyChange{
		Key: info.Name, Version: 2, Previous: info.PolicyHash, New: next.Hash, Guardians: info.GuardiansHash,
		ActivateAfter: c.ActivateAfter, Summary: consent.Summary("policy", lines, loosens),
	}.Digest(consent.Domain{Signer: info.Address, Instance: info.InstanceID})
	c.Approvals = append(c.Approvals[:1], signertest.Wire(cleo.Sign(digest))...)
	m.changed(t, c)
	r := signertest.Request(signertest.Core, 0, signertest.Call("shutdown()"))
	assert.Equal(t, "APPROVAL_BAD:cleo:counter", m.deny(t, m.approved(t, r, m.terms(r, "a1", time.Minute), signertest.Person("ana"), cleo)))
}

// kept is storage that keeps the very slices that it was given.
type kept struct {
	logical.Storage
	given [][]byte
}

func (k *kept) Put(ctx context.Context, entry *logical.StorageEntry) error {
	if strings.HasPrefix(entry.Key, "key/") {
		k.given = append(k.given, entry.Value)
	}
	return k.Storage.Put(ctx, entry)
}

func TestTheKeyIsWipedOnceItIsStored(t *testing.T) {
	m := newMount(t)
	spy := &kept{Storage: m.storage}
	m.storage = spy
	m.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: signertest.Guardians(signertest.Name)})
	require.Len(t, spy.given, 1)
	assert.Equal(t, make([]byte, 32), spy.given[0])
	m.signed(t, signertest.Pause(signertest.Core, 0))
}

func TestTheMountsIdIsDrawnOnceAndADamagedOneIsAnError(t *testing.T) {
	m := withKey(t)
	first := m.info(t).InstanceID
	for name, text := range map[string]any{"responder-2": nil, "responder-3": "", "responder-4": `{"1":"0"}`} {
		body := signer.NewKey{Class: signer.Containment, Policy: signertest.Policy(name), Guardians: signertest.Guardians(name)}.Fields()
		if text != nil {
			body["nonces"] = text
		}
		resp, err := m.do(t, logical.CreateOperation, "keys/"+name, body)
		require.NoError(t, err)
		assert.Equal(t, first, infoOf(t, resp).InstanceID)
	}
	require.NoError(t, m.storage.Put(t.Context(), &logical.StorageEntry{Key: "instance", Value: make([]byte, 31)}))
	_, err := m.do(t, logical.ReadOperation, "info", nil)
	require.ErrorContains(t, err, "damaged")
}

func TestGuardiansThatWereChangedInStorageApproveNothing(t *testing.T) {
	for name, alter := range map[string]func(string) string{
		"altered": func(s string) string { return strings.Replace(s, `"id":"ben"`, `"id":"mal"`, 1) },
		"no JSON": func(string) string { return "{" },
		"another": func(string) string { return signertest.Guardians("other") },
	} {
		m := withKey(t)
		r := signertest.Request(signertest.Core, 0, signertest.Call("shutdown()"))
		r = m.approved(t, r, m.terms(r, "a1", time.Minute), people("ana", "ben")...)
		path := "guardians/" + signertest.Name + "/" + m.info(t).GuardiansHash.Hex()
		entry, err := m.storage.Get(t.Context(), path)
		require.NoError(t, err)
		entry.Value = []byte(alter(string(entry.Value)))
		require.NoError(t, m.storage.Put(t.Context(), entry))
		m.open(t)
		resp, err := m.do(t, logical.UpdateOperation, "sign/"+signertest.Name, asked(t, r))
		require.ErrorContains(t, err, "compile stored guardians", name)
		assert.Nil(t, resp)
	}
}

// TestAKeyWithADamagedPolicyCanBeFrozen: stopping must not depend on anything
// that may be broken.
func TestAKeyWithADamagedPolicyCanBeFrozen(t *testing.T) {
	m := withKey(t)
	path := "policy/" + signertest.Name + "/" + m.info(t).PolicyHash.Hex()
	entry, err := m.storage.Get(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, m.storage.Put(t.Context(), &logical.StorageEntry{Key: path, Value: []byte("{")}))
	m.open(t)
	_, err = m.do(t, logical.UpdateOperation, "keys/"+signertest.Name+"/freeze", nil)
	require.Error(t, err, "the reply cannot be given")
	require.NoError(t, m.storage.Put(t.Context(), entry))
	assert.Equal(t, signer.Frozen, m.info(t).State, "but it holds")
}

func TestARuleMayNeedEveryGuardian(t *testing.T) {
	m := newMount(t)
	text := strings.Replace(signertest.Policy(signertest.Name), `"need":2,"min_eip712":1`, `"need":4,"min_eip712":2`, 1)
	text = strings.Replace(text, `"change":{"need":2`, `"change":{"need":4`, 1)
	m.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: text, Guardians: signertest.Guardians(signertest.Name)})
	r := signertest.Request(signertest.Core, 0, signertest.Call("shutdown()"))
	assert.Len(t, m.grant(t, m.approved(t, r, m.terms(r, "a1", time.Minute), signertest.People()...)).Approvals, 4)
}
