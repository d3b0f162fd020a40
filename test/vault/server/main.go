// Command server is Vault itself, the version that go.mod names. It is a module
// of its own because Vault's licence (BUSL-1.1), its weight and the versions of
// its libraries stay out of the product and of the tests, which start this
// binary and speak HTTP to it, as in production. `make vault` builds it.
//
// It is for tests and for trying things: this version has known holes that
// production must not have.
package main

import (
	"os"

	"github.com/hashicorp/vault/command"
)

func main() { os.Exit(command.Run(os.Args[1:])) }
