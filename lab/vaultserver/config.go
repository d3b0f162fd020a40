package vaultserver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
)

// Config says what is started. Binary and Plugin are required.
type Config struct {
	Binary  string // the vault server; see FindBinary
	Plugin  string // the built plugin; see FindPlugin
	Version string // what the plugin is registered as; empty takes what it says of itself
	Nodes   int    // default 1
	Mount   string // default "eth"
	Address string // host:port of the first node; default a free port of loopback
	Dir     string // keeps everything; default a temporary folder that Close removes
	NoCache bool   // Vault keeps no copy of what the plugin reads, the key among it
	Raw     bool   // the root token may read storage in clear, for a test that has to know what must show up nowhere
}

const (
	pluginName = "firebreak"
	pluginFile = "vault-plugin-firebreak"
)

// FindBinary looks for the server: the given path, then the environment's
// FIREBREAK_VAULT, then what `make vault` builds.
func FindBinary(given string) (string, error) {
	path := cmp.Or(given, os.Getenv("FIREBREAK_VAULT"), filepath.Join(".cache", "vault", "vault"))
	return executable(path, "a Vault server", "run `make vault`, or name one in FIREBREAK_VAULT")
}

// FindPlugin looks for the plugin: the given path, then the environment's
// FIREBREAK_VAULT_PLUGIN, then beside the running program, then in bin.
func FindPlugin(given string) (string, error) {
	path := cmp.Or(given, os.Getenv("FIREBREAK_VAULT_PLUGIN"))
	if path == "" {
		path = filepath.Join("bin", pluginFile)
		if self, err := os.Executable(); err == nil {
			if beside := filepath.Join(filepath.Dir(self), pluginFile); isFile(beside) {
				path = beside
			}
		}
	}
	return executable(path, "the Vault plugin", "run `make plugin`, or name one in FIREBREAK_VAULT_PLUGIN")
}

func executable(path, what, mend string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return "", fmt.Errorf("%s is not at %s: %s", what, path, mend)
	}
	return filepath.Abs(path)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// nodeConfig is the server's configuration, which Vault reads as JSON.
func (n *Node) nodeConfig(plugins string, raw bool) ([]byte, error) {
	return json.MarshalIndent(map[string]any{
		"disable_mlock": true, "ui": false, "log_level": "info",
		"api_addr": n.URL(), "cluster_addr": "https://" + n.cluster,
		"plugin_directory": plugins, "raw_storage_endpoint": raw,
		"storage": map[string]any{"raft": map[string]any{
			"path": filepath.Join(n.dir, "raft"), "node_id": n.name,
			"performance_multiplier": "1", // a lost leader is noticed in a second
			// A node that joined votes soon; production waits ten seconds.
			"autopilot_reconcile_interval": "200ms", "autopilot_update_interval": "200ms",
		}},
		"listener": map[string]any{"tcp": map[string]any{
			"address": n.address, "cluster_address": n.cluster, "tls_disable": true,
		}},
	}, "", " ")
}

// freePorts asks the kernel for n ports of loopback. They are free again when
// a server takes them, so another process could come in between.
func freePorts(ctx context.Context, n int) ([]string, error) {
	var addresses []string
	for range n {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a port: %w", err)
		}
		defer l.Close()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}

// copyExecutable writes the copy beside and moves it into place: a running
// program's file cannot be written to.
func copyExecutable(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	next := to + ".next"
	target, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	if err := errors.Join(err, target.Close()); err != nil {
		return err
	}
	return os.Rename(next, to)
}
