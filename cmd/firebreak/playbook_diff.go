package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/playbooks/desk"
	"github.com/firebreak-project/firebreak/playbooks/rehearsal"
)

// differ is the command line of playbook diff.
type differ struct {
	at           shelf
	format, path string
	strict       bool
}

func newPlaybookDiff() *cobra.Command {
	var d differ
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say in words what differs between playbooks, and what loosens",
		Long: `Diff compares two playbooks, or two folders of them, by what they mean. Each line says
what becomes different and what that does: loosens (more may be done, for more alerts
or by fewer people), tightens, or changes. What loosens comes first. Order, layout and
comments make no difference.

With --journal the alerts that a journal has stored are matched against both, and it
says how many more or fewer each playbook would have matched.

An inventory.yaml inside a folder is used for that folder; for the rest the one of the
flags is. Where they are two, they are compared too: who is in a team, and which
contract a name stands for. With --strict something that loosens ends with exit code 3.`,
		Example: `  firebreak playbook diff vault-drain.yaml next/vault-drain.yaml
  firebreak playbook diff deployed/ playbooks/ --strict
  firebreak playbook diff deployed/ playbooks/ --journal firebreak.db`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, given []string) error { return d.run(c, given[0], given[1]) },
	}
	shelfFlags(c, &d.at)
	formatFlag(c, &d.format)
	c.Flags().StringVar(&d.path, "journal", "", "match the alerts of this journal's `file` against both")
	c.MarkFlagFilename("journal", "db")
	c.Flags().BoolVar(&d.strict, "strict", false, "end with exit code 3 when something loosens")
	return c
}

func (d *differ) run(c *cobra.Command, from, to string) error {
	before, err := d.at.read(from)
	if err != nil {
		return err
	}
	after, err := d.at.read(to)
	if err != nil {
		return err
	}
	changes := append(desk.CompareInventories(before.Inventory(), after.Inventory()), desk.Compare(describeAll(before), describeAll(after))...)
	if d.path != "" {
		past, err := readPast(c.Context(), d.path, time.Time{})
		if err != nil {
			return err
		}
		changes = append(changes, rematched(before, after, past)...)
		desk.Order(changes)
	}
	if err := printChanges(c.OutOrStdout(), d.format, changes, sameTexts(before, after)); err != nil {
		return err
	}
	loosens := slices.ContainsFunc(changes, func(c desk.Change) bool { return c.Effect == desk.Loosens })
	if d.strict && loosens {
		return findings{fmt.Errorf("the new playbooks loosen something")}
	}
	return nil
}

func describeAll(set *playbooks.Set) []playbooks.Description {
	var all []playbooks.Description
	for _, p := range set.Playbooks() {
		all = append(all, set.Describe(p))
	}
	return all
}

// rematched tells of each playbook how many of the stored alerts it matches more,
// or fewer, than before. What was stored and never acted on does not count.
func rematched(before, after *playbooks.Set, past rehearsal.Past) []desk.Change {
	more, fewer := map[string]int{}, map[string]int{}
	for _, r := range past.Receipts {
		if r.Inert != "" {
			continue
		}
		was, is := matching(before, r.Alert), matching(after, r.Alert)
		for name := range is {
			if is[name] > was[name] {
				more[name]++
			}
		}
		for name := range was {
			if was[name] > is[name] {
				fewer[name]++
			}
		}
	}
	var changes []desk.Change
	for _, name := range slices.Sorted(maps.Keys(more)) {
		changes = append(changes, desk.Change{Playbook: name, Effect: desk.Loosens, Words: fmt.Sprintf("matches %d more past alerts", more[name])})
	}
	for _, name := range slices.Sorted(maps.Keys(fewer)) {
		changes = append(changes, desk.Change{Playbook: name, Effect: desk.Tightens, Words: fmt.Sprintf("matches %d fewer past alerts", fewer[name])})
	}
	return changes
}

// matching tells how far each playbook goes for an alert: 2 for a match, 1 where it
// cannot be told, for which people are paged and nothing is prepared.
func matching(set *playbooks.Set, alert incident.Alert) map[string]int {
	far := map[string]int{}
	for _, o := range set.Match(alert) {
		far[o.Playbook.Name] = 2
		if o.MatchFail != "" {
			far[o.Playbook.Name] = 1
		}
	}
	return far
}

// sameTexts tells whether not even a comment differs.
func sameTexts(a, b *playbooks.Set) bool {
	digests := func(set *playbooks.Set) map[string]incident.Digest {
		by := map[string]incident.Digest{}
		for _, p := range set.Playbooks() {
			by[p.Name] = p.Digest
		}
		return by
	}
	return maps.Equal(digests(a), digests(b)) && a.Inventory().Digest().Equal(b.Inventory().Digest())
}

// printChanges prints one line per change under its playbook's name, or one
// JSON object per line.
func printChanges(w io.Writer, format string, changes []desk.Change, same bool) error {
	if format == "json" {
		return jsonLines(w, changes)
	}
	var out strings.Builder
	switch {
	case same:
		out.WriteString("no difference\n")
	case len(changes) == 0:
		out.WriteString("no difference in meaning; layout or comments differ\n")
	}
	name := ""
	for _, change := range changes {
		if change.Playbook != name {
			name = change.Playbook
			fmt.Fprintf(&out, "%s\n", name)
		}
		fmt.Fprintf(&out, "  %-8s  %s\n", change.Effect, printable(change.Words))
	}
	_, err := io.WriteString(w, out.String())
	return err
}
