package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
)

func newPlaybookExport() *cobra.Command {
	c := group(&cobra.Command{
		Use:     "export",
		Short:   "Write playbooks in forms that others read",
		Example: `  firebreak playbook export cacao vault-drain`,
	})
	c.AddCommand(newPlaybookExportCACAO())
	return c
}

func newPlaybookExportCACAO() *cobra.Command {
	var at shelf
	var e desk.Export
	var created, modified string
	c := &cobra.Command{
		Use:   "cacao NAME",
		Short: "Write a playbook as an OASIS CACAO 2.0 security playbook",
		Long: `Cacao prints a playbook as CACAO 2.0 (JSON), for auditors and for sharing. The quorum is
a step for a group of people, each item a request to Firebreak's API, and what CACAO
has no fields for is in an extension of the step or in words. It is never read back.

The same playbook with the same times gives the same ids. Times are those of the file
unless they are given.`,
		Example: `  firebreak playbook export cacao vault-drain > vault-drain.cacao.json
  firebreak playbook export cacao vault-drain --created 2026-11-22T07:00:00Z --author security`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, given []string) error {
			set, err := at.load()
			if err != nil {
				return err
			}
			p, err := named(set, given[0])
			if err != nil {
				return err
			}
			if e.Created, err = at.time("--created", created, p); err != nil {
				return err
			}
			if e.Modified, err = at.time("--modified", modified, p); err != nil {
				return err
			}
			enc := json.NewEncoder(c.OutOrStdout())
			enc.SetIndent("", "  ")
			enc.SetEscapeHTML(false)
			return enc.Encode(desk.CACAO(set, p, e))
		},
	}
	shelfFlags(c, &at)
	c.Flags().StringVar(&created, "created", "", "when the playbook was first written, RFC 3339 `time`")
	c.Flags().StringVar(&modified, "modified", "", "when it was last changed, RFC 3339 `time`")
	c.Flags().StringVar(&e.Author, "author", "firebreak", "`who` says so; the identity in the file is made of it")
	c.Flags().StringVar(&e.Host, "host", "firebreak.internal", "the DNS `name` of Firebreak's API")
	c.ValidArgsFunction = completePlaybooks(&at)
	return c
}

// time reads a time, or takes that of the playbook's file.
func (s *shelf) time(flag, given string, p *playbooks.Playbook) (time.Time, error) {
	if given != "" {
		t, err := time.Parse(time.RFC3339, given)
		if err != nil {
			return t, usage{fmt.Errorf("%s is no time such as 2026-11-22T07:00:00Z: %q", flag, given)}
		}
		return t, nil
	}
	info, err := os.Stat(filepath.Join(s.folder, p.Name+".yaml"))
	if err != nil {
		return time.Time{}, fmt.Errorf("read the playbook's time: %w; or give %s", err, flag)
	}
	return info.ModTime(), nil
}

// named finds a playbook of the set.
func named(set *playbooks.Set, name string) (*playbooks.Playbook, error) {
	all := set.Playbooks()
	if i := slices.IndexFunc(all, func(p *playbooks.Playbook) bool { return p.Name == name }); i >= 0 {
		return all[i], nil
	}
	var have []string
	for _, p := range all {
		have = append(have, p.Name)
	}
	return nil, fmt.Errorf("there is no playbook %q; there is %s", name, strings.Join(have, ", "))
}
