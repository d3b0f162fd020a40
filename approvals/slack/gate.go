package slack

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	goslack "github.com/slack-go/slack"
)

const (
	maxBody = 256 << 10
	maxSkew = 5 * time.Minute // Slack's own window

	headerTimestamp = "X-Slack-Request-Timestamp"
	headerSignature = "X-Slack-Signature"
)

// The ways in.
const (
	transportHTTP   = "slack-http"
	transportSocket = "slack-socket"
)

var overHTTP = proof{transport: transportHTTP}

// proof is how a request showed that Slack sent it.
type proof struct {
	transport string
	body      string // SHA-256 of what the signature covers
	timestamp string
	signature string
	secret    int // which of the configured secrets, from 1
	envelope  string
}

// admit takes a request through every check that needs no parsing of its
// content, and returns the body as it came.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request) ([]byte, proof, *refusal) {
	return h.admitAs(w, r, "application/x-www-form-urlencoded")
}

func (h *Handler) admitAs(w http.ResponseWriter, r *http.Request, want string) ([]byte, proof, *refusal) {
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		return nil, overHTTP, turnedAway(http.StatusMethodNotAllowed, ReasonMalformed, "method %.20q", r.Method)
	case r.URL.RawQuery != "" || r.URL.ForceQuery:
		// The signature covers the body alone: whatever stands in the query
		// is somebody else's.
		return nil, overHTTP, turnedAway(http.StatusBadRequest, ReasonMalformed, "a query string, which no signature covers")
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != want {
		return nil, overHTTP, turnedAway(http.StatusUnsupportedMediaType, ReasonMalformed, "content type %.60q", r.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		status := http.StatusBadRequest
		if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
			status = http.StatusRequestEntityTooLarge
		}
		return nil, overHTTP, turnedAway(status, ReasonMalformed, "read body: %w", err)
	}
	p, err := h.verify(r.Header, body)
	if err != nil {
		return nil, p, turnedAway(http.StatusUnauthorized, ReasonForged, "verify signature: %w", err)
	}
	return body, p, nil
}

// verify checks the signature over the raw bytes against each configured
// secret, and its time. A signature is no nonce: within its window the same
// request verifies again, so votes are made idempotent elsewhere.
func (h *Handler) verify(header http.Header, body []byte) (proof, error) {
	p := proof{transport: transportHTTP, body: hashOf(body), timestamp: header.Get(headerTimestamp), signature: header.Get(headerSignature)}
	if len(header.Values(headerTimestamp)) != 1 || len(header.Values(headerSignature)) != 1 {
		return p, errors.New("the request is not signed exactly once")
	}
	if err := fresh(p.timestamp, h.o.Now()); err != nil {
		return p, err
	}
	last := errors.New("there is no signing secret to hold it against")
	for i, secret := range h.c.SigningSecrets {
		v, err := goslack.NewSecretsVerifier(header, string(secret))
		if err == nil {
			_, err = v.Write(body)
		}
		if err == nil {
			err = v.Ensure()
		}
		if err == nil {
			p.secret = i + 1
			h.o.Skew(skewOf(p.timestamp, h.o.Now()))
			return p, nil
		}
		last = err
	}
	return p, last
}

// fresh is a second clock check beside the library's, in whole seconds, in
// which no year overflows.
func fresh(stamp string, now time.Time) error {
	if len(stamp) > 12 || strings.Trim(stamp, "0123456789") != "" {
		return errors.New("the timestamp is no number of seconds")
	}
	sent, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return errors.New("the timestamp is no number of seconds")
	}
	if skew := now.Unix() - sent; skew > int64(maxSkew/time.Second) || skew < -int64(maxSkew/time.Second) {
		return fmt.Errorf("the timestamp is %d s away from this clock; Slack's window is %s", skew, maxSkew)
	}
	return nil
}

// skewOf is how far the clock that made a checked timestamp is from now. The
// time on the way is in it, so it says something only when it is large.
func skewOf(stamp string, now time.Time) time.Duration {
	sent, _ := strconv.ParseInt(stamp, 10, 64) // fresh has read it
	return now.Sub(time.Unix(sent, 0))
}

// payloadOf takes the JSON out of the form. Slack sends one field; anything
// beside it is not Slack's.
func payloadOf(body []byte) ([]byte, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fmt.Errorf("read form: %w", err)
	}
	if len(form) != 1 || len(form["payload"]) != 1 {
		return nil, errors.New("the form must have exactly one field, payload")
	}
	return []byte(form.Get("payload")), nil
}
