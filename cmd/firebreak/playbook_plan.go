package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/alerts"
	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// trial is the command line of playbook plan.
type trial struct {
	at       shelf
	playbook string
	source   string
	format   string
	online   bool
}

func newPlaybookPlan() *cobra.Command {
	var t trial
	c := &cobra.Command{
		Use:   "plan ALERT.json",
		Short: "Show what an alert would make playbooks do",
		Long: `Plan reads an alert as the generic source posts it, - for standard input, and makes
the plan that an incident of it would have: every call decoded, the digest over all
of it, what was read, and the card as guardians would see it. Nothing is written,
sent or signed, and no incident is opened.

Offline nothing is known of a chain, and the plan says so. --online asks the chains
of --config for evidence, for what is so already, and tries the calls without
sending them. A playbook that waits for other sources is planned as if they agreed.

An alert that no playbook matches ends with exit code 3, and so does one of which it
cannot be told.`,
		Example: `  firebreak playbook plan alert.json
  firebreak playbook plan alert.json --playbook vault-drain --format json
  firebreak playbook plan alert.json --config firebreak.yaml --online`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, given []string) error {
			if t.online && t.at.config == "" {
				return usage{errors.New("--online needs --config, which says where the chains are")}
			}
			return t.run(c, given[0])
		},
	}
	shelfFlags(c, &t.at)
	c.Flags().StringVar(&t.playbook, "playbook", "", "the `name` of the only playbook to plan")
	c.Flags().StringVar(&t.source, "source", "desk", "the `name` of the source that the alert is taken to be from")
	c.Flags().BoolVar(&t.online, "online", false, "ask the configured chains")
	formatFlag(c, &t.format)
	c.ValidArgsFunction = cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveFilterFileExt)
	c.RegisterFlagCompletionFunc("playbook", completePlaybooks(&t.at))
	return c
}

// completePlaybooks completes names of playbooks; none where they do not load.
func completePlaybooks(at *shelf) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) (offers []cobra.Completion, _ cobra.ShellCompDirective) {
		set, err := at.load()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		for _, p := range set.Playbooks() {
			offers = append(offers, cobra.CompletionWithDesc(p.Name, printable(p.Summary)))
		}
		return offers, cobra.ShellCompDirectiveNoFileComp
	}
}

func (t *trial) run(c *cobra.Command, file string) (err error) {
	set, err := t.at.load()
	if err != nil {
		return err
	}
	if t.playbook != "" {
		if _, err := named(set, t.playbook); err != nil {
			return usage{err}
		}
	}
	body, err := readAlert(c.InOrStdin(), file)
	if err != nil {
		return err
	}
	received, err := alerts.Parse(t.source, app.AlertNames(set.Inventory()), body)
	if err != nil {
		return fmt.Errorf("read alert %s: %w", file, err)
	}
	o, closing, err := t.outside(set)
	defer func() { err = errors.Join(err, closing()) }()
	if err != nil {
		return err
	}
	o.Now = time.Now
	drafts, err := rehearsal.Plan(c.Context(), set, received.Alert, o)
	if err != nil {
		return err
	}
	return t.tell(c.OutOrStdout(), drafts, received.Inert)
}

// outside is what the plan may ask: nothing, or the configured chains.
func (t *trial) outside(set *playbooks.Set) (playbooks.PlannerOptions, func() error, error) {
	if !t.online {
		return playbooks.PlannerOptions{}, func() error { return nil }, nil
	}
	cfg, err := loadConfig(t.at.config)
	if err != nil {
		return playbooks.PlannerOptions{}, func() error { return nil }, err
	}
	return app.Online(cfg, set)
}

// drafted is a draft for scripts.
type drafted struct {
	Playbook   string             `json:"playbook"`
	Verdict    playbooks.Verdict  `json:"verdict"`
	Result     incident.Kind      `json:"result,omitempty"` // planned, moot, escalated
	Why        string             `json:"why,omitempty"`
	Digest     string             `json:"digest,omitempty"`
	Plan       *incident.Plan     `json:"plan,omitempty"`
	Conditions []playbooks.Reason `json:"conditions,omitempty"`
	Card       string             `json:"card,omitempty"`
}

func asDrafted(d rehearsal.Draft) drafted {
	out := drafted{Playbook: d.Verdict.Playbook, Verdict: d.Verdict, Conditions: d.Reasons}
	if d.Body == nil {
		return out
	}
	run := d.State.Run()
	out.Result, out.Why, out.Card = d.Body.Kind(), run.End, slack.Render(d.State).Plain()
	if run.Plan != nil {
		out.Plan, out.Digest = run.Plan, run.Digest.String()
	}
	return out
}

func (t *trial) tell(w io.Writer, drafts []rehearsal.Draft, inert string) error {
	matched, unclear := 0, 0
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if inert != "" && t.format != "json" {
		fmt.Fprintf(w, "the daemon would not act on this alert: %s\n\n", printable(inert))
	}
	for _, d := range drafts {
		if t.playbook != "" && d.Verdict.Playbook != t.playbook {
			continue
		}
		if d.Verdict.Matched {
			matched++
		}
		if d.Verdict.Failed != "" {
			unclear++
		}
		if t.format == "json" {
			if err := enc.Encode(asDrafted(d)); err != nil {
				return err
			}
			continue
		}
		tellDraft(w, asDrafted(d))
	}
	switch {
	case unclear > 0:
		return findings{fmt.Errorf("of %d playbooks it cannot be told whether they match", unclear)}
	case matched == 0:
		return findings{errors.New("no playbook matches this alert")}
	}
	return nil
}

// tellDraft writes what people read.
func tellDraft(w io.Writer, d drafted) {
	reason, atom := d.Verdict.Because()
	switch {
	case d.Plan == nil && d.Result == "":
		why := reason.Text
		if atom != nil {
			why = reason.What + ": " + atom.Words()
		}
		fmt.Fprintf(w, "✗ %s does not match: %s\n", d.Playbook, printable(why))
		return
	case d.Plan == nil:
		fmt.Fprintf(w, "✓ %s ends without a plan (%s): %s\n", d.Playbook, d.Result, printable(d.Why))
		return
	}
	fmt.Fprintf(w, "✓ %s (%s): %s\n", d.Playbook, d.Plan.Mode, printable(d.Plan.Title))
	fmt.Fprintf(w, "  digest %s\n", d.Digest)
	for _, c := range d.Plan.Calls {
		var values []string
		for _, a := range c.Args {
			values = append(values, a.Name+" = "+a.Value)
		}
		fmt.Fprintf(w, "  call %s: %s on %s (%s), chain %s, gas %d, data %s\n", c.Step, printable(c.Function), c.Target, c.To.Hex(), c.Chain, c.Gas, c.Data)
		if len(values) > 0 {
			fmt.Fprintf(w, "    with %s\n", printable(strings.Join(values, ", ")))
		}
		fmt.Fprintf(w, "    until %s\n", printable(c.Goal.Text))
		if c.Warning != "" {
			fmt.Fprintf(w, "    warning: %s\n", printable(c.Warning))
		}
	}
	for _, note := range d.Plan.Notes {
		fmt.Fprintf(w, "  note: %s\n", printable(note))
	}
	fmt.Fprintf(w, "  the card:\n")
	for line := range strings.SplitSeq(d.Card, "\n") {
		fmt.Fprintln(w, strings.TrimRight("    "+printable(line), " "))
	}
}
