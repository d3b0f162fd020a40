package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/playbooks"
)

// desk is where an author's inventory and playbooks are, as flags say it. It is
// the same for every verb below playbook.
type desk struct{ config, inventory, folder string }

// deskFlags adds the flags.
func deskFlags(c *cobra.Command, d *desk) {
	c.Flags().StringVar(&d.inventory, "inventory", "", "the inventory's `file` (default inventory.yaml)")
	c.Flags().StringVar(&d.folder, "playbooks", "", "the `folder` of playbooks (default playbooks, or where the inventory is)")
	c.Flags().StringVar(&d.config, "config", "", "take both from this configuration `file`")
	c.MarkFlagFilename("inventory", "yaml")
	c.MarkFlagDirname("playbooks")
	c.MarkFlagFilename("config", "yaml", "yml")
	c.MarkFlagsMutuallyExclusive("config", "inventory")
	c.MarkFlagsMutuallyExclusive("config", "playbooks")
}

// find fills in what was not said. Without a folder of playbooks the inventory's
// own folder is taken: a library lies together.
func (d *desk) find() error {
	if d.config != "" {
		cfg, err := loadConfig(d.config)
		if err != nil {
			return err
		}
		d.inventory, d.folder = cfg.Inventory, cfg.Playbooks
		return nil
	}
	if d.inventory == "" {
		d.inventory = "inventory.yaml"
		if d.folder != "" && missing(d.inventory) {
			d.inventory = filepath.Join(d.folder, "inventory.yaml")
		}
	}
	if d.folder == "" {
		d.folder = filepath.Join(filepath.Dir(d.inventory), "playbooks")
		if missing(d.folder) {
			d.folder = filepath.Dir(d.inventory)
		}
	}
	if missing(d.inventory) {
		return fmt.Errorf("there is no inventory %s; say with --inventory or --config where it is", d.inventory)
	}
	return nil
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// load reads the set. What is wrong with it are findings, each with its place.
func (d *desk) load() (*playbooks.Set, error) {
	if err := d.find(); err != nil {
		return nil, err
	}
	set, err := playbooks.Load(d.inventory, d.folder)
	if problems, ok := errors.AsType[playbooks.Problems](err); ok {
		return nil, findings{fmt.Errorf("the playbooks have %s:\n%w", count(len(problems)), problems)}
	}
	return set, err
}
