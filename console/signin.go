package console

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"

	"github.com/firebreak-project/firebreak/signer/consent"
)

// personName is what a guardian document takes for the id of a person.
var personName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

func unreachable(err error) *refusal {
	return refuse(http.StatusServiceUnavailable, ReasonOutage,
		"The key's guardians cannot be read just now. Nothing was recorded; try again.").because(err)
}

// challenge gives somebody what to sign in order to sign in. Whoever asks gets
// one: nobody learns here who is a guardian.
func (c *Console) challenge(w http.ResponseWriter, r *http.Request) (any, *refusal) {
	var who WhoAsks
	if no := c.attempt(w, r, &who); no != nil {
		return nil, no
	}
	if no := named(who.Person); no != nil {
		return nil, no
	}
	keys, err := c.o.Guardians.Find(r.Context(), who.Person)
	if err != nil {
		return nil, unreachable(err)
	}
	nonce, until := c.challenges.make(forSession, who.Person, c.o.Now())
	sheet, err := c.o.Guardians.Login(r.Context(), Login{who.Person, c.o.Origin, nonce, until})
	if err != nil {
		return nil, unreachable(err)
	}
	return Challenge{Person: who.Person, Origin: c.o.Origin, Nonce: nonce, Until: until.UTC(), Sheet: sheet, RPID: c.o.RPID,
		Credentials: c.credentials(who.Person, keys)}, nil
}

// attempt counts a stranger's request and reads it.
func (c *Console) attempt(w http.ResponseWriter, r *http.Request, into any) *refusal {
	if wait := c.attempts.take(addressOf(r), c.o.Now()); wait > 0 {
		return tooOften(wait)
	}
	return read(w, r, into)
}

func named(person string) *refusal {
	if !personName.MatchString(person) {
		return refuse(http.StatusBadRequest, ReasonMalformed, "A name is lower-case letters, digits and dashes, at most 32.")
	}
	return nil
}

// credentials are the passkeys of a person for this site. Who has none seems to
// have one or two, always the same, which no authenticator knows.
func (c *Console) credentials(person string, keys []consent.Key) []string {
	list := passkeys(keys, c.o.RPID)
	if len(list) > 0 {
		return list
	}
	chance := c.decoy(person, 0)[0]
	list = append(list, decoyText(c.decoy(person, 1)))
	if chance%4 == 0 {
		list = append(list, decoyText(c.decoy(person, 2)))
	}
	return list
}

func (c *Console) decoy(person string, number byte) []byte {
	mac := hmac.New(sha512.New, c.o.Decoys)
	mac.Write(append([]byte("credential "+person+" "), number))
	return mac.Sum(nil)
}

// decoyText is as long as what authenticators make: 16 bytes to 64.
func decoyText(id []byte) string {
	length := []int{16, 20, 32, 32, 32, 48, 64, 64}[id[0]%8]
	return base64.RawURLEncoding.EncodeToString(id[len(id)-length:])
}

func passkeys(keys []consent.Key, rpID string) []string {
	list := []string{}
	for _, k := range keys {
		if k.Kind == consent.WebAuthn && k.RPID == rpID {
			list = append(list, base64.RawURLEncoding.EncodeToString(k.CredentialID))
		}
	}
	return list
}

// signIn makes a session for who signed the challenge. It is always a new one:
// what the browser brought along is ended.
func (c *Console) signIn(w http.ResponseWriter, r *http.Request) (any, *refusal) {
	var in SignIn
	if no := c.attempt(w, r, &in); no != nil {
		return nil, no
	}
	if no := named(in.Person); no != nil {
		return nil, no
	}
	now := c.o.Now()
	late := refuse(http.StatusUnauthorized, ReasonSpent, "This sign-in is out of date or was used before. Start again.")
	until, ok := c.challenges.open(forSession, in.Person, in.Nonce, now)
	if !ok {
		return nil, late
	}
	sheet, err := c.o.Guardians.Login(r.Context(), Login{in.Person, c.o.Origin, in.Nonce, until})
	if err != nil {
		return nil, unreachable(err)
	}
	wrong := refuse(http.StatusUnauthorized, ReasonSignature,
		"This signature is of no key that the guardian document has for %s. Ask an operator if your key is enrolled.", in.Person)
	if in.Signature.Guardian != in.Person {
		return nil, wrong
	}
	if err := c.o.Guardians.Verify(r.Context(), sheet.Digest, in.Signature); err != nil {
		if _, fault := errors.AsType[consent.Fault](err); fault {
			return nil, wrong.because(err)
		}
		return nil, unreachable(err)
	}
	if !c.challenges.spend(in.Nonce, until, now) {
		return nil, late.of(in.Person)
	}
	keys, err := c.o.Guardians.Find(r.Context(), in.Person)
	if err != nil {
		return nil, unreachable(err)
	}
	c.sessions.end(r)
	token := c.sessions.start(in.Person, in.Bearer, now)
	c.o.Log.Info("a guardian signed in to the console", "person", in.Person, "kind", string(in.Signature.Kind), "bearer", in.Bearer)
	answer := c.sessionOf(in.Person, keys)
	if in.Bearer {
		answer.Token = token
	} else {
		http.SetCookie(w, cookie(token, sessionLife))
	}
	return answer, nil
}

func (c *Console) sessionOf(person string, keys []consent.Key) Session {
	s := Session{Person: person, RPID: c.o.RPID, Credentials: passkeys(keys, c.o.RPID), Wallets: []string{}}
	for _, k := range keys {
		if k.Kind == consent.EIP712 {
			s.Wallets = append(s.Wallets, k.Address.Hex())
		}
	}
	return s
}

// signedIn wraps what needs a session.
func (c *Console) signedIn(handle func(http.ResponseWriter, *http.Request, string) (any, *refusal)) func(http.ResponseWriter, *http.Request) (any, *refusal) {
	return func(w http.ResponseWriter, r *http.Request) (any, *refusal) {
		person, no := c.person(r)
		if no != nil {
			return nil, no
		}
		return handle(w, r, person)
	}
}

// person is who a request is signed in as. Who has left every guardian document
// is signed out. While the documents cannot be read a session goes on reading:
// a vote needs them anyway.
func (c *Console) person(r *http.Request) (string, *refusal) {
	s, ok := c.sessions.find(r, c.o.Now())
	if !ok {
		return "", refuse(http.StatusUnauthorized, ReasonNoSession, "Sign in first.")
	}
	ctx, cancel := context.WithTimeout(r.Context(), glance)
	defer cancel()
	keys, err := c.o.Guardians.Find(ctx, s.person)
	if err == nil && len(keys) == 0 {
		c.sessions.forget(s.person)
		return "", refuse(http.StatusUnauthorized, ReasonGone, "You are no guardian any more, so you are signed out.").of(s.person)
	}
	return s.person, nil
}

func (c *Console) whoAmI(_ http.ResponseWriter, r *http.Request, person string) (any, *refusal) {
	keys, err := c.o.Guardians.Find(r.Context(), person)
	if err != nil {
		return nil, unreachable(err)
	}
	return c.sessionOf(person, keys), nil
}

// signOut ends the session, if there is one.
func (c *Console) signOut(w http.ResponseWriter, r *http.Request) (any, *refusal) {
	var nothing struct{}
	if no := read(w, r, &nothing); no != nil {
		return nil, no
	}
	c.sessions.end(r)
	http.SetCookie(w, cookie("", 0))
	return nothing, nil
}
