package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// serve listens and answers until the app stops. The limits are for clients
// that send slowly on purpose: no request of ours is large or long.
func (a *App) serve(name, address string, h http.Handler) (net.Addr, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w; is another firebreak running, or is the port taken?", name, err)
	}
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 3 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	a.loops = append(a.loops, func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.o.Log.Error("a server has stopped", "server", name, "err", err)
		}
	})
	a.life.onStop(name, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		// A listener that was never served is closed here too.
		return errors.Join(s.Shutdown(ctx), ignoreClosed(l.Close()))
	})
	return l.Addr(), nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
