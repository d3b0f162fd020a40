package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

func newAlertShow() *cobra.Command {
	var path, format string
	var raw bool
	c := &cobra.Command{
		Use:   "show RECEIPT",
		Short: "Show one received alert: what it says, its raw body, what became of it",
		Long: `Show prints one message of the inbox: in the one form that playbooks see, byte for
byte as it came, with the headers that its proof rests on (never a secret), and what
was decided. With --raw it prints the body alone, to be saved or sent again.`,
		Example: `  firebreak alert show 4711
  firebreak alert show 4711 --raw > body.json
  firebreak alert show 4711 --journal firebreak.db --format json | jq .alert`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, given []string) error {
			receipt, err := parseReceipt(given[0])
			if err != nil {
				return err
			}
			j, err := openJournal(c.Context(), path)
			if err != nil {
				return err
			}
			defer j.Close()
			a, err := readReceipt(c.Context(), j, receipt)
			switch {
			case err != nil:
				return err
			case raw:
				_, err = c.OutOrStdout().Write(a.Raw)
				return err
			case format == "json":
				return jsonLines(c.OutOrStdout(), []storedAlert{a})
			}
			return showAlert(c.OutOrStdout(), a)
		},
	}
	journalFlag(c, &path)
	c.Flags().BoolVar(&raw, "raw", false, "print the body as it came, and nothing else")
	c.ValidArgsFunction = cobra.NoFileCompletions
	formatFlag(c, &format)
	return c
}

// readReceipt reads one receipt.
func readReceipt(ctx context.Context, j *sqlite.Journal, receipt uint64) (storedAlert, error) {
	for f, err := range j.Read(ctx, incident.Inbox, receipt-1) {
		if err != nil {
			return storedAlert{}, err
		}
		body, err := f.Body()
		if err != nil {
			return storedAlert{}, err
		}
		got, ok := body.(incident.Received)
		if !ok || f.Seq != receipt {
			break
		}
		said, stop := readVerdicts(ctx, j)
		defer stop()
		d, found, err := said.of(receipt)
		a := storedAlert{Receipt: receipt, At: f.Seen, Received: got, Decided: found, Matches: []incident.Match{}}
		if found {
			a.Matches = append(a.Matches, d.Matches...)
		}
		return a, err
	}
	return storedAlert{}, errNoReceipt
}

func showAlert(w io.Writer, a storedAlert) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(t, "%s\t%s\n", name, printable(value))
		}
	}
	line("receipt", fmt.Sprint(a.Receipt))
	line("received", a.At.UTC().Format(time.RFC3339Nano))
	if a.Inert != "" {
		line("no order to act", a.Inert)
	}
	sayAlert(line, a.Alert)
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		line("header "+name, a.Headers[name])
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if len(a.Matches) == 0 {
		fmt.Fprintln(w, "what came of it: "+printable(a.verdict()))
	}
	for _, m := range a.Matches {
		fmt.Fprintln(w, "what came of it: "+printable(strings.TrimSpace(fmt.Sprintf("%s %s %s %s", m.Verdict, m.Playbook, m.Incident, m.Why))))
	}
	if of := a.Headers["Replay-Of"]; of != "" && len(a.Raw) == 0 {
		_, err := fmt.Fprintf(w, "\nits body is that of receipt %s\n", printable(of))
		return err
	}
	_, err := fmt.Fprintf(w, "\nthe body, %d bytes:\n%s\n", len(a.Raw), printableLines(string(a.Raw)))
	return err
}

// sayAlert prints what an alert carries; what it does not carry is unknown, and
// no line.
func sayAlert(line func(name, value string), a incident.Alert) {
	line("source", a.Source)
	line("id", a.ID)
	line("rule", a.Rule)
	line("severity", string(a.Severity))
	line("chain", a.Chain)
	line("contract", a.Contract)
	if a.Address != nil {
		line("address", a.Address.Hex())
	}
	for _, s := range a.Suspects {
		line("suspect", s.Hex())
	}
	if a.Loss != nil {
		line("loss", a.Loss.String())
	}
	if a.Confidence != nil {
		line("confidence", fmt.Sprint(*a.Confidence))
	}
	if a.Tx != nil {
		line("transaction", a.Tx.Hex())
	}
	for name, at := range map[string]time.Time{"occurred": a.Occurred, "sent": a.Sent} {
		if !at.IsZero() {
			line(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	line("signal", a.Signal)
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		line("label "+name, a.Labels[name])
	}
	line("summary", a.Summary)
	line("link", a.Link)
	line("asked for by", a.By)
	line("decided again for", a.Replayed)
	if a.Exercise {
		line("exercise", "yes")
	}
}
