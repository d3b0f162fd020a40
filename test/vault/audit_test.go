package vault_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/lab/vaultserver"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault"
)

func tokenOf(t *testing.T, token string) string {
	t.Helper()
	path := t.TempDir() + "/token"
	require.NoError(t, os.WriteFile(path, []byte(token), 0o600))
	return path
}

// keysOf pins the address of the suite's key, so that a client asks nothing
// before it signs.
func keysOf(s signer.Signed) map[string]common.Address {
	return map[string]common.Address{signertest.Name: s.From}
}

// secretKey reads the key out of storage, which production's Vault would not
// allow, so that a test knows what to look for.
func secretKey(t *testing.T, v *vaultserver.Cluster) []byte {
	t.Helper()
	all, err := v.First().API().Sys().ListMountsWithContext(t.Context())
	require.NoError(t, err)
	path := "sys/raw/logical/" + all[v.Mount()+"/"].UUID + "/key/" + signertest.Name
	entry, err := v.First().API().Logical().ReadWithDataWithContext(t.Context(), path, map[string][]string{"encoding": {"base64"}})
	require.NoError(t, err)
	require.NotNil(t, entry, path)
	key, err := base64.StdEncoding.DecodeString(entry.Data["value"].(string))
	require.NoError(t, err)
	return key
}

func TestTheAuditLogSaysWhatWasSignedAndNeverHoldsAKey(t *testing.T) {
	v := start(t, func(c *vaultserver.Config) { c.Raw = true })
	path, err := v.EnableAudit(t.Context(), "audit")
	require.NoError(t, err)
	info := createKey(t, v, v.Mount(), signertest.Name)
	bot := client(t, v, v.First(), v.Mount(), signertest.Name)
	signed := must(t, bot, signertest.Pause(signertest.Core, 0))
	refused(t, bot, signertest.Pause(signertest.Token, 1), signer.CodeNoRule)

	text, err := os.ReadFile(path) // before the key is read, which is a request too
	require.NoError(t, err)
	log, err := os.ReadFile(v.First().Log())
	require.NoError(t, err)
	var asked, answered, denied map[string]any
	for line := range strings.Lines(string(text)) {
		var entry struct {
			Type    string
			Error   string
			Request struct {
				Path string
				Data map[string]any
			}
			Response struct{ Data map[string]any }
		}
		require.NoError(t, json.Unmarshal([]byte(line), &entry))
		if entry.Request.Path != v.Mount()+"/sign/"+signertest.Name {
			continue
		}
		switch {
		case entry.Type == "response" && asked != nil && answered == nil:
			answered = entry.Response.Data
		case entry.Type == "request" && asked == nil:
			asked = entry.Request.Data
		case entry.Type == "request":
			denied = entry.Request.Data
		}
	}
	want := signertest.Pause(signertest.Core, 0).Fields()
	for _, field := range []string{"chain_id", "to", "data", "value", "nonce", "gas", "max_fee_per_gas", "max_priority_fee_per_gas", "incident", "reason", "request_id"} {
		assert.Equal(t, want[field], asked[field], field)
	}
	assert.Equal(t, signed.Hash.Hex(), answered["tx_hash"])
	assert.Equal(t, signed.Rule, answered["rule"])
	assert.Contains(t, answered["raw_tx"], "hmac-sha256:")
	assert.Equal(t, common.HexToAddress(signertest.Token).Hex(), denied["to"], "what was refused is there too")

	key := secretKey(t, v)
	private, err := crypto.ToECDSA(key)
	require.NoError(t, err)
	require.Equal(t, info.Address, crypto.PubkeyToAddress(private.PublicKey), "this is the key")
	for _, where := range []string{string(text), string(log)} {
		for _, form := range []string{string(key), hex.EncodeToString(key), base64.StdEncoding.EncodeToString(key), new(big.Int).SetBytes(key).String()} {
			assert.NotContains(t, strings.ToLower(where), strings.ToLower(form))
		}
	}
}

// TestNothingIsSignedThatCannotBeAudited breaks the only device: Vault refuses
// before the engine is asked, and no count is lost.
func TestNothingIsSignedThatCannotBeAudited(t *testing.T) {
	v, bot := ready(t, nil)
	path, err := v.EnableAudit(t.Context(), "audit")
	require.NoError(t, err)
	before := must(t, bot, signertest.Pause(signertest.Core, 0))

	require.NoError(t, os.Rename(path, path+".1"))
	require.NoError(t, os.Mkdir(path, 0o700)) // what cannot be written to, not even by root
	require.NoError(t, v.First().HangUp())
	require.Eventually(t, func() bool {
		status, _ := ask(t, v.URL(), v.RootToken(), "GET "+v.Mount()+"/info", "")
		return status == http.StatusInternalServerError
	}, time.Minute, 20*time.Millisecond, "the device has noticed")
	hasty, err := vault.New(vault.Config{Address: v.URL(), Mount: v.Mount(), TokenFile: tokenOf(t, v.RootToken()),
		Keys: keysOf(before), Timeout: time.Second})
	require.NoError(t, err)
	_, err = hasty.Sign(t.Context(), signertest.Pause(signertest.Core, 1))
	require.ErrorIs(t, err, signer.ErrUnavailable)

	require.NoError(t, os.Remove(path))
	assert.Equal(t, before, must(t, bot, signertest.Pause(signertest.Core, 0)))
	assert.EqualValues(t, 1, seq(t, bot, signertest.Name), "what was not audited was not counted")
	assert.EqualValues(t, 2, must(t, bot, signertest.Pause(signertest.Core, 1)).Seq)
}
