package vaulttest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// role is a login that gives tokens of one policy.
type role struct {
	mount  string // approle, kubernetes, jwt, cert
	secret string // secret id, JWT, fingerprint of the certificate
	policy map[string][]string
	ttl    time.Duration
	batch  bool
}

// AppRole makes a role with the bot's policy for one key.
func (s *Server) AppRole(key string, ttl time.Duration) (roleID, secretID string) {
	return s.role("approle", key, ttl)
}

// Kubernetes makes a role at auth/kubernetes, and the service account token
// that it accepts.
func (s *Server) Kubernetes(key string, ttl time.Duration) (role, jwt string) {
	return s.role("kubernetes", key, ttl)
}

// JWT makes a role at auth/jwt, and the JWT that it accepts.
func (s *Server) JWT(key string, ttl time.Duration) (role, jwt string) {
	return s.role("jwt", key, ttl)
}

func (s *Server) role(mount, key string, ttl time.Duration) (name, secret string) {
	name = strings.ToLower(rand.Text())
	s.mu.Lock()
	s.roles[name] = &role{mount: mount, policy: s.botPolicy(key), ttl: ttl}
	s.mu.Unlock()
	return name, s.Rotate(name)
}

// Rotate makes a role accept another secret, and no more the one before.
func (s *Server) Rotate(role string) (secret string) {
	secret = strings.ToLower(rand.Text())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[role].secret = secret
	return secret
}

// Batch makes a role give batch tokens from now on: they cannot be renewed.
func (s *Server) Batch(role string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[role].batch = true
}

// Certificate makes a role at auth/cert that accepts one certificate, given as
// DER. Calling it again with the name replaces the certificate.
func (s *Server) Certificate(name, key string, der []byte, ttl time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[name] = &role{mount: "cert", secret: fingerprint(der), policy: s.botPolicy(key), ttl: ttl}
}

// Logins is how many logins succeeded.
func (s *Server) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// wrap is a response that waits to be unwrapped, once.
type wrap struct {
	path string
	data map[string]any
}

// Wrap makes a wrapping token for a secret id, as Vault does for a request to
// path with X-Vault-Wrap-TTL.
func (s *Server) Wrap(path, secretID string) (token string) {
	token = "hvs.wrap" + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wraps[token] = &wrap{path: path, data: map[string]any{"secret_id": secretID}}
	return token
}

// unauthenticated answers what needs no token, and tells whether it did.
func (s *Server) unauthenticated(w http.ResponseWriter, r *http.Request, path string, body map[string]any) bool {
	switch path {
	case "auth/approle/login":
		name, secret := text(body, "role_id"), text(body, "secret_id")
		s.login(w, r, attempt{"approle", name, secret, http.StatusBadRequest, "invalid role or secret ID"})
	case "auth/kubernetes/login":
		name, secret := text(body, "role"), text(body, "jwt")
		s.login(w, r, attempt{"kubernetes", name, secret, http.StatusForbidden, "permission denied"})
	case "auth/jwt/login":
		name, secret := text(body, "role"), text(body, "jwt")
		s.login(w, r, attempt{"jwt", name, secret, http.StatusBadRequest, "error validating token: invalid audience (aud) claim"})
	case "auth/cert/login":
		if shown(r) == "" {
			respond(w, http.StatusBadRequest, failure("client certificate must be supplied"))
			return true
		}
		s.login(w, r, attempt{"cert", text(body, "name"), shown(r), http.StatusBadRequest, "invalid certificate or no client certificate supplied"})
	case "sys/wrapping/lookup":
		s.unwrap(w, text(body, "token"), false)
	case "sys/wrapping/unwrap":
		token := text(body, "token")
		if token == "" {
			token = bearer(r)
		}
		s.unwrap(w, token, true)
	default:
		return false
	}
	return true
}

func text(body map[string]any, key string) string {
	value, _ := body[key].(string)
	return value
}

// attempt is a login with what a failure of it is answered with.
type attempt struct {
	mount, role, secret string
	status              int
	words               string
}

func (s *Server) login(w http.ResponseWriter, r *http.Request, a attempt) {
	s.mu.Lock()
	found := s.roles[a.role]
	if a.mount == "cert" && a.role == "" {
		for _, other := range s.roles { // Vault looks for one that fits
			if other.mount == "cert" && other.secret == a.secret {
				found = other
			}
		}
	}
	s.mu.Unlock()
	if found == nil || found.mount != a.mount {
		words := map[string]string{"kubernetes": fmt.Sprintf("invalid role name %q", a.role), "jwt": fmt.Sprintf("role %q could not be found", a.role)}[a.mount]
		if words == "" {
			words = a.words
		}
		respond(w, http.StatusBadRequest, failure(words))
		return
	}
	if subtle.ConstantTimeCompare([]byte(found.secret), []byte(a.secret)) != 1 {
		respond(w, a.status, failure(a.words))
		return
	}
	t := &token{policy: found.policy, ttl: found.ttl, renewable: !found.batch, batch: found.batch}
	if a.mount == "cert" {
		t.certificate = a.secret
	}
	value := s.issue(t)
	s.mu.Lock()
	s.logins++
	s.mu.Unlock()
	respond(w, http.StatusOK, authReply(value, t))
}

func (s *Server) unwrap(w http.ResponseWriter, token string, use bool) {
	s.mu.Lock()
	found := s.wraps[token]
	if use {
		delete(s.wraps, token)
	}
	s.mu.Unlock()
	switch {
	case found == nil:
		respond(w, http.StatusBadRequest, failure("wrapping token is not valid or does not exist"))
	case use:
		respond(w, http.StatusOK, success(found.data))
	default:
		respond(w, http.StatusOK, success(map[string]any{"creation_path": found.path, "creation_ttl": 60}))
	}
}

// shown is the fingerprint of the client certificate of a connection.
func shown(r *http.Request) string {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return ""
	}
	return fingerprint(r.TLS.PeerCertificates[0].Raw)
}

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}
