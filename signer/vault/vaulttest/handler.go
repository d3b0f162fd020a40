package vaulttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
)

const (
	healthPath = "/v1/sys/health"
	maxBody    = 32 << 20 // Vault's default max_request_size
)

// ServeHTTP follows the order of Vault: health needs no token; a sealed server
// answers nothing else; a login needs no token; then the token, then its
// policy, and only then the mount.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, found := strings.CutPrefix(r.URL.Path, "/v1/")
	switch {
	case !found:
		respond(w, http.StatusNotFound, failure(""))
		return
	case r.URL.Path == healthPath:
		s.health(w, r)
		return
	case s.Faults.isSealed():
		respond(w, http.StatusServiceUnavailable, failure("Vault is sealed"))
		return
	}
	body, err := readBody(r)
	if err != nil {
		respond(w, http.StatusBadRequest, failure("failed to parse JSON input: "+err.Error()))
		return
	}
	if s.unauthenticated(w, r, path, body) {
		return
	}
	value := bearer(r)
	token := s.find(value)
	if token == nil {
		respond(w, http.StatusForbidden, failure("permission denied"))
		return
	}
	s.route(w, r, call{path: path, body: body, value: value, token: token})
}

// call is an authenticated request.
type call struct {
	path  string
	body  map[string]any
	value string
	token *token
}

func (s *Server) route(w http.ResponseWriter, r *http.Request, c call) {
	operation, known := operationOf(r)
	if !known {
		respond(w, http.StatusMethodNotAllowed, failure(""))
		return
	}
	inner, isMount := strings.CutPrefix(c.path, s.mount+"/")
	if isMount && operation == logical.UpdateOperation {
		operation = s.createOrUpdate(r, inner, c.body)
	}
	if !c.token.may(string(operation), c.path) {
		respond(w, http.StatusForbidden, failure("1 error occurred:\n\t* permission denied\n\n"))
		return
	}
	switch {
	case isMount:
		s.engine(w, r, &logical.Request{Operation: operation, Path: inner, Data: c.body, Storage: s.storage})
	case c.path == "auth/token/lookup-self" && operation == logical.ReadOperation:
		s.lookupSelf(w, c)
	case c.path == "auth/token/renew-self" && operation == logical.UpdateOperation:
		s.renewSelf(w, r, c)
	case c.path == "sys/capabilities-self" && operation == logical.UpdateOperation:
		capabilitiesSelf(w, c)
	default:
		respond(w, http.StatusNotFound, failure(fmt.Sprintf("no handler for route %q. route entry not found.", c.path)))
	}
}

// createOrUpdate asks the engine, as Vault does, whether the object of a write
// exists: the policy then needs "create" or "update".
func (s *Server) createOrUpdate(r *http.Request, path string, body map[string]any) logical.Operation {
	checked, exists, err := s.backend.HandleExistenceCheck(r.Context(), &logical.Request{
		Operation: logical.CreateOperation, Path: path, Data: body, Storage: s.storage,
	})
	if err == nil && checked && !exists {
		return logical.CreateOperation
	}
	return logical.UpdateOperation
}

func (s *Server) engine(w http.ResponseWriter, r *http.Request, req *logical.Request) {
	s.mu.Lock()
	s.asked[req.Path]++
	s.mu.Unlock()
	resp, err := s.backend.HandleRequest(r.Context(), req)
	if status, failed := logical.RespondErrorCommon(req, resp, err); failed != nil || status != 0 {
		status, body := errorReply(status, resp, failed)
		respond(w, status, body)
		return
	}
	if resp == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	respond(w, http.StatusOK, success(resp.Data))
}

// errorReply builds the body of an error. The "data" of a refusal travels next
// to the message, as Vault's respondErrorAndData sends it.
func errorReply(status int, resp *logical.Response, err error) (int, map[string]any) {
	body := failure("")
	if err != nil {
		body = failure(err.Error())
	}
	if resp != nil && resp.Data["data"] != nil {
		body["data"] = resp.Data["data"]
	}
	return status, body
}

func refusalIn(body map[string]any) error {
	detail, _ := body["data"].(map[string]any)
	code, _ := detail["code"].(string)
	rule, _ := detail["rule"].(string)
	reason, _ := detail["reason"].(string)
	return &signer.Refusal{Code: code, Rule: rule, Reason: reason}
}

func operationOf(r *http.Request) (logical.Operation, bool) {
	switch r.Method {
	case http.MethodGet:
		if r.URL.Query().Get("list") == "true" {
			return logical.ListOperation, true
		}
		return logical.ReadOperation, true
	case "LIST":
		return logical.ListOperation, true
	case http.MethodPost, http.MethodPut:
		return logical.UpdateOperation, true
	case http.MethodDelete:
		return logical.DeleteOperation, true
	}
	return "", false
}

func bearer(r *http.Request) string {
	if value := r.Header.Get("X-Vault-Token"); value != "" {
		return value
	}
	value, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return value
}

func readBody(r *http.Request) (map[string]any, error) {
	decoder := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	decoder.UseNumber()
	var body map[string]any
	if err := decoder.Decode(&body); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return body, nil
}

func failure(message string) map[string]any {
	if message == "" {
		return map[string]any{"errors": []string{}}
	}
	return map[string]any{"errors": []string{message}}
}

func success(data map[string]any) map[string]any {
	return map[string]any{
		"request_id": "00000000-0000-0000-0000-000000000000", "lease_id": "", "renewable": false,
		"lease_duration": 0, "data": data, "wrap_info": nil, "warnings": nil, "auth": nil,
	}
}

func respond(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encode(body)) // the client may be gone
}

// encode writes values of the engine, which are plain strings, numbers and
// maps and always encode.
func encode(value any) []byte {
	raw, err := json.Marshal(value)
	if err != nil {
		return []byte("{}")
	}
	return raw
}
