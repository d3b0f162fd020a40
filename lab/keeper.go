package lab

import (
	"context"
	"fmt"

	"github.com/firebreak-project/firebreak/lab/vaultserver"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/vault/vaulttest"
)

// The Vaults that a range can have.
const (
	FakeVault = "fake" // the secrets engine behind Vault's HTTP rules, in this process
	RealVault = "real" // a server and a plugin as processes of their own
)

// keeper keeps the responder's key. The daemon sees its address and a token,
// and cannot tell one from the other.
type keeper interface {
	URL() string
	CreateKey(ctx context.Context, k signer.NewKey) (signer.KeyInfo, error)
	Token(ctx context.Context, key string) (string, error)
	Stop() error
}

type fakeVault struct{ *vaulttest.Server }

func (f fakeVault) Token(_ context.Context, key string) (string, error) {
	return f.BotToken(key, 0), nil
}

func (f fakeVault) Stop() error {
	f.Close()
	return nil
}

type realVault struct{ *vaultserver.Cluster }

func (v realVault) CreateKey(ctx context.Context, k signer.NewKey) (signer.KeyInfo, error) {
	return v.Cluster.CreateKey(ctx, v.Mount(), k)
}

func (v realVault) Token(ctx context.Context, key string) (string, error) {
	return v.BotToken(ctx, v.Mount(), key)
}

func (v realVault) Stop() error { return v.Close() }

// openVault starts the Vault that the options name.
func openVault(ctx context.Context, o Options) (keeper, error) {
	switch o.Vault {
	case "", FakeVault:
		server, err := vaulttest.Start(ctx, vaulttest.Config{})
		return fakeVault{server}, err
	case RealVault:
		binary, err := vaultserver.FindBinary(o.VaultBinary)
		if err != nil {
			return nil, err
		}
		built, err := vaultserver.FindPlugin(o.VaultPlugin)
		if err != nil {
			return nil, err
		}
		cluster, err := vaultserver.Start(ctx, vaultserver.Config{Binary: binary, Plugin: built})
		if err != nil {
			return nil, err
		}
		o.Say("vault      %s, a real server", cluster.URL())
		return realVault{cluster}, nil
	}
	return nil, fmt.Errorf("no Vault is called %q: it is %s or %s", o.Vault, FakeVault, RealVault)
}
