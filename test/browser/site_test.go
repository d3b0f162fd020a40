//go:build browser

package browser_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/lab"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/test/browser/browsertest"
)

const siteName = "approve.firebreak.test"

// site is a whole range with an approval page, and a browser that is shown it
// under its name. Slack fails from the moment on that it is up.
type site struct {
	*browsertest.Page
	t      *testing.T
	r      *lab.Range
	origin string
	wallet *wallet
}

func openSite(t *testing.T, scenario string) *site {
	t.Helper()
	port := freePort(t)
	certFile, keyFile, spki := certificate(t)
	s := &site{t: t, origin: "https://" + net.JoinHostPort(siteName, port)}
	scene, err := lab.Find(scenario)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s.r, err = lab.Start(ctx, lab.Options{Scenario: scene, BlockTime: 200 * time.Millisecond, Dir: t.TempDir(), Signed: true, Pace: 20,
		Console: &lab.Console{Origin: s.origin, Listen: net.JoinHostPort("127.0.0.1", port), CertFile: certFile, KeyFile: keyFile}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.r.Close()) })
	require.NoError(t, s.r.SlackDown())

	// A page with a certificate error has no passkeys, so the browser is told
	// that this very key is good, and where the name is.
	s.Page = browsertest.Start(t, chromedp.Flag("ignore-certificate-errors-spki-list", spki),
		chromedp.Flag("host-resolver-rules", "MAP "+siteName+" 127.0.0.1"))
	s.Sharp(browsertest.Phone)
	s.authenticator()
	s.wallet = inject(t, s.Page)
	return s
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}

// certificate makes a self-signed one and says how Chromium names its key.
func certificate(t *testing.T) (certFile, keyFile, spki string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{siteName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	sum := sha256.Sum256(parsed.RawSubjectPublicKeyInfo)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certFile, keyFile = filepath.Join(t.TempDir(), "tls.crt"), filepath.Join(t.TempDir(), "tls.key")
	require.NoError(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	return certFile, keyFile, base64.StdEncoding.EncodeToString(sum[:])
}

// authenticator plugs a virtual one into the browser, whose owner is always
// there and always verified.
func (s *site) authenticator() {
	s.t.Helper()
	_, err := chromedp.Call(s.Context(), webauthn.Enable, webauthn.EnableParams{})
	require.NoError(s.t, err)
	_, err = chromedp.Call(s.Context(), webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	require.NoError(s.t, err)
}

// enrol makes a passkey on the page, and has the guardians sign it into the
// key's guardian document, as they would by firebreak guardian propose.
func (s *site) enrol(person string) {
	s.t.Helper()
	s.Go(s.origin + "/enrol")
	s.Type("#person", person)
	s.Click("form button.primary")
	s.Await("see the entry", `!document.getElementById("enrolled").hidden`)
	s.CheckReadable()
	entry := browsertest.Ask[string](s.Page, `document.getElementById("enrolled-entry").textContent`)

	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	key, err := s.r.Key(ctx)
	require.NoError(s.t, err)
	proposal, err := key.Replace(signer.ChangeRoster, s.with(key.Guardians, person, entry), time.Now(), 0)
	require.NoError(s.t, err)
	judged, err := proposal.Judge()
	require.NoError(s.t, err)
	sign := func(person string) consent.Signature { return consenttest.WithWallet(person).Sign(judged.Digest) }
	require.NoError(s.t, s.r.Change(ctx, proposal, sign("ben"), sign("cleo")))
}

// with is the next version of a guardian document, with one more key.
func (s *site) with(document, person, entry string) string {
	s.t.Helper()
	now, err := consent.ParseGuardians([]byte(document), "guardian")
	require.NoError(s.t, err)
	var next struct {
		Schema    string      `json:"schema"`
		Key       string      `json:"key"`
		Version   uint64      `json:"version"`
		Previous  common.Hash `json:"previous"`
		Guardians []struct {
			ID   string            `json:"id"`
			Keys []json.RawMessage `json:"keys"`
		} `json:"guardians"`
	}
	require.NoError(s.t, json.Unmarshal([]byte(document), &next))
	next.Version, next.Previous = now.Version+1, now.Hash
	for i, g := range next.Guardians {
		if g.ID == person {
			next.Guardians[i].Keys = append(g.Keys, json.RawMessage(entry))
		}
	}
	raw, err := json.Marshal(next)
	require.NoError(s.t, err)
	return string(raw)
}

// attack lets the attacker loose. While Slack is down nobody can be told of the
// end, so the range is not waited for: it ends with the test.
func (s *site) attack() {
	ctx, cancel := context.WithCancel(s.t.Context())
	var played sync.WaitGroup
	played.Go(func() {
		_, err := s.r.Play(ctx)
		assert.ErrorIs(s.t, err, context.Canceled)
	})
	s.t.Cleanup(func() { cancel(); played.Wait() })
}

// comesTo waits until the journal says that the incident has come so far.
func (s *site) comesTo(phase incident.Phase) incident.State {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		state := s.incident()
		if state.Phase() == phase {
			return state
		}
		require.True(s.t, time.Now().Before(end), "the incident is %s, not %s", state.Phase(), phase)
	}
}

func (s *site) signIn(person, how string) {
	s.t.Helper()
	s.wallet.be(person)
	s.Go(s.origin + "/")
	s.Type("#person", person)
	s.Click(`form [data-how="` + how + `"]`)
	s.Sees("Signed in as " + person)
}

func (s *site) signOut() {
	s.t.Helper()
	s.Click(`[data-act="sign-out"]`)
	s.Sees("Sign in to read requests")
}

// openRequest goes to the only request from the list.
func (s *site) openRequest() {
	s.t.Helper()
	s.Await("see an open request", `document.querySelector("#open-heading + ul a")`)
	s.CheckReadable()
	s.Click("#open-heading + ul a")
	s.Sees("Your answer")
}

func (s *site) incident() incident.State {
	s.t.Helper()
	states, err := s.r.Incidents(s.t.Context())
	require.NoError(s.t, err)
	require.Len(s.t, states, 1)
	return states[0]
}
