package plugin_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

func TestABodyThatMakesNoKeyIsRefused(t *testing.T) {
	m := newMount(t)
	policy := signertest.Policy(signertest.Name)
	later := strings.Replace(policy, `"version":1`, `"version":2`, 1)
	chained := strings.Replace(policy, `"previous":"0x0`, `"previous":"0x1`, 1)
	guardians := signertest.Guardians(signertest.Name)
	body := func(class, policy, guardians string, more ...string) map[string]any {
		all := map[string]any{"class": class, "policy": policy, "guardians": guardians}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	people := signertest.People()
	for name, c := range map[string]struct {
		body map[string]any
		code string
	}{
		"nothing":                 {map[string]any{}, signer.CodeMalformed},
		"another class":           {body("hot", policy, guardians), signer.CodeMalformed},
		"no policy":               {body("containment", "", guardians), signer.CodePolicy},
		"a policy as an object":   {map[string]any{"class": "containment", "policy": map[string]any{}}, signer.CodeMalformed},
		"a later version":         {body("containment", later, guardians), signer.CodePolicy},
		"a predecessor":           {body("containment", chained, guardians), signer.CodePolicy},
		"a policy of another key": {body("containment", signertest.Policy("other"), guardians), signer.CodePolicy},
		"no guardians":            {body("containment", policy, ""), signer.CodeGuardians},
		"later guardians":         {body("containment", policy, consenttest.NextGuardians(signertest.Name, 2, common.Hash{}, people...)), signer.CodeGuardians},
		"guardians with a past":   {body("containment", policy, consenttest.NextGuardians(signertest.Name, 1, common.Hash{1}, people...)), signer.CodeGuardians},
		"another key's guardians": {body("containment", policy, signertest.Guardians("other")), signer.CodeGuardians},
		"too few for a change":    {body("containment", policy, consenttest.Guardians(signertest.Name, people[0])), signer.CodePolicy},
		"too few for a rule":      {body("containment", strings.Replace(policy, `"need":2,"min_eip712":1`, `"need":5`, 1), guardians), signer.CodePolicy},
		"too few wallets":         {body("containment", policy, consenttest.Guardians(signertest.Name, people[1], people[2])), signer.CodePolicy},
		"a guardian as a target":  {body("containment", strings.Replace(policy, signertest.Core, wallet(people[0]), 1), guardians), signer.CodeGuardians},
		"a guardian in a set":     {body("containment", strings.Replace(policy, signertest.Safe, wallet(people[3]), 1), guardians), signer.CodeGuardians},
		"a private key":           {body("containment", policy, guardians, "private_key", "0x01"), signer.CodeMalformed},
		"nonces of other chains":  {body("containment", policy, guardians, "nonces", `{"5":"1"}`), signer.CodeMalformed},
		"a nonce as a number":     {body("containment", policy, guardians, "nonces", `{"1":7}`), signer.CodeMalformed},
		"a nonce twice":           {body("containment", policy, guardians, "nonces", `{"1":"7","1":"8"}`), signer.CodeMalformed},
		"nonces that are no JSON": {body("containment", policy, guardians, "nonces", `7`), signer.CodeMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := m.do(t, logical.CreateOperation, "keys/"+signertest.Name, c.body)
			require.NoError(t, err)
			require.True(t, resp.IsError())
			assert.Equal(t, c.code, resp.Data["data"].(map[string]any)["code"])
		})
	}
	names, err := m.storage.List(t.Context(), "")
	require.NoError(t, err)
	assert.Empty(t, names, "nothing was written")
}

func wallet(p consenttest.Person) string { return p.Keys[0].Key().Address.Hex() }

func TestWithoutAReplaceSectionANonceIsSignedOnce(t *testing.T) {
	m := newMount(t)
	policy := strings.Replace(signertest.Policy(signertest.Name), `"replace":{"same_nonce":true,"max_bumps":2},`, "", 1)
	m.create(t, signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: policy, Guardians: signertest.Guardians(signertest.Name)})
	m.signed(t, signertest.Pause(signertest.Core, 0))
	assert.Equal(t, signer.CodeNonceStale, m.denied(t, signertest.Fees(signertest.Pause(signertest.Core, 0), 110, 3)))
}

func TestAKeyThatWasExchangedInStorageSignsNothing(t *testing.T) {
	m := withKey(t)
	entry := &logical.StorageEntry{Key: "key/" + signertest.Name, Value: bytes.Repeat([]byte{7}, 32)}
	require.NoError(t, m.storage.Put(t.Context(), entry))
	resp, err := m.do(t, logical.UpdateOperation, "sign/"+signertest.Name, with(nil))
	require.ErrorContains(t, err, "it is not the key of")
	assert.Nil(t, resp)
}

func TestAWriteHappensBeforeEverySignatureAndNoneForARepeat(t *testing.T) {
	m := withKey(t)
	before := m.brittle.writes.Load()
	m.signed(t, signertest.Pause(signertest.Core, 0))
	assert.Equal(t, before+1, m.brittle.writes.Load())
	m.signed(t, signertest.Pause(signertest.Core, 0))
	m.denied(t, signertest.Pause(signertest.Core, 9))
	assert.Equal(t, before+1, m.brittle.writes.Load())
}

func TestKeysAreListedByName(t *testing.T) {
	m := withKey(t)
	m.create(t, signer.NewKey{Name: "recovery-1", Class: signer.Recovery, Policy: signertest.RecoveryPolicy("recovery-1"), Guardians: signertest.Guardians("recovery-1")})
	resp, err := m.do(t, logical.ListOperation, "keys/", nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"recovery-1", "responder-1"}, resp.Data["keys"])
}
