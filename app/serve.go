package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"
)

// serve listens and answers until the app stops.
func (a *App) serve(name, address string, h http.Handler) (net.Addr, error) {
	return a.serveTLS(name, address, nil, h)
}

// serveTLS is serve with a certificate, where there is one. Every such listener
// has a bounded crowd.
func (a *App) serveTLS(name, address string, files *DoorTLS, h http.Handler) (net.Addr, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w; stop what uses the port, or name another one", name, err)
	}
	inner, err := doorTLS(files, a.bounded(name, l), func(err error) {
		a.o.Log.Error("a new certificate cannot be used; the old one stays", "server", name, "err", err)
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", name, err), l.Close())
	}
	a.serveOn(name, inner, h, nil)
	return l.Addr(), nil
}

// bounded bounds how many connections a listener has.
func (a *App) bounded(name string, l net.Listener) net.Listener {
	proxies := networks(a.c.Proxies)
	trusted := func(at netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(at) })
	}
	return newCrowd(l, trusted, func() { a.metrics.crowded.WithLabelValues(name).Inc() })
}

// newServer has the limits for clients that send slowly on purpose: no request
// of ours is large or long. The first of them bounds a TLS handshake too.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 3 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
}

// serveOn answers on a listener, which it closes in the end.
func (a *App) serveOn(name string, l net.Listener, h http.Handler, connected func(context.Context, net.Conn) context.Context) {
	s := newServer(h)
	s.ConnContext = connected
	s.ErrorLog = slog.NewLogLogger(a.o.Log.With("server", name).Handler(), slog.LevelWarn)
	a.loops = append(a.loops, func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.end(fmt.Errorf("serve %s: %w", name, err))
		}
	})
	a.life.onStop(name, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		err := s.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			a.o.Log.Warn("a client was cut off", "server", name) // nothing was acknowledged to it
			err = s.Close()
		}
		// A listener that was never served is closed here too.
		return errors.Join(err, ignoreClosed(l.Close()))
	})
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
