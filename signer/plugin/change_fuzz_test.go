package plugin_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// changing are the paths that change a key and need guardians.
var changing = []string{"policy", "guardians", "policy/activate", "policy/cancel", "unfreeze", "retire", "nonce"}

// FuzzNoBodyChangesAKeyThatItsGuardiansHaveNotSigned sends any JSON object to
// every path that changes a key. The fuzzer has one guardian's signatures and
// never two.
func FuzzNoBodyChangesAKeyThatItsGuardiansHaveNotSigned(f *testing.F) {
	seed := func(path int, c signer.Change) {
		raw, err := json.Marshal(c.Fields())
		require.NoError(f, err)
		f.Add(byte(path), raw)
	}
	info := signer.KeyInfo{Name: signertest.Name}
	until := uint64(newClock().Now().Add(time.Hour).Unix())
	sign := func(state string) []json.RawMessage {
		return signertest.Sign(info, consent.KeyState{Key: info.Name, State: state, ValidUntil: until}, "ana", "ana")
	}
	seed(0, signer.Change{Verb: signer.ChangePolicy, Document: signertest.NextPolicy(info, twice, once), Approvals: sign("")})
	seed(1, signer.Change{Verb: signer.ChangeRoster, Document: signertest.Guardians(signertest.Name)})
	seed(3, signer.Change{Verb: signer.CancelChange, ValidUntil: until})
	seed(4, signer.Change{Verb: signer.Unfreeze, ValidUntil: until, Approvals: sign(consent.StateActive)})
	seed(5, signer.Change{Verb: signer.Retire, ValidUntil: until, Approvals: sign(consent.StateRetired)})
	seed(6, signer.Change{Verb: signer.SetNonce, Chain: 1, Nonce: 9, ValidUntil: until, Approvals: sign(consent.StateNonce(1, 9))})
	f.Fuzz(func(t *testing.T, path byte, raw []byte) {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		var body map[string]any
		if decoder.Decode(&body) != nil {
			return
		}
		m := withKey(t)
		before := m.info(t)
		resp, err := m.do(t, logical.UpdateOperation, "keys/"+signertest.Name+"/"+changing[int(path)%len(changing)], body)
		require.NoError(t, err)
		require.True(t, resp.IsError())
		require.Equal(t, before, m.info(t))
	})
}

// FuzzARecoveryKeySignsNothingAtOnce sends any JSON object to the sign path of
// a recovery key, with approvals that the fuzzer makes up.
func FuzzARecoveryKeySignsNothingAtOnce(f *testing.F) {
	r := unpause(0, "INC-1")
	terms := signertest.Terms(r, "a1", newClock().Now())
	r.Approvals = signertest.Wire(signertest.Person("ana").Approve(terms, r.Digest()), signertest.Person("cleo").Approve(terms, r.Digest()))
	raw, err := json.Marshal(r.Fields())
	require.NoError(f, err)
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		var body map[string]any
		if decoder.Decode(&body) != nil {
			return
		}
		m := withRecovery(t)
		before := m.info(t)
		for _, path := range []string{"check/", "sign/"} {
			resp, err := m.do(t, logical.UpdateOperation, path+signertest.Name, body)
			require.NoError(t, err)
			require.True(t, resp.IsError() || path == "check/" && resp.Data["allowed"] == false)
		}
		require.Equal(t, before, m.info(t))
	})
}
