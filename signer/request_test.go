package signer_test

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
)

func TestTheZeroRequestIsRefused(t *testing.T) {
	require.Error(t, signer.Request{}.Validate())
}

func TestARequestOutOfRangeIsRefusedWithItsCode(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*signer.Request)
		code   string
	}{
		"a name in upper case": {func(r *signer.Request) { r.Key = "Responder" }, signer.CodeMalformed},
		"a name with a slash":  {func(r *signer.Request) { r.Key = "a/b" }, signer.CodeMalformed},
		"a chain beyond 2294":  {func(r *signer.Request) { r.ChainID = math.MaxUint64 }, signer.CodeChain},
		"the last nonce":       {func(r *signer.Request) { r.Nonce = math.MaxUint64 }, signer.CodeMalformed},
		"a fee of 129 bits":    {func(r *signer.Request) { r.MaxFeePerGas = new(big.Int).Lsh(big.NewInt(1), 128) }, signer.CodeMalformed},
		"no tip":               {func(r *signer.Request) { r.MaxPriorityFeePerGas = nil }, signer.CodeMalformed},
		"text that is no text": {func(r *signer.Request) { r.RequestID = "\xff" }, signer.CodeMalformed},
		"many approvals":       {func(r *signer.Request) { r.Approvals = make([]json.RawMessage, 17) }, signer.CodeMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			r := vector()
			c.change(&r)
			refusal := new(signer.Refusal)
			require.ErrorAs(t, r.Validate(), &refusal)
			assert.Equal(t, c.code, refusal.Code)
		})
	}
}

func TestARefusalIsFoundByItsCodeWhateverTheDetail(t *testing.T) {
	refusal := &signer.Refusal{Code: "RATE:1h"}
	assert.True(t, refusal.Has(signer.CodeRate))
	assert.True(t, refusal.Has("RATE:1h"))
	assert.False(t, refusal.Has("RAT"))
	assert.False(t, (*signer.Refusal)(nil).Has(signer.CodeRate))
}

func TestARepliedVerdictMayNotContradictItself(t *testing.T) {
	for _, reply := range []string{
		``, `{}`, `null`, `[]`, `{"allowed":true}`,
		`{"allowed":true,"code":"RATE","digest":"0x00"}`,
		`{"allowed":false,"code":"","digest":"0x0000000000000000000000000000000000000000000000000000000000000000"}`,
		`{"allowed":true,"digest":"0x0000000000000000000000000000000000000000000000000000000000000000"} {}`,
	} {
		_, err := signer.ParseVerdict([]byte(reply))
		require.Error(t, err, reply)
	}
}

func TestAReplyOfAKeyComesBackAsItWasSent(t *testing.T) {
	to := vector().To
	info := signer.KeyInfo{
		Name: "responder-1", Address: to, PublicKey: []byte{2, 3}, Class: signer.Containment, State: signer.Active,
		PolicyVersion: 1, Seq: 9, Nonces: []signer.NextNonce{{ChainID: 1, Next: 7, SpentDay: big.NewInt(5)}},
		Windows: []signer.Window{{Rule: "pause-core", To: &to, Every: 3600e9, Max: 2, Used: 1}},
	}
	raw, err := json.Marshal(info.Fields())
	require.NoError(t, err)
	back, err := signer.ParseKeyInfo(raw)
	require.NoError(t, err)
	assert.Equal(t, info, back)
}

func FuzzNoReplyPanics(f *testing.F) {
	f.Add([]byte(`{"raw_tx":"0x02","seq":1}`))
	f.Add([]byte(`{"allowed":true}`))
	f.Add([]byte(`{"name":"a","nonces":{"1":"x"},"windows":[{"window":"1h"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if signed, err := signer.ParseSigned(raw); err == nil {
			require.Error(t, vector().Accept(signed, vector().To))
		}
		_, _ = signer.ParseVerdict(raw)
		_, _ = signer.ParseKeyInfo(raw)
	})
}
