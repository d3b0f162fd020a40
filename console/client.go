package console

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/incident"
)

// What a client takes from a server.
const (
	maxAnswer  = 8 << 20 // bytes; a plan of 40 calls with its key's documents is far below
	clientTime = 20 * time.Second
)

// Client is the console as a program asks it. It believes nothing of what it is
// told: whoever signs computes it again. It is not safe for concurrent use.
type Client struct {
	origin string
	token  string // of the session; empty before SignIn
	http   *http.Client
}

// NewClient is a client of the console at an origin. Roots are the authorities
// that its certificate may be of, in PEM; none means the system's.
func NewClient(origin string, roots []byte) (*Client, error) {
	if _, err := CheckOrigin(origin); err != nil {
		return nil, err
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(roots) > 0 {
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(roots) {
			return nil, errors.New("the file of authorities has no certificate in PEM")
		}
	}
	return &Client{origin: origin, http: &http.Client{
		Timeout:   clientTime,
		Transport: &http.Transport{TLSClientConfig: trust, Proxy: http.ProxyFromEnvironment},
		// The token must not follow to another site.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Origin is the site that is asked.
func (c *Client) Origin() string { return c.origin }

// Dial makes connections in another way; tests put a site of theirs behind a
// name.
func (c *Client) Dial(transport http.RoundTripper) { c.http.Transport = transport }

// Challenge begins a sign-in. Raw is the sheet's typed data as it was sent.
func (c *Client) Challenge(ctx context.Context, person string) (Challenge, json.RawMessage, error) {
	var raw struct {
		Sheet struct {
			Data json.RawMessage `json:"typed_data"`
		} `json:"sheet"`
	}
	answer, err := c.do(ctx, call{http.MethodPost, "session/challenge", WhoAsks{person}}, &raw)
	if err != nil {
		return Challenge{}, nil, err
	}
	var ch Challenge
	return ch, raw.Sheet.Data, json.Unmarshal(answer, &ch)
}

// SignIn answers a challenge and keeps the session.
func (c *Client) SignIn(ctx context.Context, in SignIn) (Session, error) {
	in.Bearer = true
	var s Session
	if _, err := c.do(ctx, call{http.MethodPost, "session", in}, &s); err != nil {
		return s, err
	}
	if s.Token == "" {
		return s, errors.New("the console gave no session; is it Firebreak's?")
	}
	c.token, s.Token = s.Token, ""
	return s, nil
}

// End signs out.
func (c *Client) End(ctx context.Context) error {
	_, err := c.do(ctx, call{http.MethodPost, "session/end", struct{}{}}, nil)
	return err
}

// Requests lists what is asked now and what was asked last.
func (c *Client) Requests(ctx context.Context) (l Listing, err error) {
	_, err = c.do(ctx, call{http.MethodGet, "requests", nil}, &l)
	return l, err
}

// Document is everything about one request.
func (c *Client) Document(ctx context.Context, id incident.ID) (d Document, err error) {
	_, err = c.do(ctx, call{http.MethodGet, "requests/" + string(id), nil}, &d)
	return d, err
}

// Paper asks for what has to be signed. Its sheets' typed data are not read.
func (c *Client) Paper(ctx context.Context, id incident.ID, w Wanted) (p ballot.Paper, err error) {
	_, err = c.do(ctx, call{http.MethodPost, "requests/" + string(id) + "/paper", w}, &p)
	return p, err
}

// Vote hands in a signed paper. After an error that is no *approvals.VoterError
// the vote is perhaps recorded; the same paper may be handed in again and counts
// once.
func (c *Client) Vote(ctx context.Context, id incident.ID, s Signed) (r Recorded, err error) {
	_, err = c.do(ctx, call{http.MethodPost, "requests/" + string(id) + "/vote", s}, &r)
	return r, err
}

// call is one request of the API.
type call struct {
	method, path string
	body         any
}

// do sends a request and reads the answer into a value. What the console says to
// the person comes back as *approvals.VoterError.
func (c *Client) do(ctx context.Context, what call, into any) ([]byte, error) {
	var body io.Reader
	if what.body != nil {
		raw, err := json.Marshal(what.body)
		if err != nil {
			return nil, fmt.Errorf("write the request: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, what.method, c.origin+"/api/v1/"+what.path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask the console: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the console's answer: %w", err)
	case len(raw) > maxAnswer:
		return nil, fmt.Errorf("the console's answer is longer than %d bytes", maxAnswer)
	case answer.StatusCode != http.StatusOK:
		return nil, said(answer.StatusCode, raw)
	case into == nil:
		return raw, nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return nil, fmt.Errorf("the console's answer is not what Firebreak says; is %s the right address? (%w)", c.origin, err)
	}
	return raw, nil
}

// said is a refusal in the console's own words.
func said(status int, raw []byte) error {
	var p problem
	if json.Unmarshal(raw, &p) != nil || p.Detail == "" {
		return fmt.Errorf("the console answered %d %s and gave no reason", status, http.StatusText(status))
	}
	sentence := approvals.Clip(approvals.Printable(p.Detail), 500)
	if p.Reason == ReasonOutage || status >= 500 {
		return errors.New(sentence) // nothing is known
	}
	return &approvals.VoterError{Sentence: sentence}
}
