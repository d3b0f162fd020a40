package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/vault/api"
)

func (c Config) tokenFile() method {
	return method{name: "token file", given: c.TokenFile != "", check: func() error { return nil },
		open: func(d desk) (login, error) { return &fileLogin{api: d.api, path: c.TokenFile}, nil }}
}

// fileLogin takes the token that somebody else keeps fresh in a file.
type fileLogin struct {
	api  *api.Client
	path string
	seen stamp
}

// stamp tells one version of a file from the next. Writers that rename, as
// Vault Agent does, change the time; the size catches a clock that does not
// move.
type stamp struct {
	at   time.Time
	size int64
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{info.ModTime(), info.Size()}
}

// changed is false while the file is away: the old token may still be good.
func (f *fileLogin) changed() bool {
	now := stampOf(f.path)
	return now != (stamp{}) && now != f.seen
}

func (f *fileLogin) login(ctx context.Context) (*api.Secret, error) {
	seen := stampOf(f.path) // before the read: a change in between is seen again
	token, err := readSecret(f.path)
	if err != nil {
		return nil, fmt.Errorf("read token file: %w", err)
	}
	auth := &api.SecretAuth{ClientToken: token}
	if err := f.lifetime(ctx, auth); err != nil {
		return nil, err
	}
	f.seen = seen
	return &api.Secret{Auth: auth}, nil
}

// lifetime asks how long the token lives. A token that may not look itself up
// is used until it is refused or replaced; anything else that goes wrong is
// transient, because a token with an unknown end would never be renewed.
func (f *fileLogin) lifetime(ctx context.Context, auth *api.SecretAuth) error {
	asking, err := f.api.CloneWithHeaders()
	if err != nil {
		return fmt.Errorf("look token up: %w", err)
	}
	asking.SetMaxRetries(0)
	asking.SetToken(auth.ClientToken)
	resp, err := asking.Logical().ReadRawWithContext(ctx, "auth/token/lookup-self")
	a, err := read(resp, err)
	switch {
	case err != nil:
		return err
	case a.status == http.StatusForbidden:
		return nil
	case a.status >= 300:
		return a.notNow("vault did not answer a token's question about itself, but %d%s", a.status, hide(a.words(), []string{auth.ClientToken}))
	}
	var data struct {
		TTL       int
		Renewable bool
	}
	if !a.decoded || json.Unmarshal(a.reply.Data, &data) != nil || data.TTL < 0 {
		return errors.New("look token up: its time to live is not a number of seconds")
	}
	auth.LeaseDuration, auth.Renewable = data.TTL, data.Renewable
	return nil
}
