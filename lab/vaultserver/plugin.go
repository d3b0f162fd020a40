package vaultserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hashicorp/vault/api"
)

// PluginPath is the plugin's file in Vault's plugin folder.
func (v *Cluster) PluginPath() string { return filepath.Join(v.dir, "plugins", pluginFile) }

// install registers the plugin by its sha256 and mounts it.
func (v *Cluster) install(ctx context.Context) error {
	sum, err := sumOf(v.PluginPath())
	if err != nil {
		return err
	}
	err = v.First().root.Sys().RegisterPluginWithContext(ctx, &api.RegisterPluginInput{
		Name: pluginName, Type: api.PluginTypeSecrets, Command: pluginFile, SHA256: sum, Version: v.config.Version,
	})
	if err != nil {
		return fmt.Errorf("register the plugin: %w", err)
	}
	return v.MountAt(ctx, v.config.Mount)
}

// MountAt mounts the engine once more, with storage of its own.
func (v *Cluster) MountAt(ctx context.Context, path string) error {
	input := &api.MountInput{Type: pluginName, Config: api.MountConfigInput{
		PluginVersion: v.config.Version, ForceNoCache: v.config.NoCache,
		// None of these is secret, and an auditor has to read them.
		AuditNonHMACRequestKeys: []string{"chain_id", "to", "data", "value", "nonce", "gas", "max_fee_per_gas",
			"max_priority_fee_per_gas", "incident", "reason", "request_id", "approvals"},
		AuditNonHMACResponseKeys: []string{"tx_hash", "tx_digest", "from", "rule", "policy_hash", "seq"},
	}}
	if err := v.First().root.Sys().MountWithContext(ctx, path, input); err != nil {
		return fmt.Errorf("mount the plugin at %s: %w", path, err)
	}
	return nil
}

// ReloadPlugin makes Vault start the plugin's binary again.
func (v *Cluster) ReloadPlugin(ctx context.Context) error {
	_, err := v.First().root.Sys().ReloadPluginWithContext(ctx, &api.ReloadPluginInput{Plugin: pluginName})
	if err != nil {
		return fmt.Errorf("reload the plugin: %w", err)
	}
	return nil
}

func sumOf(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// PluginPID is the process of the node's plugin, found as the child of the
// server that runs the plugin's file. It needs Linux's /proc.
func (n *Node) PluginPID() (int, error) {
	if n.process == nil {
		return 0, fmt.Errorf("vault %s does not run", n.name)
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, fmt.Errorf("find the plugin: %w", err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || parentOf(pid) != n.process.cmd.Process.Pid {
			continue
		}
		if exe, err := os.Readlink(filepath.Join("/proc", e.Name(), "exe")); err == nil && strings.HasPrefix(filepath.Base(exe), pluginFile) {
			return pid, nil
		}
	}
	return 0, fmt.Errorf("vault %s has no plugin process", n.name)
}

// KillPlugin ends the plugin's process as the kernel would that runs out of
// memory.
func (n *Node) KillPlugin() error {
	pid, err := n.PluginPID()
	if err != nil {
		return err
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Kill()
}

// PluginMemory is what the plugin's process holds of physical memory now, and
// held at most, in KiB.
func (n *Node) PluginMemory() (now, most uint64, err error) {
	pid, err := n.PluginPID()
	if err != nil {
		return 0, 0, err
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		field, value, _ := strings.Cut(line, ":")
		number, _ := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch field {
		case "VmRSS":
			now = number
		case "VmHWM":
			most = number
		}
	}
	if now == 0 || most == 0 {
		return 0, 0, fmt.Errorf("the plugin's memory cannot be read")
	}
	return now, most, nil
}

func parentOf(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold anything but this
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(fields[1])
	return parent
}
