package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// again is the command line of alert replay.
type again struct {
	direction
	at      shelf
	journal string
	send    bool
}

func newAlertReplay() *cobra.Command {
	var o again
	c := &cobra.Command{
		Use:   "replay RECEIPT",
		Short: "Show what playbooks make of a stored alert now, or have it decided",
		Long: `Replay takes one alert of the inbox and asks the playbooks of now about it: which
match, and as which incident. It reads files and the journal and changes nothing.

With --send it asks the running daemon to take the alert in once more, under a number
of its own: for one that came too late, that was silenced, or that met no playbook
until somebody had mended it. It brings no authority. It is the request of whoever
asks from then on: they cannot approve it, no silence holds it back, and nothing is
released before people are asked. Whatever was no alert by itself (a test, a
resolution) is refused.`,
		Example: `  firebreak alert replay 4711
  firebreak alert replay 4711 --config firebreak.yaml --send --why mended --as ana`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, given []string) error {
			receipt, err := parseReceipt(given[0])
			if err != nil {
				return err
			}
			if o.send {
				return o.order(c, receipt)
			}
			return o.ask(c, receipt)
		},
	}
	f := c.Flags()
	f.StringVar(&o.at.inventory, "inventory", "", "the inventory's `file` (default inventory.yaml)")
	f.StringVar(&o.at.folder, "playbooks", "", "the `folder` of playbooks (default playbooks, or where the inventory is)")
	journalFlag(c, &o.journal)
	f.BoolVar(&o.send, "send", false, "have the running daemon decide it once more")
	c.MarkFlagFilename("inventory", "yaml")
	c.MarkFlagDirname("playbooks")
	o.controlFlags(c)
	c.ValidArgsFunction = cobra.NoFileCompletions
	return c
}

// order has the daemon decide it.
func (o *again) order(c *cobra.Command, receipt uint64) error {
	if strings.TrimSpace(o.why) == "" {
		return usage{errors.New("--send needs --why: it becomes part of the record")}
	}
	socket, err := o.socket()
	if err != nil {
		return err
	}
	done, err := app.ReplayAlert(c.Context(), socket, app.ReplayOrder{Receipt: receipt, Why: o.why, As: o.as})
	if err != nil {
		return err
	}
	if o.format == "json" {
		return json.NewEncoder(c.OutOrStdout()).Encode(done)
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "receipt %d is taken in again as %d; on record as by %s\nsee firebreak alert show %d\n",
		done.Receipt, done.Again, printable(done.By), done.Again)
	return err
}

// replayed is what would be made of it, as a script reads it.
type replayed struct {
	Receipt uint64           `json:"receipt"`
	Inert   string           `json:"inert,omitempty"`
	Did     []incident.Match `json:"did"`
	Would   []wouldOpen      `json:"would"`
}

type wouldOpen struct {
	Playbook      string        `json:"playbook"`
	Mode          incident.Mode `json:"mode"`
	Key           string        `json:"key"`
	Sources       int           `json:"sources,omitempty"`
	Unsilenceable bool          `json:"unsilenceable,omitempty"`
	MatchFail     string        `json:"match_fail,omitempty"`
}

// ask asks the playbooks here.
func (o *again) ask(c *cobra.Command, receipt uint64) error {
	if !c.Flags().Changed("inventory") && !c.Flags().Changed("playbooks") && (c.Flags().Changed("config") || !missing(o.config)) {
		o.at.config = o.config
	}
	set, err := o.at.load()
	if err != nil {
		return err
	}
	if o.at.config != "" && !c.Flags().Changed("journal") {
		cfg, err := loadConfig(o.at.config)
		if err != nil {
			return err
		}
		o.journal = cfg.Journal
	}
	j, err := openJournal(c.Context(), o.journal)
	if err != nil {
		return err
	}
	defer j.Close()
	a, err := readReceipt(c.Context(), j, receipt)
	if err != nil {
		return err
	}
	found := whatNow(set, a)
	if o.format == "json" {
		return json.NewEncoder(c.OutOrStdout()).Encode(found)
	}
	return found.say(c.OutOrStdout(), a)
}

func whatNow(set *playbooks.Set, a storedAlert) replayed {
	r := replayed{Receipt: a.Receipt, Inert: a.Inert, Did: a.Matches, Would: []wouldOpen{}}
	if a.Inert != "" && !incident.Untimely(a.Inert) {
		return r
	}
	for _, m := range set.Match(a.Alert) {
		r.Would = append(r.Would, wouldOpen{m.Playbook.Name, m.Mode, m.Key, m.Sources, m.Unsilenceable, m.MatchFail})
	}
	return r
}

func (r replayed) say(w io.Writer, a storedAlert) error {
	fmt.Fprintf(w, "receipt %d, rule %s of %s\nthen: %s\n", r.Receipt, printable(a.Alert.Rule), printable(a.Alert.Source), printable(a.verdict()))
	switch {
	case len(r.Would) == 0 && r.Inert != "" && !incident.Untimely(r.Inert):
		fmt.Fprintf(w, "now:  nothing: it is %s and no order to act\n", printable(r.Inert))
	case len(r.Would) == 0:
		fmt.Fprintln(w, "now:  no playbook matches; firebreak playbook explain says why")
	}
	for _, m := range r.Would {
		words := fmt.Sprintf("%s (%s), incident %s", m.Playbook, m.Mode, m.Key)
		if m.Sources > 1 {
			words += fmt.Sprintf(", once %d sources agree", m.Sources)
		}
		if m.MatchFail != "" {
			words += "; its condition cannot be evaluated: " + m.MatchFail
		}
		fmt.Fprintln(w, "now:  "+printable(words))
	}
	return nil
}
