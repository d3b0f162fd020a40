// Command vault-plugin-firebreak is the secrets engine that Vault runs: it
// serves signer/plugin and nothing else, so that no network, chat or engine code
// ever shares a process with the key.
package main

import (
	"fmt"
	"os"

	vaultplugin "github.com/hashicorp/vault/sdk/plugin"

	"github.com/firebreak-project/firebreak/signer/plugin"
)

// version is set with -ldflags "-X main.version=v1.2.3" and has to be the
// version under which the plugin is registered.
var version = "v0.0.0-dev"

func main() {
	factory := plugin.NewFactory(plugin.WithVersion(version))
	if err := vaultplugin.ServeMultiplex(&vaultplugin.ServeOpts{BackendFactoryFunc: factory}); err != nil {
		fmt.Fprintln(os.Stderr, "serve firebreak plugin:", err)
		os.Exit(1)
	}
}
