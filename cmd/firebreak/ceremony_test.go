package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault/vaulttest"
)

// hall is where a ceremony takes place: the fake Vault with the real plugin, an
// operator's token in a file, and three guardians with real keys.
type hall struct {
	t     *testing.T
	dir   string
	vault []string // the flags that reach Vault

	ana *keystore.Key // a keystore file
	ben ed25519.PrivateKey
	dee *keystore.Key // any wallet, and the Ledger
}

func newHall(t *testing.T) *hall {
	server, err := vaulttest.Start(t.Context(), vaulttest.Config{})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	h := &hall{t: t, dir: t.TempDir()}
	token := h.write("token", server.RootToken())
	h.vault = []string{"--address", server.URL(), "--token-file", token}
	h.ana, h.dee = h.wallet("ana"), h.wallet("dee")
	sealed, err := keystore.EncryptKey(h.ana, "correct horse", keystore.LightScryptN, keystore.LightScryptP)
	require.NoError(t, err)
	h.write("ana.json", string(sealed))
	h.write("passphrase", "correct horse\n")
	h.ben = ed25519.NewKeyFromSeed([]byte(strings.Repeat("b", 32)))
	der, err := x509.MarshalPKCS8PrivateKey(h.ben)
	require.NoError(t, err)
	h.write("ben.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	h.write("policy.json", signertest.Policy(signertest.Name))
	h.write("guardians.json", h.guardians())
	return h
}

func (h *hall) wallet(name string) *keystore.Key {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	require.NoError(h.t, err)
	return &keystore.Key{Id: uuid.New(), Address: crypto.PubkeyToAddress(key.PublicKey), PrivateKey: key}
}

func (h *hall) guardians() string {
	person := func(id, kind, field, value string) map[string]any {
		return map[string]any{"id": id, "keys": []any{map[string]any{"type": kind, field: value}}}
	}
	raw, err := json.Marshal(map[string]any{
		"schema": "firebreak/guardians/v1", "key": signertest.Name, "version": 1, "previous": common.Hash{}.Hex(),
		"guardians": []any{
			person("ana", "eip712", "address", h.ana.Address.Hex()),
			person("ben", "ed25519", "public_key", hexutil.Encode(h.ben.Public().(ed25519.PublicKey))),
			person("dee", "eip712", "address", h.dee.Address.Hex()),
		},
	})
	require.NoError(h.t, err)
	return string(raw)
}

func (h *hall) path(name string) string { return filepath.Join(h.dir, name) }

func (h *hall) write(name, text string) string {
	require.NoError(h.t, os.WriteFile(h.path(name), []byte(text), 0o600))
	return h.path(name)
}

// asks runs a verb that reaches Vault.
func (h *hall) asks(args ...string) answer { return call(append(args, h.vault...)...) }

// does is asks that has to succeed.
func (h *hall) does(args ...string) answer {
	h.t.Helper()
	a := h.asks(args...)
	require.Equal(h.t, exitOK, a.code, a.err)
	return a
}

func (h *hall) create() {
	h.does("key", "create", signertest.Name, "--policy", h.path("policy.json"), "--guardians", h.path("guardians.json"))
}

// approve has ana and ben sign a proposal with their own keys, without Vault.
func (h *hall) approve(file string) {
	h.t.Helper()
	for _, flags := range [][]string{
		{"--as", "ana", "--keystore", h.path("ana.json"), "--passphrase-file", h.path("passphrase")},
		{"--as", "ben", "--ed25519", h.path("ben.pem")},
	} {
		a := call(append([]string{"approve", file, "--yes"}, flags...)...)
		require.Equal(h.t, exitOK, a.code, a.err)
	}
}

// next writes the suite's policy as version 2 with one text replaced.
func (h *hall) next(old, text string) string {
	h.t.Helper()
	shown := h.does("key", "show", signertest.Name, "--format", "json")
	var info struct {
		PolicyHash string `json:"policy_hash"`
	}
	require.NoError(h.t, json.Unmarshal([]byte(shown.out), &info))
	policy := strings.Replace(signertest.Policy(signertest.Name), old, text, 1)
	policy = strings.Replace(policy, `"version":1`, `"version":2`, 1)
	return h.write("next.json", strings.Replace(policy, common.Hash{}.Hex(), info.PolicyHash, 1))
}

const (
	pauseTwice = `"max":2,"per":"to"`
	pauseOnce  = `"max":1,"per":"to"`
	pauseOften = `"max":9,"per":"to"`
)

func TestACeremonyFromNothingToATighterPolicy(t *testing.T) {
	h := newHall(t)
	a := h.asks("policy", "diff", h.path("policy.json"))
	assert.Equal(t, exitFindings, a.code)
	assert.Contains(t, a.out, "adds blacklist(address) on "+signertest.Token+" (chain 1), up to 3/h")
	assert.Contains(t, a.err, "there is no key responder-1 yet")
	h.create()
	a = h.asks("policy", "diff", h.next(pauseTwice, pauseOnce))
	assert.Equal(t, exitOK, a.code, a.err)
	assert.Contains(t, a.out, "from up to 2/h for each contract to up to 1/h for each contract")

	change := h.path("change.json")
	a = h.does("policy", "propose", h.path("next.json"), "--out", change)
	assert.Contains(t, a.out, "a tightening")
	assert.Contains(t, a.out, "2 guardians have to sign")
	a = h.asks("policy", "activate", signertest.Name, "--proposal", change)
	assert.Equal(t, exitError, a.code)
	assert.Contains(t, a.err, "APPROVALS_REQUIRED")
	h.approve(change)
	a = h.does("policy", "activate", signertest.Name, "--proposal", change)
	assert.Contains(t, a.out, "policy     version 2")
}

func TestALooseningIsSaidSoAndOneGuardianDropsIt(t *testing.T) {
	h := newHall(t)
	h.create()
	a := h.asks("policy", "diff", h.next(pauseTwice, pauseOften))
	assert.Equal(t, exitFindings, a.code)
	assert.Contains(t, a.err, "it loosens: it needs the guardian quorum and waits 48h0m0s")
	change := h.path("change.json")
	h.does("policy", "propose", h.path("next.json"), "--out", change)
	h.approve(change)
	a = h.does("policy", "activate", signertest.Name, "--proposal", change)
	assert.Contains(t, a.out, "waiting    policy version 2, in force from")
	assert.Contains(t, a.out, "signed by ana, ben")
	a = h.asks("policy", "activate", signertest.Name)
	assert.Equal(t, exitError, a.code)
	assert.Contains(t, a.err, "POLICY_PENDING")

	cancel := h.path("cancel.json")
	a = h.does("policy", "cancel", signertest.Name, "--out", cancel)
	assert.Contains(t, a.out, "1 guardians have to sign")
	// dee has some wallet that signs typed data.
	printed := call("approve", cancel, "--print")
	require.Equal(t, exitOK, printed.code, printed.err)
	var typed apitypes.TypedData
	require.NoError(t, json.Unmarshal([]byte(printed.out), &typed))
	digest, _, err := apitypes.TypedDataAndHash(typed)
	require.NoError(t, err)
	signature, err := crypto.Sign(digest, h.dee.PrivateKey)
	require.NoError(t, err)
	b := call("policy", "approve", cancel, "--yes", "--as", "dee", "--signature", hexutil.Encode(signature))
	require.Equal(t, exitOK, b.code, b.err)
	a = h.does("policy", "cancel", signertest.Name, "--proposal", cancel)
	assert.NotContains(t, a.out, "waiting")
}

// ledger signs as the Ethereum app does: over the two hashes, v in {0, 1}.
type ledger struct {
	accounts.Wallet
	key  *keystore.Key
	path string
}

func (l *ledger) Open(string) error { return nil }

func (l *ledger) Derive(path accounts.DerivationPath, _ bool) (accounts.Account, error) {
	l.path = path.String()
	return accounts.Account{Address: l.key.Address}, nil
}

func (l *ledger) SignData(_ accounts.Account, mimeType string, data []byte) ([]byte, error) {
	if mimeType != accounts.MimetypeTypedData || len(data) != 66 {
		return nil, accounts.ErrNotSupported
	}
	return crypto.Sign(crypto.Keccak256(data), l.key.PrivateKey)
}

func plugIn(t *testing.T, wallets ...accounts.Wallet) {
	before := ledgers
	ledgers = func() ([]accounts.Wallet, error) { return wallets, nil }
	t.Cleanup(func() { ledgers = before })
}

func TestAFrozenKeyIsReleasedByAKeystoreAndALedger(t *testing.T) {
	h := newHall(t)
	h.create()
	a := h.does("key", "freeze", signertest.Name, "--reason", "a drill")
	assert.Contains(t, a.out, "frozen because: a drill")
	file := h.path("unfreeze.json")
	h.does("key", "unfreeze", signertest.Name, "--out", file)
	b := call("approve", file, "--yes", "--as", "ana", "--keystore", h.path("ana.json"), "--passphrase-file", h.path("passphrase"))
	require.Equal(t, exitOK, b.code, b.err)
	plugIn(t)
	b = call("approve", file, "--yes", "--as", "dee", "--ledger")
	assert.Contains(t, b.err, "no Ledger is plugged in")
	device := &ledger{key: h.dee}
	plugIn(t, device)
	b = call("approve", file, "--yes", "--as", "dee", "--ledger")
	require.Equal(t, exitOK, b.code, b.err)
	assert.Equal(t, "m/44'/60'/0'/0/0", device.path)
	assert.Contains(t, b.err, "2 of 2 guardians")
	a = h.does("key", "unfreeze", signertest.Name, "--proposal", file)
	assert.Contains(t, a.out, "responder-1, containment, active")
}

func TestGuardiansAreListedEditedAndProposed(t *testing.T) {
	h := newHall(t)
	h.create()
	a := h.does("guardian", "list", signertest.Name)
	assert.Contains(t, a.out, h.ana.Address.Hex())
	next := h.does("guardian", "list", signertest.Name, "--format", "json").out
	var document map[string]any
	require.NoError(t, json.Unmarshal([]byte(next), &document))
	people := document["guardians"].([]any)
	document["guardians"] = people[:2]
	raw, err := json.Marshal(document)
	require.NoError(t, err)
	change := h.path("change.json")
	a = h.does("guardian", "propose", h.write("fewer.json", string(raw)), "--out", change)
	assert.Contains(t, a.out, "guardians version 2, a tightening")
	h.approve(change)
	a = h.does("policy", "activate", signertest.Name, "--proposal", change)
	assert.Contains(t, a.out, "guardians  version 2")
	assert.NotContains(t, h.does("guardian", "list", signertest.Name).out, "dee")
}

func TestANonceIsSetAndAKeyIsRetired(t *testing.T) {
	h := newHall(t)
	h.create()
	file := h.path("nonce.json")
	h.does("key", "nonce", signertest.Name, "--chain", "1", "--next", "7", "--out", file)
	h.approve(file)
	assert.Contains(t, h.does("key", "nonce", signertest.Name, "--proposal", file).out, "next nonce 7")
	file = h.path("retire.json")
	h.does("key", "retire", signertest.Name, "--out", file)
	h.approve(file)
	a := h.asks("key", "unfreeze", signertest.Name, "--proposal", file)
	assert.Equal(t, exitUsage, a.code, "a proposal is for its own verb")
	assert.Contains(t, h.does("key", "retire", signertest.Name, "--proposal", file).out, "retired")
}

func TestARecoveryIsAskedApprovedAndSignedByHand(t *testing.T) {
	h := newHall(t)
	h.write("recovery.json", strings.Replace(signertest.RecoveryPolicy(signertest.Name), `"need":2,"delay":"1h"`, `"need":2,"delay":"1s"`, 1))
	h.does("key", "create", signertest.Name, "--class", "recovery", "--policy", h.path("recovery.json"), "--guardians", h.path("guardians.json"), "--nonce", "1=7")
	file := h.path("unpause.json")
	ask := []string{"key", "ask", signertest.Name, "--chain", "1", "--to", signertest.Core, "--gas", "100000", "--max-fee", "200000000000",
		"--max-tip", "2000000000", "--incident", "INC-7"}
	a := h.asks(append(ask, "--data", "0x8456cb59", "--out", file)...)
	assert.Contains(t, a.err, "no rule allows this function", "it is refused before anybody is asked")
	a = h.does(append(ask, "--data", "0x3f4ba83a", "--out", file)...)
	assert.Contains(t, a.out, "unpause() on "+signertest.Core+" (chain 1)")
	sign := []string{"key", "sign", signertest.Name, "--proposal", file}
	assert.Contains(t, h.asks(sign...).err, "APPROVALS_REQUIRED")
	h.approve(file)
	require.Eventually(t, func() bool {
		a = h.asks(sign...)
		return a.code == exitOK
	}, 30*time.Second, 100*time.Millisecond, "%v", a.err)
	var tx types.Transaction
	require.NoError(t, tx.UnmarshalBinary(hexutil.MustDecode(strings.TrimSpace(a.out))))
	assert.EqualValues(t, 7, tx.Nonce())
	again := h.does(append(sign, "--nonce", "7")...)
	assert.Equal(t, a.out, again.out, "asking again gives the same bytes")
	bumped := h.does(append(sign, "--nonce", "7", "--max-fee", "200000000000", "--max-tip", "2000000000")...)
	assert.Equal(t, a.out, bumped.out)
	assert.Contains(t, h.asks(append(sign, "--max-fee", "200000000001")...).err, "at most the approved 200000000000")
	assert.Contains(t, h.asks(sign...).err, "APPROVAL_SPENT", "and the next nonce is another use")
	for name, bad := range map[string][]string{
		"a target in words": {"--to", "core"}, "data in words": {"--data", "unpause()"}, "two days": {"--valid", "48h"},
	} {
		assert.Equal(t, exitUsage, h.asks(append(append(ask, "--data", "0x3f4ba83a"), bad...)...).code, name)
	}
}

func TestAGuardianIsKeptFromSigningWhatWouldNotCount(t *testing.T) {
	h := newHall(t)
	h.create()
	file := h.path("unfreeze.json")
	h.does("key", "freeze", signertest.Name)
	h.does("key", "unfreeze", signertest.Name, "--out", file)
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	pass := []string{"--passphrase-file", h.path("passphrase")}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"nobody said who":      {[]string{"--keystore", h.path("ana.json"), "--yes"}, exitUsage, "--as"},
		"nobody to ask":        {[]string{"--as", "ana", "--keystore", h.path("ana.json")}, exitUsage, "--yes"},
		"no passphrase":        {[]string{"--as", "ana", "--keystore", h.path("ana.json"), "--yes"}, exitUsage, "--passphrase-file"},
		"somebody else's key":  {append([]string{"--as", "dee", "--keystore", h.path("ana.json"), "--yes"}, pass...), exitError, "is not enrolled for dee"},
		"no such guardian":     {append([]string{"--as", "eve", "--keystore", h.path("ana.json"), "--yes"}, pass...), exitError, "it has ana, ben, dee"},
		"a wrong passphrase":   {[]string{"--as", "ana", "--keystore", h.path("ana.json"), "--yes", "--passphrase-file", h.path("ben.pem")}, exitError, "could not decrypt"},
		"not a keystore":       {append([]string{"--as", "ana", "--keystore", h.path("ben.pem"), "--yes"}, pass...), exitError, "ben.pem"},
		"not a private key":    {[]string{"--as", "ben", "--ed25519", h.path("ana.json"), "--yes"}, exitError, "not PEM"},
		"a short signature":    {[]string{"--as", "dee", "--signature", "0x1234", "--yes"}, exitError, "cannot be used"},
		"no hex":               {[]string{"--as", "dee", "--signature", "zz", "--yes"}, exitUsage, "hex"},
		"a signature of other": {[]string{"--as", "dee", "--signature", "0x" + strings.Repeat("11", 64) + "1b", "--yes"}, exitError, "does not hold"},
		"no way to sign":       {[]string{"--as", "ana"}, exitUsage, "at least one of the flags"},
		"two ways to sign":     {[]string{"--as", "ana", "--ledger", "--print"}, exitUsage, "none of the others can be"},
	} {
		t.Run(name, func(t *testing.T) {
			a := call(append([]string{"approve", file}, c.args...)...)
			assert.Equal(t, c.code, a.code, a.err)
			assert.Contains(t, a.err, c.says)
			assert.NotContains(t, a.err, "correct horse")
		})
	}
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, before, after, "the file is as it was")
}

func TestVaultIsReachedAsTheOperatorOrNotAtAll(t *testing.T) {
	h := newHall(t)
	t.Setenv("VAULT_ADDR", "")
	a := call("key", "show", "responder-1", "--token-file", h.path("token"))
	assert.Equal(t, exitUsage, a.code)
	assert.Contains(t, a.err, "VAULT_ADDR")
	a = h.asks("key", "show", "responder-9")
	assert.Equal(t, exitError, a.code)
	assert.Contains(t, a.err, "NO_KEY")
	h.create()
	a = h.asks("key", "create", signertest.Name, "--policy", h.path("policy.json"), "--guardians", h.path("guardians.json"))
	assert.Contains(t, a.err, "EXISTS")
	a = h.asks("key", "unfreeze", signertest.Name, "--out", h.path("policy.json"))
	assert.Contains(t, a.err, "exists", "no file is written over")
	a = h.asks("policy", "cancel", signertest.Name)
	assert.Contains(t, a.err, "no change that waits")
}

func TestALeastPolicyIsCompiledFromTheFilesOfTheDaemon(t *testing.T) {
	files(t) // and the working directory is where they are
	a := call("policy", "compile", "--config", "firebreak.yaml", "--key", "guardian")
	require.Equal(t, exitOK, a.code, a.err)
	first := filepath.Join(t.TempDir(), "first.json")
	require.NoError(t, os.WriteFile(first, []byte(a.out), 0o600))
	b := call("policy", "compile", "--config", "firebreak.yaml", "--key", "guardian", "--after", first)
	require.Equal(t, exitOK, b.code, b.err)
	assert.Contains(t, b.out, `"version": 2`)
	second := filepath.Join(t.TempDir(), "second.json")
	require.NoError(t, os.WriteFile(second, []byte(b.out), 0o600))
	c := call("policy", "diff", second, "--active", first)
	assert.Equal(t, answer{exitOK, "no difference\n", ""}, c)
	assert.Equal(t, exitError, call("policy", "compile", "--config", "firebreak.yaml", "--key", "nobody").code)
}
