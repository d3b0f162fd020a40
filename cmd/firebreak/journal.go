package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

func newJournal() *cobra.Command {
	c := group(&cobra.Command{
		Use:   "journal",
		Short: "Work with the record of everything that happened",
		Example: `  firebreak journal verify --journal firebreak.db
  firebreak journal refused --journal firebreak.db`,
	})
	c.AddCommand(newJournalVerify(), newJournalRefused())
	return c
}

func newJournalVerify() *cobra.Command {
	var path, format string
	c := &cobra.Command{
		Use:   "verify",
		Short: "Prove that no fact was changed, dropped or added afterwards",
		Long: `Verify walks the chain of checkpoints and the chain of every stream, holds them
against each other, and replays every incident. It names the first fact that
does not fit. The head it prints stands for the whole journal: keep it somewhere
else, and history can no longer be rewritten unnoticed.

The daemon may run meanwhile.`,
		Example: `  firebreak journal verify --journal firebreak.db
  firebreak journal verify --journal firebreak.db --format json | jq -r .head`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			j, err := openJournal(c.Context(), path)
			if err != nil {
				return err
			}
			defer j.Close()
			report, err := journal.Verify(c.Context(), j)
			if damage, ok := errors.AsType[*journal.Damage](err); ok {
				return findings{fmt.Errorf("the journal is broken at %w", damage)}
			}
			if err != nil {
				return err
			}
			if format == "json" {
				return json.NewEncoder(c.OutOrStdout()).Encode(report)
			}
			fmt.Fprintf(c.OutOrStdout(), "whole: %d facts in %d streams, %d checkpoints\nhead:  %s\n",
				report.Facts, report.Streams, report.Checkpoints, report.Head)
			return nil
		},
	}
	journalFlag(c, &path)
	formatFlag(c, &format)
	return c
}

// openJournal opens a journal for reading, beside a daemon that may write it.
func openJournal(ctx context.Context, path string) (*sqlite.Journal, error) {
	j, err := sqlite.OpenReadOnly(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w; say with --journal where it is", err)
	}
	return j, err
}

func journalFlag(c *cobra.Command, path *string) {
	c.Flags().StringVar(path, "journal", "firebreak.db", "the journal's `file`")
	c.MarkFlagFilename("journal", "db")
}

func formatFlag(c *cobra.Command, format *string) {
	c.Flags().StringVar(format, "format", "text", "text or json")
	c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	check := c.PreRunE
	c.PreRunE = func(c *cobra.Command, given []string) error {
		if *format != "text" && *format != "json" {
			return usage{fmt.Errorf("--format is text or json, not %q", *format)}
		}
		if check != nil {
			return check(c, given)
		}
		return nil
	}
}
