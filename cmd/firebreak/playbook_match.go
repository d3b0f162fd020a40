package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

func newPlaybookMatch() *cobra.Command {
	var at shelf
	var format, source string
	var verify []string
	c := &cobra.Command{
		Use:   "match ALERT.json",
		Short: "Say which playbooks an alert matches, and why the others do not",
		Long: `Match reads one alert, in the form that POST /v1/alerts/{source} of a generic source
takes, and tells of every playbook whether it matches. Where it does not, the parts of
the condition are shown with their places and values, with a star at what decided. A
dash reads standard input.

A condition that cannot be told (?) is neither a match nor none: the daemon pages the
owner and prepares nothing. With --verify the playbooks that match must be exactly the
named ones, or it ends with exit code 3; --verify= demands that none does.`,
		Example: `  firebreak playbook match alert.json
  firebreak playbook match alert.json --verify vault-drain
  echo '{"id":"1","rule":"vault.outflow-spike","severity":"critical"}' | firebreak playbook match -`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, given []string) error {
			set, err := at.load()
			if err != nil {
				return err
			}
			alert, err := readOneAlert(c, set, source, given[0])
			if err != nil {
				return err
			}
			verdicts := set.Trace(alert)
			if err := printVerdicts(c.OutOrStdout(), format, verdicts); err != nil {
				return err
			}
			if !c.Flags().Changed("verify") {
				return nil
			}
			return verified(set, verdicts, verify)
		},
	}
	shelfFlags(c, &at)
	formatFlag(c, &format)
	sourceFlag(c, &source, &at)
	c.Flags().StringSliceVar(&verify, "verify", nil, "the `names` that must match, and no others")
	c.RegisterFlagCompletionFunc("verify", completePlaybooks(&at))
	c.ValidArgsFunction = cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveFilterFileExt)
	return c
}

// sourceFlag says which source an alert is taken to be of.
func sourceFlag(c *cobra.Command, source *string, at *shelf) {
	c.Flags().StringVar(source, "source", "desk", "the `name` of the source that the alert is taken to be from")
	c.RegisterFlagCompletionFunc("source", at.complete(func(inv *playbooks.Inventory) []string {
		var names []string
		for name := range inv.Sources() {
			names = append(names, name)
		}
		return names
	}))
}

// readOneAlert reads an alert from a file, or from standard input for a dash.
func readOneAlert(c *cobra.Command, set *playbooks.Set, source, file string) (incident.Alert, error) {
	raw, err := readAlert(c.InOrStdin(), file)
	if err != nil {
		return incident.Alert{}, err
	}
	r, err := alerts.Parse(source, app.AlertNames(set.Inventory()), raw)
	if err != nil {
		return incident.Alert{}, fmt.Errorf("read alert %s: %w; the schema is at GET /v1/alerts/schema", file, err)
	}
	if r.Inert != "" {
		fmt.Fprintf(c.ErrOrStderr(), "note: the daemon would store this alert and not act on it (%s)\n", printable(r.Inert))
	}
	if !set.Inventory().KnownRule(r.Alert.Rule) {
		fmt.Fprintf(c.ErrOrStderr(), "note: the inventory has no rule %s\n", printable(r.Alert.Rule))
	}
	return r.Alert, nil
}

// verified holds what matched against what should have.
func verified(set *playbooks.Set, verdicts []playbooks.Verdict, want []string) error {
	for _, name := range want {
		if _, err := named(set, name); err != nil {
			return usage{fmt.Errorf("--verify: %w", err)}
		}
	}
	var wrong []string
	for _, v := range verdicts {
		switch wanted := slices.Contains(want, v.Playbook); {
		case v.Failed != "":
			wrong = append(wrong, fmt.Sprintf("whether %s matches cannot be told", v.Playbook))
		case wanted && !v.Matched:
			wrong = append(wrong, v.Playbook+" does not match and should")
		case !wanted && v.Matched:
			wrong = append(wrong, v.Playbook+" matches and should not")
		}
	}
	if len(wrong) > 0 {
		return findings{fmt.Errorf("%s", strings.Join(wrong, "; "))}
	}
	return nil
}

// printVerdicts prints one tree per playbook, or one JSON object per line.
func printVerdicts(w io.Writer, format string, verdicts []playbooks.Verdict) error {
	if format == "json" {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for _, v := range verdicts {
			if err := enc.Encode(v); err != nil {
				return err
			}
		}
		return nil
	}
	var out strings.Builder
	for _, v := range verdicts {
		verdictText(&out, v)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// verdictText is one playbook's verdict: of a match the reasons, of another what
// failed first and all the rest of it.
func verdictText(out *strings.Builder, v playbooks.Verdict) {
	sign := tick(v.Matched)
	if v.Failed != "" {
		sign = "?"
	}
	fmt.Fprintf(out, "%s %s (%s)\n", sign, v.Playbook, v.Mode)
	for _, r := range v.Reasons {
		fmt.Fprintf(out, "    %s %s\n", tick(r.OK), printable(r.Text))
		for _, a := range r.Atoms {
			mark := " "
			if a.Decisive {
				mark = "*"
			}
			fmt.Fprintf(out, "      %s %d:%d  %s\n", mark, a.Line, a.Col, printable(a.Words()))
		}
	}
	if v.Failed != "" {
		fmt.Fprintf(out, "    ? it cannot be told: people are paged and nothing is prepared: %s\n", printable(v.Failed))
	}
}

func tick(ok bool) string {
	if ok {
		return "✓"
	}
	return "✗"
}
