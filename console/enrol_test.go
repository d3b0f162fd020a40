package console_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/signer/consent"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

// made is a new passkey as a browser reports it; the zero switches behave.
type made struct {
	origin, kind, rp string
	flags            byte
	cose             []byte
	challenge        []byte
}

func fresh(g console.EnrolChallenge) made {
	key := consenttest.NewPasskey("new", "approve.example.org", origin).Key()
	challenge, _ := base64.RawURLEncoding.DecodeString(g.Challenge)
	return made{origin: origin, kind: "webauthn.create", rp: "approve.example.org", flags: 1 | 4 | 64, cose: key.PublicKey, challenge: challenge}
}

// credential is its RegistrationResponseJSON.
func (m made) credential(t *testing.T) json.RawMessage {
	t.Helper()
	url64 := base64.RawURLEncoding.EncodeToString
	id := consenttest.NewPasskey("new", "approve.example.org", origin).Key().CredentialID
	client, err := json.Marshal(map[string]any{"type": m.kind, "challenge": url64(m.challenge), "origin": m.origin, "crossOrigin": false})
	require.NoError(t, err)
	rp := sha256.Sum256([]byte(m.rp))
	data := slices.Concat(rp[:], []byte{m.flags}, make([]byte, 4), make([]byte, 16), binary.BigEndian.AppendUint16(nil, uint16(len(id))), id, m.cose)
	// CBOR: {"fmt": "none", "attStmt": {}, "authData": data}
	object := slices.Concat([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"), []byte{byte(len(data))}, data)
	raw, err := json.Marshal(map[string]any{"id": url64(id), "rawId": url64(id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": url64(client), "attestationObject": url64(object)}})
	require.NoError(t, err)
	return raw
}

func (b *browser) enrolChallenge() console.EnrolChallenge {
	b.s.t.Helper()
	return answer[console.EnrolChallenge](b.s.t, b.post("/api/v1/enrol/challenge", console.WhoAsks{Person: b.person}), http.StatusOK)
}

func TestAnEntryIsWhatTheGuardianDocumentTakes(t *testing.T) {
	s := open(t)
	b := s.browser("cho")
	g := b.enrolChallenge()
	w := b.post("/api/v1/enrol", console.Enrolment{Person: "cho", Nonce: g.Nonce, Credential: fresh(g).credential(t)})
	require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
	var out struct {
		Entry json.RawMessage `json:"entry"`
		Words string          `json:"words"`
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &out))
	assert.NotEmpty(t, out.Words)

	document := `{"schema": "firebreak/guardians/v1", "key": "k", "version": 1, "previous": "0x0000000000000000000000000000000000000000000000000000000000000000",
		"guardians": [{"id": "cho", "keys": [` + string(out.Entry) + `]}]}`
	guardians, err := consent.ParseGuardians([]byte(document), "k")
	require.NoError(t, err)
	cho, _ := guardians.Find("cho")
	assert.Equal(t, consenttest.NewPasskey("new", "approve.example.org", origin).Key(), cho.Keys[0])
	assert.Empty(t, b.cookies, "an enrolment gives no right to anything")
}

func TestAPasskeyThatTheKeyWouldNotTakeIsNotEnrolled(t *testing.T) {
	rsa := []byte("\xa4\x01\x03\x03\x39\x01\x00\x20\x41\x01\x21\x43\x01\x00\x01")
	for name, spoil := range map[string]func(m *made){
		"made for another site":  func(m *made) { m.origin = "https://evil.example" },
		"of another domain":      func(m *made) { m.rp = "evil.example" },
		"a sign-in":              func(m *made) { m.kind = "webauthn.get" },
		"nobody was verified":    func(m *made) { m.flags = 1 | 64 },
		"nobody was there":       func(m *made) { m.flags = 4 | 64 },
		"no key":                 func(m *made) { m.flags = 1 | 4; m.cose = nil },
		"an RSA key":             func(m *made) { m.cose = rsa },
		"a point off the curve":  func(m *made) { m.cose = slices.Clone(m.cose); m.cose[20]++ },
		"another challenge":      func(m *made) { m.challenge = slices.Clone(m.challenge); m.challenge[0]++ },
		"no challenge":           func(m *made) { m.challenge = nil },
		"a key that is cut off":  func(m *made) { m.cose = m.cose[:40] },
		"something after it all": func(m *made) { m.cose = append(slices.Clone(m.cose), 0) },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			b := s.browser("cho")
			g := b.enrolChallenge()
			m := fresh(g)
			spoil(&m)
			no := answer[problem](t, b.post("/api/v1/enrol", console.Enrolment{Person: "cho", Nonce: g.Nonce, Credential: m.credential(t)}), http.StatusBadRequest)
			assert.Equal(t, console.ReasonEnrolment, no.Reason)
		})
	}
}

func TestAnEnrolmentIsGoodOnceForOnePersonAndNotForLong(t *testing.T) {
	s := open(t)
	b := s.browser("cho")
	g := b.enrolChallenge()
	in := console.Enrolment{Person: "cho", Nonce: g.Nonce, Credential: fresh(g).credential(t)}
	other := in
	other.Person = "dee"
	answer[problem](t, b.post("/api/v1/enrol", other), http.StatusBadRequest)
	require.Equal(t, http.StatusOK, b.post("/api/v1/enrol", in).Code)
	assert.Equal(t, console.ReasonSpent, answer[problem](t, b.post("/api/v1/enrol", in), http.StatusBadRequest).Reason)

	g = b.enrolChallenge()
	in = console.Enrolment{Person: "cho", Nonce: g.Nonce, Credential: fresh(g).credential(t)}
	s.pass(2 * time.Minute)
	assert.Equal(t, console.ReasonSpent, answer[problem](t, b.post("/api/v1/enrol", in), http.StatusBadRequest).Reason)
}

func TestAChallengeForOneUseIsWorthNothingForAnother(t *testing.T) {
	s := open(t)
	b := s.browser("ana")
	g := b.enrolChallenge()
	digest := b.challenge().Sheet.Digest
	no := answer[problem](t, b.post("/api/v1/session", console.SignIn{Person: "ana", Nonce: g.Nonce, Signature: s.people["ana"].Sign(digest)}), http.StatusUnauthorized)
	assert.Equal(t, console.ReasonSpent, no.Reason)
}

func FuzzAnEnrolmentNeverPanics(f *testing.F) {
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`))
	f.Fuzz(func(t *testing.T, credential []byte) {
		if !json.Valid(credential) {
			return // nobody can send it as the member of an object
		}
		s := open(t)
		b := s.browser("cho")
		g := b.enrolChallenge()
		w := b.post("/api/v1/enrol", console.Enrolment{Person: "cho", Nonce: g.Nonce, Credential: credential})
		assert.Contains(t, []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge}, w.Code)
	})
}
