package app_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/lab"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault/vaulttest"
)

// site is a folder of configuration with a Vault and a chain behind it. The
// chain has none of the contracts, and there is no Slack.
type site struct {
	dir   string
	vault *vaulttest.Server
	down  atomic.Bool // the endpoint answers nothing
}

const (
	detectorSecret = "detector-secret-of-this-test"
	vaultToken     = "hvs.token-of-this-test"
)

const config = `listen: 127.0.0.1:0
admin: 127.0.0.1:0
journal: firebreak.db
inventory: inventory.yaml
playbooks: playbooks
chains:
  lab: {block_time: 100ms, timeout: 500ms, rpc: [{name: node-a, url: %q}]}
signer:
  vault: {address: %q, token_file: vault-token, timeout: 2s}
slack: {team: T0FIREBREAK, app: A0FIREBREAK, token_file: slack-token, signing_secret_files: [slack-secret], api_url: "http://127.0.0.1:1/"}
sources:
  detector: {kind: generic, secret_files: [detector-secret]}
`

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{dir: t.TempDir()}
	var err error
	s.vault, err = vaulttest.Start(t.Context(), vaulttest.Config{})
	require.NoError(t, err)
	t.Cleanup(s.vault.Close)
	key, err := s.vault.CreateKey(t.Context(), signer.NewKey{Name: "guardian", Class: "containment", Policy: signertest.Policy("guardian"), Guardians: signertest.Guardians("guardian")})
	require.NoError(t, err)
	s.vault.UseToken(vaultToken, "guardian")
	chain, err := lab.StartChain(t.Context(), 100*time.Millisecond, []common.Address{key.Address})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, chain.Close()) })

	s.put(t, "firebreak.yaml", fmt.Sprintf(config, s.endpoint(t, chain.HTTP), s.vault.URL()))
	s.put(t, "detector-secret", detectorSecret)
	s.put(t, "vault-token", vaultToken)
	s.put(t, "slack-token", "xoxb-0000-token-of-this-test")
	s.put(t, "slack-secret", "signing-secret-of-this-test")
	for from, to := range map[string]string{"inventory.yaml": "inventory.yaml", "vault-drain.yaml": "playbooks/vault-drain.yaml"} {
		text, err := fs.ReadFile(playbooks.Library(), from)
		require.NoError(t, err)
		s.put(t, to, strings.NewReplacer("0x4444444444444444444444444444444444444444", key.Address.Hex(), drillSigner, "").Replace(string(text)))
	}
	return s
}

// drillSigner is the second key of the example inventory, which this site has not.
const drillSigner = `  drill: # may pause on the practice chain, and holds no role anywhere else
    chains: [lab]
    address: "0x4545454545454545454545454545454545454545"
    exercise: true
`

// endpoint stands before a node, so that it can go down and come back.
func (s *site) endpoint(t *testing.T, node string) string {
	to, err := url.Parse(node)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	e := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.down.Load() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(e.Close)
	return e.URL
}

func (s *site) put(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(s.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// channel is the inventory's.
const channel = "C000000ONCHAIN"

// openSlack starts a Slack for the daemons that start from now on.
func (s *site) openSlack(t *testing.T) *slacktest.Server {
	t.Helper()
	c := slacktest.Config{SigningSecret: "signing-secret-of-this-test", BotToken: "xoxb-0000-token-of-this-test",
		TeamID: "T0FIREBREAK", AppID: "A0FIREBREAK", Channels: []slacktest.Channel{{ID: channel, Name: "inc-onchain", IsPrivate: true}}}
	for _, name := range []string{"ana", "ben", "cho", "dee", "eli"} {
		id := "U0000000" + strings.ToUpper(name)
		c.Users = append(c.Users, slacktest.User{ID: id, Name: name})
		c.Channels[0].Members = append(c.Channels[0].Members, id)
	}
	server, err := slacktest.New(c)
	require.NoError(t, err)
	require.NoError(t, server.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	path := filepath.Join(s.dir, "firebreak.yaml")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	s.put(t, "firebreak.yaml", strings.Replace(string(text), "http://127.0.0.1:1/", server.APIURL(), 1))
	return server
}

// start runs a daemon until the test ends.
func (s *site) start(t *testing.T) *app.App {
	t.Helper()
	c, err := app.LoadConfig(filepath.Join(s.dir, "firebreak.yaml"))
	require.NoError(t, err)
	a, err := app.New(t.Context(), c, app.Options{Version: "test"})
	require.NoError(t, err)
	a.Start()
	t.Cleanup(func() { require.NoError(t, a.Stop()) })
	return a
}

// ready starts a daemon and waits for its checks.
func (s *site) ready(t *testing.T) *app.App {
	t.Helper()
	a := s.start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, a.WaitReady(ctx))
	return a
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

func admin(a *app.App, path string) string  { return "http://" + a.AdminAddr().String() + path }
func public(a *app.App, path string) string { return "http://" + a.Addr().String() + path }

// post sends an alert as a detector does.
func post(t *testing.T, a *app.App, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, public(a, "/v1/alerts/detector"), bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	req.Header = alerts.SignGeneric(detectorSecret, []byte(body), time.Now())
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	return resp.StatusCode
}
