package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/incident"
)

// refusedLine is one refusal as a script reads it.
type refusedLine struct {
	At time.Time `json:"at"`
	incident.TurnedAway
}

func newJournalRefused() *cobra.Command {
	var path, format string
	c := &cobra.Command{
		Use:   "refused",
		Short: "List who was refused: clicks, commands, votes and alerts without effect",
		Long: `Refused lists what came to the daemon's doors and had no effect, oldest first: who,
by which way, about which incident, and why. Of a flood only some are written; the
others are counted on the line after them. Alerts that were refused say the source and
the address they came from. With --format json each line is one JSON
object.`,
		Example: `  firebreak journal refused --journal firebreak.db
  firebreak journal refused --format json | jq -r 'select(.reason == "forged").at'`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			j, err := openJournal(c.Context(), path)
			if err != nil {
				return err
			}
			defer j.Close()
			var lines []refusedLine
			for f, err := range j.Read(c.Context(), incident.Door, 0) {
				if err != nil {
					return err
				}
				body, err := f.Body()
				if err != nil {
					return err
				}
				if t, ok := body.(incident.TurnedAway); ok {
					lines = append(lines, refusedLine{f.Seen, t})
				}
			}
			return sayRefused(c, lines, format)
		},
	}
	journalFlag(c, &path)
	formatFlag(c, &format)
	return c
}

func sayRefused(c *cobra.Command, lines []refusedLine, format string) error {
	out := c.OutOrStdout()
	if format == "json" {
		return jsonLines(out, lines)
	}
	if len(lines) == 0 {
		fmt.Fprintln(out, "nobody was refused")
		return nil
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "AT\tBY\tREASON\tWHO\tINCIDENT\tDETAIL")
	for _, l := range lines {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", l.At.UTC().Format(time.DateTime), printable(l.By), printable(l.Reason), printable(l.Who), l.Incident, printable(l.Detail))
		if l.Unwritten > 0 {
			fmt.Fprintf(t, "\t\t\t\t\tand %d more before it that were only counted\n", l.Unwritten)
		}
	}
	return t.Flush()
}
