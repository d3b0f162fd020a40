package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// policy lets a page load what this site serves and nothing else, and nobody
// frame it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// secure sets the headers that every answer has.
func secure(h http.Header) {
	for name, value := range map[string]string{
		"Content-Security-Policy":      policy,
		"Strict-Transport-Security":    "max-age=63072000",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=(), payment=()",
		"Cache-Control":                "no-store",
		"X-Robots-Tag":                 "noindex",
	} {
		h.Set(name, value)
	}
}

// sameSite refuses what another site made a browser ask. Browsers name the
// origin of every POST, and a program that has no cookies names none; so a
// request with a cookie and without an origin is refused too.
func (c *Console) sameSite(r *http.Request) *refusal {
	no := refuse(http.StatusForbidden, ReasonCrossSite, "Another site sent this request. Open %s yourself.", c.o.Origin)
	if from := r.Header.Get("Sec-Fetch-Site"); from != "" && from != "same-origin" && from != "none" {
		return no
	}
	origins := r.Header.Values("Origin")
	if len(origins) > 1 || len(origins) == 1 && origins[0] != c.o.Origin {
		return no
	}
	if r.Method == http.MethodPost && len(origins) == 0 && r.Header.Get("Cookie") != "" {
		return no
	}
	return nil
}

// read reads a JSON body strictly: its type, its size, no unknown field and
// nothing after it.
func read(w http.ResponseWriter, r *http.Request, into any) *refusal {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, ReasonMalformed, "Send JSON, with Content-Type application/json.")
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(into)
	if err == nil {
		if _, after := decoder.Token(); after == nil {
			err = errors.New("something follows the object")
		} else if !errors.Is(after, io.EOF) {
			err = fmt.Errorf("something follows the object: %w", after)
		}
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return refuse(http.StatusRequestEntityTooLarge, ReasonTooLarge, "The request is larger than %d bytes.", maxBody)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, ReasonMalformed, "This is not the JSON that is expected here.").because(err)
	}
	return nil
}

// api wraps what answers with JSON. A handler returns the answer or a refusal.
func (c *Console) api(handle func(http.ResponseWriter, *http.Request) (any, *refusal)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		no := c.sameSite(r)
		if no == nil && r.URL.RawQuery != "" {
			no = refuse(http.StatusBadRequest, ReasonMalformed, "No query is taken here.")
		}
		var answer any
		if no == nil {
			answer, no = handle(w, r)
		}
		if no != nil {
			c.sayNo(w, r, no)
			return
		}
		raw, err := json.Marshal(answer)
		if err != nil {
			c.sayNo(w, r, refuse(http.StatusInternalServerError, ReasonUnreadable, "The answer cannot be written.").because(err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append(raw, '\n')) // the client has gone if it fails
	}
}

// turnAway says no in the form that was asked for.
func (c *Console) turnAway(w http.ResponseWriter, r *http.Request, no *refusal) {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		c.sayNo(w, r, no)
		return
	}
	c.sayNoOnPage(w, r, no)
}

// routeOf is the path without what a stranger chose, for the log.
func routeOf(r *http.Request) string {
	if r.Pattern == "" {
		return "(none)"
	}
	return r.Pattern
}
