package slacktest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
)

// RoundTripper serves the fake's own URLs without a network: give it to the
// app's client, and the whole conversation runs inside a testing/synctest
// bubble, in virtual time. A request for another host is refused. A hang, a
// delay and a reset of [Server.Inject] look to the client as they do over a
// socket, and once the server is closed its connections are refused. An
// answer arrives whole, so the page's event stream cannot be read through it.
func (s *Server) RoundTripper() http.RoundTripper { return homeTransport{s} }

// homeTransport leads to one fake and nowhere else.
type homeTransport struct{ server *Server }

// RoundTrip implements [http.RoundTripper].
func (t homeTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	home, err := url.Parse(t.server.base())
	if err != nil || r.URL.Host != home.Host {
		return nil, errors.Join(fmt.Errorf("dial %s: this transport leads to the fake slack alone", r.URL.Host), closeBody(r))
	}
	select {
	case <-t.server.closed:
		return nil, errors.Join(fmt.Errorf("dial %s: %w", r.URL.Host, syscall.ECONNREFUSED), closeBody(r))
	default:
	}
	return HandlerTransport(t.server).RoundTrip(r)
}

// HandlerTransport carries requests to a handler in this process, whatever
// their host. As [Config.Transport] it delivers interactions to an app that
// listens nowhere. A caller whose context ends does not wait for the handler.
func HandlerTransport(h http.Handler) http.RoundTripper { return handlerTransport{h} }

// handlerTransport is safe for concurrent use when its handler is.
type handlerTransport struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (t handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	inbound, err := asReceived(r)
	if err != nil {
		return nil, err
	}
	done := make(chan *capture, 1)
	go func() { done <- serve(t.handler, inbound) }()
	select {
	case c := <-done:
		if err := r.Context().Err(); err != nil {
			return nil, err // a handler that gave up with its caller has answered nothing
		}
		if c.broken {
			return nil, fmt.Errorf("read answer of %s: %w", r.URL.Host, syscall.ECONNRESET)
		}
		return c.response(r), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// asReceived is the request as a server sees it. The body is read first: the
// caller may reuse its own once RoundTrip has returned.
func asReceived(r *http.Request) (*http.Request, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		if err = errors.Join(err, r.Body.Close()); err != nil {
			return nil, fmt.Errorf("send request: %w", err)
		}
	}
	in := r.Clone(r.Context())
	in.Body, in.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:1"
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	return in, nil
}

func closeBody(r *http.Request) error {
	if r.Body == nil {
		return nil
	}
	return r.Body.Close()
}

// serve runs the handler. One that aborts, as net/http allows, leaves a
// broken connection; so does any other panic, as in a real server.
func serve(h http.Handler, r *http.Request) (c *capture) {
	c = &capture{header: http.Header{}}
	defer func() {
		if recover() != nil {
			c.broken = true
		}
	}()
	h.ServeHTTP(c, r)
	return c
}

// capture is a ResponseWriter that keeps what is written.
type capture struct {
	header http.Header
	sent   http.Header // as it was when the status went out
	status int
	body   bytes.Buffer
	broken bool
}

// Header implements [http.ResponseWriter].
func (c *capture) Header() http.Header { return c.header }

// WriteHeader implements [http.ResponseWriter]; only the first call counts.
func (c *capture) WriteHeader(status int) {
	if c.status == 0 {
		c.status, c.sent = status, c.header.Clone()
	}
}

// Write implements [http.ResponseWriter].
func (c *capture) Write(p []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	return c.body.Write(p)
}

// Flush implements [http.Flusher]: there is nothing to flush to.
func (c *capture) Flush() {}

func (c *capture) response(r *http.Request) *http.Response {
	c.WriteHeader(http.StatusOK)
	return &http.Response{
		Status: strconv.Itoa(c.status) + " " + http.StatusText(c.status), StatusCode: c.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: c.sent,
		Body: io.NopCloser(bytes.NewReader(c.body.Bytes())), ContentLength: int64(c.body.Len()), Request: r,
	}
}
