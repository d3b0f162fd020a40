package main

import "github.com/spf13/cobra"

func newPlaybook() *cobra.Command {
	c := group(&cobra.Command{
		Use:   "playbook",
		Short: "Write, check and compare playbooks, offline",
		Long: `Playbook holds what an author of playbooks needs at the desk. Nothing below it
needs a network, a secret or a daemon, unless its help says so.

Every verb reads an inventory and a folder of playbooks: by default inventory.yaml
and playbooks/ of the current folder. --config firebreak.yaml takes both from the
configuration, --inventory and --playbooks name them.`,
		Example: `  firebreak playbook check
  firebreak playbook fmt --check
  firebreak playbook schema > playbooks/playbook.schema.json`,
	})
	c.AddCommand(
		newPlaybookNew(),
		newPlaybookCheck(),
		newPlaybookTest(),
		newPlaybookMatch(),
		newPlaybookPlan(),
		newPlaybookReplay(),
		newPlaybookExplain(),
		newPlaybookDiff(),
		newPlaybookFmt(),
		newPlaybookSchema(),
		newPlaybookExport(),
		newPlaybookReload(),
	)
	return c
}
