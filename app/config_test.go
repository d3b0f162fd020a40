package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const good = `listen: 127.0.0.1:0
admin: 127.0.0.1:0
journal: firebreak.db
inventory: inventory.yaml
playbooks: playbooks
chains:
  lab:
    rpc:
      - {name: a, url: "http://127.0.0.1:8545"}
signer:
  vault: {address: "https://vault.internal:8200", token_file: vault-token}
slack:
  team: T0GUARD001
  app: A07BREAKER1
  token_file: slack-token
  signing_secret_files: [slack-secret]
sources:
  detector: {kind: generic, secret_files: [detector-secret]}
`

func TestAGoodConfigIsReadWithDefaultsAndPathsFromItsFolder(t *testing.T) {
	c, err := parseConfig("/etc/firebreak/firebreak.yaml", []byte(good))
	require.NoError(t, err)
	assert.Equal(t, "/etc/firebreak/firebreak.db", c.Journal)
	assert.Equal(t, "/etc/firebreak/slack-token", c.Slack.TokenFile)
	assert.Equal(t, []string{"/etc/firebreak/detector-secret"}, c.Sources["detector"].SecretFiles)
	assert.Equal(t, 3*time.Second, c.Chains["lab"].Timeout)
	assert.Equal(t, "eth", c.Signer.Vault.Mount)
}

func TestAPageHasDefaultsAndLinksToRequests(t *testing.T) {
	c, err := parseConfig("/etc/firebreak/firebreak.yaml", []byte(good))
	require.NoError(t, err)
	assert.Empty(t, c.RequestURL("01JEQ7V5M2K3ABCD"), "there is none unless it is asked for")

	c, err = parseConfig("/etc/firebreak/firebreak.yaml", []byte(good+`console: {origin: "https://approve.example.org", tls: {cert_file: tls.crt, key_file: tls.key}}`+"\n"))
	require.NoError(t, err)
	assert.Equal(t, &Console{Listen: "127.0.0.1:8443", Origin: "https://approve.example.org", RPID: "approve.example.org",
		TLS: &TLS{CertFile: "/etc/firebreak/tls.crt", KeyFile: "/etc/firebreak/tls.key"}}, c.Console)
	assert.Equal(t, "https://approve.example.org/r/01JEQ7V5M2K3ABCD", c.RequestURL("01JEQ7V5M2K3ABCD"))

	_, err = parseConfig("/etc/firebreak/firebreak.yaml", []byte(good+`console: {origin: "https://approve.example.org", listen: "0.0.0.0:443", tls: {cert_file: a, key_file: b}}`+"\n"))
	assert.NoError(t, err, "with a certificate it may be anywhere")
}

func TestAWrongConfigSaysWhereAndWhat(t *testing.T) {
	for name, c := range map[string]struct{ from, to, where, what string }{
		"a misspelt key":           {"journal:", "jornal:", ":3:", "jornal"},
		"a misspelt nested key":    {"token_file: slack-token", "token_flie: slack-token", ":", "token_flie"},
		"a key twice":              {"admin: 127.0.0.1:0", "admin: 127.0.0.1:0\nadmin: 127.0.0.1:1", ":", "already defined"},
		"a second document":        {"sources:", "---\nsources:", ":", "second document"},
		"no listen address":        {"listen: 127.0.0.1:0\n", "", ":1:1: listen:", "required"},
		"a listen without a port":  {"listen: 127.0.0.1:0", "listen: localhost", ":1:1: listen:", "host:port"},
		"no chains":                {"chains:\n  lab:\n    rpc:\n      - {name: a, url: \"http://127.0.0.1:8545\"}\n", "", "chains:", "at least one"},
		"no endpoint":              {"\n      - {name: a, url: \"http://127.0.0.1:8545\"}", " []", ":8:5: chains.lab.rpc:", "at least one endpoint"},
		"two of one name":          {"\n      - {name: a, url: \"http://127.0.0.1:8545\"}", "\n      - {name: a, url: \"http://x\"}\n      - {name: a, url: \"http://y\"}", "chains.lab.rpc.1.name:", "of its own"},
		"a file URL":               {"http://127.0.0.1:8545", "file:///etc/passwd", "chains.lab.rpc.0.url:", "no http"},
		"both url and url_file":    {"{name: a, url:", "{name: a, url_file: x, url:", "chains.lab.rpc.0:", "either"},
		"a floor tip in gwei":      {"    rpc:", "    floor_tip: 1 gwei\n    rpc:", ":8:5: chains.lab.floor_tip:", "wei"},
		"a block time of nothing":  {"    rpc:", "    block_time: 1ns\n    rpc:", "chains.lab.block_time:", "between"},
		"a node fee cap in ether":  {"    rpc:", "    node_fee_cap: 1 ETH\n    rpc:", ":8:5: chains.lab.node_fee_cap:", "wei"},
		"an unknown finality":      {"    rpc:", "    finality: justified\n    rpc:", ":8:5: chains.lab.finality:", "none, safe or finalized"},
		"a negative in flight":     {"    rpc:", "    max_in_flight: -1\n    rpc:", ":8:5: chains.lab.max_in_flight:", "negative"},
		"gas for nothing":          {"    rpc:", "    max_tx_gas: 20000\n    rpc:", ":8:5: chains.lab.max_tx_gas:", "21000"},
		"nothing to read from":     {"{name: a,", "{name: a, kind: sequencer,", ":8:5: chains.lab.rpc:", "kind node"},
		"an unknown kind":          {"{name: a,", "{name: a, kind: bundler,", "chains.lab.rpc.0.kind:", "sequencer or relay"},
		"a node's private method":  {"{name: a,", "{name: a, method: eth_sendPrivateTransaction,", "chains.lab.rpc.0.method:", "only a relay"},
		"an unknown method":        {"{name: a,", "{name: a, kind: relay, method: eth_sendBundle,", "chains.lab.rpc.0.method:", "is not one of"},
		"another's node's cap":     {"{name: a,", "{name: a, kind: relay, no_fee_cap: true,", "chains.lab.rpc.0.no_fee_cap:", "of your own"},
		"a block time of words":    {"    rpc:", "    block_time: soon\n    rpc:", ":8:", "soon"},
		"no vault":                 {"signer:\n  vault: {address: \"https://vault.internal:8200\", token_file: vault-token}\n", "", "signer.vault:", "required"},
		"vault without TLS":        {"https://vault", "http://vault", "signer.vault.address:", "https"},
		"vault without a login":    {", token_file: vault-token", "", "signer.vault:", "who is asking"},
		"two logins":               {"token_file: vault-token}", "token_file: vault-token, jwt: {role: a, jwt_file: b}}", "signer.vault.jwt:", "token_file already"},
		"half an AppRole":          {"token_file: vault-token", "app_role: {role_id: a}", "signer.vault.app_role:", "secret_id_file"},
		"an AppRole with both":     {"token_file: vault-token", "app_role: {role_id: a, secret_id_file: b, wrapped_secret_id_file: c}", "signer.vault.app_role:", "one of"},
		"kubernetes of no role":    {"token_file: vault-token", "kubernetes: {}", "signer.vault.kubernetes:", "role"},
		"a JWT without a file":     {"token_file: vault-token", "jwt: {role: a}", "signer.vault.jwt:", "jwt_file"},
		"half a certificate":       {"token_file: vault-token", "certificate: {cert_file: a}", "signer.vault.certificate:", "key_file"},
		"a misspelt login key":     {"token_file: vault-token", "kubernetes: {rol: a}", ":11:", `there are role, jwt_file, mount`},
		"a certificate in clear":   {`"https://vault.internal:8200", token_file: vault-token`, `"http://127.0.0.1:8200", certificate: {cert_file: a, key_file: b}`, "signer.vault.certificate:", "handshake"},
		"a login's odd mount":      {"token_file: vault-token", "kubernetes: {role: a, mount: ../sys}", "signer.vault:", "mount must match"},
		"an address and more":      {"token_file: vault-token", `addresses: ["https://b"], token_file: vault-token`, "signer.vault.addresses:", "either"},
		"a node without TLS":       {`address: "https://vault.internal:8200"`, `addresses: ["https://a", "http://b"]`, "signer.vault.addresses:", "https"},
		"a node twice":             {`address: "https://vault.internal:8200"`, `addresses: ["https://a", "https://A:443"]`, "signer.vault:", "named twice"},
		"no team":                  {"  team: T0GUARD001\n", "", "slack.team:", "required"},
		"no signing secret":        {"  signing_secret_files: [slack-secret]\n", "", "slack.signing_secret_files:", "one file"},
		"an API without a slash":   {"  team:", "  api_url: https://slack.test/api\n  team:", "slack.api_url:", "slash"},
		"an unknown transport":     {"  team:", "  transport: rtm\n  team:", "slack.transport:", "http or socket"},
		"a socket without a token": {"  signing_secret_files: [slack-secret]\n", "  transport: socket\n", "slack.app_token_file:", "required"},
		"a socket that is signed":  {"  team:", "  transport: socket\n  app_token_file: x\n  team:", "slack.signing_secret_files:", "leave it out"},
		"a token for no socket":    {"  team:", "  app_token_file: x\n  team:", "slack.app_token_file:", "transport socket"},
		"an unknown pager":         {"sources:", "pager: {kind: smoke, secret_file: x}\nsources:", "pager.kind:", "pagerduty or webhook"},
		"a pager without a secret": {"sources:", "pager: {kind: webhook}\nsources:", "pager.secret_file:", "required"},
		"a pager in the clear":     {"sources:", "pager: {kind: pagerduty, secret_file: x, url: \"http://events.example.org\"}\nsources:", "pager.url:", "https"},
		"a hook's address in here": {"sources:", "pager: {kind: webhook, secret_file: x, url: \"https://hooks.example.org/t0ken\"}\nsources:", "pager.url:", "secret_file"},
		"a source called person":   {"sources:\n", "sources:\n  person: {kind: generic, secret_files: [x]}\n", "sources.person:", "what people ask for"},
		"a page without a name":    {"sources:", "console: {}\nsources:", "console.origin:", "required"},
		"a page without TLS":       {"sources:", "console: {origin: \"http://approve.example.org\"}\nsources:", "console.origin:", "https"},
		"a page with a path":       {"sources:", "console: {origin: \"https://approve.example.org/\"}\nsources:", "console.origin:", "nothing more"},
		"a page of no domain":      {"sources:", "console: {origin: \"https://localhost:8443\"}\nsources:", "console.origin:", "a dot in it"},
		"a page of an address":     {"sources:", "console: {origin: \"https://127.0.0.1\"}\nsources:", "console.origin:", "a dot in it"},
		"passkeys of elsewhere":    {"sources:", "console: {origin: \"https://approve.example.org\", rp_id: example.com}\nsources:", "console.rp_id:", "a domain above it"},
		"a page in the clear":      {"sources:", "console: {origin: \"https://approve.example.org\", listen: \"0.0.0.0:8443\"}\nsources:", "console.listen:", "behind a proxy"},
		"half a certificate file":  {"sources:", "console: {origin: \"https://approve.example.org\", tls: {cert_file: a}}\nsources:", "console.tls:", "key_file"},
		"a page of no port":        {"sources:", "console: {origin: \"https://approve.example.org\", listen: localhost}\nsources:", "console.listen:", "host:port"},
		"a misspelt page's key":    {"sources:", "console: {orign: \"https://approve.example.org\"}\nsources:", ":", "there are listen, origin, rp_id, tls"},
		"no sources":               {"sources:\n  detector: {kind: generic, secret_files: [detector-secret]}\n", "", "sources:", "at least one"},
		"a silence of a month":     {"sources:", "silence: {max: 720h}\nsources:", "silence.max:", "168h"},
		"a silence of no length":   {"sources:", "silence: {max: 1s}\nsources:", "silence.max:", "1m"},
		"a heartbeat of seconds":   {"kind: generic", "kind: generic, heartbeat: 5s", "sources.detector.heartbeat:", "from 1m"},
		"a negative heartbeat":     {"kind: generic", "kind: generic, heartbeat: -5m", "sources.detector.heartbeat:", "from 1m"},
		"an unsigned source":       {", secret_files: [detector-secret]", "", "sources.detector.secret_files:", "anybody"},
		"a source of no kind":      {"kind: generic", "kind: carrier-pigeon", "sources.detector.kind:", "carrier-pigeon"},
		"a source with a slash":    {"  detector:", "  ../x:", "sources...", "URL"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(good, c.from, c.to, 1)
			require.NotEqual(t, good, text, "the case changes something")
			_, err := parseConfig("firebreak.yaml", []byte(text))
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.what)
			if c.where != "sources..." {
				assert.Contains(t, err.Error(), c.where)
			}
			assert.True(t, strings.HasPrefix(err.Error(), "firebreak.yaml"), err.Error())
		})
	}
	_, err := parseConfig("firebreak.yaml", nil)
	assert.ErrorContains(t, err, "empty")
}

func TestEveryLoginOfVaultIsReadWithPathsFromItsFolder(t *testing.T) {
	for login, want := range map[string]string{
		"app_role: {role_id: a, secret_id_file: b}":                     "/etc/firebreak/b",
		"app_role: {role_id: a, wrapped_secret_id_file: b, role: bot}":  "/etc/firebreak/b",
		"kubernetes: {role: a, jwt_file: b, mount: k8s/prod}":           "/etc/firebreak/b",
		"kubernetes: {role: a}":                                         "",
		"jwt: {role: a, jwt_file: b}":                                   "/etc/firebreak/b",
		"certificate: {cert_file: a, key_file: b, role: bot, mount: c}": "/etc/firebreak/b",
	} {
		c, err := parseConfig("/etc/firebreak/firebreak.yaml", []byte(strings.Replace(good, "token_file: vault-token", login, 1)))
		require.NoError(t, err, login)
		var paths []string
		for _, p := range c.Signer.Vault.files() {
			paths = append(paths, *p)
		}
		assert.Contains(t, paths, want, login)
		client := c.Signer.Vault.client()
		assert.NoError(t, client.Check(), login)
		if r := client.AppRole; r != nil {
			assert.Equal(t, want, r.SecretIDFile+r.WrappedSecretIDFile)
		}
	}
}

func TestEveryProblemIsNamedAtOnce(t *testing.T) {
	text := strings.NewReplacer("listen: 127.0.0.1:0\n", "", "kind: generic", "kind: x", "team: T0GUARD001", "team: ''").Replace(good)
	_, err := parseConfig("firebreak.yaml", []byte(text))
	problems, ok := err.(Problems)
	require.True(t, ok)
	assert.Len(t, problems, 3)
}

func TestASecretIsReadFromAFileThatNobodyElseMayRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), mode))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	secret, err := readSecret(write("good", "hunter2hunter2\n", 0o600))
	require.NoError(t, err)
	assert.Equal(t, "hunter2hunter2", secret)
	for name, path := range map[string]string{
		"others may read it": write("open", "hunter2", 0o644),
		"it is empty":        write("empty", "\n", 0o600),
		"it is too large":    write("large", strings.Repeat("hunter2", 1000), 0o600),
		"it is not there":    filepath.Join(dir, "absent"),
	} {
		_, err := readSecret(path)
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), "hunter2", name)
		assert.Contains(t, err.Error(), filepath.Base(path), name)
	}
}

func TestWhatWasBegunIsUndoneInTheOppositeOrder(t *testing.T) {
	var l lifecycle
	var done []string
	for _, name := range []string{"a", "b", "c"} {
		l.onStop(name, func() error {
			done = append(done, name)
			if name == "b" {
				return fmt.Errorf("stuck")
			}
			return nil
		})
	}
	assert.EqualError(t, l.stop(), "stop b: stuck")
	assert.Equal(t, []string{"c", "b", "a"}, done)
	assert.NoError(t, l.stop(), "a second stop does nothing")
}

func FuzzConfig(f *testing.F) {
	f.Add(good)
	f.Add("chains: {lab: {rpc: [{name: a}]}}")
	f.Add("sources: [1,2]")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseConfig("firebreak.yaml", []byte(text))
		if err == nil {
			assert.NotEmpty(t, c.Sources)
			assert.NotNil(t, c.Signer.Vault)
		}
	})
}

func TestThereIsOnePlaceForWhatHasNoPlaceOfItsOwn(t *testing.T) {
	one, two := map[string]string{"#a": "C1"}, map[string]string{"#a": "C1", "#b": "C2"}
	at := func(name string) Config { return Config{Slack: Slack{Home: name}} }
	assert.Nil(t, home(at(""), one), "the only channel is the home")
	assert.Nil(t, home(at("#b"), two))
	assert.Contains(t, home(at(""), two).Text, "#a, #b")
	assert.Contains(t, home(at("#c"), two).Text, `"#c" is no channel`)
}
