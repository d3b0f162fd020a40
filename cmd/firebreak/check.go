package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/playbooks"
)

func newCheck() *cobra.Command {
	var config string
	c := &cobra.Command{
		Use:   "check",
		Short: "Check configuration, inventory and playbooks, offline",
		Long: `Check reads what serve would read and prints everything that is wrong, each with
file, line and column. It needs no network and no secret, so it fits a commit
hook.`,
		Example: `  firebreak check --config firebreak.yaml`,
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(config)
			if problems, ok := errors.AsType[app.Problems](err); ok {
				return findings{fmt.Errorf("the configuration has %s:\n%w", count(len(problems)), problems)}
			}
			if err != nil {
				return err
			}
			set, err := playbooks.Load(cfg.Inventory, cfg.Playbooks)
			if problems, ok := errors.AsType[playbooks.Problems](err); ok {
				return findings{fmt.Errorf("the playbooks have %s:\n%w", count(len(problems)), problems)}
			}
			if err != nil {
				return err
			}
			if problems, ok := errors.AsType[app.Problems](app.CheckTogether(cfg, set)); ok {
				return findings{fmt.Errorf("configuration and playbooks do not fit each other, with %s:\n%w", count(len(problems)), problems)}
			}
			for _, w := range set.Warnings() {
				fmt.Fprintln(c.ErrOrStderr(), printableLines(w.String()))
			}
			for _, line := range app.Understood(set) {
				fmt.Fprintln(c.OutOrStdout(), line)
			}
			return nil
		},
	}
	configFlag(c, &config)
	return c
}

func count(problems int) string {
	if problems == 1 {
		return "1 problem"
	}
	return fmt.Sprintf("%d problems", problems)
}
