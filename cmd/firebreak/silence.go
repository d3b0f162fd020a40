package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/incident"
)

func newSilence() *cobra.Command {
	c := group(&cobra.Command{
		Use:   "silence",
		Short: "Keep certain alerts from opening incidents for a while",
		Example: `  firebreak silence add --rule vault.outflow-spike --for 2h --why migration --as ana
  firebreak silence list`,
	})
	c.AddCommand(newSilenceAdd(), newSilenceList(), newSilenceExpire())
	return c
}

func newSilenceAdd() *cobra.Command {
	var o direction
	var order app.SilenceOrder
	var labels []string
	c := &cobra.Command{
		Use:   "add",
		Short: "Silence alerts until a time, with a reason",
		Long: `Add asks the running daemon to keep alerts from opening incidents. Everything that
is named must be equal to the alert's, and a rule, a contract, a source or a playbook
must be named. The alerts are received and kept all the same, those of incidents that
run still join them, and what was held back is in firebreak alert list.

Nothing silences what a person asks for, nor a playbook that says
unsilenceable: true; the answer names those that it leaves loud. It ends by itself, at
the latest after what the configuration allows (silence.max, 24h). Slack hears of it.

The daemon answers on a socket beside its journal. Run this on its machine, as the
user that it runs as. Who asked and why becomes part of the record.`,
		Example: `  firebreak silence add --rule vault.outflow-spike --contract lab-vault --for 2h --why migration --as ana
  firebreak silence add --source tenderly --label env=staging --for 30m --why noisy-rule --format json`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if order.Match.Labels, err = parseLabels(labels); err != nil {
				return usage{err}
			}
			if err := order.Match.Check(); err != nil {
				return usage{err}
			}
			if strings.TrimSpace(o.why) == "" {
				return usage{errors.New("--why needs a reason: it becomes part of the record")}
			}
			socket, err := o.socket()
			if err != nil {
				return err
			}
			order.Why, order.As = o.why, o.as
			done, err := app.AddSilence(c.Context(), socket, order)
			if err != nil {
				return err
			}
			return saySilenced(c.OutOrStdout(), done, o.format)
		},
	}
	f := c.Flags()
	f.StringVar(&order.Match.Rule, "rule", "", "alerts of this `rule`, as the inventory names it")
	f.StringVar(&order.Match.Contract, "contract", "", "about this `contract` of the inventory")
	f.StringVar(&order.Match.Chain, "chain", "", "on this `chain` of the inventory")
	f.StringVar(&order.Match.Source, "source", "", "from this `source` of the configuration")
	f.StringVar(&order.Match.Playbook, "playbook", "", "where they would open an incident of this `playbook`")
	f.StringArrayVar(&labels, "label", nil, "with this label, as `name=value`; may be given several times")
	f.DurationVar(&order.For, "for", 0, "how long, as in 30m or 2h (required)")
	c.MarkFlagRequired("for")
	o.controlFlags(c)
	c.MarkFlagRequired("why")
	return c
}

// controlFlags are those of orders that go to the daemon's control socket.
func (o *direction) controlFlags(c *cobra.Command) {
	c.Flags().StringVar(&o.why, "why", "", "the `reason`, for the record")
	c.Flags().StringVar(&o.as, "as", "", "your `name`, for the record; the system's user is written beside it")
	c.Flags().StringVar(&o.control, "control", "", "the daemon's control `socket`; default: the configuration's")
	c.MarkFlagFilename("control", "sock")
	c.RegisterFlagCompletionFunc("as", cobra.NoFileCompletions)
	c.RegisterFlagCompletionFunc("why", cobra.NoFileCompletions)
	configFlag(c, &o.config)
	formatFlag(c, &o.format)
}

func parseLabels(list []string) (map[string]string, error) {
	var labels map[string]string
	for _, l := range list {
		name, value, ok := strings.Cut(l, "=")
		if _, twice := labels[name]; !ok || name == "" || value == "" || twice {
			return nil, fmt.Errorf("--label is name=value, each name once, not %q", l)
		}
		if labels == nil {
			labels = map[string]string{}
		}
		labels[name] = value
	}
	return labels, nil
}

func saySilenced(out io.Writer, done app.Silenced, format string) error {
	if format == "json" {
		return json.NewEncoder(out).Encode(done)
	}
	if done.Expired != nil {
		_, err := fmt.Fprintf(out, "silence %d has ended: %s; on record as ended by %s\n", done.Number, printable(done.Match.String()), printable(done.Expired.By))
		return err
	}
	fmt.Fprintf(out, "silence %d until %s: %s\non record as by %s\n", done.Number, done.Until.UTC().Format("2006-01-02 15:04:05 UTC"),
		printable(done.Match.String()), printable(done.By))
	for _, name := range done.Loud {
		fmt.Fprintf(out, "playbook %s cannot be silenced and opens all the same\n", printable(name))
	}
	_, err := fmt.Fprintf(out, "to end it: firebreak silence expire %d\n", done.Number)
	return err
}

func newSilenceExpire() *cobra.Command {
	var o direction
	c := &cobra.Command{
		Use:   "expire NUMBER",
		Short: "End a silence now",
		Long: `Expire asks the running daemon to end a silence before its time. Alerts that it has
held back stay as they are: firebreak alert replay has one decided once more.`,
		Example: `  firebreak silence expire 3
  firebreak silence expire 3 --why migrated --as ana`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, given []string) error {
			n, err := strconv.ParseUint(given[0], 10, 64)
			if err != nil || n == 0 {
				return usage{fmt.Errorf("%q is no silence's number; firebreak silence list shows them", given[0])}
			}
			socket, err := o.socket()
			if err != nil {
				return err
			}
			done, err := app.ExpireSilence(c.Context(), socket, app.UnsilenceOrder{Silence: n, Why: o.why, As: o.as})
			if err != nil {
				return err
			}
			return saySilenced(c.OutOrStdout(), done, o.format)
		},
	}
	o.controlFlags(c)
	c.ValidArgsFunction = cobra.NoFileCompletions
	return c
}

// silenceLine is one silence as a script reads it.
type silenceLine struct {
	incident.Silence
	Active bool   `json:"active"`
	Held   uint64 `json:"held"` // how many alerts it kept from opening something
}

func newSilenceList() *cobra.Command {
	var path, format string
	var all bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List silences: what is silenced, by whom, why, until when",
		Long: `List reads the silences from the journal, also beside a daemon that runs: those
that hold alerts back now, or with --all every one that ever did. Each with how many
alerts it has held back. With --format json each line is one JSON object.`,
		Example: `  firebreak silence list
  firebreak silence list --all --journal firebreak.db --format json | jq -r 'select(.active).number'`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			lines, err := readSilences(c, path, time.Now())
			if err != nil {
				return err
			}
			if !all {
				lines = slices.DeleteFunc(lines, func(l silenceLine) bool { return !l.Active })
			}
			return saySilences(c.OutOrStdout(), lines, format)
		},
	}
	journalFlag(c, &path)
	c.Flags().BoolVar(&all, "all", false, "those too that have ended")
	formatFlag(c, &format)
	return c
}

func readSilences(c *cobra.Command, path string, now time.Time) ([]silenceLine, error) {
	j, err := openJournal(c.Context(), path)
	if err != nil {
		return nil, err
	}
	defer j.Close()
	var list incident.SilenceList
	for f, err := range j.Read(c.Context(), incident.Silences, 0) {
		if err != nil {
			return nil, err
		}
		if list, err = list.With(f); err != nil {
			return nil, err
		}
	}
	held := map[uint64]uint64{}
	for f, err := range j.Read(c.Context(), incident.Router, 0) {
		if err != nil || len(list) == 0 {
			return nil, err
		}
		body, err := f.Body()
		if err != nil {
			return nil, err
		}
		if routed, ok := body.(incident.Routed); ok {
			for _, d := range routed.All() {
				for _, m := range d.Matches {
					held[m.Silence]++
				}
			}
		}
	}
	var lines []silenceLine
	for _, s := range list {
		lines = append(lines, silenceLine{s, s.Active(now), held[s.Number]})
	}
	return lines, nil
}

func saySilences(out io.Writer, lines []silenceLine, format string) error {
	if format == "json" {
		return jsonLines(out, lines)
	}
	if len(lines) == 0 {
		_, err := fmt.Fprintln(out, "nothing is silenced")
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NUMBER\tMATCH\tUNTIL (UTC)\tHELD BACK\tBY\tWHY")
	for _, l := range lines {
		until := l.Until.UTC().Format(time.DateTime)
		if l.Expired != nil {
			until = "ended " + l.EndedAt.UTC().Format(time.DateTime)
		} else if !l.Active {
			until = "was " + until
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%d\t%s\t%s\n", l.Number, printable(l.Match.String()), until, l.Held, printable(l.By), printable(cmp.Or(l.Why, "-")))
	}
	return t.Flush()
}
