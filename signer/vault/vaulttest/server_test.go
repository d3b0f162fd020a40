package vaulttest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault/vaulttest"
)

func start(t *testing.T, c vaulttest.Config) *vaulttest.Server {
	t.Helper()
	server, err := vaulttest.Start(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(server.Close)
	return server
}

func suiteKey() signer.NewKey {
	return signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: signertest.Policy(signertest.Name), Guardians: signertest.Guardians(signertest.Name)}
}

// ask sends one request and returns the status and the body.
func ask(t *testing.T, server *vaulttest.Server, token, call, body string) (int, map[string]any) {
	t.Helper()
	method, path, _ := strings.Cut(call, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL()+"/v1/"+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("X-Vault-Token", token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	reply := map[string]any{}
	if len(raw) > 0 {
		require.NoError(t, json.Unmarshal(raw, &reply))
	}
	return resp.StatusCode, reply
}

func TestTheServerAnswersAsVaultDoes(t *testing.T) {
	server := start(t, vaulttest.Config{})
	_, err := server.CreateKey(t.Context(), suiteKey())
	require.NoError(t, err)
	root, bot := server.RootToken(), server.BotToken(signertest.Name, time.Hour)
	for name, c := range map[string]struct {
		token, call, body string
		status            int
	}{
		"no token":               {"", "GET eth/info", "", 403},
		"an unknown token":       {"hvs.none", "GET eth/info", "", 403},
		"beyond the policy":      {bot, "GET eth/info", "", 403},
		"the policy of the bot":  {bot, "GET eth/keys/responder-1", "", 200},
		"another key's path":     {bot, "POST eth/sign/responder-2", "{}", 403},
		"an unknown mount":       {root, "GET elsewhere/info", "", 404},
		"an unknown path":        {root, "POST eth/export/responder-1", "{}", 404},
		"a raw hash path":        {root, "POST eth/sign-hash/responder-1", "{}", 404},
		"a name in upper case":   {root, "GET eth/keys/RESPONDER-1", "", 404},
		"an unsupported method":  {root, "DELETE eth/keys/responder-1", "", 405},
		"reading a sign path":    {root, "GET eth/sign/responder-1", "", 405},
		"writing info":           {root, "POST eth/info", "{}", 405},
		"a policy update":        {root, "POST eth/keys/responder-1/policy", "{}", 400},
		"a refusal":              {root, "POST eth/sign/responder-1", "{}", 400},
		"a body that is no JSON": {root, "POST eth/sign/responder-1", "{", 400},
		"the list":               {root, "LIST eth/keys", "", 200},
		"creating it twice":      {root, "POST eth/keys/responder-1", "{}", 400},
		"info":                   {root, "GET eth/info", "", 200},
	} {
		t.Run(name, func(t *testing.T) {
			status, reply := ask(t, server, c.token, c.call, c.body)
			assert.Equal(t, c.status, status, reply)
		})
	}
}

func TestARefusalCarriesMessageAndCodeSideBySide(t *testing.T) {
	server := start(t, vaulttest.Config{})
	_, reply := ask(t, server, server.RootToken(), "POST eth/sign/responder-1", `{"type":3}`)
	require.Contains(t, reply["errors"].([]any)[0], "firebreak: DENY TX_TYPE: ")
	assert.Equal(t, "TX_TYPE", reply["data"].(map[string]any)["code"])
}

func TestAnExpiredTokenIsRefused(t *testing.T) {
	server := start(t, vaulttest.Config{})
	_, err := server.CreateKey(t.Context(), suiteKey())
	require.NoError(t, err)
	status, _ := ask(t, server, server.BotToken(signertest.Name, time.Nanosecond), "GET eth/keys/responder-1", "")
	assert.Equal(t, 403, status)
}

func TestStateInADirectorySurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	first := start(t, vaulttest.Config{Dir: dir})
	info, err := first.CreateKey(t.Context(), suiteKey())
	require.NoError(t, err)
	body, err := json.Marshal(signertest.Pause(signertest.Core, 0).Fields())
	require.NoError(t, err)
	_, before := ask(t, first, first.RootToken(), "POST eth/sign/responder-1", string(body))
	first.Close()

	second := start(t, vaulttest.Config{Dir: dir})
	second.UseToken("hvs.kept", signertest.Name)
	status, again := ask(t, second, "hvs.kept", "POST eth/sign/responder-1", string(body))
	assert.Equal(t, 200, status)
	assert.Equal(t, before["data"], again["data"])
	_, key := ask(t, second, "hvs.kept", "GET eth/keys/responder-1", "")
	assert.Equal(t, info.Address.Hex(), key["data"].(map[string]any)["address"])
	assert.EqualValues(t, 1, key["data"].(map[string]any)["seq"])
}

func TestHealthSaysWhetherItIsSealed(t *testing.T) {
	server := start(t, vaulttest.Config{})
	status, _ := ask(t, server, "", "GET sys/health", "")
	assert.Equal(t, 200, status)
	server.Faults.Seal(true)
	status, _ = ask(t, server, "", "GET sys/health", "")
	assert.Equal(t, 503, status)
	status, reply := ask(t, server, server.RootToken(), "GET eth/info", "")
	assert.Equal(t, 503, status)
	assert.Equal(t, []any{"Vault is sealed"}, reply["errors"])
}

func TestAStandbyAnswersAsVaultDoes(t *testing.T) {
	server := start(t, vaulttest.Config{})
	standby := server.Standby()
	t.Cleanup(standby.Close)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(path string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, standby.URL()+path, nil)
		require.NoError(t, err)
		req.Header.Set("X-Vault-Token", server.RootToken())
		resp, err := client.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp
	}
	assert.Equal(t, 429, get("/v1/sys/health").StatusCode, "429 means standby here, and a quota anywhere else")
	assert.Equal(t, 299, get("/v1/sys/health?standbycode=299").StatusCode)
	assert.Equal(t, 200, get("/v1/eth/info").StatusCode, "it forwards")
	standby.Redirect("https://vault-1.test:8200")
	resp := get("/v1/eth/info?list=false")
	assert.Equal(t, 307, resp.StatusCode)
	assert.Equal(t, "https://vault-1.test:8200/v1/eth/info?list=false", resp.Header.Get("Location"))
	standby.Lose(true)
	assert.Equal(t, 500, get("/v1/eth/info").StatusCode)
	standby.Seal(true)
	assert.Equal(t, 503, get("/v1/eth/info").StatusCode)
	assert.Equal(t, 503, get("/v1/sys/health").StatusCode)
}

func TestLoginsAndWrappingAnswerAsVaultDoes(t *testing.T) {
	server := start(t, vaulttest.Config{})
	role, jwt := server.JWT("responder-1", time.Hour)
	pod, _ := server.Kubernetes("responder-1", time.Hour)
	wrapped := server.Wrap("auth/approle/role/r/secret-id", "s")
	for name, c := range map[string]struct {
		call, body string
		status     int
		says       string
	}{
		"a JWT":                     {"POST auth/jwt/login", `{"role":"` + role + `","jwt":"` + jwt + `"}`, 200, ""},
		"a wrong JWT":               {"POST auth/jwt/login", `{"role":"` + role + `","jwt":"x"}`, 400, "error validating token"},
		"a role that is not there":  {"POST auth/jwt/login", `{"role":"none","jwt":"x"}`, 400, "could not be found"},
		"a role of another method":  {"POST auth/kubernetes/login", `{"role":"` + role + `","jwt":"x"}`, 400, "invalid role name"},
		"a wrong service account":   {"POST auth/kubernetes/login", `{"role":"` + pod + `","jwt":"x"}`, 403, "permission denied"},
		"a certificate in the air":  {"POST auth/cert/login", `{}`, 400, "client certificate must be supplied"},
		"where a token came from":   {"POST sys/wrapping/lookup", `{"token":"` + wrapped + `"}`, 200, ""},
		"a token that is no wrap":   {"POST sys/wrapping/unwrap", `{"token":"x"}`, 400, "wrapping token is not valid or does not exist"},
		"capabilities of no paths":  {"POST sys/capabilities-self", `{}`, 400, "paths must be supplied"},
		"an auth that is not there": {"POST auth/gitlab/login", `{}`, 404, "no handler for route"},
	} {
		t.Run(name, func(t *testing.T) {
			status, reply := ask(t, server, server.RootToken(), c.call, c.body)
			assert.Equal(t, c.status, status)
			if c.says != "" {
				assert.Contains(t, reply["errors"].([]any)[0], c.says)
			}
		})
	}
	status, reply := ask(t, server, wrapped, "POST sys/wrapping/unwrap", "{}")
	assert.Equal(t, 200, status)
	assert.Equal(t, "s", reply["data"].(map[string]any)["secret_id"])
	status, _ = ask(t, server, wrapped, "POST sys/wrapping/unwrap", "{}")
	assert.Equal(t, 400, status, "once")
}
