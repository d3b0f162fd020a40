package vault_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/signertest"
)

// TestTheBotsTokenSignsChecksAndReadsItsKeyAndNothingElse is the bot's ACL
// policy, tried from the outside.
func TestTheBotsTokenSignsChecksAndReadsItsKeyAndNothingElse(t *testing.T) {
	at := mount(t, shared)
	createKey(t, shared, at, signertest.Name)
	createKey(t, shared, at, "responder-2")
	bot, err := shared.BotToken(t.Context(), at, signertest.Name)
	require.NoError(t, err)
	body, err := json.Marshal(signertest.Pause(signertest.Core, 0).Fields())
	require.NoError(t, err)
	pause := string(body)
	for name, c := range map[string]struct {
		call, body string
		status     int
	}{
		"its key":                 {"GET " + at + "/keys/responder-1", "", 200},
		"check":                   {"POST " + at + "/check/responder-1", pause, 200},
		"sign":                    {"POST " + at + "/sign/responder-1", pause, 200},
		"sign, by PUT":            {"PUT " + at + "/sign/responder-1", pause, 200},
		"what no policy allows":   {"POST " + at + "/sign/responder-1", "{}", 400},
		"its own token":           {"GET auth/token/lookup-self", "", 200},
		"another key":             {"GET " + at + "/keys/responder-2", "", 403},
		"another key's signature": {"POST " + at + "/sign/responder-2", pause, 403},
		"another mount":           {"POST " + shared.Mount() + "/sign/responder-1", pause, 403},
		"a list of the keys":      {"LIST " + at + "/keys", "", 403},
		"a list, by GET":          {"GET " + at + "/keys?list=true", "", 403},
		"info":                    {"GET " + at + "/info", "", 403},
		"making a key":            {"POST " + at + "/keys/responder-3", "{}", 403},
		"making its key again":    {"POST " + at + "/keys/responder-1", "{}", 403},
		"deleting its key":        {"DELETE " + at + "/keys/responder-1", "", 403},
		"reading a signature":     {"GET " + at + "/sign/responder-1", "", 403},
		"its policy":              {"POST " + at + "/keys/responder-1/policy", "{}", 403},
		"its guardians":           {"GET " + at + "/keys/responder-1/guardians", "", 200},
		"other guardians":         {"POST " + at + "/keys/responder-1/guardians", "{}", 403},
		"an export":               {"GET " + at + "/export/responder-1", "", 403},
		"upper case":              {"POST " + at + "/sign/RESPONDER-1", pause, 403},
		"an escaped slash":        {"POST " + at + "/sign%2fresponder-2", pause, 403},
		"a dot segment":           {"POST " + at + "/sign/responder-1/../responder-2", pause, 307}, // to the path it means, which is refused
		"help":                    {"GET " + at + "/sign/responder-1?help=1", "", 200},             // what the documentation says
		"more tokens":             {"POST auth/token/create", "{}", 403},
		"policies":                {"GET sys/policies/acl/root", "", 403},
		"mounts":                  {"POST sys/mounts/mine", `{"type":"kv"}`, 403},
		"the plugin catalogue":    {"POST sys/plugins/catalog/secret/firebreak", "{}", 403},
		"reloading plugins":       {"PUT sys/plugins/reload/backend", `{"plugin":"firebreak"}`, 403},
		"audit devices":           {"PUT sys/audit/mine", `{"type":"file","options":{"file_path":"stdout"}}`, 403},
		"a snapshot":              {"GET sys/storage/raft/snapshot", "", 403},
		"restoring a snapshot":    {"POST sys/storage/raft/snapshot", "", 403},
		"sealing":                 {"PUT sys/seal", "", 403},
		"stepping down":           {"PUT sys/step-down", "", 403},
	} {
		t.Run(name, func(t *testing.T) {
			status, text := ask(t, shared.URL(), bot, c.call, c.body)
			assert.Equal(t, c.status, status, text)
			if c.status != 200 {
				assert.NotContains(t, text, "raw_tx")
			}
		})
	}
}

// TestTheCeremonysTokenCannotSign: whoever runs ceremonies creates keys and hands
// in what guardians have signed, and asks for no signature.
func TestTheCeremonysTokenCannotSign(t *testing.T) {
	at := mount(t, shared)
	createKey(t, shared, at, signertest.Name)
	token, err := shared.CeremonyToken(t.Context(), at)
	require.NoError(t, err)
	for call, want := range map[string]int{
		"GET " + at + "/keys/responder-1": 200, "LIST " + at + "/keys": 200, "GET " + at + "/info": 200,
		"GET " + at + "/keys/responder-1/policy": 200, "GET " + at + "/keys/responder-1/guardians": 200,
		"POST " + at + "/keys/responder-1/policy": 400, "POST " + at + "/keys/responder-1/unfreeze": 400, // refused by the key
		"POST " + at + "/sign/responder-1": 403, "POST " + at + "/check/responder-1": 403, "DELETE " + at + "/keys/responder-1": 403,
		"POST auth/token/create": 403, "PUT sys/seal": 403, "GET sys/storage/raft/snapshot": 403,
	} {
		status, text := ask(t, shared.URL(), token, call, "{}")
		assert.Equal(t, want, status, "%s: %s", call, text)
	}
}

// TestNotEvenRootFindsAWayToTheKey asks for what other engines have: nothing
// here exports, imports, deletes or signs what is no transaction.
func TestNotEvenRootFindsAWayToTheKey(t *testing.T) {
	at := mount(t, shared)
	createKey(t, shared, at, signertest.Name)
	for name, c := range map[string]struct {
		call, body string
		status     int
	}{
		"an export":            {"GET " + at + "/export/responder-1", "", 404},
		"an import":            {"POST " + at + "/keys/responder-1/import", "{}", 404},
		"a hash":               {"POST " + at + "/sign-hash/responder-1", "{}", 404},
		"a message":            {"POST " + at + "/sign-message/responder-1", "{}", 404},
		"the storage's path":   {"GET " + at + "/key/responder-1", "", 404},
		"deleting":             {"DELETE " + at + "/keys/responder-1", "", 405},
		"making it again":      {"POST " + at + "/keys/responder-1", "{}", 400},
		"a name in upper case": {"POST " + at + "/sign/RESPONDER-1", "{}", 404},
		"reading a signature":  {"GET " + at + "/sign/responder-1", "", 405},
	} {
		t.Run(name, func(t *testing.T) {
			status, text := ask(t, shared.URL(), shared.RootToken(), c.call, c.body)
			assert.Equal(t, c.status, status, text)
		})
	}
	status, _ := ask(t, shared.URL(), "", "GET "+at+"/keys/responder-1", "")
	assert.Equal(t, 403, status, "and without a token nothing is told")
}
