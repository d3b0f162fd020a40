package vaultserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/vault/api"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/vault"
)

// CreateKey creates a key with the root token, as the key ceremony would.
// Everything that makes a key goes through here.
func (v *Cluster) CreateKey(ctx context.Context, mount string, k signer.NewKey) (signer.KeyInfo, error) {
	body, err := json.Marshal(k.Fields())
	if err != nil {
		return signer.KeyInfo{}, fmt.Errorf("encode key: %w", err)
	}
	resp, err := v.First().root.Logical().WriteRawWithContext(ctx, mount+"/keys/"+k.Name, body)
	var reply struct {
		Data json.RawMessage `json:"data"`
	}
	if resp != nil {
		defer resp.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20)) // an error shows in what it decodes to
		_ = json.Unmarshal(text, &reply)
	}
	if err != nil {
		return signer.KeyInfo{}, refusalOr(err, reply.Data)
	}
	return signer.ParseKeyInfo(reply.Data)
}

// refusalOr reads the plugin's refusal out of a reply.
func refusalOr(err error, data json.RawMessage) error {
	var detail struct{ Code, Rule, Reason string }
	if json.Unmarshal(data, &detail) == nil && detail.Code != "" {
		return &signer.Refusal{Code: detail.Code, Rule: detail.Rule, Reason: detail.Reason}
	}
	return fmt.Errorf("create key: %w", err)
}

// BotToken issues a token with the bot's policy and without the default one.
func (v *Cluster) BotToken(ctx context.Context, mount, key string) (string, error) {
	return v.tokenFor(ctx, "firebreak-"+mount+"-"+key, vault.BotPolicy(mount, key))
}

// CeremonyToken issues a token with the policy of the people who create keys
// and hand in what guardians have signed.
func (v *Cluster) CeremonyToken(ctx context.Context, mount string) (string, error) {
	return v.tokenFor(ctx, "firebreak-ceremony-"+mount, vault.CeremonyPolicy(mount))
}

func (v *Cluster) tokenFor(ctx context.Context, name, policy string) (string, error) {
	if err := v.First().root.Sys().PutPolicyWithContext(ctx, name, policy); err != nil {
		return "", fmt.Errorf("write policy %s: %w", name, err)
	}
	secret, err := v.First().root.Auth().Token().CreateWithContext(ctx, &api.TokenCreateRequest{
		Policies: []string{name}, NoDefaultPolicy: true, NoParent: true, TTL: (24 * time.Hour).String(),
	})
	if err != nil {
		return "", fmt.Errorf("issue a token of %s: %w", name, err)
	}
	return secret.Auth.ClientToken, nil
}

// Snapshot writes the whole of raft's storage, as an operator's backup does.
func (v *Cluster) Snapshot(ctx context.Context, path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = v.First().root.Sys().RaftSnapshotWithContext(ctx, file)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("take a snapshot: %w", err)
	}
	return nil
}

// Restore puts a snapshot of this cluster back and waits until it serves what
// was in it: raft swaps the storage first, Vault reads it a little later.
func (v *Cluster) Restore(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	root := v.First().root
	if err := root.Sys().RaftSnapshotRestoreWithContext(ctx, file, false); err != nil {
		return fmt.Errorf("restore a snapshot: %w", err)
	}
	return v.First().Serving(ctx)
}

// EnableAudit turns on a file audit device and returns its file.
func (v *Cluster) EnableAudit(ctx context.Context, name string) (string, error) {
	path := filepath.Join(v.dir, name+".log")
	err := v.First().root.Sys().EnableAuditWithOptionsWithContext(ctx, name, &api.EnableAuditOptions{
		Type: "file", Options: map[string]string{"file_path": path},
	})
	if err != nil {
		return "", fmt.Errorf("enable audit device %s: %w", name, err)
	}
	return path, nil
}
