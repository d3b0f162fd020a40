package vaulttest

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// health answers with Vault's codes, which the query can override.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	sealed := s.Faults.isSealed()
	status := http.StatusOK
	if sealed {
		status = http.StatusServiceUnavailable
		if code, err := strconv.Atoi(r.URL.Query().Get("sealedcode")); err == nil {
			status = code
		}
	}
	respond(w, status, map[string]any{
		"initialized": true, "sealed": sealed, "standby": false, "performance_standby": false,
		"server_time_utc": time.Now().Unix(), "version": "fake",
	})
}

// lookupSelf answers with what Vault says about a token that a client may read.
func (s *Server) lookupSelf(w http.ResponseWriter, c call) {
	ttl := 0
	var expires any
	if !c.token.expires.IsZero() {
		ttl = int(time.Until(c.token.expires).Seconds())
		expires = c.token.expires.UTC().Format(time.RFC3339Nano)
	}
	policies := []string{"bot"}
	if c.token.root {
		policies = []string{"root"}
	}
	respond(w, http.StatusOK, success(map[string]any{
		"ttl": ttl, "renewable": c.token.renewable, "type": c.token.kind(), "policies": policies, "expire_time": expires,
		"creation_ttl": int(c.token.ttl.Seconds()), "num_uses": 0, "orphan": true, "display_name": "fake", "path": "auth/fake/login",
	}))
}

func (s *Server) renewSelf(w http.ResponseWriter, r *http.Request, c call) {
	switch {
	case c.token.batch:
		respond(w, http.StatusBadRequest, failure("batch tokens cannot be renewed"))
		return
	case !c.token.renewable:
		respond(w, http.StatusBadRequest, failure("lease is not renewable"))
		return
	case c.token.certificate != "" && c.token.certificate != shown(r):
		respond(w, http.StatusInternalServerError,
			failure("client identity during renewal not matching client identity used during login"))
		return
	}
	renewed := *c.token
	renewed.expires = time.Now().Add(c.token.ttl)
	s.mu.Lock()
	s.renewals++
	s.tokens[c.value] = &renewed
	s.mu.Unlock()
	respond(w, http.StatusOK, authReply(c.value, &renewed))
}

func authReply(value string, t *token) map[string]any {
	reply := success(nil)
	reply["auth"] = map[string]any{
		"client_token": value, "accessor": "fake", "policies": []string{"bot"}, "renewable": t.renewable,
		"lease_duration": int(t.ttl.Seconds()), "token_type": t.kind(),
	}
	return reply
}

// capabilitiesSelf says what the token may do: per path, and once more as one
// list, which is how Vault answers.
func capabilitiesSelf(w http.ResponseWriter, c call) {
	data := map[string]any{}
	paths, _ := c.body["paths"].([]any)
	if len(paths) == 0 {
		respond(w, http.StatusBadRequest, failure("paths must be supplied"))
		return
	}
	for _, p := range paths {
		path, _ := p.(string)
		granted := slices.Clone(c.token.policy[path])
		switch {
		case c.token.root:
			granted = []string{"root"}
		case len(granted) == 0:
			granted = []string{"deny"}
		}
		data[path] = granted
		if len(paths) == 1 {
			data["capabilities"] = granted
		}
	}
	respond(w, http.StatusOK, success(data))
}
