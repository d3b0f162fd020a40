package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// reportFormats are how playbook check can report.
var reportFormats = []string{"text", "json", "sarif", "github"}

func newPlaybookCheck() *cobra.Command {
	var at shelf
	var format string
	var strict, online bool
	c := &cobra.Command{
		Use:   "check [FOLDER]",
		Short: "Check playbooks, and print how they were understood",
		Long: `Check loads the inventory and all playbooks as the daemon would, and prints every
problem with its file, line and column. A live playbook without tests that pass is one:
the tests beside it are played. Where there is none it prints one line per playbook:
read it, it is what will happen. A playbook that sends without asking says
so in capitals.

Errors end with exit code 3. Warnings do too with --strict. --format json is one
object, sarif is SARIF 2.1.0 for code scanning, github are workflow commands that
show problems at the lines of a pull request.

With --online every playbook is then held against its chain and against Slack: the
code is there and is the one that the inventory pins, the functions are in it, the
key holds the roles and has the money, fees of now fit, every call would succeed, the
channel exists and enough people could vote. That reads through the endpoints and
with the secrets of --config, as doctor does, and sends nothing.`,
		Example: `  firebreak playbook check
  firebreak playbook check playbooks/library
  firebreak playbook check --config firebreak.yaml --strict
  firebreak playbook check --config firebreak.yaml --online
  firebreak playbook check --format sarif > playbooks.sarif`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, given []string) error {
			if err := at.folderArg(given); err != nil {
				return err
			}
			if online {
				return at.online(c, format, strict)
			}
			if err := at.look(); err != nil {
				return err
			}
			return at.check(c, format, strict)
		},
	}
	shelfFlags(c, &at)
	enumFlag(c, &format, "format", reportFormats)
	c.Flags().BoolVar(&online, "online", false, "ask the chains and Slack too; needs --config, and reports as text or json")
	c.Flags().BoolVar(&strict, "strict", false, "warnings end with exit code 3 too")
	c.ValidArgsFunction = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	return c
}

// check reports on what the shelf has.
func (s *shelf) check(c *cobra.Command, format string, strict bool) error {
	set, err := playbooks.Load(s.inventory, s.folder)
	found, wrong := errors.AsType[playbooks.Problems](err)
	if err != nil && !wrong {
		return err
	}
	r := desk.Report{Problems: found}
	if set != nil {
		if r.Problems, err = s.remarks(c.Context(), set); err != nil {
			return err
		}
		for _, p := range set.Playbooks() {
			r.Playbooks = append(r.Playbooks, set.Describe(p))
		}
	}
	wrong = wrong || grave(r.Problems)
	r.Problems = desk.Locate(r.Problems, s.inventory, s.folder)
	out := c.OutOrStdout()
	switch format {
	case "json":
		err = desk.JSON(out, r)
	case "sarif":
		err = desk.SARIF(out, r.Problems, semantic(version))
	case "github":
		err = desk.GitHub(out, r.Problems)
	default:
		err = understoodText(out, set, r)
		if len(r.Problems) > 0 && err == nil && !wrong && !strict {
			fmt.Fprintln(c.ErrOrStderr(), printableLines(r.Problems.Error()))
		}
	}
	if err != nil || !wrong && (!strict || len(r.Problems) == 0) {
		return err
	}
	if format != "text" {
		return findings{fmt.Errorf("the playbooks have %s", count(len(r.Problems)))}
	}
	return findings{fmt.Errorf("the playbooks have %s:\n%w", count(len(r.Problems)), r.Problems)}
}

// remarks are what is wrong with playbooks that load: warnings, and live ones
// whose tests do not show what they do.
func (s *shelf) remarks(ctx context.Context, set *playbooks.Set) (playbooks.Problems, error) {
	untested, err := rehearsal.Untested(ctx, set, os.DirFS(s.folder), ".")
	if err != nil {
		return nil, err
	}
	return append(set.Warnings(), untested...), nil
}

// grave tells whether there is an error among problems.
func grave(list playbooks.Problems) bool {
	return slices.ContainsFunc(list, func(p playbooks.Problem) bool { return p.Level == playbooks.Error })
}

// extent says in one line how much an inventory holds.
func extent(inv *playbooks.Inventory) string {
	return fmt.Sprintf("inventory: %s, %s, %d people in %s", several(len(inv.Chains()), "chain"),
		several(len(inv.Contracts()), "contract"), len(inv.Roster()), several(len(inv.Teams()), "team"))
}

// several is a number of things, in words that fit one as well.
func several(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// understoodText prints one line per playbook; nothing when none was loaded.
func understoodText(w io.Writer, set *playbooks.Set, r desk.Report) error {
	if set == nil {
		return nil
	}
	inv := set.Inventory()
	fmt.Fprintln(w, extent(inv))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, d := range r.Playbooks {
		fmt.Fprintf(t, "%s\t%s\t%s\n", d.Name, d.Mode, d.Understood())
	}
	return t.Flush()
}
