package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

func newPlaybookDiff() *cobra.Command {
	var at shelf
	var format string
	var strict bool
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say in words what differs between playbooks, and what loosens",
		Long: `Diff compares two playbooks, or two folders of them, by what they mean. Each line says
what becomes different and what that does: loosens (more may be done, for more alerts
or by fewer people), tightens, or changes. What loosens comes first. Order, layout and
comments make no difference.

An inventory.yaml inside a folder is used for that folder; for the rest the one of the
flags is. With --strict something that loosens ends with exit code 3.`,
		Example: `  firebreak playbook diff vault-drain.yaml next/vault-drain.yaml
  firebreak playbook diff deployed/ playbooks/ --strict`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, given []string) error {
			before, err := at.read(given[0])
			if err != nil {
				return err
			}
			after, err := at.read(given[1])
			if err != nil {
				return err
			}
			changes := desk.Compare(describeAll(before), describeAll(after))
			if err := printChanges(c.OutOrStdout(), format, changes, sameTexts(before, after)); err != nil {
				return err
			}
			loosens := slices.ContainsFunc(changes, func(c desk.Change) bool { return c.Effect == desk.Loosens })
			if strict && loosens {
				return findings{fmt.Errorf("the new playbooks loosen something")}
			}
			return nil
		},
	}
	shelfFlags(c, &at)
	formatFlag(c, &format)
	c.Flags().BoolVar(&strict, "strict", false, "end with exit code 3 when something loosens")
	return c
}

// nameLine finds the name that a playbook gives itself, so that a file under
// another name can be compared too.
var nameLine = regexp.MustCompile(`(?m)^name:[ ]+([a-z0-9][a-z0-9._-]{0,63})[ ]*(?:#.*)?\r?$`)

// read loads what is at a path: a playbook, or a folder of them.
func (s *shelf) read(path string) (*playbooks.Set, error) {
	own := *s
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read playbooks: %w", err)
	}
	texts := map[string]string{}
	files := []string{path}
	if info.IsDir() {
		if inside := filepath.Join(path, "inventory.yaml"); s.inventory == "" && s.config == "" && !missing(inside) {
			own.inventory = inside
		}
		own.config, own.folder = "", path
		if own.inventory == "" {
			if err := s.find(); err != nil {
				return nil, err
			}
			own.inventory = s.inventory
		}
		if files, err = own.files(); err != nil {
			return nil, err
		}
	}
	inv, err := own.readInventory()
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read playbook: %w", err)
		}
		name := filepath.Base(file)
		if m := nameLine.FindSubmatch(text); m != nil && !info.IsDir() {
			name = string(m[1]) + ".yaml"
		}
		texts[name] = string(text)
	}
	set, err := playbooks.Parse(inv, texts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, found(err))
	}
	return set, nil
}

func describeAll(set *playbooks.Set) []playbooks.Description {
	var all []playbooks.Description
	for _, p := range set.Playbooks() {
		all = append(all, set.Describe(p))
	}
	return all
}

func sameTexts(a, b *playbooks.Set) bool {
	digests := func(set *playbooks.Set) map[string]incident.Digest {
		by := map[string]incident.Digest{}
		for _, p := range set.Playbooks() {
			by[p.Name] = p.Digest
		}
		return by
	}
	return maps.Equal(digests(a), digests(b))
}

// printChanges prints one line per change under its playbook's name, or one
// JSON object per line.
func printChanges(w io.Writer, format string, changes []desk.Change, same bool) error {
	if format == "json" {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for _, change := range changes {
			if err := enc.Encode(change); err != nil {
				return err
			}
		}
		return nil
	}
	var out strings.Builder
	switch {
	case same:
		out.WriteString("no difference\n")
	case len(changes) == 0:
		out.WriteString("no difference in meaning; layout or comments differ\n")
	}
	name := ""
	for _, change := range changes {
		if change.Playbook != name {
			name = change.Playbook
			fmt.Fprintf(&out, "%s\n", name)
		}
		fmt.Fprintf(&out, "  %-8s  %s\n", change.Effect, printable(change.Words))
	}
	_, err := io.WriteString(w, out.String())
	return err
}
