package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/alerts/pull"
)

// openPulls makes what fetches, for the sources that have a stream.
func (a *App) openPulls(doors *alerts.Doors) error {
	for _, name := range slices.Sorted(maps.Keys(a.c.Sources)) {
		n := a.c.Sources[name].NATS
		if n == nil {
			continue
		}
		config := n.pull(name)
		if _, err := config.Login(); err != nil {
			return fmt.Errorf("source %s: %w", name, err)
		}
		config.Doors, config.Log = doors, a.o.Log
		config.Pending = func(waiting uint64) { a.metrics.waiting.WithLabelValues(name).Set(float64(waiting)) }
		puller, err := pull.New(config)
		if err != nil {
			return fmt.Errorf("source %s: %w", name, err)
		}
		a.background("source "+name, func(ctx context.Context) error { puller.Run(ctx); return nil })
		a.check("source "+name, func(context.Context) error { return puller.Ready() })
	}
	return nil
}

// pull is where a source's messages are.
func (n NATS) pull(source string) pull.Config {
	return pull.Config{Source: source, URL: n.URL, Stream: n.Stream, Consumer: n.Consumer, Subject: n.Subject,
		Login: func() ([]nats.Option, error) { return natsLogin(n) }}
}

// natsLogin is how to reach a server: with TLS, and as whom.
func natsLogin(n NATS) ([]nats.Option, error) {
	if err := errors.Join(private(n.CredsFile), private(n.NKeyFile), private(n.KeyFile)); err != nil {
		return nil, err
	}
	var options []nats.Option
	if strings.Contains(n.URL, "tls://") {
		options = append(options, nats.Secure(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	if n.CAFile != "" {
		options = append(options, nats.RootCAs(n.CAFile))
	}
	if n.CertFile != "" {
		options = append(options, nats.ClientCert(n.CertFile, n.KeyFile))
	}
	switch {
	case n.CredsFile != "":
		options = append(options, nats.UserCredentials(n.CredsFile))
	case n.NKeyFile != "":
		option, err := nats.NkeyOptionFromSeed(n.NKeyFile)
		if err != nil {
			return nil, fmt.Errorf("read seed %s: it cannot be used; write one with nk -gen user", n.NKeyFile) // the library's words may hold what it read
		}
		options = append(options, option)
	case n.User != "":
		password, err := readSecret(n.PasswordFile)
		if err != nil {
			return nil, err
		}
		options = append(options, nats.UserInfo(n.User, password))
	}
	return options, nil
}
