package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

func newIncident() *cobra.Command {
	c := group(&cobra.Command{
		Use:   "incident",
		Short: "Read incidents from the journal",
		Long: `Incident reads what happened from the journal, beside a daemon that runs or
without one. It changes nothing.`,
		Example: `  firebreak incident list --journal firebreak.db
  firebreak incident show 01JEQ7V5M2K3ABCD --journal firebreak.db`,
	})
	c.AddCommand(newIncidentList(), newIncidentShow())
	return c
}

func newIncidentList() *cobra.Command {
	var path, format string
	c := &cobra.Command{
		Use:   "list",
		Short: "List every incident, newest first",
		Long: `List prints one line per incident, newest first. With --format json each line is
one JSON object, and no incidents are no lines.`,
		Example: `  firebreak incident list --journal firebreak.db
  firebreak incident list --format json | jq -r 'select(.phase == "escalated").incident'`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			j, err := openJournal(c.Context(), path)
			if err != nil {
				return err
			}
			defer j.Close()
			states, err := journal.Incidents(c.Context(), j)
			if err != nil {
				return err
			}
			slices.Reverse(states)
			if format == "json" {
				return listJSON(c.OutOrStdout(), states)
			}
			return listText(c.OutOrStdout(), states)
		},
	}
	journalFlag(c, &path)
	formatFlag(c, &format)
	return c
}

func listText(w io.Writer, states []incident.State) error {
	if len(states) == 0 {
		fmt.Fprintln(w, "no incidents")
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "INCIDENT\tOPENED\tPLAYBOOK\tPHASE\tALERTS\tNOTE")
	for _, s := range states {
		note := ""
		if s.Exercise {
			note = "EXERCISE"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\n", s.ID, s.OpenedAt.Format(time.DateTime), printable(s.Opened.Playbook.Name), s.Phase(), len(s.Alerts), note)
	}
	return t.Flush()
}

func listJSON(w io.Writer, states []incident.State) error {
	enc := json.NewEncoder(w)
	for _, s := range states {
		line := map[string]any{"incident": s.ID, "opened": s.OpenedAt, "playbook": s.Opened.Playbook.Name,
			"phase": s.Phase(), "alerts": len(s.Alerts), "exercise": s.Exercise}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func newIncidentShow() *cobra.Command {
	var path, format string
	c := &cobra.Command{
		Use:   "show INCIDENT",
		Short: "Show what happened in one incident, fact by fact",
		Long: `Show prints the facts of one incident in their order, with the time since it was
opened. With --format json each line is one fact as the journal has it, with the
hash that chains it to the one before.`,
		Example: `  firebreak incident show 01JEQ7V5M2K3ABCD --journal firebreak.db
  firebreak incident show 01JEQ7V5M2K3ABCD --format json > case.jsonl`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, given []string) error {
			facts, s, err := readIncident(c.Context(), path, given[0])
			if err != nil {
				return err
			}
			if format == "json" {
				return showJSON(c.OutOrStdout(), facts)
			}
			return showText(c.OutOrStdout(), facts, s)
		},
	}
	journalFlag(c, &path)
	formatFlag(c, &format)
	return c
}

// readIncident reads one incident of a journal, by the id that a person gave.
func readIncident(ctx context.Context, path, given string) ([]incident.Fact, incident.State, error) {
	id, err := incident.ParseID(given)
	if err != nil {
		return nil, incident.State{}, usage{err}
	}
	j, err := openJournal(ctx, path)
	if err != nil {
		return nil, incident.State{}, err
	}
	defer j.Close()
	facts, s, err := journal.Incident(ctx, j, id)
	if err == nil && len(facts) == 0 {
		err = fmt.Errorf("the journal has no incident %s; see firebreak incident list", id)
	}
	return facts, s, err
}

func showJSON(w io.Writer, facts []incident.Fact) error {
	enc := json.NewEncoder(w)
	for _, f := range facts {
		line := map[string]any{"seq": f.Seq, "run": f.Run, "kind": f.Kind, "happened": f.Happened, "seen": f.Seen,
			"written": f.Written, "exercise": f.Exercise, "body": json.RawMessage(f.Raw), "hash": f.Hash}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func showText(w io.Writer, facts []incident.Fact, s incident.State) error {
	fmt.Fprintf(w, "%s  %s  %s\n", s.ID, printable(s.Opened.Playbook.Name), s.Phase())
	if run := s.Run(); run.End != "" {
		fmt.Fprintf(w, "why: %s\n", printable(run.End))
		if run.Mend != "" {
			fmt.Fprintf(w, "do:  %s\n", printable(run.Mend))
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nAT (UTC)\tAFTER\tFACT\tWHAT")
	for _, f := range facts {
		body, err := f.Body()
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", f.Seen.Format("15:04:05.000"), since(facts[0].Seen, f.Seen), f.Kind, printable(incident.Words(body)))
	}
	return t.Flush()
}

func since(from, to time.Time) string {
	return "+" + to.Sub(from).Round(time.Millisecond).String()
}
