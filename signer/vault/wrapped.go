package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"

	"github.com/hashicorp/vault/api"
)

// wrapped gets a secret id out of a response-wrapping token. Such a token works
// once: that it does not work means that somebody else may have used it first,
// and holds the secret id now.
type wrapped struct {
	api               *api.Client
	path, mount, role string
	logger            *slog.Logger

	seen   stamp  // the file that was unwrapped, or would not
	secret string // what was in it
	spent  error  // why it would not, for as long as the file is the same
	tried  stamp  // the file that an unwrapping without an answer was sent for
}

// errIntercepted is the alarm.
var errIntercepted = errors.New("ALARM: the wrapped secret id was already unwrapped, has expired or never was one; somebody else may hold it now: revoke the secret ids of this role, find out who had the file, and deliver a new one")

func (w *wrapped) secretID(ctx context.Context) (string, error) {
	now := stampOf(w.path)
	if w.seen != (stamp{}) && (now == w.seen || now == (stamp{})) {
		return w.secret, w.spent // a file that was taken away after it was read is good practice
	}
	token, err := readSecret(w.path)
	if err != nil {
		return "", fmt.Errorf("read wrapped secret id file: %w", err)
	}
	secret, err := w.open(ctx, token)
	if _, again := errors.AsType[*transient](err); again {
		w.tried = now
		return "", err
	}
	if errors.Is(err, errIntercepted) && w.tried == now {
		err = fmt.Errorf("%w (an earlier try of ours got no answer, and may have used it up)", err)
	}
	w.seen, w.secret, w.spent = now, secret, err
	if err != nil {
		w.logger.Error("a wrapped secret id cannot be trusted", "file", w.path, "err", err)
	}
	return secret, err
}

// open looks where the token came from before it uses it up: one that wraps
// something else was put there by somebody who is not the platform.
func (w *wrapped) open(ctx context.Context, token string) (string, error) {
	var info struct {
		Path string `json:"creation_path"`
	}
	if err := w.ask(ctx, w.api, "sys/wrapping/lookup", map[string]any{"token": token}, &info); err != nil {
		return "", err
	}
	role := `[^/]+`
	if w.role != "" {
		role = regexp.QuoteMeta(w.role)
	}
	if !regexp.MustCompile(`^auth/` + regexp.QuoteMeta(w.mount) + `/role/` + role + `/secret-id$`).MatchString(info.Path) {
		return "", fmt.Errorf("ALARM: the wrapping token was made by %.100q and not by auth/%s/role/<role>/secret-id; it was not used: find out who wrote the file", info.Path, w.mount)
	}
	client, err := w.api.CloneWithHeaders()
	if err != nil {
		return "", errors.New("build a client to unwrap with")
	}
	client.SetMaxRetries(0)
	client.SetToken(token)
	var got struct {
		SecretID string `json:"secret_id"`
	}
	if err := w.ask(ctx, client, "sys/wrapping/unwrap", map[string]any{}, &got); err != nil {
		return "", err
	}
	if got.SecretID == "" {
		return "", errors.New("ALARM: the wrapping token held no secret id: find out who wrote the file")
	}
	return got.SecretID, nil
}

func (w *wrapped) ask(ctx context.Context, client *api.Client, path string, body map[string]any, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return errors.New("encode the unwrapping")
	}
	resp, err := client.Logical().WriteRawWithContext(ctx, path, raw)
	a, err := read(resp, err)
	switch {
	case err != nil:
		return err
	case a.passing():
		return a.notNow("vault answered an unwrapping with %d%s", a.status, a.words())
	case a.status >= 300 || !a.decoded || len(bytes.TrimSpace(a.reply.Data)) == 0:
		return errIntercepted
	}
	if err := json.Unmarshal(a.reply.Data, into); err != nil {
		return errIntercepted
	}
	return nil
}
