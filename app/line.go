package app

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/rpc"
)

// line is a connection to an endpoint that is made when it is first used:
// WebSocket connects as it is dialled, and an endpoint that is down then must
// not keep the daemon from starting. Once made, the library makes it again by
// itself. It is safe for concurrent use.
type line struct {
	url       string
	transport *http.Transport
	made      atomic.Pointer[rpc.Client]
	answered  atomic.Int64  // when it last did, in nanoseconds since 1970
	turn      chan struct{} // held by whoever dials; waiting for it honours a context
}

// maxAnswer bounds one answer over HTTP, in bytes: as much as the library takes
// over WebSocket. An endpoint that sends without end would eat the memory.
const maxAnswer = 32 << 20

// bounded cuts off answers that are larger.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = http.MaxBytesReader(nil, answer.Body, maxAnswer)
	}
	return answer, err
}

func newLine(url string) *line {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	return &line{url: url, transport: transport, turn: make(chan struct{}, 1)}
}

// CallContext implements the Client of submitter and verifier.
func (l *line) CallContext(ctx context.Context, result any, method string, args ...any) error {
	client, err := l.client(ctx)
	if err != nil {
		return err
	}
	err = client.CallContext(ctx, result, method, args...)
	if _, refused := errors.AsType[rpc.Error](err); err == nil || refused {
		l.answered.Store(time.Now().UnixNano())
	}
	return err
}

// silence is for how long it has not answered.
func (l *line) silence() time.Duration {
	return time.Since(time.Unix(0, l.answered.Load()))
}

func (l *line) client(ctx context.Context) (*rpc.Client, error) {
	if client := l.made.Load(); client != nil {
		return client, nil
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if client := l.made.Load(); client != nil {
		return client, nil
	}
	client, err := l.dial(ctx)
	if err == nil {
		l.made.Store(client)
	}
	return client, err
}

// dial makes a client whose POSTs survive a kept-alive connection that the
// server closed: net/http repeats a request by itself only when it carries an
// idempotency key. A nil value counts as one and is never sent. Offering the
// same bytes twice is harmless.
func (l *line) dial(ctx context.Context) (*rpc.Client, error) {
	client, err := rpc.DialOptions(ctx, l.url,
		rpc.WithHTTPClient(&http.Client{Transport: bounded{l.transport}, Timeout: 10 * time.Second}),
		rpc.WithHeaders(http.Header{"X-Idempotency-Key": nil}))
	if located, ok := errors.AsType[*url.Error](err); ok {
		return nil, located.Err // without the URL, which may hold a token
	}
	return client, err
}

// close ends the connection; nobody may use the line meanwhile.
func (l *line) close() error {
	if client := l.made.Load(); client != nil {
		client.Close()
	}
	l.transport.CloseIdleConnections()
	return nil
}
