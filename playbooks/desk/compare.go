package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// Effect is what a change does to how much Firebreak may do, and how few people
// it takes.
type Effect string

// The effects. What loosens is what a reviewer must agree to.
const (
	Loosens  Effect = "loosens"  // more may be done, for more alerts or by fewer people
	Tightens Effect = "tightens" // less
	Changes  Effect = "changes"  // something else, or it cannot be told which
)

// Change is one difference between two playbooks.
type Change struct {
	Playbook string `json:"playbook"`
	Effect   Effect `json:"effect"`
	Words    string `json:"words"` // "quorum 3 -> 2"
}

// String is the change in one line.
func (c Change) String() string { return fmt.Sprintf("%s: %s", c.Words, c.Effect) }

// Compare tells what becomes different when the playbooks before become those
// after, by playbook, what loosens first. Playbooks are the same by name. None
// means that there is no difference in meaning.
func Compare(before, after []playbooks.Description) []Change {
	var all []Change
	for _, old := range before {
		i := slices.IndexFunc(after, func(d playbooks.Description) bool { return d.Name == old.Name })
		c := comparison{name: old.Name}
		if i < 0 {
			c.add(unlessOff(old, Tightens), "is gone; it was %s: %s", old.Mode, old.Understood())
		} else {
			c.playbook(old, after[i])
		}
		all = append(all, c.found...)
	}
	for _, d := range after {
		if !slices.ContainsFunc(before, func(old playbooks.Description) bool { return old.Name == d.Name }) {
			c := comparison{name: d.Name}
			c.add(unlessOff(d, Loosens), "is new, %s: %s", d.Mode, d.Understood())
			all = append(all, c.found...)
		}
	}
	Order(all)
	return all
}

// unlessOff is the effect of a whole playbook; one that is off has none.
func unlessOff(d playbooks.Description, e Effect) Effect {
	if d.Mode == incident.ModeOff {
		return Changes
	}
	return e
}

// Order sorts changes by playbook, what loosens first.
func Order(all []Change) {
	order := map[Effect]int{Loosens: 0, Tightens: 1, Changes: 2}
	slices.SortStableFunc(all, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Playbook, b.Playbook), cmp.Compare(order[a.Effect], order[b.Effect]))
	})
}

// comparison collects the changes of one playbook.
type comparison struct {
	name  string
	found []Change
}

func (c *comparison) add(e Effect, format string, args ...any) {
	c.found = append(c.found, Change{c.name, e, fmt.Sprintf(format, args...)})
}

// grade says what a quantity is called, and what more of it does.
type grade struct {
	what string
	more Effect
}

// number compares two quantities.
func number[T cmp.Ordered](c *comparison, g grade, before, after T) {
	grown(c, g, cmp.Compare(after, before), [2]string{fmt.Sprint(before), fmt.Sprint(after)})
}

// lasting compares two durations.
func lasting(c *comparison, g grade, before, after playbooks.Duration) {
	grown(c, g, cmp.Compare(after, before), [2]string{before.String(), after.String()})
}

// grown says that a quantity grew, or shrank, from the one text to the other.
func grown(c *comparison, g grade, grew int, texts [2]string) {
	switch {
	case grew > 0:
		c.add(g.more, "%s %s -> %s", g.what, texts[0], texts[1])
	case grew < 0:
		c.add(opposite(g.more), "%s %s -> %s", g.what, texts[0], texts[1])
	}
}

func opposite(e Effect) Effect {
	switch e {
	case Loosens:
		return Tightens
	case Tightens:
		return Loosens
	}
	return e
}

// text compares two texts of which neither is more.
func (c *comparison) text(what, before, after string) {
	if before == after {
		return
	}
	c.add(Changes, "%s %s -> %s", what, shown(before), shown(after))
}

// condition compares two conditions: one more is tighter, one less is looser,
// and of two different ones it cannot be told.
func (c *comparison) condition(what, before, after string) {
	switch {
	case oneLine(before) == oneLine(after):
	case before == "":
		c.add(Tightens, "%s now demands %s", what, shown(after))
	case after == "":
		c.add(Loosens, "%s does not demand any more %s", what, shown(before))
	default:
		c.add(Changes, "%s %s -> %s", what, shown(before), shown(after))
	}
}

// list compares two lists, each entry by itself. With and without say what an
// entry does that is new or gone.
func (c *comparison) list(before, after []string, with, without string) {
	for _, x := range after {
		if !slices.Contains(before, x) {
			c.add(Loosens, with, x)
		}
	}
	for _, x := range before {
		if !slices.Contains(after, x) {
			c.add(Tightens, without, x)
		}
	}
}

// filter compares two lists of which an empty one lets everything through.
func (c *comparison) filter(what string, before, after []string) {
	switch {
	case len(before) > 0 && len(after) == 0:
		c.add(Loosens, "matches every %s, not only %s", what, strings.Join(before, ", "))
	case len(before) == 0 && len(after) > 0:
		c.add(Tightens, "matches only %s %s, not every one", what, strings.Join(after, ", "))
	default:
		c.list(before, after, "matches also "+what+" %s", "does not match "+what+" %s any more")
	}
}

// shown is a text in a line of words.
func shown(s string) string {
	if s == "" {
		return "nothing"
	}
	return "`" + oneLine(s) + "`"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
