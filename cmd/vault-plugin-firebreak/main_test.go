package main

import (
	"context"
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
func (p *process) mount(t testing.TB, storage logical.Storage) *plugin.Local {
	t.Helper()
	raw, err := p.backends.Dispense("backend")
	require.NoError(t, err)
	m := mounted{raw.(logical.Backend), fmt.Sprintf("mount-%d", p.mounts.Add(1))}
	err = m.Setup(m.tell(t.Context()), &logical.BackendConfig{
		StorageView: storage, System: &logical.StaticSystemView{}, Logger: hclog.NewNullLogger(),
	})
	require.NoError(t, err)
	return plugin.Over(m, storage)
}

// mounted says with every request which mount it is for.
type mounted struct {
	logical.Backend
	id string
}

func (m mounted) tell(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, pluginutil.MultiplexingCtxKey, m.id)
}

func (m mounted) HandleRequest(ctx context.Context, req *logical.Request) (*logical.Response, error) {
	return m.Backend.HandleRequest(m.tell(ctx), req)
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
	mounted := func(t *testing.T) signertest.Harness {
		storage := &brittle{Storage: &logical.InmemStorage{}}
		local := p.mount(t, storage)
		return signertest.Harness{Signer: local, Custody: local, Receipt: local.Receipt, FailWrites: storage.failing.Store}
	}
	signertest.Run(t, mounted)
	signertest.RunHostile(t, mounted)
}

func TestThePluginSaysTheVersionThatItWasBuiltAs(t *testing.T) {
	version, err := startProcess(t, "v1.2.3").mount(t, &logical.InmemStorage{}).Version(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "v1.2.3", version)
}
