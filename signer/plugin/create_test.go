package plugin_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/plugin"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

func TestABodyThatMakesNoKeyIsRefused(t *testing.T) {
	m := newMount(t)
	policy := signertest.Policy(signertest.Name)
	later := strings.Replace(policy, `"version":1`, `"version":2`, 1)
	chained := strings.Replace(policy, `"previous":"0x0`, `"previous":"0x1`, 1)
	for name, c := range map[string]struct {
		body map[string]any
		code string
	}{
		"nothing":                 {map[string]any{}, signer.CodeMalformed},
		"another class":           {map[string]any{"class": "hot", "policy": policy}, signer.CodeMalformed},
		"no policy":               {map[string]any{"class": "containment"}, signer.CodePolicy},
		"a policy as an object":   {map[string]any{"class": "containment", "policy": map[string]any{}}, signer.CodeMalformed},
		"a later version":         {map[string]any{"class": "containment", "policy": later}, signer.CodePolicy},
		"a predecessor":           {map[string]any{"class": "containment", "policy": chained}, signer.CodePolicy},
		"a private key":           {map[string]any{"class": "containment", "policy": policy, "private_key": "0x01"}, signer.CodeMalformed},
		"nonces of other chains":  {map[string]any{"class": "containment", "policy": policy, "nonces": `{"5":"1"}`}, signer.CodeMalformed},
		"a nonce as a number":     {map[string]any{"class": "containment", "policy": policy, "nonces": `{"1":7}`}, signer.CodeMalformed},
		"a nonce twice":           {map[string]any{"class": "containment", "policy": policy, "nonces": `{"1":"7","1":"8"}`}, signer.CodeMalformed},
		"nonces that are no JSON": {map[string]any{"class": "containment", "policy": policy, "nonces": `7`}, signer.CodeMalformed},
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

func TestWithoutAReplaceSectionANonceIsSignedOnce(t *testing.T) {
	m := newMount(t)
	policy := strings.Replace(signertest.Policy(signertest.Name), `"replace":{"same_nonce":true,"max_bumps":2},`, "", 1)
	m.create(t, plugin.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: policy})
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
	m.create(t, plugin.NewKey{Name: "recovery-1", Class: signer.Recovery, Policy: signertest.RecoveryPolicy("recovery-1")})
	resp, err := m.do(t, logical.ListOperation, "keys/", nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"recovery-1", "responder-1"}, resp.Data["keys"])
}
