package vault

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/vault/api"

	"github.com/firebreak-project/firebreak/signer"
)

// errTokenRefused is a 403: the token is gone, or may not do this.
var errTokenRefused = errors.New("vault refused the token")

// transient is an answer, or the lack of one, after which the same request is
// sent again. It always matches signer.ErrUnavailable.
type transient struct {
	why   string
	after time.Duration // what the server asked for, 0 for nothing
}

func (t *transient) Error() string { return signer.ErrUnavailable.Error() + ": " + t.why }

func (t *transient) Unwrap() error { return signer.ErrUnavailable }

// envelope is the outside of every reply of Vault.
type envelope struct {
	Errors []string        `json:"errors"`
	Data   json.RawMessage `json:"data"`
}

// readReply sorts what came back into data, a refusal, and the two kinds of
// unavailable. No error repeats a token or a request.
func readReply(resp *api.Response, err error) ([]byte, error) {
	var body []byte
	if resp != nil && resp.Response != nil {
		defer func() { _ = resp.Body.Close() }()
		var readErr error
		if body, readErr = io.ReadAll(resp.Body); readErr != nil {
			return nil, &transient{why: "the reply was cut off"}
		}
	}
	var reply envelope
	decoded := json.Unmarshal(body, &reply)
	if err == nil {
		if resp == nil || decoded != nil || len(reply.Data) == 0 || string(reply.Data) == "null" {
			return nil, &transient{why: "vault sent no readable reply"}
		}
		return reply.Data, nil
	}
	failed, isReply := errors.AsType[*api.ResponseError](err)
	if !isReply {
		return nil, &transient{why: "no reply from vault: " + transportError(err)}
	}
	return nil, judge(failed.StatusCode, reply, resp)
}

// judge reads an error status by the table of Vault's HTTP API.
func judge(status int, reply envelope, resp *api.Response) error {
	switch {
	case status == http.StatusBadRequest:
		return refusal(reply)
	case status == http.StatusForbidden:
		return fmt.Errorf("%w: %w", signer.ErrUnavailable, errTokenRefused)
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return fmt.Errorf("%w: vault has no such path (status %d); check the mount and the plugin's version", signer.ErrUnavailable, status)
	case status == http.StatusPreconditionFailed, status == http.StatusTooManyRequests, status == 472, status == 473, status >= 500:
		return &transient{why: fmt.Sprintf("vault answered %d%s", status, firstError(reply)), after: retryAfter(resp)}
	}
	return fmt.Errorf("%w: vault answered %d%s", signer.ErrUnavailable, status, firstError(reply))
}

// refusal reads a 400. One without a code did not come from the policy but
// from Vault itself; it is as final.
func refusal(reply envelope) error {
	var detail struct{ Code, Rule, Reason string }
	if err := json.Unmarshal(reply.Data, &detail); err != nil || detail.Code == "" {
		return signer.Refuse(signer.CodeMalformed, "vault refused the request%s", firstError(reply))
	}
	return &signer.Refusal{Code: detail.Code, Reason: detail.Reason, Rule: detail.Rule}
}

// firstError quotes Vault's own words, cut short.
func firstError(reply envelope) string {
	if len(reply.Errors) == 0 {
		return ""
	}
	return fmt.Sprintf(": %.200q", reply.Errors[0])
}

func retryAfter(resp *api.Response) time.Duration {
	if resp == nil || resp.Response == nil {
		return 0
	}
	seconds, err := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// transportError names the cause without the URL and headers around it.
func transportError(err error) string {
	for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(cause) {
		err = cause
	}
	return err.Error()
}
