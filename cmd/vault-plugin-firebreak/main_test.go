package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/vault/sdk/helper/pluginutil"
	"github.com/hashicorp/vault/sdk/logical"
	vaultplugin "github.com/hashicorp/vault/sdk/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/metadata"

	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/plugin"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

// process is the built plugin, started and spoken to as Vault does: protocol
// 5, mutual TLS, many mounts in one process, storage handed back over the same
// connection.
type process struct {
	backends goplugin.ClientProtocol
	mounts   atomic.Int64
}

func startProcess(t testing.TB, version string) *process {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "vault-plugin-firebreak")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-X main.version="+version, "-o", binary, ".")
	text, err := build.CombinedOutput()
	require.NoError(t, err, string(text))
	cmd := exec.Command(binary)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  vaultplugin.HandshakeConfig,
		VersionedPlugins: vaultplugin.PluginSet,
		Cmd:              cmd,
		AutoMTLS:         true,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
	})
	t.Cleanup(client.Kill)
	backends, err := client.Client()
	require.NoError(t, err)
	return &process{backends: backends}
}

// mount is one mount of the process, with storage of its own.
func (p *process) mount(t testing.TB, storage logical.Storage) *mount {
	t.Helper()
	raw, err := p.backends.Dispense("backend")
	require.NoError(t, err)
	m := &mount{backend: raw.(logical.Backend), id: fmt.Sprintf("mount-%d", p.mounts.Add(1))}
	err = m.backend.Setup(m.tell(t.Context()), &logical.BackendConfig{
		StorageView: storage, System: &logical.StaticSystemView{}, Logger: hclog.NewNullLogger(),
	})
	require.NoError(t, err)
	return m
}

// mount is a signer over one mount of the process. What it sends and how it
// reads what comes back is what Vault's HTTP API does.
type mount struct {
	backend logical.Backend
	id      string
}

// tell says which mount a call is for.
func (m *mount) tell(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, pluginutil.MultiplexingCtxKey, m.id)
}

func (m *mount) do(ctx context.Context, operation logical.Operation, path string, body map[string]any) ([]byte, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var wire map[string]any
	if err := decoder.Decode(&wire); err != nil {
		return nil, err
	}
	resp, err := m.backend.HandleRequest(m.tell(ctx), &logical.Request{Operation: operation, Path: path, Data: wire})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", signer.ErrUnavailable, err)
	}
	if resp.IsError() {
		detail, _ := resp.Data["data"].(map[string]any)
		text, err := json.Marshal(detail)
		if err != nil {
			return nil, err
		}
		var refusal signer.Refusal
		if err := json.Unmarshal(text, &refusal); err != nil {
			return nil, err
		}
		return nil, &refusal
	}
	return json.Marshal(resp.Data)
}

func (m *mount) Sign(ctx context.Context, r signer.Request) (signer.Signed, error) {
	if err := r.Validate(); err != nil {
		return signer.Signed{}, err
	}
	info, err := m.Key(ctx, r.Key)
	if err != nil {
		return signer.Signed{}, err
	}
	data, err := m.do(ctx, logical.UpdateOperation, "sign/"+r.Key, r.Fields())
	if err != nil {
		return signer.Signed{}, err
	}
	signed, err := signer.ParseSigned(data)
	if err != nil {
		return signer.Signed{}, err
	}
	return signed, r.Accept(signed, info.Address)
}

func (m *mount) Check(ctx context.Context, r signer.Request) (signer.Verdict, error) {
	if refusal, ok := errors.AsType[*signer.Refusal](r.Validate()); ok {
		return signer.Verdict{Code: refusal.Code, Reason: refusal.Reason}, nil
	}
	data, err := m.do(ctx, logical.UpdateOperation, "check/"+r.Key, r.Fields())
	if err != nil {
		return signer.Verdict{}, err
	}
	return signer.ParseVerdict(data)
}

func (m *mount) Key(ctx context.Context, name string) (signer.KeyInfo, error) {
	return m.key(ctx, logical.ReadOperation, "keys/"+name, nil)
}

func (m *mount) key(ctx context.Context, operation logical.Operation, path string, body map[string]any) (signer.KeyInfo, error) {
	data, err := m.do(ctx, operation, path, body)
	if err != nil {
		return signer.KeyInfo{}, err
	}
	return signer.ParseKeyInfo(data)
}

// brittle is storage whose writes can be made to fail.
type brittle struct {
	logical.Storage
	failing atomic.Bool
}

func (b *brittle) Put(ctx context.Context, entry *logical.StorageEntry) error {
	if b.failing.Load() {
		return errors.New("storage is read-only")
	}
	return b.Storage.Put(ctx, entry)
}

func TestThePluginProcessConforms(t *testing.T) {
	p := startProcess(t, "v0.1.0-test.1")
	signertest.Run(t, func(t *testing.T) signertest.Harness {
		storage := &brittle{Storage: &logical.InmemStorage{}}
		m := p.mount(t, storage)
		return signertest.Harness{
			Signer: m,
			Create: func(ctx context.Context, k signertest.Key) (signer.KeyInfo, error) {
				body := plugin.NewKey{Name: k.Name, Class: k.Class, Policy: k.Policy, Nonces: k.Nonces}.Fields()
				return m.key(ctx, logical.CreateOperation, "keys/"+k.Name, body)
			},
			Freeze: func(ctx context.Context, name, reason string) (signer.KeyInfo, error) {
				return m.key(ctx, logical.UpdateOperation, "keys/"+name+"/freeze", map[string]any{"reason": reason})
			},
			FailWrites: storage.failing.Store,
		}
	})
}

func TestThePluginSaysTheVersionThatItWasBuiltAs(t *testing.T) {
	m := startProcess(t, "v1.2.3").mount(t, &logical.InmemStorage{})
	data, err := m.do(t.Context(), logical.ReadOperation, "info", nil)
	require.NoError(t, err)
	assert.Contains(t, string(data), `"version":"v1.2.3"`)
}
