package slacktest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
)

// Dial connects to the fake without a network. As the NetDialContext of a
// websocket dialer it lets Socket Mode run inside a testing/synctest bubble;
// see [Server.RoundTripper] for plain calls. It leads to the fake alone.
func (s *Server) Dial(ctx context.Context, _, addr string) (net.Conn, error) {
	home, err := url.Parse(s.base())
	if host, _, _ := net.SplitHostPort(addr); err != nil || (host != home.Hostname() && addr != home.Host) {
		return nil, fmt.Errorf("dial %s: this dialer leads to the fake slack alone", addr)
	}
	there, here := net.Pipe()
	select {
	case s.listener().conns <- there:
		return here, nil
	case <-s.closed:
		err = errors.New("fake slack is closed")
	case <-ctx.Done():
		err = ctx.Err()
	}
	return nil, errors.Join(fmt.Errorf("dial %s: %w", addr, err), here.Close(), there.Close())
}

// pipeListener hands connections made in this process to an HTTP server.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	server *http.Server
}

// listener starts the in-process server when it is first needed.
func (s *Server) listener() *pipeListener {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pipes == nil {
		l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{}), server: &http.Server{Handler: s}}
		s.pipes = l
		go func() { _ = l.server.Serve(l) }() // ends with Close, which is no error of anybody's
	}
	return s.pipes
}

// Accept implements [net.Listener].
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements [net.Listener].
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "slacktest", Net: "pipe"} }
