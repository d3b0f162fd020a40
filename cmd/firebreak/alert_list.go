package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/incident"
)

func newAlertList() *cobra.Command {
	var path, format, since string
	var s sieve
	c := &cobra.Command{
		Use:   "list",
		Short: "List received alerts and what became of each, newest last",
		Long: `List reads the inbox of a journal, also beside a daemon that runs. Every authentic
message is there: alerts, and what is no order to act (test, resolved, reminder, late
and so on). Each with what became of it: opened or attached and the incident,
cooldown, contained, limit, silenced, unmatched, or waits while it is undecided.

With --verdict only those are shown of which that word is true; "inert" is every
message that was no order to act. With --format json each line is one JSON object.`,
		Example: `  firebreak alert list --since 1h
  firebreak alert list --source tenderly --verdict silenced --journal firebreak.db
  firebreak alert list --verdict late --format json | jq -r .receipt`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if since != "" {
				back, err := parseSince(since)
				if err != nil {
					return err
				}
				s.from = time.Now().Add(-back)
			}
			if s.limit < 1 || s.limit > 100_000 {
				return usage{fmt.Errorf("--limit is from 1 to 100000, not %d", s.limit)}
			}
			j, err := openJournal(c.Context(), path)
			if err != nil {
				return err
			}
			defer j.Close()
			found, err := readAlerts(c.Context(), j, s)
			if err != nil {
				return err
			}
			if format == "json" {
				return jsonLines(c.OutOrStdout(), found)
			}
			return alertTable(c.OutOrStdout(), found, s.limit)
		},
	}
	journalFlag(c, &path)
	f := c.Flags()
	f.StringVar(&s.source, "source", "", "only of this `source`")
	f.StringVar(&s.rule, "rule", "", "only of this `rule`")
	f.StringVar(&s.verdict, "verdict", "", "only of which this came: opened, silenced, inert, test, late, unmatched, ...")
	f.StringVar(&since, "since", "", "how far back, as in 30d, 12h or 90m; default: everything")
	f.IntVar(&s.limit, "limit", 50, "at most this many, the newest")
	c.RegisterFlagCompletionFunc("verdict", cobra.FixedCompletions([]string{incident.VerdictOpened, incident.VerdictAttached, incident.VerdictCooldown,
		incident.VerdictContained, incident.VerdictLimit, incident.VerdictSilenced, "inert", "unmatched", incident.InertTest, incident.InertResolved,
		incident.InertReminder, incident.InertLate, incident.InertEarly}, cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("source", cobra.NoFileCompletions)
	c.RegisterFlagCompletionFunc("rule", cobra.NoFileCompletions)
	c.RegisterFlagCompletionFunc("since", cobra.NoFileCompletions)
	formatFlag(c, &format)
	return c
}

func alertTable(w io.Writer, found []storedAlert, limit int) error {
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "no such alert was received")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RECEIPT\tAT (UTC)\tSOURCE\tRULE\tSEVERITY\tABOUT\tWHAT CAME OF IT")
	for _, a := range found {
		about := cmp.Or(a.Alert.Contract, "-")
		if a.Alert.Contract == "" && a.Alert.Address != nil {
			about = a.Alert.Address.Hex()
		}
		note := ""
		if a.Alert.Exercise {
			note = " (EXERCISE)"
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s%s\n", a.Receipt, a.At.UTC().Format(time.DateTime), printable(a.Alert.Source), printable(cmp.Or(a.Alert.Rule, "-")),
			cmp.Or(string(a.Alert.Severity), "-"), printable(about), printable(a.verdict()), note)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(found) == limit {
		_, err := fmt.Fprintf(w, "the newest %d; --limit shows more, firebreak alert show RECEIPT shows one\n", limit)
		return err
	}
	return nil
}

func parseReceipt(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return 0, usage{fmt.Errorf("%q is no receipt's number; firebreak alert list shows them", text)}
	}
	return n, nil
}
