package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/lab"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

const consoleOrigin = "https://approve.firebreak.test"

// behind takes requests for the console's name to where a range serves it, as a
// proxy does that has the certificate.
type behind struct{ address string }

// RoundTrip implements http.RoundTripper.
func (b behind) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := r.Clone(r.Context())
	inner.Host = r.URL.Host
	inner.URL.Scheme, inner.URL.Host = "http", b.address
	return http.DefaultTransport.RoundTrip(inner)
}

func through(t *testing.T, transport http.RoundTripper) {
	consoleTransport = transport
	t.Cleanup(func() { consoleTransport = nil })
}

// keystores writes the wallets of the lab's guardians as keystore files.
func keystores(t *testing.T, names ...string) (dir string) {
	dir = t.TempDir()
	for _, name := range names {
		private := consenttest.NewWallet(name).Private()
		sealed, err := keystore.EncryptKey(&keystore.Key{Id: uuid.New(), Address: crypto.PubkeyToAddress(private.PublicKey), PrivateKey: private},
			"correct horse", keystore.LightScryptN, keystore.LightScryptP)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".json"), sealed, 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "passphrase"), []byte("correct horse\n"), 0o600))
	return dir
}

// atConsole are the flags of a guardian at the console.
func atConsole(dir, name string, more ...string) []string {
	return append([]string{"--console", consoleOrigin, "--as", name, "--keystore", filepath.Join(dir, name+".json"),
		"--passphrase-file", filepath.Join(dir, "passphrase")}, more...)
}

// attacked is a range in which nobody hears from Slack, an attack, and the
// incident that waits for votes.
type attacked struct {
	*lab.Range
	t  *testing.T
	id incident.ID
}

// until waits for the incident to be in a phase that will do. What is owed to
// Slack stays owed meanwhile.
func (a *attacked) until(enough func(incident.Phase) bool) incident.State {
	a.t.Helper()
	for range 1500 {
		states, err := a.Incidents(a.t.Context())
		require.NoError(a.t, err)
		if len(states) > 0 && enough(states[0].Phase()) {
			return states[0]
		}
		time.Sleep(20 * time.Millisecond)
	}
	require.Fail(a.t, "the incident does not come so far")
	return incident.State{}
}

func (a *attacked) ended() incident.State { return a.until(incident.Phase.Ended) }

func attack(t *testing.T) *attacked {
	t.Helper()
	scene, err := lab.Find("vault-drain")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	r, err := lab.Start(ctx, lab.Options{Scenario: scene, BlockTime: 60 * time.Millisecond, Dir: t.TempDir(), Signed: true,
		Console: &lab.Console{Origin: consoleOrigin, Listen: "127.0.0.1:0"}})
	require.NoError(t, err)
	a := &attacked{Range: r, t: t}
	ended := make(chan struct{})
	t.Cleanup(func() {
		cancel()
		<-ended
		assert.NoError(t, r.Close())
	})
	require.NoError(t, r.SlackDown())
	through(t, behind{r.ConsoleAddr()})
	go func() {
		defer close(ended)
		_, _ = r.Play(ctx) // it waits for Slack until it is called off
	}()
	a.id = a.until(func(p incident.Phase) bool { return p == incident.PhaseAsking }).ID
	return a
}

// TestTwoGuardiansStopAnAttackFromTheirTerminalsWhileSlackIsDown is the whole
// way: alert, plan, two signed votes by the command line, the key in Vault that
// counts both, a pause that is mined and seen to hold.
func TestTwoGuardiansStopAnAttackFromTheirTerminalsWhileSlackIsDown(t *testing.T) {
	a, dir := attack(t), keystores(t, "ana", "dee")
	listed := call(append([]string{"requests"}, atConsole(dir, "ana")...)...)
	require.Equal(t, exitOK, listed.code, listed.err)
	assert.Contains(t, listed.out, string(a.id))

	first := call(append([]string{"approve", string(a.id), "--yes"}, atConsole(dir, "ana")...)...)
	require.Equal(t, exitOK, first.code, first.err)
	for _, shown := range []string{"pause lab-vault on lab", "Why now: Rule vault.outflow-spike", "Contract: 0x", "If nobody acts by the deadline: nothing is sent, and security is called.",
		"You sign: approve call 1 of 1", "domain hash", "Compare these words"} {
		assert.Contains(t, first.err, shown)
	}
	assert.Contains(t, first.out, "Approvals 1 of 2")
	again := call(append([]string{"approve", string(a.id), "--yes"}, atConsole(dir, "ana")...)...)
	assert.Equal(t, exitError, again.code)
	assert.Contains(t, again.err, "already recorded")

	second := call(append([]string{"approve", string(a.id), "--yes"}, atConsole(dir, "dee")...)...)
	require.Equal(t, exitOK, second.code, second.err)
	run := a.ended().Run()
	require.Equal(t, incident.PhaseContained, run.Phase, run.End)
	assert.Equal(t, incident.AssuranceWallet, run.Authorised.Assurance)
	step, _ := run.Step("pause")
	last, _ := step.Last()
	require.NotNil(t, last.Signed)
	require.NotNil(t, step.In, "it is in a block")
	assert.Equal(t, last.Signed.Hash, step.In.Hash)
	assert.Equal(t, "pause", last.Signed.Rule)
	assert.Len(t, run.Consents("pause"), 2)
	key, err := a.Key(t.Context())
	require.NoError(t, err)
	assert.NotContains(t, key.Policy, `"need":0`, "no rule of the key signs without guardians")
}

func TestADenialFromATerminalIsRecorded(t *testing.T) {
	a, dir := attack(t), keystores(t, "ana", "dee")
	for _, name := range []string{"ana", "dee"} {
		b := call(append([]string{"deny", string(a.id), "--yes", "--reason", "a migration, not a drain"}, atConsole(dir, name)...)...)
		require.Equal(t, exitOK, b.code, b.err)
	}
	states, err := a.Incidents(t.Context())
	require.NoError(t, err)
	assert.Equal(t, incident.PhaseDeclined, states[0].Phase())
	assert.Equal(t, "a migration, not a drain", states[0].Run().Votes[0].Reason)
	assert.Equal(t, incident.AssuranceWallet, states[0].Run().Votes[1].Assurance)
	late := call(append([]string{"approve", string(a.id), "--yes"}, atConsole(dir, "ana")...)...)
	assert.Equal(t, exitError, late.code)
	assert.Contains(t, late.err, "no vote is open")
	listed := call(append([]string{"requests", "--format", "json"}, atConsole(dir, "ana")...)...)
	var list console.Listing
	require.NoError(t, json.Unmarshal([]byte(listed.out), &list))
	assert.Empty(t, list.Open)
}

// TestAVoteWhoseAnswerIsLostIsHandedInAgain: whether it had landed or not, it is
// recorded once and said to be.
func TestAVoteWhoseAnswerIsLostIsHandedInAgain(t *testing.T) {
	for name, lands := range map[string]bool{"failing but landed": true, "failing and lost": false} {
		t.Run(name, func(t *testing.T) {
			a, dir := attack(t), keystores(t, "ana")
			through(t, &deaf{behind: behind{a.ConsoleAddr()}, path: "/api/v1/requests/" + string(a.id) + "/vote", lands: lands})
			b := call(append([]string{"approve", string(a.id), "--yes"}, atConsole(dir, "ana")...)...)
			assert.Equal(t, exitOK, b.code, b.err)
			states, err := a.Incidents(t.Context())
			require.NoError(t, err)
			assert.Len(t, states[0].Run().Votes, 1)
		})
	}
}

// TestAConsoleThatLiesGetsNoSignature: whatever it changes of what it shows or
// asks for, the command stops before a vote is signed.
func TestAConsoleThatLiesGetsNoSignature(t *testing.T) {
	a, dir := attack(t), keystores(t, "ana")
	for name, c := range map[string]struct {
		path string
		lie  func(answer map[string]any)
		says string
	}{
		"another plan": {"", func(d map[string]any) { d["plan"].(map[string]any)["title"] = "nothing to worry about" }, "DO NOT SIGN"},
		"another contract": {"", func(d map[string]any) {
			callOf(d)["to"] = "0x5555555555555555555555555555555555555555"
		}, "DO NOT SIGN"},
		"a longer vote":       {"", func(d map[string]any) { d["deadline"] = time.Now().Add(20 * time.Hour) }, "DO NOT SIGN"},
		"another incident":    {"", func(d map[string]any) { d["plan"].(map[string]any)["incident"] = "01JEQ7V5M2K30000" }, "DO NOT SIGN"},
		"another sheet":       {"/paper", func(d map[string]any) { sheetOf(d)["digest"] = "0x" + string(make64('1')) }, "DO NOT SIGN"},
		"no sheet":            {"/paper", func(d map[string]any) { d["sheets"] = []any{} }, "DO NOT SIGN"},
		"a paper of long ago": {"/paper", func(d map[string]any) { d["issued"] = time.Now().Add(-time.Hour) }, "clock"},
		"another number":      {"/paper", func(d map[string]any) { d["id"] = "0x" + string(make64('2')) }, "DO NOT SIGN"},
		"a key of another mount": {"", func(d map[string]any) {
			d["keys"].(map[string]any)["guardian"].(map[string]any)["instance_id"] = "0x" + string(make64('3'))
		}, "DO NOT SIGN"},
	} {
		t.Run(name, func(t *testing.T) {
			through(t, liar{behind{a.ConsoleAddr()}, "/api/v1/requests/" + string(a.id) + c.path, c.lie})
			b := call(append([]string{"approve", string(a.id), "--yes"}, atConsole(dir, "ana")...)...)
			assert.Equal(t, exitError, b.code)
			assert.Contains(t, b.err, c.says)
		})
	}
	states, err := a.Incidents(t.Context())
	require.NoError(t, err)
	assert.Empty(t, states[0].Run().Votes)
}

// TestASignInToAnotherSiteIsNotSigned: a page that passes a sign-in on from the
// real one gets none.
func TestASignInToAnotherSiteIsNotSigned(t *testing.T) {
	a, dir := attack(t), keystores(t, "ana")
	through(t, elsewhere{behind{a.ConsoleAddr()}})
	b := call("requests", "--console", "https://approve.evil.test", "--as", "ana", "--keystore", filepath.Join(dir, "ana.json"),
		"--passphrase-file", filepath.Join(dir, "passphrase"))
	assert.Equal(t, exitError, b.code)
	assert.Contains(t, b.err, "DO NOT GO ON")
}

func TestAVoteNeedsToKnowWhoWhereAndWithWhat(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no console":         {[]string{"approve", "01JEQ7V5M2K3ABCD", "--as", "ana", "--ledger"}, "--console"},
		"nobody":             {[]string{"approve", "01JEQ7V5M2K3ABCD", "--console", consoleOrigin, "--ledger"}, "--as"},
		"no key":             {[]string{"deny", "01JEQ7V5M2K3ABCD", "--console", consoleOrigin, "--as", "ana", "--reason", "no"}, "keystore"},
		"no reason":          {[]string{"deny", "01JEQ7V5M2K3ABCD", "--console", consoleOrigin, "--as", "ana", "--ledger"}, "reason"},
		"no incident":        {[]string{"deny", "change.json", "--console", consoleOrigin, "--as", "ana", "--ledger", "--reason", "no"}, "16 characters"},
		"a page without TLS": {[]string{"requests", "--console", "http://approve.example.org", "--as", "ana", "--ledger"}, "https"},
		"a wallet's own signature": {[]string{"approve", "01JEQ7V5M2K3ABCD", "--console", consoleOrigin, "--as", "ana", "--signature", "0x00"},
			"approval page"},
	} {
		t.Run(name, func(t *testing.T) {
			b := call(c.args...)
			assert.Equal(t, exitUsage, b.code, b.err)
			assert.Contains(t, b.err, c.says)
		})
	}
}

func TestWhateverASignInSaysNothingElseIsSigned(t *testing.T) {
	for _, raw := range []string{``, `{}`, `[]`, `{"domain":{}}`, `{"domain":{"verifyingContract":"0x12","salt":"0x34"}}`, `{"domain":{"verifyingContract":7}}`} {
		_, err := domainOf([]byte(raw))
		assert.Error(t, err, raw)
	}
	good, err := json.Marshal(consent.Login{}.TypedData(consent.Domain{}))
	require.NoError(t, err)
	_, err = domainOf(good)
	assert.NoError(t, err)
}
