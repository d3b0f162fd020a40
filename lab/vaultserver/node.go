package vaultserver

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"
)

// patience bounds every single thing that is waited for.
const patience = time.Minute

// Node is one server process of a cluster.
type Node struct {
	name, dir        string
	address, cluster string // host:port
	binary, unseal   string
	chosen           bool // a person chose the address
	root             *api.Client
	process          *process
}

// URL is the address of the node's API.
func (n *Node) URL() string { return "http://" + n.address }

// Name is the node's id in raft.
func (n *Node) Name() string { return n.name }

// API is a client with the root token.
func (n *Node) API() *api.Client { return n.root }

// Log is the path of the server's log, the plugin's own included.
func (n *Node) Log() string { return filepath.Join(n.dir, "vault.log") }

// Sealed reports what the node says of itself.
func (n *Node) Sealed(ctx context.Context) (bool, error) {
	status, err := n.root.Sys().SealStatusWithContext(ctx)
	if err != nil {
		return false, err
	}
	return status.Sealed, nil
}

// run starts the process and waits until it answers.
func (n *Node) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	config := filepath.Join(n.dir, "vault.json")
	return until(ctx, "start vault "+n.name, func(ctx context.Context) error {
		if n.process == nil {
			p, err := launch(n.binary, []string{"server", "-config", config}, n.dir)
			if err != nil {
				return &hopeless{err}
			}
			n.process = p
		}
		_, err := n.root.Sys().SealStatusWithContext(ctx)
		if err != nil && n.process.ended() {
			words := n.process.lastWords()
			n.process.release()
			n.process = nil
			if !n.chosen && strings.Contains(words, "address already in use") {
				return fmt.Errorf("its port is taken: %s", words) // for a moment, by somebody who asked the kernel for any
			}
			return &hopeless{fmt.Errorf("it ended: %s", words)}
		}
		return err
	})
}

// Stop ends the process in good order.
func (n *Node) Stop() {
	if n.process != nil {
		n.process.stop()
		n.process = nil
	}
}

// Kill ends the process and its plugins as a power cut would.
func (n *Node) Kill() {
	if n.process != nil {
		n.process.kill()
		n.process = nil
	}
}

// Start starts a stopped node again on what it has on disk, and unseals it.
func (n *Node) Start(ctx context.Context) error {
	if n.process != nil {
		return fmt.Errorf("vault %s runs already", n.name)
	}
	if err := n.run(ctx); err != nil {
		return err
	}
	return n.Unseal(ctx)
}

// Seal seals the node.
func (n *Node) Seal(ctx context.Context) error {
	if err := n.root.Sys().SealWithContext(ctx); err != nil {
		return fmt.Errorf("seal %s: %w", n.name, err)
	}
	return nil
}

// Unseal unseals the node and waits until it serves, itself or by forwarding.
func (n *Node) Unseal(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := until(ctx, "unseal "+n.name, func(ctx context.Context) error {
		status, err := n.root.Sys().UnsealWithContext(ctx, n.unseal)
		if err == nil && status.Sealed {
			err = fmt.Errorf("it is still sealed")
		}
		return err
	})
	if err != nil {
		return err
	}
	return n.Serving(ctx)
}

// Serving waits until a request with the root token is answered.
func (n *Node) Serving(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return until(ctx, "wait for "+n.name, func(ctx context.Context) error {
		_, err := n.root.Auth().Token().LookupSelfWithContext(ctx)
		return err
	})
}

// HangUp makes the server read its configuration and open its audit files
// again.
func (n *Node) HangUp() error { return hangUp(n.process.cmd) }

// newNode makes a node's folder and its configuration.
func newNode(c Config, name, dir string, address, cluster string) (*Node, error) {
	n := &Node{name: name, dir: dir, address: address, cluster: cluster, binary: c.Binary, chosen: c.Address == address}
	if err := os.MkdirAll(filepath.Join(dir, "raft"), 0o700); err != nil {
		return nil, err
	}
	text, err := n.nodeConfig(filepath.Join(filepath.Dir(dir), "plugins"), c.Raw)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "vault.json"), text, 0o600); err != nil {
		return nil, err
	}
	n.root, err = newClient(n.URL())
	return n, err
}

// newClient is a client that asks once and reads nothing from the environment.
func newClient(url string) (*api.Client, error) {
	config := api.DefaultConfig()
	if config.Error != nil {
		return nil, fmt.Errorf("build vault client: %w", config.Error)
	}
	config.Address, config.MaxRetries, config.Timeout = url, 0, patience
	client, err := api.NewClient(config)
	if err != nil {
		return nil, fmt.Errorf("build vault client: %w", err)
	}
	client.SetMaxRetries(0)
	client.ClearToken()
	client.ClearNamespace()
	if err := client.SetAddress(url); err != nil {
		return nil, fmt.Errorf("build vault client: %w", err)
	}
	return client.WithRequestCallbacks(keepBody), nil
}

// keepBody lets a body given as bytes survive a redirect, which the library
// would encode again from nothing.
func keepBody(r *api.Request) {
	if r.Obj == nil && r.BodyBytes != nil {
		r.Obj = json.RawMessage(r.BodyBytes)
	}
}
