package vault

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
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
	quota bool          // it asked everybody, and not this request alone
}

func (t *transient) Error() string { return signer.ErrUnavailable.Error() + ": " + t.why }

func (t *transient) Unwrap() error { return signer.ErrUnavailable }

// envelope is the outside of every reply of Vault.
type envelope struct {
	Errors []string        `json:"errors"`
	Data   json.RawMessage `json:"data"`
}

// answer is a reply, whatever its status.
type answer struct {
	status  int
	body    []byte
	reply   envelope
	decoded bool // the body is Vault's JSON
	after   time.Duration
}

// read takes a reply in. The error is transient: there was none, or only half.
func read(resp *api.Response, err error) (answer, error) {
	if _, isReply := errors.AsType[*api.ResponseError](err); err != nil && !isReply {
		return answer{}, &transient{why: "no reply from vault: " + transportError(err)}
	}
	if resp == nil || resp.Response == nil {
		return answer{}, &transient{why: "vault sent no readable reply"}
	}
	defer func() { _ = resp.Body.Close() }()
	a := answer{status: resp.StatusCode, after: retryAfter(resp.Header, time.Now())}
	var readErr error
	if a.body, readErr = io.ReadAll(resp.Body); readErr != nil {
		return answer{}, &transient{why: "the reply was cut off"}
	}
	a.decoded = json.Unmarshal(a.body, &a.reply) == nil
	return a, nil
}

// readReply sorts what came back into data, a refusal, and the two kinds of
// unavailable. No error repeats a token or a request.
func readReply(path string, resp *api.Response, err error) ([]byte, error) {
	a, err := read(resp, err)
	if err != nil {
		return nil, err
	}
	if a.status >= 300 {
		return nil, a.judge(path)
	}
	if !a.decoded || len(a.reply.Data) == 0 || string(a.reply.Data) == "null" {
		return nil, &transient{why: "vault sent no readable reply"}
	}
	return a.reply.Data, nil
}

// passing tells whether a status says "not now" and not "no". On a normal path
// 429 is a quota; that a standby answers 429 is said of sys/health alone, where
// the library asks for another code.
func (a answer) passing() bool {
	switch a.status {
	case http.StatusPreconditionFailed, http.StatusTooManyRequests, 472, 473:
		return true
	}
	return a.status >= 500
}

func (a answer) notNow(format string, args ...any) *transient {
	return &transient{why: fmt.Sprintf(format, args...), after: a.after, quota: a.status == http.StatusTooManyRequests}
}

// judge reads an error status by the table of Vault's HTTP API.
func (a answer) judge(path string) error {
	switch {
	case a.passing():
		return a.notNow("vault answered %d%s", a.status, a.words())
	case a.status == http.StatusBadRequest && a.decoded && (len(a.reply.Errors) > 0 || len(a.reply.Data) > 0):
		return a.refusal()
	case a.status == http.StatusForbidden:
		return fmt.Errorf("%w: %w", signer.ErrUnavailable, errTokenRefused)
	case a.status == http.StatusNotFound && strings.Contains(a.words(), "no handler for route"):
		mount, _, _ := strings.Cut(path, "/")
		return fmt.Errorf("%w: nothing is mounted where %s would be (404); check the mount: enable the firebreak engine there, or name the mount where it is (the first part of it is %q)",
			signer.ErrUnavailable, path, mount)
	case a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed:
		return fmt.Errorf("%w: the engine has no %s (%d); check the mount and the version of the plugin", signer.ErrUnavailable, path, a.status)
	}
	// A 400 that is not Vault's, such as a gateway's, decides nothing either.
	return fmt.Errorf("%w: vault answered %d%s", signer.ErrUnavailable, a.status, a.words())
}

// refusal reads a 400. One without a code did not come from the policy but
// from Vault itself; it is as final.
func (a answer) refusal() error {
	var detail struct{ Code, Rule, Reason string }
	if err := json.Unmarshal(a.reply.Data, &detail); err != nil || detail.Code == "" {
		return signer.Refuse(signer.CodeMalformed, "vault refused the request%s", a.words())
	}
	return &signer.Refusal{Code: detail.Code, Reason: detail.Reason, Rule: detail.Rule}
}

// words quotes Vault's own, cut short.
func (a answer) words() string {
	if len(a.reply.Errors) == 0 {
		return ""
	}
	return fmt.Sprintf(": %.200q", a.reply.Errors[0])
}

// longestWait bounds what a server may ask for: a gateway that says "in an
// hour" must not end the response to an incident.
const longestWait = 30 * time.Second

// retryAfter reads both forms that HTTP has: seconds, and a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, longestWait)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), longestWait)
}

// transportError names the cause without the URL and headers around it.
func transportError(err error) string {
	if told, ok := errors.AsType[*redirect](err); ok {
		return told.why
	}
	host := ""
	if at, ok := errors.AsType[*nodeError](err); ok {
		host = at.host + ": "
	}
	for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(cause) {
		err = cause
	}
	return host + err.Error()
}
