package vault_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault/vaulttest"
)

const good = `{"type":2,"chain_id":"1","nonce":"0","to":"` + signertest.Core + `","value":"0","data":"0x8456cb59","gas":"100000",
"max_fee_per_gas":"100000000000","max_priority_fee_per_gas":"2000000000"}`

// raw sends one HTTP request as it is, and returns status and body.
func raw(t *testing.T, server *vaulttest.Server, token, method, path, body string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL()+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("X-Vault-Token", token)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(said)
}

// TestTheBotsTokenOpensNothingButItsPaths walks over what a stolen token might
// try. Whatever the answer is, it is no signature, and the key is as it was.
func TestTheBotsTokenOpensNothingButItsPaths(t *testing.T) {
	server, client := ready(t)
	token := server.BotToken(signertest.Name, time.Hour)
	before, err := client.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	const key = "/v1/eth/keys/" + signertest.Name
	for _, c := range []struct {
		method, path, body string
	}{
		{"POST", "/v1/eth/sign/responder-2", good}, {"POST", "/v1/eth/sign/RESPONDER-1", good}, {"POST", "/v1/eth/sign/responder-1/", good},
		{"POST", "/v1/eth/sign/responder-1%2fhash", good}, {"POST", "/v1/eth/sign/..%2fkeys%2fresponder-1", good},
		{"POST", "/v1/eth/sign/../sign/responder-1x", good}, {"POST", "/v1/eth/sign/responder-1%00", good}, {"POST", "/v1/eth/sign/", good},
		{"POST", "/v1/ETH/sign/responder-1", good}, {"POST", "/v1/eth/sign-hash/responder-1", `{"hash":"0x00"}`}, {"GET", "/v1/eth/sign/responder-1", ""},
		{"DELETE", "/v1/eth/sign/responder-1", ""}, {"LIST", "/v1/eth/sign/", ""}, {"PATCH", "/v1/eth/sign/responder-1", good},
		{"POST", "/v1/eth/import/responder-1", `{}`}, {"GET", "/v1/eth/export/responder-1", ""}, {"GET", key + "/export", ""}, {"DELETE", key, ""},
		{"POST", key, `{}`}, {"POST", key + "/policy", `{}`}, {"POST", key + "/guardians", `{}`}, {"POST", key + "/policy/activate", `{}`},
		{"POST", key + "/policy/cancel", `{}`}, {"POST", key + "/unfreeze", `{}`}, {"POST", key + "/retire", `{}`}, {"POST", key + "/nonce", `{}`},
		{"LIST", "/v1/eth/keys/", ""}, {"GET", "/v1/eth/keys/?list=true", ""}, {"GET", "/v1/eth/receipts/responder-1/1", ""},
		{"POST", "/v1/eth/sign-message/responder-1", `{"message":"0x00"}`}, {"POST", "/v1/eth/sign-typed-data/responder-1", `{}`},
		{"POST", "/v1/sys/mounts/eth2", `{"type":"firebreak"}`}, {"GET", "/v1/sys/raw/logical", ""}, {"POST", "/v1/sys/policies/acl/bot", `{}`},
		{"POST", "/v1/auth/token/create", `{}`}, {"POST", "/v1/sys/plugins/catalog/secret/firebreak", `{}`}, {"PUT", "/v1/sys/seal", `{}`},
	} {
		status, said := raw(t, server, token, c.method, c.path, c.body)
		assert.GreaterOrEqual(t, status, 400, "%s %s", c.method, c.path)
		assert.Less(t, status, 500, "%s %s is not to be tried again", c.method, c.path)
		assert.NotContains(t, said, "raw_tx", "%s %s", c.method, c.path)
	}
	after, err := client.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	assert.Equal(t, before, after)
}

func TestANamespaceHeaderChoosesNoOtherKey(t *testing.T) {
	server, client := ready(t)
	token := server.BotToken(signertest.Name, time.Hour)
	for _, namespace := range []string{"tenantA", "tenantA/", "root", ".."} {
		status, said := raw(t, server, token, "POST", "/v1/eth/sign/"+signertest.Name, good, "X-Vault-Namespace", namespace)
		assert.Equal(t, http.StatusOK, status, "the fake has no namespaces, and the engine reads no header")
		assert.Contains(t, said, `"seq":1`)
	}
	info, err := client.Key(t.Context(), signertest.Name)
	require.NoError(t, err)
	assert.EqualValues(t, 1, info.Seq, "one key, whatever the header says")
}

func TestARefusalOverHTTPIsA400WithItsCodeAndNoEcho(t *testing.T) {
	server, _ := ready(t)
	token := server.BotToken(signertest.Name, time.Hour)
	for _, c := range []struct{ old, new, code string }{
		{`"value":"0"`, `"value":"1"`, "VALUE"}, {`"type":2`, `"type":4`, "TX_TYPE"}, {`"chain_id":"1"`, `"chain_id":"5"`, "CHAIN"},
		{`"0x8456cb59"`, `"0xdeadbeef"`, "NO_RULE"}, {`"gas":"100000"`, `"gas":"1deadbeef"`, "MALFORMED"}, {`"nonce":"0"`, `"nonce":"3"`, "NONCE_GAP"},
		{`"type":2`, `"type":2,"deadbeef":1`, "MALFORMED"}, {`"type":2`, `"type":2,"type":2,"value":"1"`, "VALUE"},
	} {
		body := strings.Replace(good, c.old, c.new, 1)
		if c.code == "VALUE" && strings.Contains(c.new, "type") {
			body = strings.Replace(body, `"value":"0",`, "", 1)
		}
		status, said := raw(t, server, token, "POST", "/v1/eth/sign/"+signertest.Name, body)
		assert.Equal(t, http.StatusBadRequest, status, c.new)
		assert.Contains(t, said, `"code":"`+c.code+`"`, c.new)
		assert.NotContains(t, said, "deadbeef")
		assert.NotContains(t, said, "raw_tx")
	}
	status, said := raw(t, server, token, "POST", "/v1/eth/sign/"+signertest.Name, `{"type":2,`)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.NotContains(t, said, "raw_tx")
}
