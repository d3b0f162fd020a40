package rehearsal

import (
	"context"
	"time"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// Played is a story that was played, with what a result leaves out.
type Played struct {
	Came       Came
	Start, End time.Time
	States     []incident.State // in the order in which they were opened
	Rules      approvals.Rules
}

// Play plays a story and tells all of it.
func Play(ctx context.Context, set *playbooks.Set, book string, c playbooks.Case) (Played, error) {
	w, err := newWorld(set, book, c)
	if err != nil {
		return Played{}, err
	}
	if err := w.play(ctx); err != nil {
		return Played{}, err
	}
	out := Played{Came: w.came(), Start: w.start, End: w.now, Rules: w.rules}
	if c.At > 0 {
		out.End = w.start.Add(c.At)
	}
	for _, r := range w.incidents {
		out.States = append(out.States, r.state)
	}
	return out, nil
}

// Told and Scripted are the chain of a story, for planners that a test makes.
func Told(c playbooks.Case) *script                      { return told(c) }
func Scripted(p incident.Plan, c playbooks.Case) *script { return scripted(p, c) }

// Stranger is the address of a key whose own is not known.
var Stranger = stranger

// Judge holds what came against what is expected.
func Judge(e playbooks.Expect, c Came) []Failure { return judge(e, c) }

// CallsOf are the calls of the newest plan.
func CallsOf(c Came) []incident.Call {
	if c.plan == nil {
		return nil
	}
	return c.plan.Calls
}
