package console_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

func TestNothingIsReadOrVotedWithoutASession(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/api/v1/session", "/api/v1/requests", requestPath(asked, ""), requestPath(absent, "")} {
		no := answer[problem](t, s.browser("").get(path), http.StatusUnauthorized)
		assert.Equal(t, console.ReasonNoSession, no.Reason, path)
	}
	signed := s.browser("ana").signIn().paper(asked, incident.Approve, "")
	for what, body := range map[string]any{"/paper": console.Wanted{Decision: incident.Approve}, "/vote": signed} {
		answer[problem](t, s.browser("ana").post(requestPath(asked, what), body), http.StatusUnauthorized)
	}
	assert.Zero(t, s.office.votes())
}

func TestWhatIsNotASignedChallengeSignsNobodyIn(t *testing.T) {
	ana := func(s *stand) consenttest.Person { return s.people["ana"] }
	for name, c := range map[string]struct {
		reason console.Reason
		make   func(s *stand, g given) console.SignIn
	}{
		"another digest": {console.ReasonSignature, func(s *stand, g given) console.SignIn {
			return console.SignIn{Person: "ana", Nonce: g.Nonce, Signature: ana(s).Sign(common.Hash{1})}
		}},
		"another person's signature": {console.ReasonSignature, func(s *stand, g given) console.SignIn {
			return console.SignIn{Person: "ana", Nonce: g.Nonce, Signature: s.people["ben"].Sign(g.Sheet.Digest)}
		}},
		"another person's key": {console.ReasonSignature, func(s *stand, g given) console.SignIn {
			signature := s.people["ben"].Sign(g.Sheet.Digest)
			signature.Guardian = "ana"
			return console.SignIn{Person: "ana", Nonce: g.Nonce, Signature: signature}
		}},
		"a challenge of another person": {console.ReasonSpent, func(s *stand, g given) console.SignIn {
			return console.SignIn{Person: "ben", Nonce: g.Nonce, Signature: s.people["ben"].Sign(g.Sheet.Digest)}
		}},
		"a made-up challenge": {console.ReasonSpent, func(s *stand, g given) console.SignIn {
			g.Nonce[31]++
			return console.SignIn{Person: "ana", Nonce: g.Nonce, Signature: ana(s).Sign(g.Sheet.Digest)}
		}},
		"a challenge with a later end": {console.ReasonSpent, func(s *stand, g given) console.SignIn {
			g.Nonce[15]++
			return console.SignIn{Person: "ana", Nonce: g.Nonce, Signature: ana(s).Sign(g.Sheet.Digest)}
		}},
		"an old challenge": {console.ReasonSpent, func(s *stand, g given) console.SignIn {
			s.pass(2 * time.Minute)
			return console.SignIn{Person: "ana", Nonce: g.Nonce, Signature: ana(s).Sign(g.Sheet.Digest)}
		}},
		"a stranger": {console.ReasonSpent, func(s *stand, g given) console.SignIn {
			return console.SignIn{Person: "mallory", Nonce: g.Nonce, Signature: consenttest.WithWallet("mallory").Sign(g.Sheet.Digest)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			b := s.browser("ana")
			no := answer[problem](t, b.post("/api/v1/session", c.make(s, b.challenge())), http.StatusUnauthorized)
			assert.Equal(t, c.reason, no.Reason)
			assert.Empty(t, b.cookies)
			assert.Equal(t, []console.Reason{c.reason}, s.refused)
		})
	}
}

func TestAChallengeSignsInOnce(t *testing.T) {
	s := open(t)
	b := s.browser("ana")
	g := b.challenge()
	in := console.SignIn{Person: "ana", Nonce: g.Nonce, Signature: s.people["ana"].Sign(g.Sheet.Digest)}
	require.Equal(t, http.StatusOK, b.post("/api/v1/session", in).Code)
	no := answer[problem](t, s.browser("ana").post("/api/v1/session", in), http.StatusUnauthorized)
	assert.Equal(t, console.ReasonSpent, no.Reason)
}

func TestAStrangerGetsAChallengeThatLooksTheSame(t *testing.T) {
	s := open(t)
	given := map[string][]string{}
	for _, person := range []string{"ana", "ben", "mallory"} {
		w := s.browser(person).post("/api/v1/session/challenge", console.WhoAsks{Person: person})
		require.Equal(t, http.StatusOK, w.Code)
		var members map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &members))
		assert.Len(t, members, 7, person)
		require.NoError(t, json.Unmarshal(members["credentials"], new([]string)))
		given[person] = s.browser(person).challenge().Credentials
		assert.NotEmpty(t, given[person])
	}
	assert.Equal(t, given["mallory"], s.browser("mallory").challenge().Credentials, "a decoy that changed would show that it is one")
	assert.Equal(t, given["mallory"], open(t).browser("mallory").challenge().Credentials, "also after a restart")
	assert.NotEqual(t, given["mallory"], given["ben"])

	numbers, lengths := map[int]bool{}, map[int]bool{}
	for i := range 40 {
		list := s.browser(fmt.Sprintf("stranger-%d", i)).challenge().Credentials
		numbers[len(list)] = true
		for _, id := range list {
			lengths[len(id)] = true
		}
	}
	assert.Len(t, numbers, 2, "some people have two passkeys")
	assert.Greater(t, len(lengths), 3, "and authenticators make ids of many lengths")
}

func TestTheCookieIsOfThisHostAloneAndUnreadable(t *testing.T) {
	b := open(t).browser("ana").signIn()
	c := b.cookies["__Host-firebreak"]
	require.NotNil(t, c)
	assert.True(t, c.Secure && c.HttpOnly)
	assert.Equal(t, http.SameSiteStrictMode, c.SameSite)
	assert.Equal(t, "/", c.Path)
	assert.Empty(t, c.Domain)
	assert.Len(t, c.Value, 43, "256 bits")
}

func TestSigningInNeverKeepsTheSessionThatWasThereBefore(t *testing.T) {
	s := open(t)
	b := s.browser("ana").signIn()
	before := *b.cookies["__Host-firebreak"]
	b.signIn()
	assert.NotEqual(t, before.Value, b.cookies["__Host-firebreak"].Value)

	old := s.browser("ana")
	old.cookies[before.Name] = &before
	answer[problem](t, old.get("/api/v1/session"), http.StatusUnauthorized)

	planted := s.browser("ana")
	planted.cookies[before.Name] = &http.Cookie{Name: before.Name, Value: strings.Repeat("A", 43)}
	planted.signIn()
	assert.NotEqual(t, strings.Repeat("A", 43), planted.cookies[before.Name].Value)
}

func TestASessionEnds(t *testing.T) {
	for name, end := range map[string]func(s *stand, b *browser){
		"when nobody uses it for an hour": func(s *stand, _ *browser) { s.pass(time.Hour) },
		"when a page that is left open looks again and again": func(s *stand, b *browser) {
			for range 60 {
				s.pass(time.Minute)
				r := b.request(http.MethodGet, "/", nil)
				r.Header.Set("If-None-Match", `"anything"`)
				b.send(r)
			}
		},
		"after twelve hours of use": func(s *stand, b *browser) {
			for range 24 {
				s.pass(30 * time.Minute)
				b.get("/api/v1/session")
			}
		},
		"when the person signs out": func(_ *stand, b *browser) {
			require.Equal(b.s.t, http.StatusOK, b.post("/api/v1/session/end", struct{}{}).Code)
		},
		"when the person is no guardian any more": func(s *stand, _ *browser) { s.office.enrol(s.t, s.people["ben"]) },
		"when too many newer ones are there": func(s *stand, _ *browser) {
			for range 8 {
				s.pass(3 * time.Second)
				s.browser("ana").signIn()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			b := s.browser("ana").signIn()
			held := *b.cookies["__Host-firebreak"]
			end(s, b)
			b.cookies[held.Name] = &held
			answer[problem](t, b.get("/api/v1/session"), http.StatusUnauthorized)
		})
	}
}

func TestASessionOutlivesAnOutageOfVaultForReading(t *testing.T) {
	s := open(t)
	b := s.browser("ana").signIn()
	s.office.set(func() { s.office.vaultAway = errors.New("sealed") })
	assert.Equal(t, http.StatusOK, b.get(requestPath(asked, "")).Code)
	no := answer[problem](t, s.browser("ana").post("/api/v1/session/challenge", console.WhoAsks{Person: "ana"}), http.StatusServiceUnavailable)
	assert.Equal(t, console.ReasonOutage, no.Reason)
}

func TestReadingDoesNotWaitForAVaultThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		b := s.browser("ana").signIn()
		s.office.set(func() { s.office.hangs = true })
		began := time.Now()
		assert.Equal(t, http.StatusOK, b.get("/r/"+string(asked)).Code)
		assert.Equal(t, time.Second, time.Since(began))
	})
}

func TestABearerIsForHeadersAndACookieForCookies(t *testing.T) {
	s := open(t)
	b := s.browser("ben")
	g := b.challenge()
	in := console.SignIn{Person: "ben", Nonce: g.Nonce, Signature: s.people["ben"].Sign(g.Sheet.Digest), Bearer: true}
	r := b.request(http.MethodPost, "/api/v1/session", in)
	r.Header.Del("Origin") // a program has none
	r.Header.Del("Sec-Fetch-Site")
	session := answer[console.Session](t, b.send(r), http.StatusOK)
	require.NotEmpty(t, session.Token)
	assert.Empty(t, b.cookies)

	r = b.request(http.MethodGet, "/api/v1/requests", nil)
	r.Header.Set("Authorization", "Bearer "+session.Token)
	assert.Equal(t, http.StatusOK, b.send(r).Code)

	b.cookies["__Host-firebreak"] = &http.Cookie{Name: "__Host-firebreak", Value: session.Token}
	assert.Equal(t, http.StatusUnauthorized, b.get("/api/v1/requests").Code)

	held := s.browser("ana").signIn().cookies["__Host-firebreak"]
	r = s.browser("").request(http.MethodGet, "/api/v1/requests", nil)
	r.Header.Set("Authorization", "Bearer "+held.Value)
	assert.Equal(t, http.StatusUnauthorized, b.send(r).Code)
}

func TestOneAddressCannotTryToSignInWithoutEnd(t *testing.T) {
	s := open(t)
	for range 60 {
		s.browser("ana").challenge()
	}
	assert.Equal(t, http.StatusTooManyRequests, s.browser("ana").post("/api/v1/session/challenge", console.WhoAsks{Person: "ana"}).Code)
	r := s.browser("ana").request(http.MethodPost, "/api/v1/session/challenge", console.WhoAsks{Person: "ana"})
	r.RemoteAddr = "198.51.100.7:4711"
	assert.Equal(t, http.StatusOK, s.browser("ana").send(r).Code, "nobody is locked out by another address")
}

func TestNothingSecretIsInTheLog(t *testing.T) {
	s := open(t)
	b := s.browser("ana").signIn()
	b.post(requestPath(asked, "/vote"), b.paper(asked, incident.Approve, ""))
	b.get("/r/nonsense")
	assert.Contains(t, s.log.String(), "signed in")
	assert.NotContains(t, s.log.String(), b.cookies["__Host-firebreak"].Value)
	b.post(requestPath(asked, "/paper"), `{"`+strings.Repeat("x", 9000)+`": 1}`)
	assert.NotContains(t, s.log.String(), "nonsense", "nor is what a stranger chose")
	assert.Less(t, s.log.Len(), 2000, "nor much of it")
}
