package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Attempt is an interaction that has been built and not yet sent. An honest
// one is sent as it is; an attack changes it first. Its methods change the
// attempt and return it, so that they chain.
type Attempt struct {
	server  *Server
	payload map[string]any
	secret  string
	at      time.Time
	query   string
	alter   func([]byte) []byte
	meta    Delivery
	err     error // the first change that could not be made
}

func (s *Server) newAttempt(payload map[string]any, meta Delivery) *Attempt {
	return &Attempt{server: s, payload: payload, secret: s.cfg.SigningSecret, at: s.cfg.Now(), meta: meta}
}

// Set replaces one value of the payload; path is dotted, with numbers for
// array items: "user.team_id", "actions.0.value". The result is signed
// properly, as by somebody who holds the signing secret. A path that does not
// exist in the payload makes Send fail, so that a test cannot miss its mark.
func (a *Attempt) Set(path string, value any) *Attempt {
	if err := setPath(a.payload, strings.Split(path, "."), value); err != nil {
		a.err = errors.Join(a.err, fmt.Errorf("set %s: %w", path, err))
	}
	return a
}

// SignedAt signs with another timestamp: an old one, or one in the future.
func (a *Attempt) SignedAt(t time.Time) *Attempt { a.at = t; return a }

// SignedWith signs with another secret. An empty one leaves both headers out.
func (a *Attempt) SignedWith(secret string) *Attempt { a.secret = secret; return a }

// WithQuery adds a raw query string, which no signature covers.
func (a *Attempt) WithQuery(raw string) *Attempt { a.query = raw; return a }

// WithQueryPayload adds a second payload in the query string, as a forger
// with one properly signed body would.
func (a *Attempt) WithQueryPayload(payload any) *Attempt {
	raw, err := json.Marshal(payload)
	if err != nil {
		a.err = errors.Join(a.err, fmt.Errorf("encode query payload: %w", err))
	}
	return a.WithQuery(url.Values{"payload": {string(raw)}}.Encode())
}

// AlteredAfterSigning changes the body once the signature has been made.
func (a *Attempt) AlteredAfterSigning(f func([]byte) []byte) *Attempt { a.alter = f; return a }

// Send delivers the attempt and applies the app's answer as Slack does. The
// error says that nothing was sent; an app that refused is in the Delivery.
func (a *Attempt) Send(ctx context.Context) (Delivery, error) {
	s := a.server
	if a.err != nil {
		return a.meta, fmt.Errorf("build interaction: %w", a.err)
	}
	d := a.meta
	raw, err := json.Marshal(a.payload)
	if err != nil {
		return d, fmt.Errorf("build interaction: %w", err)
	}
	if d.URL = s.interactivityURL(); d.URL == "" {
		return d, errors.New("deliver interaction: no interactivity URL; call SetInteractivityURL")
	}
	if a.query != "" {
		d.URL += "?" + a.query
	}
	d.Payload = raw
	d.Body = []byte(url.Values{"payload": {string(raw)}}.Encode())
	d.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	if a.secret != "" {
		timestamp, signature := Sign(a.secret, a.at, d.Body)
		d.Header.Set(TimestampHeader, timestamp)
		d.Header.Set(SignatureHeader, signature)
	}
	if a.alter != nil {
		d.Body = a.alter(slices.Clone(d.Body))
	}
	if d, err = s.transmit(ctx, d); err != nil {
		return d, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applyReply(&d)
	return s.remember(d), nil
}

func (s *Server) interactivityURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.target
}

// setPath walks to the parent of the last step and replaces what is there.
func setPath(node any, steps []string, value any) error {
	for i, step := range steps {
		last := i == len(steps)-1
		switch n := node.(type) {
		case map[string]any:
			next, present := n[step]
			if !present {
				return fmt.Errorf("%q is not in the payload", step)
			}
			if last {
				n[step] = value
				return nil
			}
			node = next
		case []any:
			var at int
			if _, err := fmt.Sscanf(step, "%d", &at); err != nil || at < 0 || at >= len(n) {
				return fmt.Errorf("%q is not an item of the list", step)
			}
			if last {
				n[at] = value
				return nil
			}
			node = n[at]
		default:
			return fmt.Errorf("%q is inside a value that has no parts", step)
		}
	}
	return nil
}
