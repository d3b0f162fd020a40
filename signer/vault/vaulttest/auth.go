package vaulttest

import (
	"crypto/subtle"
	"net/http"
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

func (s *Server) loginRole(w http.ResponseWriter, body map[string]any) {
	roleID, _ := body["role_id"].(string)
	secretID, _ := body["secret_id"].(string)
	s.mu.Lock()
	role := s.roles[roleID]
	s.mu.Unlock()
	if role == nil || subtle.ConstantTimeCompare([]byte(role.secretID), []byte(secretID)) != 1 {
		respond(w, http.StatusBadRequest, failure("invalid role or secret ID"))
		return
	}
	value := s.issue(&token{policy: role.policy, ttl: role.ttl, renewable: true})
	respond(w, http.StatusOK, authReply(value, role.ttl))
}

func (s *Server) lookupSelf(w http.ResponseWriter, c call) {
	ttl := 0
	if !c.token.expires.IsZero() {
		ttl = int(time.Until(c.token.expires).Seconds())
	}
	respond(w, http.StatusOK, success(map[string]any{"ttl": ttl, "renewable": c.token.renewable}))
}

func (s *Server) renewSelf(w http.ResponseWriter, c call) {
	if !c.token.renewable {
		respond(w, http.StatusBadRequest, failure("lease is not renewable"))
		return
	}
	s.mu.Lock()
	s.renewals++
	s.tokens[c.value] = &token{
		policy: c.token.policy, ttl: c.token.ttl, renewable: true, expires: time.Now().Add(c.token.ttl),
	}
	s.mu.Unlock()
	respond(w, http.StatusOK, authReply(c.value, c.token.ttl))
}

func authReply(value string, ttl time.Duration) map[string]any {
	reply := success(nil)
	reply["auth"] = map[string]any{
		"client_token": value, "accessor": "fake", "policies": []string{"bot"}, "renewable": true,
		"lease_duration": int(ttl.Seconds()), "token_type": "service",
	}
	return reply
}
