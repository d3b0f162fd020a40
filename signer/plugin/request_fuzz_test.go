package plugin_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/plugin"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// FuzzASignedRequestIsWithinThePolicy sends any JSON object to sign. Whatever
// comes back signed has to be one of the calls of the policy, by a decoder that
// shares nothing with the plugin's.
func FuzzASignedRequestIsWithinThePolicy(f *testing.F) {
	for _, r := range []signer.Request{
		signertest.Pause(signertest.Core, 0),
		signertest.Request(signertest.Token, 0, signertest.Call("blacklist(address)", signertest.Core)),
		signertest.Request(signertest.Core, 0, signertest.Call("unpause()")),
	} {
		raw, err := json.Marshal(r.Fields())
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Add([]byte(`{"type":2,"to":null,"approvals":[{}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		var body map[string]any
		if decoder.Decode(&body) != nil {
			return
		}
		m := withKey(t)
		resp, err := m.do(t, logical.UpdateOperation, "sign/"+signertest.Name, body)
		require.NoError(t, err)
		if resp.IsError() {
			return
		}
		reply, err := json.Marshal(resp.Data)
		require.NoError(t, err)
		signed, err := signer.ParseSigned(reply)
		require.NoError(t, err)
		var tx types.Transaction
		require.NoError(t, tx.UnmarshalBinary(signed.Raw))
		require.True(t, allowed(&tx), "%x", signed.Raw)
	})
}

// allowed says the suite's policy in other words.
func allowed(tx *types.Transaction) bool {
	to, data := tx.To().Hex(), tx.Data()
	if tx.Type() != 2 || tx.Value().Sign() != 0 || tx.ChainId().Int64() != 1 || tx.Nonce() != 0 || tx.Gas() > 500_000 {
		return false
	}
	switch {
	case bytes.Equal(data, signertest.Call("pause()")):
		return to == signertest.Core || to == signertest.Vault
	case len(data) == 36 && bytes.Equal(data[:16], signertest.Call("blacklist(address)", 0)[:16]):
		return to == signertest.Token && !bytes.Equal(data, signertest.Call("blacklist(address)", signertest.Safe))
	case len(data) == 68 && bytes.Equal(data[36:], signertest.Call("", 3600)[4:]):
		return to == signertest.Core && bytes.Compare(data[4:36], signertest.Call("", 1000)[4:]) <= 0
	}
	return false
}

func BenchmarkSign(b *testing.B) {
	local, err := plugin.InProcess(b.Context(), newBrittle())
	require.NoError(b, err)
	_, err = local.Create(b.Context(), signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: signertest.Guardians(signertest.Name)})
	require.NoError(b, err)
	r := signertest.Pause(signertest.Core, 0)
	for b.Loop() {
		if _, err := local.Sign(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
}
