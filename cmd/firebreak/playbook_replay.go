package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// rerun is the command line of playbook replay.
type rerun struct {
	at      shelf
	journal string
	since   string
	format  string
	fail    bool
	all     bool
}

func newPlaybookReplay() *cobra.Command {
	var r rerun
	c := &cobra.Command{
		Use:   "replay",
		Short: "Show what the playbooks would have made of stored alerts",
		Long: `Replay routes the alerts of a journal through the present playbooks, in their
order, by the rules that the daemon routes by: keys, cooldowns, limits. It prints
what would have been opened next to what was. It reads the journal, also beside a
daemon that runs, and changes nothing.

An incident that was opened then by the same alert is taken to have run as it did.
Of one that was not, nobody knows how it would have ended: it is taken to run until
its request lapses, so what is shown is the most that would have been asked. An
incident that would wait for other sources counts as opened.

With --fail-on-change a difference ends with exit code 3. With --format json each
line is one alert.`,
		Example: `  firebreak playbook replay --journal firebreak.db --since 30d
  firebreak playbook replay --since 12h --all
  firebreak playbook replay --config firebreak.yaml --since 7d --fail-on-change --format json`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return r.run(c) },
	}
	shelfFlags(c, &r.at)
	journalFlag(c, &r.journal)
	c.Flags().StringVar(&r.since, "since", "30d", "how far back, as in 30d or 12h")
	c.Flags().BoolVar(&r.fail, "fail-on-change", false, "end with exit code 3 where something would have come out otherwise")
	c.Flags().BoolVar(&r.all, "all", false, "show alerts too of which nothing came, then and now")
	formatFlag(c, &r.format)
	return c
}

var sinceForm = regexp.MustCompile(`^([1-9][0-9]{0,4})([dhm])$`)

func parseSince(text string) (time.Duration, error) {
	m := sinceForm.FindStringSubmatch(text)
	if m == nil {
		return 0, usage{fmt.Errorf("--since is a time such as 30d, 12h or 90m, not %q", text)}
	}
	n, err := strconv.Atoi(m[1])
	return time.Duration(n) * map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute}[m[2]], err
}

// longestHold is how long an incident can hold its key after its end.
const longestHold = 24 * time.Hour

func (r *rerun) run(c *cobra.Command) error {
	back, err := parseSince(r.since)
	if err != nil {
		return err
	}
	set, err := r.at.load()
	if err != nil {
		return err
	}
	if r.at.config != "" && !c.Flags().Changed("journal") {
		cfg, err := loadConfig(r.at.config)
		if err != nil {
			return err
		}
		r.journal = cfg.Journal
	}
	from := time.Now().Add(-back)
	past, err := readPast(c.Context(), r.journal, from.Add(-longestHold))
	if err != nil {
		return err
	}
	lines := rehearsal.Replay(set, past, from)
	changed := 0
	for _, l := range lines {
		if l.Changed {
			changed++
		}
	}
	if r.format == "json" {
		err = jsonLines(c.OutOrStdout(), lines)
	} else {
		err = r.text(c.OutOrStdout(), lines, changed)
	}
	if err == nil && r.fail && changed > 0 {
		return findings{fmt.Errorf("of %d alerts %d would have come out otherwise", len(lines), changed)}
	}
	return err
}

// readPast reads the alerts that were received since a time, and what became of
// them.
func readPast(ctx context.Context, path string, from time.Time) (past rehearsal.Past, err error) {
	j, err := openJournal(ctx, path)
	if err != nil {
		return past, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	routed := map[uint64][]incident.Match{}
	for f, err := range j.Read(ctx, incident.Router, 0) {
		if err != nil {
			return past, fmt.Errorf("read what was routed: %w", err)
		}
		body, err := f.Body()
		if err != nil {
			return past, err
		}
		if b, ok := body.(incident.Routed); ok {
			for _, d := range b.All() {
				routed[d.Receipt] = d.Matches
			}
		}
	}
	for f, err := range j.Read(ctx, incident.Silences, 0) {
		if err != nil {
			return past, fmt.Errorf("read the silences: %w", err)
		}
		if past.Silences, err = past.Silences.With(f); err != nil {
			return past, err
		}
	}
	past.Incidents = map[incident.ID]incident.State{}
	for f, err := range j.Read(ctx, incident.Inbox, 0) {
		if err != nil {
			return past, fmt.Errorf("read alerts: %w", err)
		}
		body, err := f.Body()
		if err != nil {
			return past, err
		}
		b, ok := body.(incident.Received)
		if !ok || f.Seen.Before(from) {
			continue
		}
		past.Receipts = append(past.Receipts, rehearsal.Receipt{Number: f.Seq, At: f.Seen, Alert: b.Alert, Inert: b.Inert, Matches: routed[f.Seq]})
		for _, m := range routed[f.Seq] {
			if _, known := past.Incidents[m.Incident]; known || m.Incident == "" {
				continue
			}
			_, s, err := journal.Incident(ctx, j, m.Incident)
			if err != nil {
				return past, err
			}
			past.Incidents[m.Incident] = s
		}
	}
	return past, nil
}

func (r *rerun) text(w io.Writer, lines []rehearsal.Replayed, changed int) error {
	did, would := 0, 0
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "AT (UTC)\tALERT\tRULE\tDID\tWOULD\tNOTE")
	for _, l := range lines {
		did, would = did+opened(l.Did), would+opened(l.Would)
		if !r.all && len(l.Did)+len(l.Would) == 0 {
			continue
		}
		note := ""
		if l.Changed {
			note = "CHANGED"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", l.At.UTC().Format(time.DateTime), printable(l.Source+"/"+l.ID), printable(l.Rule),
			printable(rehearsal.MatchWords(l.Did)), printable(rehearsal.MatchWords(l.Would)), note)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "%d alerts since %s: %d incidents then, %d with these playbooks; %d alerts would have come out otherwise\n",
		len(lines), r.since, did, would, changed)
	return nil
}

func opened(list []incident.Match) (n int) {
	for _, m := range list {
		if m.Verdict == "opened" {
			n++
		}
	}
	return n
}
