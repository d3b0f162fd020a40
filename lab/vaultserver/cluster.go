package vaultserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/vault/api"
)

// Cluster is one Vault of one or more nodes, initialised, unsealed, with the
// plugin registered and mounted.
type Cluster struct {
	config Config
	dir    string
	ours   bool // the folder is removed at the end
	nodes  []*Node
	token  string
}

// Start starts a cluster. What had come up is taken down again when a part
// fails.
func Start(ctx context.Context, c Config) (*Cluster, error) {
	c.Nodes, c.Mount = cmp.Or(c.Nodes, 1), cmp.Or(c.Mount, "eth")
	v := &Cluster{config: c}
	for _, step := range []func(context.Context) error{v.openDir, v.makeNodes, v.initialise, v.join, v.install} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("start a real vault: %w", err), v.Close())
		}
	}
	return v, nil
}

// Close stops every node and removes a temporary folder.
func (v *Cluster) Close() error {
	for i := len(v.nodes) - 1; i >= 0; i-- {
		v.nodes[i].Stop()
	}
	if !v.ours {
		return nil
	}
	return os.RemoveAll(v.dir)
}

// Nodes are the servers, the first leader first.
func (v *Cluster) Nodes() []*Node { return v.nodes }

// First is the only node, or the first leader.
func (v *Cluster) First() *Node { return v.nodes[0] }

// URL is the first node's address.
func (v *Cluster) URL() string { return v.First().URL() }

// Mount is where the engine is mounted.
func (v *Cluster) Mount() string { return v.config.Mount }

// RootToken may do everything.
func (v *Cluster) RootToken() string { return v.token }

// Dir is where everything lies.
func (v *Cluster) Dir() string { return v.dir }

// Leader asks until one node says that it leads.
func (v *Cluster) Leader(ctx context.Context) (*Node, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var leader *Node
	err := until(ctx, "find the leader", func(ctx context.Context) error {
		for _, n := range v.nodes {
			if status, err := n.root.Sys().LeaderWithContext(ctx); err == nil && status.IsSelf {
				leader = n
				return nil
			}
		}
		return errors.New("nobody leads")
	})
	return leader, err
}

func (v *Cluster) openDir(context.Context) (err error) {
	v.dir = v.config.Dir
	if v.dir == "" {
		if v.dir, err = os.MkdirTemp("", "firebreak-vault-"); err != nil {
			return err
		}
		v.ours = true
	}
	plugins := filepath.Join(v.dir, "plugins")
	if err := os.MkdirAll(plugins, 0o700); err != nil {
		return err
	}
	// Vault refuses a plugin folder behind a symbolic link.
	if v.dir, err = filepath.EvalSymlinks(v.dir); err != nil {
		return err
	}
	if v.dir, err = filepath.Abs(v.dir); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(v.dir, "node-1")); err == nil {
		return fmt.Errorf("%s holds a vault already", v.dir)
	}
	return copyExecutable(v.config.Plugin, v.PluginPath())
}

func (v *Cluster) makeNodes(ctx context.Context) error {
	ports, err := freePorts(ctx, 2*v.config.Nodes)
	if err != nil {
		return err
	}
	if v.config.Address != "" {
		ports[0] = v.config.Address
	}
	for i := range v.config.Nodes {
		name := fmt.Sprintf("node-%d", i+1)
		n, err := newNode(v.config, name, filepath.Join(v.dir, name), ports[2*i], ports[2*i+1])
		if err != nil {
			return err
		}
		v.nodes = append(v.nodes, n)
		if err := n.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (v *Cluster) initialise(ctx context.Context) error {
	resp, err := v.First().root.Sys().InitWithContext(ctx, &api.InitRequest{SecretShares: 1, SecretThreshold: 1})
	if err != nil {
		return fmt.Errorf("initialise: %w", err)
	}
	v.token = resp.RootToken
	for _, n := range v.nodes {
		n.unseal = resp.Keys[0]
		n.root.SetToken(resp.RootToken)
	}
	return v.First().Unseal(ctx)
}

// join makes the other nodes followers of the first.
func (v *Cluster) join(ctx context.Context) error {
	if len(v.nodes) == 1 {
		return nil
	}
	_, err := v.First().root.Logical().WriteWithContext(ctx, "sys/storage/raft/autopilot/configuration",
		map[string]any{"server_stabilization_time": "1s"})
	if err != nil {
		return fmt.Errorf("let nodes vote soon: %w", err)
	}
	for _, n := range v.nodes[1:] {
		resp, err := n.root.Sys().RaftJoinWithContext(ctx, &api.RaftJoinRequest{LeaderAPIAddr: v.URL()})
		if err != nil || !resp.Joined {
			return errors.Join(fmt.Errorf("%s cannot join", n.name), err)
		}
		if err := n.Unseal(ctx); err != nil {
			return err
		}
	}
	return v.voters(ctx)
}

// voters waits until every node may become the leader.
func (v *Cluster) voters(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return until(ctx, "wait for voters", func(ctx context.Context) error {
		secret, err := v.First().root.Logical().ReadWithContext(ctx, "sys/storage/raft/configuration")
		if err != nil {
			return err
		}
		config, _ := secret.Data["config"].(map[string]any)
		servers, _ := config["servers"].([]any)
		voters := 0
		for _, s := range servers {
			if server, ok := s.(map[string]any); ok && server["voter"] == true {
				voters++
			}
		}
		if voters != len(v.nodes) {
			return fmt.Errorf("%d of %d nodes vote", voters, len(v.nodes))
		}
		return nil
	})
}
