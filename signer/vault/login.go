package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/vault/api"
)

// login gets a token. It is called under the lock of tokens.
type login interface {
	// login returns a secret with Auth set. Its errors hold no secret.
	login(ctx context.Context) (*api.Secret, error)
	// changed reports that a new token lies ready.
	changed() bool
}

// method is one way to log in, as configured.
type method struct {
	name  string
	given bool
	check func() error
	open  func(desk) (login, error)
}

// desk is what a login works with: a client without a token.
type desk struct {
	api    *api.Client
	config Config
	nodes  *nodes
	offer  *offered
}

// method returns the login that is configured. There must be one, and no
// other: a second one would be a second way in that nobody looks after.
//
// The modules hashicorp/vault/api/auth/* are not used: there is none for JWT,
// the Kubernetes one reads its token once and for ever, the AppRole one does
// not look at where a wrapping token came from, and all of them fold status,
// Retry-After and body into one line of text.
func (c Config) method() (method, error) {
	all := []method{c.tokenFile(), c.appRole(), c.kubernetes(), c.jwt(), c.certificate()}
	var given []method
	var names []string
	for _, m := range all {
		names = append(names, m.name)
		if m.given {
			given = append(given, m)
		}
	}
	if len(given) != 1 {
		return method{}, fmt.Errorf("vault needs exactly one login of %s; there are %d", strings.Join(names, ", "), len(given))
	}
	if err := given[0].check(); err != nil {
		return method{}, fmt.Errorf("vault login by %s: %w", given[0].name, err)
	}
	return given[0], nil
}

// checkMount takes the path of an auth method; empty means its default.
func checkMount(mount string) error {
	if mount != "" && !mountText.MatchString(mount) {
		return fmt.Errorf("the mount must match %s", mountText)
	}
	return nil
}

// refusedLogin is Vault's no to who we are. Trying it again changes nothing.
type refusedLogin struct{ why string }

func (r *refusedLogin) Error() string { return r.why }

// exchange is one login over HTTP: credentials against a token.
type exchange struct {
	api    *api.Client
	mount  string
	fields map[string]any // what is sent
	secret []string       // those of the fields' values that nobody may see
	mend   string         // what to look at when it is refused
}

func (e exchange) do(ctx context.Context) (*api.Secret, error) {
	raw, err := json.Marshal(e.fields)
	if err != nil {
		return nil, errors.New("encode the login")
	}
	resp, err := e.api.Logical().WriteRawWithContext(ctx, "auth/"+e.mount+"/login", raw)
	a, err := read(resp, err)
	if err != nil {
		return nil, err
	}
	switch {
	case a.passing():
		return nil, a.notNow("vault answered a login with %d%s", a.status, hide(a.words(), e.secret))
	case a.status == 404:
		return nil, &refusedLogin{fmt.Sprintf("no auth method is enabled at auth/%s (404); check the mount of the login", e.mount)}
	case a.status >= 300:
		return nil, &refusedLogin{fmt.Sprintf("vault refused the login at auth/%s with %d%s; check %s", e.mount, a.status, hide(a.words(), e.secret), e.mend)}
	}
	secret, err := api.ParseSecret(bytes.NewReader(a.body))
	if err != nil || secret == nil || secret.Auth == nil || secret.Auth.ClientToken == "" {
		return nil, errors.New("vault answered the login without a token")
	}
	return secret, nil
}

// hide takes secrets out of Vault's own words: AppRole repeats a secret id in
// one of its errors.
func hide(text string, secrets []string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "[redacted]")
		}
	}
	return text
}

const (
	maxSecretFile = 8 << 10  // a token, a secret id, a JWT
	maxPEMFile    = 64 << 10 // a certificate with its chain, a private key
)

// readSecret reads one word from a file. Its errors name the file, never the
// content.
func readSecret(path string) (string, error) {
	raw, err := readBounded(path, maxSecretFile)
	if err != nil {
		return "", err
	}
	defer clear(raw)
	word := string(bytes.TrimSpace(raw))
	if slices.ContainsFunc([]byte(word), func(c byte) bool { return c <= ' ' || c > '~' }) {
		return "", fmt.Errorf("%s holds more than one word of ASCII", path)
	}
	if word == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return word, nil
}

// readBounded reads a file that must not be large.
func readBounded(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	raw, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > most {
		clear(raw)
		return nil, fmt.Errorf("%s is too long for a secret: more than %d bytes", path, most)
	}
	return raw, nil
}

// byRole is a login with a role and a JWT that somebody keeps fresh in a file,
// such as a projected service account token. The file is read at every login.
type byRole struct {
	api               *api.Client
	role, file, mount string
	mend              string
}

// changed is false: a new JWT does not end the token that the old one got.
func (*byRole) changed() bool { return false }

func (b *byRole) login(ctx context.Context) (*api.Secret, error) {
	jwt, err := readSecret(b.file)
	if err != nil {
		return nil, fmt.Errorf("read JWT file: %w", err)
	}
	return exchange{api: b.api, mount: b.mount, fields: map[string]any{"role": b.role, "jwt": jwt},
		secret: []string{jwt}, mend: b.mend}.do(ctx)
}

func (b *byRole) check() error {
	if b.role == "" || b.file == "" {
		return errors.New("it needs a role and a JWT file")
	}
	return checkMount(b.mount)
}
