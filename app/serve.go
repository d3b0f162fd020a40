package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// serve listens and answers until the app stops. The limits are for clients
// that send slowly on purpose: no request of ours is large or long.
func (a *App) serve(name, address string, h http.Handler) (net.Addr, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w; stop what uses the port, or name another one", name, err)
	}
	a.serveOn(name, l, h, nil)
	return l.Addr(), nil
}

// serveOn answers on a listener, which it closes in the end.
func (a *App) serveOn(name string, l net.Listener, h http.Handler, connected func(context.Context, net.Conn) context.Context) {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 3 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ConnContext:       connected,
		ErrorLog:          slog.NewLogLogger(a.o.Log.With("server", name).Handler(), slog.LevelWarn),
	}
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
