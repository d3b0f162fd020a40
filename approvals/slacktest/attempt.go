package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
	route   route
	header  http.Header // besides the signature
	meta    Delivery
	err     error // the first change that could not be made
}

func (s *Server) newAttempt(by route, payload map[string]any, meta Delivery) *Attempt {
	return &Attempt{server: s, payload: payload, route: by, secret: s.cfg.SigningSecret, at: s.cfg.Now(), meta: meta}
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

// Padded makes the payload this much larger, in bytes.
func (a *Attempt) Padded(n int) *Attempt {
	a.payload["padding"] = strings.Repeat("x", n)
	return a
}

// AlteredAfterSigning changes the body once the signature has been made.
func (a *Attempt) AlteredAfterSigning(f func([]byte) []byte) *Attempt { a.alter = f; return a }

// Send delivers the attempt and applies the app's answer as Slack does. The
// error says that nothing was sent; an app that refused is in the Delivery.
func (a *Attempt) Send(ctx context.Context) (Delivery, error) {
	s := a.server
	d, err := a.build()
	if err != nil {
		return d, fmt.Errorf("build %s: %w", a.route.what, err)
	}
	if d, err = s.transmit(ctx, d); err != nil {
		return d, fmt.Errorf("deliver %s: %w", a.route.what, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applyReply(&d)
	return s.remember(d), nil
}

// build makes the delivery, signed as told.
func (a *Attempt) build() (Delivery, error) {
	d, s := a.meta, a.server
	if a.err != nil {
		return d, a.err
	}
	raw, err := json.Marshal(a.payload)
	if err != nil {
		return d, err
	}
	s.mu.Lock()
	d.URL, d.Transport = a.route.url(s), OverHTTP
	if s.socketMode {
		d.URL, d.Transport = "", OverSocket
	}
	s.mu.Unlock()
	d.Envelope, d.Payload = a.route.envelope, raw
	if d.Transport == OverSocket {
		if a.query != "" || a.alter != nil || a.secret != s.cfg.SigningSecret {
			return d, errors.New("nothing is signed over Socket Mode, and there is no query string: this attack needs HTTP")
		}
		return d, nil
	}
	if d.URL == "" {
		return d, fmt.Errorf("no %s URL; call %s", a.route.setting, a.route.setter)
	}
	if a.query != "" {
		d.URL += "?" + a.query
	}
	d.Body = a.route.body(a.payload, raw)
	d.Header = http.Header{"Content-Type": {a.route.contentType}}
	maps.Copy(d.Header, a.header)
	if a.secret != "" {
		timestamp, signature := Sign(a.secret, a.at, d.Body)
		d.Header.Set(TimestampHeader, timestamp)
		d.Header.Set(SignatureHeader, signature)
	}
	if a.alter != nil {
		d.Body = a.alter(slices.Clone(d.Body))
	}
	return d, nil
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
