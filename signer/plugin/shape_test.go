package plugin_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// TestAHostileShapeIsRefused is the bot with a good token and bad intentions:
// every body gets its code, no signature and no count.
func TestAHostileShapeIsRefused(t *testing.T) {
	m := withKey(t)
	zeros := strings.Repeat("0", 100)
	for name, c := range map[string]struct {
		change map[string]any
		code   string
	}{
		"type 0":               {map[string]any{"type": json.Number("0")}, signer.CodeTxType},
		"type 1":               {map[string]any{"type": json.Number("1")}, signer.CodeTxType},
		"type 3":               {map[string]any{"type": json.Number("3")}, signer.CodeTxType},
		"type 4":               {map[string]any{"type": "4"}, signer.CodeTxType},
		"type 2.0":             {map[string]any{"type": json.Number("2.0")}, signer.CodeTxType},
		"type missing":         {map[string]any{"type": nil}, signer.CodeTxType},
		"type an object":       {map[string]any{"type": map[string]any{}}, signer.CodeMalformed},
		"an access list":       {map[string]any{"access_list": []any{}}, signer.CodeMalformed},
		"an alias of data":     {map[string]any{"data": nil, "input": "0x8456cb59"}, signer.CodeMalformed},
		"an alias of to":       {map[string]any{"to": nil, "address_to": signertest.Core}, signer.CodeMalformed},
		"the name in the body": {map[string]any{"name": "other"}, signer.CodeMalformed},
		"a hash to sign":       {map[string]any{"hash": "0x00"}, signer.CodeMalformed},
		"chain missing":        {map[string]any{"chain_id": nil}, signer.CodeChain},
		"chain 0":              {map[string]any{"chain_id": "0"}, signer.CodeChain},
		"chain zz":             {map[string]any{"chain_id": "zz"}, signer.CodeChain},
		"chain in hex":         {map[string]any{"chain_id": "0x1"}, signer.CodeChain},
		"another chain":        {map[string]any{"chain_id": "137"}, signer.CodeChain},
		"chain a number":       {map[string]any{"chain_id": json.Number("1")}, signer.CodeMalformed},
		"to missing":           {map[string]any{"to": nil}, signer.CodeCreate},
		"to empty":             {map[string]any{"to": ""}, signer.CodeCreate},
		"to zz":                {map[string]any{"to": "zz"}, signer.CodeMalformed},
		"to of 19 bytes":       {map[string]any{"to": signertest.Core[:40]}, signer.CodeMalformed},
		"to of 21 bytes":       {map[string]any{"to": signertest.Core + "11"}, signer.CodeMalformed},
		"to the zero address":  {map[string]any{"to": "0x" + zeros[:40]}, signer.CodeCreate},
		"to in a wrong case":   {map[string]any{"to": "0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266"}, signer.CodeMalformed},
		"value 1":              {map[string]any{"value": "1"}, signer.CodeValue},
		"value -5":             {map[string]any{"value": "-5"}, signer.CodeValue},
		"value 00":             {map[string]any{"value": "00"}, signer.CodeValue},
		"value 0x0":            {map[string]any{"value": "0x0"}, signer.CodeValue},
		"value missing":        {map[string]any{"value": nil}, signer.CodeValue},
		"value a number":       {map[string]any{"value": json.Number("0")}, signer.CodeMalformed},
		"gas beyond 64 bits":   {map[string]any{"gas": "18446744073709551617"}, signer.CodeMalformed},
		"gas -1":               {map[string]any{"gas": "-1"}, signer.CodeMalformed},
		"gas 1x":               {map[string]any{"gas": "1x"}, signer.CodeMalformed},
		"gas with zeros":       {map[string]any{"gas": "0200000"}, signer.CodeMalformed},
		"nonce -1":             {map[string]any{"nonce": "-1"}, signer.CodeMalformed},
		"nonce x":              {map[string]any{"nonce": "x"}, signer.CodeMalformed},
		"nonce with a space":   {map[string]any{"nonce": " 0"}, signer.CodeMalformed},
		"data missing":         {map[string]any{"data": nil}, signer.CodeMalformed},
		"data of odd length":   {map[string]any{"data": "0x8456cb5"}, signer.CodeMalformed},
		"data without 0x":      {map[string]any{"data": "8456cb59"}, signer.CodeMalformed},
		"data too long":        {map[string]any{"data": "0x" + strings.Repeat("00", signer.MaxData+1)}, signer.CodeMalformed},
		"data of 3 bytes":      {map[string]any{"data": "0x8456cb"}, signer.CodeNotCanonical},
		"no data at all":       {map[string]any{"data": "0x"}, signer.CodeNotCanonical},
		"a fee beyond range":   {map[string]any{"max_fee_per_gas": "1" + zeros}, signer.CodeMalformed},
		"a fee of 200 bits":    {map[string]any{"max_fee_per_gas": "1" + zeros[:60]}, signer.CodeMalformed},
		"approvals a string":   {map[string]any{"approvals": "[]"}, signer.CodeMalformed},
		"approvals of strings": {map[string]any{"approvals": []any{"0x"}}, signer.CodeMalformed},
		"too many approvals":   {map[string]any{"approvals": make([]any, 17)}, signer.CodeMalformed},
		"a reason of controls": {map[string]any{"reason": "a\x00b"}, signer.CodeMalformed},
		"null":                 {map[string]any{"nonce": json.RawMessage(nil)}, signer.CodeMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			signed, code := m.sign(t, with(c.change))
			assert.Equal(t, c.code, code)
			assert.Empty(t, signed.Raw)
		})
	}
	assert.Zero(t, m.seq(t))
	m.signed(t, signertest.Pause(signertest.Core, 0))
}

func TestTheTypeMayBeWrittenAsTheCommandLineWritesIt(t *testing.T) {
	m := withKey(t)
	_, code := m.sign(t, with(map[string]any{"type": "2"}))
	assert.Empty(t, code)
}

func TestARefusalNeverRepeatsWhatWasSent(t *testing.T) {
	m := withKey(t)
	const secret = "deadbeefdeadbeef"
	for _, field := range []string{"chain_id", "nonce", "to", "data", "gas", "value", "type", "max_fee_per_gas", secret} {
		resp, err := m.do(t, logical.UpdateOperation, "sign/"+signertest.Name, with(map[string]any{field: secret}))
		require.NoError(t, err)
		require.True(t, resp.IsError(), field)
		assert.NotContains(t, resp.Error().Error(), secret, field)
	}
}

func TestOnlyTheDocumentedPathsExist(t *testing.T) {
	m := withKey(t)
	for _, path := range []string{
		"", "keys/" + signertest.Name + "/export", "export/" + signertest.Name, "import/" + signertest.Name,
		"keys/" + signertest.Name + "/import", "sign-hash/" + signertest.Name, "sign/" + signertest.Name + "/hash",
		"sign-message/" + signertest.Name, "sign-typed-data/" + signertest.Name, "convert", "config",
		"keys/RESPONDER-1", "keys/a", "keys/../x", "keys/responder-1%2fpolicy", "keys/-responder",
		"keys/" + signertest.Name + "/delete", "keys/" + signertest.Name + "/policy/apply", "sign/", "receipts/" + signertest.Name,
		"receipts/" + signertest.Name + "/x", "receipts/" + signertest.Name + "/-1",
	} {
		for _, op := range []logical.Operation{logical.ReadOperation, logical.UpdateOperation, logical.CreateOperation, logical.DeleteOperation} {
			_, err := m.do(t, op, path, nil)
			require.ErrorIs(t, err, logical.ErrUnsupportedPath, "%s %s", op, path)
		}
	}
	for path, ops := range map[string][]logical.Operation{
		"sign/" + signertest.Name:                      {logical.ReadOperation, logical.CreateOperation, logical.DeleteOperation, logical.PatchOperation, logical.ListOperation},
		"check/" + signertest.Name:                     {logical.ReadOperation, logical.DeleteOperation},
		"keys/" + signertest.Name:                      {logical.DeleteOperation, logical.PatchOperation, logical.ListOperation},
		"keys/" + signertest.Name + "/policy":          {logical.CreateOperation, logical.DeleteOperation},
		"keys/" + signertest.Name + "/guardians":       {logical.CreateOperation, logical.DeleteOperation},
		"keys/" + signertest.Name + "/policy/activate": {logical.ReadOperation, logical.CreateOperation, logical.DeleteOperation},
		"keys/" + signertest.Name + "/policy/cancel":   {logical.ReadOperation, logical.CreateOperation, logical.DeleteOperation},
		"keys/" + signertest.Name + "/freeze":          {logical.ReadOperation, logical.DeleteOperation},
		"keys/" + signertest.Name + "/halt":            {logical.ReadOperation, logical.DeleteOperation},
		"keys/" + signertest.Name + "/unfreeze":        {logical.ReadOperation, logical.DeleteOperation},
		"keys/" + signertest.Name + "/retire":          {logical.ReadOperation, logical.DeleteOperation},
		"keys/" + signertest.Name + "/nonce":           {logical.ReadOperation, logical.DeleteOperation},
		"receipts/" + signertest.Name + "/1":           {logical.UpdateOperation, logical.CreateOperation, logical.DeleteOperation, logical.ListOperation},
		"info":                                         {logical.UpdateOperation, logical.DeleteOperation},
	} {
		for _, op := range ops {
			_, err := m.do(t, op, path, nil)
			require.ErrorIs(t, err, logical.ErrUnsupportedOperation, "%s %s", op, path)
		}
	}
}
