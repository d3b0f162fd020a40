package consent_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

func given(t *testing.T, terms consent.Terms, holder consenttest.Keyholder) string {
	t.Helper()
	text, err := json.Marshal(consent.Given{Terms: terms, Signature: holder.Sign("alice", digest)})
	require.NoError(t, err)
	return string(text)
}

func TestTheWireFormIsTheOneInTheReference(t *testing.T) {
	g := consent.Given{Terms: intent(), Signature: consent.Signature{Guardian: "alice", Kind: consent.EIP712, Bytes: []byte{1, 2}}}
	text, err := json.Marshal(g)
	require.NoError(t, err)
	assert.JSONEq(t, `{"guardian":"alice","type":"eip712","mode":"intent","signature":"0x0102",
		"approval_id":"0x37d3424576bafb5fd5f9f8e99478f66780477fcd8d71cb2319b37a64a01640db",
		"valid_after":"1795000000","valid_until":"1795000900","max_uses":"1",
		"gas":"300000","max_fee_per_gas":"400","max_priority_fee_per_gas":"30"}`, string(text))
	s := consent.Signature{
		Guardian: "carol", Kind: consent.WebAuthn, Bytes: []byte{1}, CredentialID: []byte("0123456789abcdef"),
		AuthenticatorData: []byte{2}, ClientDataJSON: []byte("{}"),
	}
	text, err = json.Marshal(s)
	require.NoError(t, err)
	assert.JSONEq(t, `{"guardian":"carol","type":"webauthn","signature":"0x01","credential_id":"MDEyMzQ1Njc4OWFiY2RlZg",
		"authenticator_data":"0x02","client_data_json":"0x7b7d"}`, string(text))
	text, err = json.Marshal(consent.Given{Terms: vectorTerms(), Signature: s})
	require.NoError(t, err)
	assert.JSONEq(t, `{"guardian":"carol","type":"webauthn","mode":"exact","signature":"0x01","credential_id":"MDEyMzQ1Njc4OWFiY2RlZg",
		"authenticator_data":"0x02","client_data_json":"0x7b7d",
		"approval_id":"0x37d3424576bafb5fd5f9f8e99478f66780477fcd8d71cb2319b37a64a01640db",
		"valid_after":"1795000000","valid_until":"1795000900","max_uses":"1"}`, string(text))
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	for _, holder := range []consenttest.Keyholder{consenttest.NewWallet("a"), consenttest.NewEd25519("a"), consenttest.NewPasskey("a", site, origin)} {
		s := holder.Sign("alice", digest)
		for _, terms := range []consent.Terms{intent(), vectorTerms()} {
			g, err := consent.ParseGiven(json.RawMessage(given(t, terms, holder)))
			require.NoError(t, err)
			assert.Equal(t, consent.Given{Terms: terms, Signature: s}, g)
		}
		text, err := json.Marshal(s)
		require.NoError(t, err)
		back, err := consent.ParseSignature(text)
		require.NoError(t, err)
		assert.Equal(t, s, back)
		_, err = consent.ParseGiven(text)
		require.ErrorContains(t, err, "mode")
		_, err = consent.ParseSignature(json.RawMessage(given(t, vectorTerms(), holder)))
		require.ErrorContains(t, err, "does not belong")
	}
}

func TestTheStandardDecoderIsJustAsStrict(t *testing.T) {
	s := consenttest.NewPasskey("a", site, origin).Sign("alice", digest)
	want := consent.Given{Terms: intent(), Signature: s}
	text, err := json.Marshal([]any{want, want})
	require.NoError(t, err)
	var all []consent.Given
	require.NoError(t, json.Unmarshal(text, &all))
	assert.Equal(t, []consent.Given{want, want}, all)
	text, err = json.Marshal(s)
	require.NoError(t, err)
	var one consent.Signature
	require.NoError(t, json.Unmarshal(text, &one))
	assert.Equal(t, s, one)
	require.Error(t, json.Unmarshal([]byte(`{"guardian":"alice"}`), &one))
	assert.Empty(t, one)
	require.Error(t, json.Unmarshal([]byte(`{"guardian":"alice"}`), &want))
	assert.Empty(t, want)
}

func TestAFullSizePasskeyApprovalFits(t *testing.T) {
	s := consent.Signature{
		Guardian: strings.Repeat("a", 32), Kind: consent.WebAuthn, Bytes: make([]byte, 128), CredentialID: make([]byte, 1023),
		AuthenticatorData: make([]byte, 1024), ClientDataJSON: make([]byte, 4096),
	}
	text, err := json.Marshal(consent.Given{Terms: intent(), Signature: s})
	require.NoError(t, err)
	_, err = consent.ParseGiven(text)
	require.NoError(t, err)
	assert.Less(t, len(text), signer.MaxApprovalBytes)
	for _, part := range []*[]byte{&s.Bytes, &s.CredentialID, &s.AuthenticatorData, &s.ClientDataJSON} {
		*part = append(*part, 0)
		long, err := json.Marshal(s)
		require.NoError(t, err)
		_, err = consent.ParseSignature(long)
		require.Error(t, err)
		*part = (*part)[:len(*part)-1]
	}
	padded := append(text, strings.Repeat(" ", signer.MaxApprovalBytes-len(text))...)
	_, err = consent.ParseGiven(padded)
	require.NoError(t, err)
	_, err = consent.ParseGiven(append(padded, ' '))
	require.ErrorContains(t, err, "too long")
}

func TestApprovalsThatAreNotWellFormedAreRefused(t *testing.T) {
	wallet := given(t, intent(), consenttest.NewWallet("a"))
	exact := given(t, vectorTerms(), consenttest.NewWallet("a"))
	passkey := given(t, intent(), consenttest.NewPasskey("a", site, origin))
	for name, c := range map[string]struct{ text, old, with, want string }{
		"a duplicate":             {wallet, `"gas":`, `"gas":"1","gas":`, "appear twice"},
		"null":                    {wallet, `"gas":"300000"`, `"gas":null`, "null"},
		"two documents":           {wallet, `{"guardian"`, `{} {"guardian"`, "one JSON object"},
		"an array":                {wallet, wallet, `[]`, "object"},
		"an unknown member":       {wallet, `{"guardian"`, `{"sECRET":"x","guardian"`, "does not belong"},
		"another case":            {wallet, `"gas"`, `"Gas"`, `has no "gas"`},
		"no guardian":             {wallet, `"guardian":"alice",`, ``, `has no "guardian"`},
		"an upper-case guardian":  {wallet, `"alice"`, `"sECRET"`, `"guardian" must match`},
		"a long guardian":         {wallet, `"alice"`, `"` + strings.Repeat("a", 33) + `"`, `"guardian" must match`},
		"another type":            {wallet, `"eip712"`, `"sECRET"`, `"type" must be`},
		"another mode":            {wallet, `"intent"`, `"sECRET"`, `"mode" must be`},
		"a short id":              {wallet, `"approval_id":"0x37`, `"approval_id":"0x`, "32 bytes"},
		"a long id":               {wallet, `"approval_id":"0x37`, `"approval_id":"0x3737`, "32 bytes"},
		"an id without 0x":        {wallet, `"approval_id":"0x`, `"approval_id":"`, "32 bytes"},
		"a number":                {wallet, `"1795000000"`, `1795000000`, "must be a string"},
		"a number in hex":         {wallet, `"1795000000"`, `"0x1"`, `"valid_after" must be a decimal`},
		"a leading zero":          {wallet, `"1795000900"`, `"01795000900"`, `"valid_until" must be a decimal`},
		"uses below zero":         {wallet, `"max_uses":"1"`, `"max_uses":"-1"`, `"max_uses" must be a decimal`},
		"a number too wide":       {wallet, `"300000"`, `"18446744073709551616"`, `"gas" is out of range`},
		"a fee too wide":          {wallet, `"400"`, `"115792089237316195423570985008687907853269984665640564039457584007913129639936"`, `"max_fee_per_gas" is out of range`},
		"a tip that is no number": {wallet, `"30"`, `"sECRET"`, `"max_priority_fee_per_gas" must be a decimal`},
		"intent without gas":      {wallet, `,"gas":"300000"`, ``, `has no "gas"`},
		"intent without a fee":    {wallet, `,"max_fee_per_gas":"400"`, ``, `has no "max_fee_per_gas"`},
		"intent without a tip":    {wallet, `,"max_priority_fee_per_gas":"30"`, ``, `has no "max_priority_fee_per_gas"`},
		"exact with gas":          {exact, `{"guardian"`, `{"gas":"1","guardian"`, "does not belong"},
		"exact with a fee":        {exact, `{"guardian"`, `{"max_fee_per_gas":"1","guardian"`, "does not belong"},
		"exact with a tip":        {exact, `{"guardian"`, `{"max_priority_fee_per_gas":"1","guardian"`, "does not belong"},
		"no signature":            {wallet, `"signature":"0x`, `"sig":"0x`, `has no "signature"`},
		"an empty signature":      {passkey, `"signature":"0x30`, `"signature":"","x":"`, `"signature" must be`},
		"no bytes":                {passkey, `"authenticator_data":"`, `"authenticator_data":"0x","x":"`, `"authenticator_data" must be`},
		"a signature too long":    {wallet, `"signature":"0x`, `"signature":"0x` + strings.Repeat("00", 128), `"signature" must be`},
		"data too long":           {passkey, `"authenticator_data":"0x`, `"authenticator_data":"0x` + strings.Repeat("00", 1024), `"authenticator_data" must be`},
		"client data too long":    {passkey, `"client_data_json":"0x`, `"client_data_json":"0x` + strings.Repeat("00", 4096), `"client_data_json" must be`},
		"much too long":           {wallet, `{"guardian"`, strings.Repeat(" ", signer.MaxApprovalBytes) + `{"guardian"`, "too long"},
		"a wallet with a passkey": {wallet, `{"guardian"`, `{"credential_id":"AAAAAAAAAAAAAAAAAAAAAA","guardian"`, "does not belong"},
		"a passkey without id":    {passkey, `"credential_id"`, `"cred"`, `has no "credential_id"`},
		"a padded credential":     {passkey, `","authenticator_data"`, `=","authenticator_data"`, `"credential_id" must be`},
		"a passkey without data":  {passkey, `"authenticator_data"`, `"data"`, `has no "authenticator_data"`},
		"a passkey half":          {passkey, `"client_data_json"`, `"client"`, `has no "client_data_json"`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, c.text, c.old)
			_, err := consent.ParseGiven(json.RawMessage(strings.Replace(c.text, c.old, c.with, 1)))
			require.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "sECRET", "never repeats the input")
		})
	}
	for _, text := range []string{`{"sECRET":1,"sECRET":2}`, `{}`, `"sECRET"`, ``, `{"guardian":"alice","type":"eip712","signature":"0x00","sECRET":1}`} {
		_, err := consent.ParseSignature(json.RawMessage(text))
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "sECRET")
	}
	_, err := consent.ParseSignature(json.RawMessage(strings.Repeat(" ", signer.MaxApprovalBytes) + "{}"))
	require.ErrorContains(t, err, "too long")
}

func TestWhatCouldNotBeReadIsNotWritten(t *testing.T) {
	s := consenttest.NewWallet("a").Sign("alice", digest)
	bare, loose, noFee, noTip := s, intent(), intent(), intent()
	bare.Kind, loose.Mode, noFee.MaxFeePerGas, noTip.MaxPriorityFeePerGas = "", "loose", nil, big.NewInt(-1)
	for name, v := range map[string]any{
		"a signature without a kind": bare, "an approval without a kind": consent.Given{Terms: intent(), Signature: bare},
		"another mode": consent.Given{Terms: loose, Signature: s}, "no fee": consent.Given{Terms: noFee, Signature: s},
		"a negative tip": consent.Given{Terms: noTip, Signature: s}, "a key without a kind": consent.Key{},
	} {
		_, err := json.Marshal(v)
		require.Error(t, err, name)
	}
}
