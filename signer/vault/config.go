// Package vault is the signer.Signer that talks to the Firebreak secrets engine
// in a Vault or OpenBao server.
//
// It asks again only when the outcome is unknown, always with the same
// request, which the engine counts once; a refusal is handed back at once. What
// comes back is never trusted: it is decoded and compared with the request.
package vault

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/api"

	"github.com/firebreak-project/firebreak/signer"
)

// Config says where the key is and who is asking. An address, Mount and exactly
// one login (TokenFile, AppRole, Kubernetes, JWT, Certificate) are required;
// the zero value is refused.
type Config struct {
	Address string // such as https://vault.internal:8200
	// Addresses are the nodes of one cluster, in place of Address: when one
	// cannot be reached, is sealed or knows no leader, the next is asked. No
	// other host is ever sent a token, whatever a redirect says.
	Addresses []string
	Mount     string // path of the secrets engine, such as eth
	Namespace string // Vault Enterprise or OpenBao; empty for none
	CAFile    string // PEM of the server's CA; empty means the system's

	// TokenFile holds a token, for instance from Vault Agent or a projected
	// volume. It is read again whenever the file changes.
	TokenFile   string
	AppRole     *AppRole
	Kubernetes  *Kubernetes
	JWT         *JWT
	Certificate *Certificate

	// Keys pins the address that each key must have. A key that is not
	// named is pinned to the address it gives at first use.
	Keys map[string]common.Address

	// Timeout bounds one call with all its retries. Zero means 15 s.
	Timeout time.Duration

	// Logger gets what happens outside of calls: logins, renewals and the
	// alarm of a secret id that somebody else may have. Nil means nobody.
	Logger *slog.Logger

	// under is what carries requests, for tests without a network.
	under http.RoundTripper
}

var mountText = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$`)

// Check says what is wrong with the configuration, without reading any file.
func (c Config) Check() error {
	if err := c.validateNodes(); err != nil {
		return err
	}
	switch {
	case !mountText.MatchString(c.Mount):
		return fmt.Errorf("vault mount must match %s", mountText)
	case c.Timeout < 0:
		return errors.New("vault timeout must not be negative")
	}
	if _, err := c.method(); err != nil {
		return err
	}
	for name, address := range c.Keys {
		if !signer.ValidKeyName(name) || address == (common.Address{}) {
			return fmt.Errorf("vault key %q must have a valid name and an address", name)
		}
	}
	return nil
}

// nodeTexts are the addresses, however they were given.
func (c Config) nodeTexts() []string {
	if c.Address != "" {
		return append([]string{c.Address}, c.Addresses...)
	}
	return c.Addresses
}

func (c Config) validateNodes() error {
	if c.Address != "" && len(c.Addresses) > 0 {
		return errors.New("vault takes either an address or addresses")
	}
	if len(c.nodeTexts()) == 0 {
		return errors.New("vault needs an address")
	}
	seen := map[string]bool{}
	for _, text := range c.nodeTexts() {
		address, err := url.Parse(text)
		switch {
		case err != nil || address.Host == "" || (address.Scheme != "https" && address.Scheme != "http") || address.User != nil:
			return errors.New("vault address must be an http or https URL without credentials")
		case len(c.Addresses) > 0 && strings.Trim(address.Path, "/") != "":
			return errors.New("the addresses of a vault cluster must have no path")
		case seen[origin(address)]:
			return fmt.Errorf("vault address %s is named twice", address.Host)
		}
		seen[origin(address)] = true
	}
	return nil
}

// transport is built by hand: the library's default would read addresses,
// proxies and CAs from the environment. offer is the client certificate; nil
// offers none.
func (c Config) transport(offer func(*tls.CertificateRequestInfo) (*tls.Certificate, error)) (*http.Transport, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12, GetClientCertificate: offer}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read vault CA: %w", err)
		}
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("read vault CA: the file holds no certificate")
		}
	}
	return &http.Transport{
		TLSClientConfig:     trust,
		DialContext:         (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConnsPerHost: 8,
		IdleConnTimeout:     90 * time.Second,
		ForceAttemptHTTP2:   true,
	}, nil
}

// library returns an API client with its retries off. One attempt gets a third
// of the call's time, so that a reply that never comes leaves time to ask
// again.
func (c Config) library(n *nodes, under http.RoundTripper) (*api.Client, error) {
	client, err := api.NewClient(&api.Config{
		Address: n.first(),
		HttpClient: &http.Client{
			Transport: &toNode{nodes: n, next: limited{under}},
			// Redirects are judged by toNode, and followed by nobody.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		Timeout:          c.Timeout / 3,
		MaxRetries:       0,
		DisableRedirects: true,
	})
	if err != nil {
		return nil, fmt.Errorf("build vault client: %w", err)
	}
	client.SetMaxRetries(0) // zero in the Config means the default of 2
	client.ClearToken()     // the library reads VAULT_TOKEN
	client.ClearNamespace() // and VAULT_NAMESPACE
	if err := client.SetAddress(n.first()); err != nil {
		return nil, fmt.Errorf("build vault client: %w", err)
	}
	if c.Namespace != "" {
		client.SetNamespace(c.Namespace)
	}
	return client.WithRequestCallbacks(keepBody), nil
}

// keepBody lets a body survive a redirect. A standby that cannot forward, for
// the second in which another node becomes the leader, sends the caller there;
// the library then encodes again what it believes the body was made of, which
// is nothing for a body given as bytes. The engine would refuse that for good.
func keepBody(r *api.Request) {
	if r.Obj == nil && r.BodyBytes != nil {
		r.Obj = json.RawMessage(r.BodyBytes)
	}
}
