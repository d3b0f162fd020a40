package vault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/hashicorp/vault/api"
)

// roleLogin logs in with AppRole.
type roleLogin struct {
	api  *api.Client
	role AppRole
}

// changed is false: a new secret id does not end the token of the old one.
func (*roleLogin) changed() bool { return false }

func (r *roleLogin) login(ctx context.Context) (*api.Secret, error) {
	secretID, err := readSecret(r.role.SecretIDFile)
	if err != nil {
		return nil, fmt.Errorf("read secret id file: %w", err)
	}
	path := "auth/" + cmp.Or(r.role.Mount, "approle") + "/login"
	secret, err := r.api.Logical().WriteWithContext(ctx, path, map[string]any{
		"role_id": r.role.RoleID, "secret_id": secretID,
	})
	if failed, isReply := errors.AsType[*api.ResponseError](err); isReply {
		if failed.StatusCode >= 500 || failed.StatusCode == http.StatusTooManyRequests {
			return nil, &transient{why: fmt.Sprintf("vault answered a login with %d", failed.StatusCode)}
		}
		return nil, fmt.Errorf("vault refused the login with %d; check the role id and the secret id", failed.StatusCode)
	}
	if err != nil {
		return nil, &transient{why: "no reply to a login: " + transportError(err)}
	}
	if secret == nil || secret.Auth == nil || secret.Auth.ClientToken == "" {
		return nil, errors.New("vault answered the login without a token")
	}
	return secret, nil
}

// readFull fills buffer as far as the reader goes.
func readFull(r io.Reader, buffer []byte) (int, error) {
	n, err := io.ReadFull(r, buffer)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return n, nil
	}
	return n, err
}
