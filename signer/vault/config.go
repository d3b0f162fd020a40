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
	"net/http"
	"net/url"
	"os"
	"regexp"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/hashicorp/vault/api"

	"github.com/firebreak-project/firebreak/signer"
)

// Config says where the key is and who is asking. Address, Mount and one of
// TokenFile and AppRole are required; the zero value is refused.
type Config struct {
	Address   string // such as https://vault.internal:8200
	Mount     string // path of the secrets engine, such as eth
	Namespace string // Vault Enterprise or OpenBao; empty for none
	CAFile    string // PEM of the server's CA; empty means the system's

	// TokenFile holds a token, for instance from Vault Agent or a projected
	// volume. It is read again whenever the file changes.
	TokenFile string
	AppRole   *AppRole

	// Keys pins the address that each key must have. A key that is not
	// named is pinned to the address it gives at first use.
	Keys map[string]common.Address

	// Timeout bounds one call with all its retries. Zero means 15 s.
	Timeout time.Duration

	// Logger gets what happens outside of calls: logins and renewals. Nil
	// means nobody.
	Logger *slog.Logger
}

// AppRole is how a machine logs in. The secret id is read from its file at
// every login, so that it can be rotated.
type AppRole struct {
	RoleID       string
	SecretIDFile string
	Mount        string // empty means "approle"
}

var mountText = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$`)

func (c Config) validate() error {
	address, err := url.Parse(c.Address)
	switch {
	case err != nil || address.Host == "" || (address.Scheme != "https" && address.Scheme != "http") || address.User != nil:
		return errors.New("vault address must be an http or https URL without credentials")
	case !mountText.MatchString(c.Mount):
		return fmt.Errorf("vault mount must match %s", mountText)
	case (c.TokenFile == "") == (c.AppRole == nil):
		return errors.New("vault needs exactly one of a token file and an AppRole")
	case c.AppRole != nil && (c.AppRole.RoleID == "" || c.AppRole.SecretIDFile == ""):
		return errors.New("vault AppRole needs a role id and a secret id file")
	case c.AppRole != nil && c.AppRole.Mount != "" && !mountText.MatchString(c.AppRole.Mount):
		return fmt.Errorf("vault AppRole mount must match %s", mountText)
	case c.Timeout < 0:
		return errors.New("vault timeout must not be negative")
	}
	for name, address := range c.Keys {
		if !signer.ValidKeyName(name) || address == (common.Address{}) {
			return fmt.Errorf("vault key %q must have a valid name and an address", name)
		}
	}
	return nil
}

// httpClient builds the transport by hand: the library's default would read
// addresses, proxies and CAs from the environment.
func (c Config) httpClient() (*http.Client, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
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
	transport := &http.Transport{
		TLSClientConfig:     trust,
		TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConnsPerHost: 8,
		IdleConnTimeout:     90 * time.Second,
		ForceAttemptHTTP2:   true,
	}
	return &http.Client{
		Transport: limited{transport},
		// The library follows Vault's redirects itself.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// library returns the API client with its retries off. One attempt gets a
// third of the call's time, so that a reply that never comes leaves time to ask
// again.
func (c Config) library() (*api.Client, error) {
	httpClient, err := c.httpClient()
	if err != nil {
		return nil, err
	}
	client, err := api.NewClient(&api.Config{
		Address:    c.Address,
		HttpClient: httpClient,
		Timeout:    c.Timeout / 3,
		MaxRetries: 0,
	})
	if err != nil {
		return nil, fmt.Errorf("build vault client: %w", err)
	}
	client.SetMaxRetries(0) // zero in the Config means the default of 2
	client.ClearToken()     // the library reads VAULT_TOKEN
	client.ClearNamespace() // and VAULT_NAMESPACE
	if err := client.SetAddress(c.Address); err != nil {
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
