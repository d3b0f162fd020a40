package vault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/hashicorp/vault/api"
)

// AppRole is how a machine logs in. Exactly one of the two files is given.
type AppRole struct {
	RoleID string
	// SecretIDFile is read at every login, so that it can be rotated.
	SecretIDFile string
	// WrappedSecretIDFile holds a response-wrapping token instead. It is
	// unwrapped once, and the secret id is kept in memory alone; a new file is
	// unwrapped at the next login.
	WrappedSecretIDFile string
	// Role is the role's name, which the wrapping token must have been made
	// for. Empty accepts any role of the mount.
	Role  string
	Mount string // empty means "approle"
}

func (c Config) appRole() method {
	role := cmp.Or(c.AppRole, &AppRole{})
	return method{name: "AppRole", given: c.AppRole != nil,
		check: func() error {
			if role.RoleID == "" || (role.SecretIDFile == "") == (role.WrappedSecretIDFile == "") {
				return errors.New("it needs a role id and one of a secret id file and a wrapped secret id file")
			}
			return checkMount(role.Mount)
		},
		open: func(d desk) (login, error) {
			r := &roleLogin{api: d.api, role: *role, mount: cmp.Or(role.Mount, "approle")}
			if role.WrappedSecretIDFile != "" {
				r.wrapped = &wrapped{api: d.api, path: role.WrappedSecretIDFile, mount: r.mount, role: role.Role,
					logger: cmp.Or(c.Logger, slog.New(slog.DiscardHandler))}
			}
			return r, nil
		}}
}

// roleLogin logs in with AppRole.
type roleLogin struct {
	api     *api.Client
	role    AppRole
	mount   string
	wrapped *wrapped // nil where the file holds the secret id itself
}

// changed is false: a new secret id does not end the token of the old one.
func (*roleLogin) changed() bool { return false }

func (r *roleLogin) login(ctx context.Context) (*api.Secret, error) {
	secretID, err := r.secretID(ctx)
	if err != nil {
		return nil, err
	}
	mend := "the role id and the secret id"
	if r.wrapped != nil {
		mend += "; a secret id that ran out needs a new wrapped one in " + r.role.WrappedSecretIDFile
	}
	return exchange{api: r.api, mount: r.mount, fields: map[string]any{"role_id": r.role.RoleID, "secret_id": secretID},
		secret: []string{secretID}, mend: mend}.do(ctx)
}

func (r *roleLogin) secretID(ctx context.Context) (string, error) {
	if r.wrapped != nil {
		return r.wrapped.secretID(ctx)
	}
	secretID, err := readSecret(r.role.SecretIDFile)
	if err != nil {
		return "", fmt.Errorf("read secret id file: %w", err)
	}
	return secretID, nil
}
