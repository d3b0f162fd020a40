package vault

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/vault/api"
)

// Certificate logs in with a client certificate. Both files are read at every
// login, so that they can be rotated.
type Certificate struct {
	CertFile string // PEM, the leaf first
	KeyFile  string // PEM
	Role     string // empty lets Vault look for one that fits
	Mount    string // empty means "cert"
}

func (c Config) certificate() method {
	given := cmp.Or(c.Certificate, &Certificate{})
	return method{name: "TLS certificate", given: c.Certificate != nil,
		check: func() error {
			if given.CertFile == "" || given.KeyFile == "" {
				return errors.New("it needs a certificate file and a key file")
			}
			for _, u := range c.nodeTexts() {
				if len(u) < 8 || u[:8] != "https://" {
					return errors.New("it needs an https address: a certificate is shown in the TLS handshake")
				}
			}
			return checkMount(given.Mount)
		},
		open: func(d desk) (login, error) { return &certLogin{desk: d, given: *given}, nil }}
}

// offered is the certificate that connections show. Renewals need it too: Vault
// renews a token only over a connection with the certificate that got it.
type offered struct {
	current   atomic.Pointer[tls.Certificate]
	reconnect func() // lets go of connections that show the old one
}

func (o *offered) get(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if c := o.current.Load(); c != nil {
		return c, nil
	}
	return new(tls.Certificate), nil // shows none
}

// certLogin makes a connection of its own for every login: one that is open
// already shows the certificate that it was opened with.
type certLogin struct {
	desk
	given Certificate
}

// changed is false: a new certificate does not end the token of the old one.
func (*certLogin) changed() bool { return false }

func (l *certLogin) login(ctx context.Context) (*api.Secret, error) {
	pair, err := loadPair(l.given.CertFile, l.given.KeyFile)
	if err != nil {
		return nil, err
	}
	transport, err := l.config.transport(func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair, nil })
	if err != nil {
		return nil, err
	}
	transport.DisableKeepAlives = true
	defer transport.CloseIdleConnections()
	client, err := l.config.library(l.nodes, transport)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{}
	if l.given.Role != "" {
		fields["name"] = l.given.Role
	}
	secret, err := exchange{api: client, mount: cmp.Or(l.given.Mount, "cert"), fields: fields,
		mend: "the certificate, that it has not expired, and the role that should accept it"}.do(ctx)
	if err != nil {
		return nil, err
	}
	l.offer.current.Store(pair)
	l.offer.reconnect()
	return secret, nil
}

// loadPair reads a certificate and its key. Its errors name the files alone.
func loadPair(certFile, keyFile string) (*tls.Certificate, error) {
	cert, err := readBounded(certFile, maxPEMFile)
	if err != nil {
		return nil, fmt.Errorf("read certificate file: %w", err)
	}
	key, err := readBounded(keyFile, maxPEMFile)
	if err != nil {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	defer clear(key)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("%s and %s are no certificate with its key", certFile, keyFile)
	}
	return &pair, nil
}
