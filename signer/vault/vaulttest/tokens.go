package vaulttest

import (
	"crypto/rand"
	"regexp"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/signer/vault"
)

// token is a service or batch token with one policy of exact paths.
type token struct {
	root      bool
	policy    map[string][]string // path -> capabilities
	expires   time.Time           // zero means never
	ttl       time.Duration
	renewable bool
	batch     bool
	// certificate is the fingerprint that the token was got with.
	certificate string
}

func (t *token) kind() string {
	if t.batch {
		return "batch"
	}
	return "service"
}

func (t *token) live(now time.Time) bool { return t.expires.IsZero() || now.Before(t.expires) }

func (t *token) may(capability, path string) bool {
	if t.root {
		return true
	}
	for _, granted := range t.policy[path] {
		if granted == capability {
			return true
		}
	}
	return false
}

// botPolicy is the policy that ships for the bot.
func (s *Server) botPolicy(key string) map[string][]string {
	return exactPaths(vault.BotPolicy(s.mount, key))
}

var pathRule = regexp.MustCompile(`(?m)^path "([^"+*]+)" *\{ capabilities = \[([^]]*)\] \}`)

// exactPaths reads a policy of exact paths, one a line.
func exactPaths(policy string) map[string][]string {
	all := map[string][]string{}
	for _, rule := range pathRule.FindAllStringSubmatch(policy, -1) {
		for _, capability := range strings.Split(rule[2], ",") {
			all[rule[1]] = append(all[rule[1]], strings.Trim(capability, ` "`))
		}
	}
	return all
}

// BotToken issues a renewable token with the bot's policy for one key. A ttl
// of zero never expires.
func (s *Server) BotToken(key string, ttl time.Duration) string {
	return s.issue(&token{policy: s.botPolicy(key), ttl: ttl, renewable: ttl > 0})
}

// TokenFor issues a token with another policy: capabilities by exact path.
func (s *Server) TokenFor(policy map[string][]string) string {
	return s.issue(&token{policy: policy})
}

// RootToken issues a token that may do everything that there is.
func (s *Server) RootToken() string { return s.issue(&token{root: true}) }

// UseToken makes a token with the bot's policy known under a given value, so
// that a restarted server knows the token of a daemon that kept running.
func (s *Server) UseToken(value, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[value] = &token{policy: s.botPolicy(key)}
}

// Revoke ends a token.
func (s *Server) Revoke(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, value)
}

// RevokeAll ends every token, as a leader that lost its storage would.
func (s *Server) RevokeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// Renewals is how many times a token was renewed.
func (s *Server) Renewals() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.renewals
}

func (s *Server) issue(t *token) string {
	value := "hvs." + rand.Text()
	if t.ttl > 0 {
		t.expires = time.Now().Add(t.ttl)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[value] = t
	return value
}

// find returns a live token.
func (s *Server) find(value string) *token {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[value]
	if t == nil || !t.live(time.Now()) {
		return nil
	}
	return t
}
