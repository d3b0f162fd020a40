package app_test

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/lab"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault"
	"github.com/firebreak-project/firebreak/signer/vault/vaulttest"
)

const (
	clinicTeam    = "T0CLINIC"
	clinicApp     = "A0CLINIC"
	clinicChannel = "C0CLINIC"
	slackBotToken = "xoxb-clinic-token-of-no-worth"
	urlToken      = "rpc-token-that-must-not-be-seen"
)

// clinic is a whole environment in which nothing is wrong: a chain with the
// protocol, the key, Slack, and the daemon's files. A test breaks one thing.
type clinic struct {
	t     *testing.T
	dir   string
	chain *lab.Chain
	keys  map[common.Address]*ecdsa.PrivateKey
	cast  contracts.Lab
	at    contracts.Deployment
	vault *vaulttest.Server
	// vaultDir is where Vault's storage is.
	vaultDir string
	key      signer.KeyInfo
	slack    *slacktest.Server
	doors    *httptest.Server // Slack, with what the fake does not tell
	skew     time.Duration    // how far the clock of Slack is ahead of this machine
}

// habit is a way in which a clinic differs from its beginning.
type habit struct {
	rules    []string // ids of policy rules to leave out
	poor     bool     // the key gets no ether
	roleless bool     // the roles go to another account than the key's
	class    signer.Class
}

func newClinic(t *testing.T, h habit) *clinic {
	t.Helper()
	c := &clinic{t: t, dir: t.TempDir(), keys: map[common.Address]*ecdsa.PrivateKey{}}
	c.cast = contracts.Lab{Treasury: c.person("treasury"), Admin: c.person("admin"), Recovery: c.person("recovery"), Founder: c.person("founder"),
		Attacker: c.person("attacker"), Loot: c.person("loot"), Users: []common.Address{c.person("user")}, Amounts: contracts.DefaultLabAmounts()}
	var rich []common.Address
	for a := range c.keys {
		rich = append(rich, a)
	}
	for c.chain == nil {
		c.startChain(rich)
	}
	var err error
	t.Cleanup(func() { _ = c.chain.Close() })
	c.cast.Responder = c.person("placeholder")
	c.at, _, err = c.cast.Plan(0, 0)
	require.NoError(t, err)
	c.openVault(h)
	if c.cast.Responder = c.key.Address; h.roleless {
		c.cast.Responder = c.person("somebody else")
	}
	_, err = c.cast.Deploy(t.Context(), c)
	require.NoError(t, err)
	if !h.poor {
		require.NoError(t, c.Mine(t.Context(), []contracts.Transaction{{From: c.cast.Treasury, To: &c.key.Address, Gas: 21_000, Note: "fund"}}))
	}
	c.openSlack()
	c.write()
	return c
}

// startChain leaves chain nil when somebody took the port between its choice
// and its use: go-ethereum's backend panics then, and another port does it.
func (c *clinic) startChain(rich []common.Address) {
	defer func() {
		if why := recover(); why != nil {
			require.Contains(c.t, fmt.Sprint(why), "address already in use")
		}
	}()
	var err error
	c.chain, err = lab.StartChain(c.t.Context(), time.Second, rich)
	require.NoError(c.t, err)
}

func (c *clinic) person(name string) common.Address {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte("clinic: " + name)))
	require.NoError(c.t, err)
	a := crypto.PubkeyToAddress(key.PublicKey)
	c.keys[a] = key
	return a
}

// NonceAt implements contracts.Chain.
func (c *clinic) NonceAt(ctx context.Context, a common.Address) (uint64, error) {
	return c.chain.Client.NonceAt(ctx, a, nil)
}

// CodeAt implements contracts.Chain.
func (c *clinic) CodeAt(ctx context.Context, a common.Address) ([]byte, error) {
	return c.chain.Client.CodeAt(ctx, a, nil)
}

// Mine implements contracts.Chain. What has no data carries five ether.
func (c *clinic) Mine(ctx context.Context, transactions []contracts.Transaction) error {
	for _, tx := range transactions {
		nonce, err := c.NonceAt(ctx, tx.From)
		require.NoError(c.t, err)
		value := new(big.Int)
		if len(tx.Data) == 0 {
			value.SetUint64(5e18)
		}
		signed, err := types.SignNewTx(c.keys[tx.From], types.LatestSignerForChainID(big.NewInt(lab.ChainID)), &types.DynamicFeeTx{
			ChainID: big.NewInt(lab.ChainID), Nonce: nonce, To: tx.To, Data: tx.Data, Gas: tx.Gas, Value: value,
			GasFeeCap: big.NewInt(20e9), GasTipCap: big.NewInt(1e9)})
		require.NoError(c.t, err)
		require.NoError(c.t, c.chain.Client.SendTransaction(ctx, signed))
		c.mined(signed.Hash(), tx.Note)
	}
	return nil
}

// mined seals blocks until the pool has let the transaction into one.
func (c *clinic) mined(hash common.Hash, note string) {
	require.Eventually(c.t, func() bool {
		c.chain.Seal()
		receipt, err := c.chain.Client.TransactionReceipt(c.t.Context(), hash)
		return err == nil && receipt.Status == types.ReceiptStatusSuccessful
	}, 10*time.Second, 10*time.Millisecond, note)
}

func (c *clinic) openVault(h habit) {
	var err error
	c.vaultDir = c.t.TempDir()
	c.vault, err = vaulttest.Start(c.t.Context(), vaulttest.Config{Dir: c.vaultDir})
	require.NoError(c.t, err)
	c.t.Cleanup(func() { c.vault.Close() })
	if h.class == "" {
		h.class = signer.Containment
	}
	c.key, err = c.vault.CreateKey(c.t.Context(), signer.NewKey{Name: "guardian", Class: h.class, Policy: c.policy(h), Guardians: signertest.Guardians("guardian")})
	require.NoError(c.t, err)
}

func (c *clinic) policy(h habit) string {
	var rules []any
	for _, r := range []struct {
		id, function string
		to           common.Address
		args         map[string]any
	}{
		{"pause", "pause()", c.at.Vault, nil},
		{"blacklist", "blacklist(address)", c.at.Registry, map[string]any{"0": map[string]any{"not_in_set": "protected"}}},
		{"limit", "setWithdrawalLimit(uint256,uint256)", c.at.Vault, map[string]any{"0": map[string]any{"lte": "100000000000"}, "1": map[string]any{"in": []string{"3600", "86400"}}}},
	} {
		rule := map[string]any{"id": r.id, "chain": "1337", "to": []string{r.to.Hex()}, "function": r.function,
			"limits": []any{map[string]any{"window": "1h", "max": 20}}, "approvals": map[string]any{"need": 0}}
		if r.args != nil {
			rule["args"] = r.args
		}
		if !strings.Contains(strings.Join(h.rules, " "), r.id) {
			rules = append(rules, rule)
		}
	}
	text, err := json.Marshal(map[string]any{
		"change": map[string]any{"need": 2, "loosen_delay": "48h"},
		"schema": "firebreak/policy/v1", "key": "guardian", "version": 1, "previous": common.Hash{}.Hex(),
		"fees": map[string]any{"1337": map[string]any{"max_gas": "1000000", "max_fee_per_gas": "500000000000", "max_priority_fee_per_gas": "100000000000",
			"max_cost_per_tx": "250000000000000000", "max_cost_per_day": "2000000000000000000"}},
		"limits":  []any{map[string]any{"window": "1h", "max": 40}},
		"replace": map[string]any{"same_nonce": true, "max_bumps": 10},
		"rules":   rules, "sets": map[string]any{"protected": []string{c.at.Vault.Hex(), c.at.Token.Hex(), c.at.Registry.Hex()}},
	})
	require.NoError(c.t, err)
	return string(text)
}

func clinicPeople() []string { return []string{"ana", "ben", "cho", "dee", "eli"} }

func slackUser(name string) string { return "U0" + strings.ToUpper(name) }

func (c *clinic) openSlack() {
	var users []slacktest.User
	for _, name := range clinicPeople() {
		users = append(users, slacktest.User{ID: slackUser(name), Name: name})
	}
	var err error
	c.slack, err = slacktest.New(slacktest.Config{SigningSecret: "clinic-signing-secret", BotToken: slackBotToken, TeamID: clinicTeam, AppID: clinicApp,
		Users: users, Channels: []slacktest.Channel{clinicRoom()}})
	require.NoError(c.t, err)
	c.doors = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(c.skew).UTC().Format(http.TimeFormat))
		w.Header().Set("X-OAuth-Scopes", "chat:write,users:read,groups:read,commands,files:write")
		if r.URL.Path == "/api/bots.info" {
			fmt.Fprintf(w, `{"ok":true,"bot":{"id":"B0","app_id":%q}}`, clinicApp)
			return
		}
		c.slack.ServeHTTP(w, r)
	}))
	c.t.Cleanup(c.doors.Close)
}

func clinicRoom() slacktest.Channel {
	room := slacktest.Channel{ID: clinicChannel, Name: "inc-onchain", IsPrivate: true}
	for _, name := range clinicPeople() {
		room.Members = append(room.Members, slackUser(name))
	}
	return room
}

// write writes the files of a daemon, as an operator would.
func (c *clinic) write() {
	require.NoError(c.t, os.MkdirAll(filepath.Join(c.dir, "playbooks"), 0o700))
	for _, name := range []string{"vault-drain.yaml", "allowance-phish.yaml", "limit-bleed.yaml"} {
		text, err := fs.ReadFile(playbooks.Library(), name)
		require.NoError(c.t, err)
		c.file("playbooks/"+name, string(text))
	}
	c.file("slack-token", slackBotToken)
	c.file("slack-secret", "clinic-signing-secret")
	c.file("pager-key", "clinic-pager-key")
	c.file("detector-secret", "clinic-detector-secret")
	c.file("vault-token", c.vault.BotToken("guardian", 0))
	c.file("node-a-url", c.chain.HTTP+"/?key="+urlToken)
	c.file("firebreak.yaml", fmt.Sprintf(`listen: 127.0.0.1:0
admin: 127.0.0.1:0
journal: firebreak.db
inventory: inventory.yaml
playbooks: playbooks
chains:
  lab:
    block_time: 1s
    timeout: 2s
    rpc: [{name: node-a, url_file: node-a-url}, {name: node-b, url: %q}]
signer: {vault: {address: %q, mount: eth, token_file: vault-token, timeout: 2s}}
slack: {team: %s, app: %s, token_file: slack-token, signing_secret_files: [slack-secret], api_url: "%s/api/", timeout: 2s}
console: {origin: "https://approve.example.org"}
pager: {kind: pagerduty, secret_file: pager-key}
sources: {detector: {kind: generic, secret_files: [detector-secret], heartbeat: 10m}}
`, c.chain.WS, c.vault.URL(), clinicTeam, clinicApp, c.doors.URL))
	var people strings.Builder
	for _, name := range clinicPeople() {
		fmt.Fprintf(&people, "  %s: {slack: %s}\n", name, slackUser(name))
	}
	c.file("inventory.yaml", fmt.Sprintf(`inventory: 1
tokens: {ETH: 18, USDX: {decimals: 6, chain: lab, address: "%s"}}
chains: {lab: {id: 1337, block_time: 1s, currency: ETH}}
contracts:
  lab-vault: {chain: lab, address: "%s", can: [pause, withdrawal-limit], token: USDX}
  lab-registry: {chain: lab, address: "%s", can: [blocklist]}
rules: [vault.outflow-spike, approval.phish, vault.slow-bleed]
people:
%steams: {security: [ana, ben, cho], protocol: [dee, eli]}
signers: {guardian: {chains: [lab], address: "%s"}}
channels: {"#inc-onchain": %s}
`, c.at.Token.Hex(), c.at.Vault.Hex(), c.at.Registry.Hex(), people.String(), c.key.Address.Hex(), clinicChannel))
}

func (c *clinic) file(name, text string) {
	require.NoError(c.t, os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600))
}

// edit replaces a part of a file; a part that is not there fails the test.
func (c *clinic) edit(name, old, new string) {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, name))
	require.NoError(c.t, err)
	require.Contains(c.t, string(text), old)
	c.file(name, strings.ReplaceAll(string(text), old, new))
}

// config is the path of the configuration.
func (c *clinic) config() string { return filepath.Join(c.dir, "firebreak.yaml") }

// client may do everything in Vault.
func (c *clinic) client() *vault.Client {
	c.file("root-token", c.vault.RootToken())
	client, err := vault.New(vault.Config{Address: c.vault.URL(), Mount: c.vault.Mount(), TokenFile: filepath.Join(c.dir, "root-token")})
	require.NoError(c.t, err)
	return client
}

// sign lets the key sign a call at its next nonce.
func (c *clinic) sign(to common.Address, data []byte) signer.Signed {
	signed, err := c.client().Sign(c.t.Context(), signer.Request{Key: "guardian", ChainID: lab.ChainID, To: to, Data: data, Gas: 300_000,
		MaxFeePerGas: big.NewInt(20e9), MaxPriorityFeePerGas: big.NewInt(1e9), Incident: "clinic", Reason: "a test", RequestID: "clinic"})
	require.NoError(c.t, err)
	return signed
}

// send has a signed transaction mined. The pool learns of a new block in the
// background, so for a moment it may not know that the account was paid.
func (c *clinic) send(signed signer.Signed) {
	tx := new(types.Transaction)
	require.NoError(c.t, tx.UnmarshalBinary(signed.Raw))
	require.EventuallyWithT(c.t, func(t *assert.CollectT) {
		assert.NoError(t, c.chain.Client.SendTransaction(c.t.Context(), tx))
	}, 5*time.Second, 20*time.Millisecond)
	c.mined(signed.Hash, "what the key signed")
}

// setVaultBack does something, and then sets Vault's storage back to what it
// was before, as somebody does who restores an old backup.
func (c *clinic) setVaultBack(do func()) {
	backup := c.t.TempDir()
	require.NoError(c.t, os.CopyFS(backup, os.DirFS(c.vaultDir)))
	do()
	old := c.vault.URL()
	c.vault.Close()
	var err error
	c.vault, err = vaulttest.Start(c.t.Context(), vaulttest.Config{Dir: backup})
	require.NoError(c.t, err)
	c.edit("firebreak.yaml", old, c.vault.URL())
	c.file("vault-token", c.vault.BotToken("guardian", 0))
}

// limit is a call that caps withdrawals at so many USDX.
func (c *clinic) limit(usdx int64, window time.Duration) []byte {
	data, err := contracts.SetWithdrawalLimit(big.NewInt(usdx*1_000_000), window)
	require.NoError(c.t, err)
	return data
}

// ask runs a doctor and gives what was found by the name of the check.
func (c *clinic) ask() map[string]app.Finding {
	c.t.Helper()
	found, err := app.Doctor(c.t.Context(), c.config(), app.DoctorOptions{})
	require.NoError(c.t, err)
	byName := map[string]app.Finding{}
	for _, f := range found {
		require.NotContains(c.t, byName, f.Check, "every check has one finding")
		byName[f.Check] = f
		for _, secret := range []string{"://", urlToken, slackBotToken, "clinic-signing-secret", "clinic-detector-secret"} {
			require.NotContains(c.t, f.Found+f.Mend, secret, f.Check)
		}
	}
	return byName
}
