package desk

import (
	"slices"
	"strings"

	"github.com/firebreak-project/firebreak/playbooks"
)

// statements are what must be seen of one item, and within what time: where several
// say one, the last counts, as it does in a plan.
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
		s.that = append(s.that, oneLine(that))
		if v.Within > 0 {
			s.within = v.Within
		}
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

// recovery compares the ways back by what they undo, and by name where there are
// several. A way back that is new is one more thing that may be done.
func (c *comparison) recovery(before, after []playbooks.Recovers) {
	paired := map[int]bool{}
	for _, old := range before {
		i := sameWay(old, before, after)
		if i < 0 || paired[i] {
			c.add(Changes, "has no way back %s for %s any more", old.ID, old.Undo)
			continue
		}
		paired[i] = true
		r := after[i]
		c.text("name of the way back for "+r.Undo, old.ID, r.ID)
		number(c, grade{"quorum to undo " + r.Undo, Tightens}, old.Quorum, r.Quorum)
		c.list(old.From, r.From, "team %s may undo "+r.Undo+" too", "team %s does not undo "+r.Undo+" any more")
		if slices.Equal(old.From, r.From) {
			number(c, grade{"people who may undo " + r.Undo, Loosens}, old.People, r.People)
		}
	}
	for i, r := range after {
		if !paired[i] {
			c.add(Loosens, "has a way back %s for %s: %d of %s", r.ID, r.Undo, r.Quorum, strings.Join(r.From, ", "))
		}
	}
}

// sameWay finds a way back of before among those after: the one of its name, or one
// whose name is new.
func sameWay(old playbooks.Recovers, before, after []playbooks.Recovers) int {
	same := func(a, b playbooks.Recovers) bool { return a.ID == b.ID && a.Undo == b.Undo }
	i := slices.IndexFunc(after, func(r playbooks.Recovers) bool { return same(old, r) })
	if i >= 0 {
		return i
	}
	return slices.IndexFunc(after, func(r playbooks.Recovers) bool {
		known := slices.ContainsFunc(before, func(b playbooks.Recovers) bool { return same(b, r) })
		return r.Undo == old.Undo && !known
	})
}
