package desk

import (
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/playbooks"
)

// statements are what must be seen of one item, and within what time at most.
type statements struct {
	that   []string
	within playbooks.Duration
}

func statementsOf(d playbooks.Description) map[string]statements {
	by := map[string]statements{}
	for _, v := range d.Verify {
		s := by[v.Of]
		that := v.That
		if that == "" {
			that = "its own goal"
		}
		s.that, s.within = append(s.that, oneLine(that)), max(s.within, v.Within)
		by[v.Of] = s
	}
	return by
}

// verification compares how items are seen to have worked. Of items that are
// new or gone nothing more is said.
func (c *comparison) verification(before, after playbooks.Description) {
	was, is := statementsOf(before), statementsOf(after)
	for _, i := range after.Prepare {
		if !slices.ContainsFunc(before.Prepare, func(old playbooks.Item) bool { return old.ID == i.ID }) {
			continue
		}
		for _, that := range is[i.ID].that {
			if !slices.Contains(was[i.ID].that, that) {
				c.add(Tightens, "verifies of %s also %s", i.ID, shown(that))
			}
		}
		for _, that := range was[i.ID].that {
			if !slices.Contains(is[i.ID].that, that) {
				c.add(Loosens, "does not verify of %s any more %s", i.ID, shown(that))
			}
		}
		if len(was[i.ID].that) > 0 && len(is[i.ID].that) > 0 {
			lasting(c, grade{"time in which " + i.ID + " must hold", Loosens}, was[i.ID].within, is[i.ID].within)
		}
	}
}

func (c *comparison) notices(before, after []playbooks.Notice) {
	for _, n := range after {
		if !slices.Contains(before, n) {
			c.add(Changes, "posts in %s: %s", n.Channel, shown(n.Text))
		}
	}
	for _, n := range before {
		if !slices.Contains(after, n) {
			c.add(Changes, "does not post in %s any more: %s", n.Channel, shown(n.Text))
		}
	}
}

// recovery compares the ways back by what they undo.
func (c *comparison) recovery(before, after []playbooks.Recovers) {
	for _, old := range before {
		i := slices.IndexFunc(after, func(r playbooks.Recovers) bool { return r.Undo == old.Undo })
		if i < 0 {
			c.add(Changes, "has no way back for %s any more", old.Undo)
			continue
		}
		r := after[i]
		c.text("name of the way back for "+r.Undo, old.ID, r.ID)
		number(c, grade{"quorum to undo " + r.Undo, Tightens}, old.Quorum, r.Quorum)
		c.list(old.From, r.From, "team %s may undo "+r.Undo+" too", "team %s does not undo "+r.Undo+" any more")
		if slices.Equal(old.From, r.From) {
			number(c, grade{"people who may undo " + r.Undo, Loosens}, old.People, r.People)
		}
	}
	for _, r := range after {
		if !slices.ContainsFunc(before, func(old playbooks.Recovers) bool { return old.Undo == r.Undo }) {
			c.add(Changes, "has a way back for %s: %d of %s", r.Undo, r.Quorum, strings.Join(r.From, ", "))
		}
	}
}
