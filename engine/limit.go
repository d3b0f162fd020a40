package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// budget counts the incidents that each playbook has opened lately. It is
// rebuilt from the incidents themselves at a start, so a crash forgets none.
type budget map[string][]time.Time

// budgetName keeps drills and real incidents apart: neither uses up the other.
func budgetName(playbook string, exercise bool) string {
	if exercise {
		return playbook + " (exercise)"
	}
	return playbook
}

// add counts an incident. One that only pages, because it could not be judged
// or was one too many, is none. One of a playbook without a limit counts too: the
// playbook may be given one while a storm is on, and that is when it matters.
func (b budget) add(o incident.Opened, exercise bool, at time.Time) {
	if o.MatchFail != "" || o.OverLimit != "" {
		return
	}
	name := budgetName(o.Playbook.Name, exercise)
	b[name] = append(b[name], at)
}

// over says why a playbook may open no further incident now; empty when it may.
func (b budget) over(o incident.Opened, exercise bool, now time.Time) string {
	name := budgetName(o.Playbook.Name, exercise)
	b[name] = slices.DeleteFunc(b[name], func(at time.Time) bool { return now.Sub(at) >= maxCooldown }) // no limit looks back further
	if o.Limit == nil || o.MatchFail != "" {
		return ""
	}
	recent := 0
	for _, at := range b[name] {
		if now.Sub(at) < o.Limit.Per {
			recent++
		}
	}
	if recent < o.Limit.Runs {
		return ""
	}
	return fmt.Sprintf("%s has opened %d incidents in %s, which is all that it may; this alert and others like it open no more", o.Playbook.Name, recent, o.Limit.Per)
}

// restrict turns a match that is one too many into one incident that pages a
// person, which the next ones join for as long as the limit counts.
func (b budget) restrict(o incident.Opened, alert incident.Alert, now time.Time) incident.Opened {
	why := b.over(o, alert.Exercise, now)
	if why == "" {
		return o
	}
	o.OverLimit, o.Key = why, "over-limit:"+budgetName(o.Playbook.Name, alert.Exercise)
	o.Sources, o.Within, o.Cooldown = 0, 0, o.Limit.Per
	return o
}
