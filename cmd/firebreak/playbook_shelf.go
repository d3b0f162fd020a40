package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/playbooks"
)

// shelf is where an author's inventory and playbooks are, as flags say it. It is
// the same for every verb below playbook.
type shelf struct{ config, inventory, folder string }

// shelfFlags adds the flags.
func shelfFlags(c *cobra.Command, s *shelf) {
	c.Flags().StringVar(&s.inventory, "inventory", "", "the inventory's `file` (default inventory.yaml)")
	c.Flags().StringVar(&s.folder, "playbooks", "", "the `folder` of playbooks (default playbooks, or where the inventory is)")
	c.Flags().StringVar(&s.config, "config", "", "take both from this configuration `file`")
	c.MarkFlagFilename("inventory", "yaml")
	c.MarkFlagDirname("playbooks")
	c.MarkFlagFilename("config", "yaml", "yml")
	c.MarkFlagsMutuallyExclusive("config", "inventory")
	c.MarkFlagsMutuallyExclusive("config", "playbooks")
}

// find fills in what was not said. Without a folder of playbooks the inventory's
// own folder is taken: a library lies together. A folder that holds a configuration
// is none: every key of that would be told as a mistake of a playbook.
func (s *shelf) find() error {
	if s.config != "" {
		cfg, err := loadConfig(s.config)
		if err != nil {
			return err
		}
		s.inventory, s.folder = cfg.Inventory, cfg.Playbooks
		return nil
	}
	if s.inventory == "" {
		s.inventory = "inventory.yaml"
		if s.folder != "" && missing(s.inventory) {
			s.inventory = filepath.Join(s.folder, "inventory.yaml")
		}
	}
	if s.folder == "" {
		s.folder = filepath.Join(filepath.Dir(s.inventory), "playbooks")
		if beside := filepath.Dir(s.inventory); missing(s.folder) && missing(filepath.Join(beside, "firebreak.yaml")) {
			s.folder = beside
		}
	}
	if missing(s.inventory) {
		return fmt.Errorf("there is no inventory %s; say with --inventory or --config where it is", s.inventory)
	}
	return nil
}

// look finds the folder of playbooks itself, for verbs that read it.
func (s *shelf) look() error {
	if err := s.find(); err != nil {
		return err
	}
	switch info, err := os.Stat(s.folder); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s; say with --playbooks where the playbooks are", s.folder)
	case err == nil && !info.IsDir():
		return usage{fmt.Errorf("%s is no folder: playbooks are loaded together, since one can do what another does; give their folder", s.folder)}
	}
	return nil
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// load reads the set. What is wrong with it are findings, each with its place.
func (s *shelf) load() (*playbooks.Set, error) {
	if err := s.look(); err != nil {
		return nil, err
	}
	set, err := playbooks.Load(s.inventory, s.folder)
	return set, found(err)
}

// found turns problems into findings, and leaves other errors as they are.
func found(err error) error {
	if problems, ok := errors.AsType[playbooks.Problems](err); ok {
		return findings{fmt.Errorf("the playbooks have %s:\n%w", count(len(problems)), problems)}
	}
	return err
}

// folderArg takes the folder from the command line's first word.
func (s *shelf) folderArg(given []string) error {
	if len(given) == 0 {
		return nil
	}
	if s.folder != "" || s.config != "" {
		return usage{fmt.Errorf("the folder is given twice: %s, and by a flag", given[0])}
	}
	s.folder = given[0]
	return nil
}

// enumFlag adds a flag that is one of some values, the first by default.
func enumFlag(c *cobra.Command, value *string, name string, values []string) {
	words := strings.Join(values[:len(values)-1], ", ") + " or " + values[len(values)-1]
	c.Flags().StringVar(value, name, values[0], words)
	c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	check := c.PreRunE
	c.PreRunE = func(c *cobra.Command, given []string) error {
		if !slices.Contains(values, *value) {
			return usage{fmt.Errorf("--%s is %s, not %q", name, words, *value)}
		}
		if check != nil {
			return check(c, given)
		}
		return nil
	}
}

// semantic is a version as SARIF wants it; empty for one that is none.
func semantic(v string) string {
	if v, ok := strings.CutPrefix(v, "v"); ok {
		return v
	}
	return ""
}
