package rehearsal

import (
	"fmt"
	"time"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
)

// pause is how long after the request, or after the answer before it, somebody
// answers who says no time.
const pause = time.Second

// answerAt is when the next answer comes; false when it waits for a request
// that does not come.
func (w *world) answerAt() (time.Time, bool) {
	if w.answered == len(w.story.Approvals) {
		return time.Time{}, false
	}
	if at := w.story.Approvals[w.answered].At; at > 0 {
		return w.start.Add(at), true
	}
	r := w.newest()
	switch {
	case r == nil || r.askedAt.IsZero():
		return time.Time{}, false
	case w.lastAnswer.After(r.askedAt):
		return w.lastAnswer.Add(pause), true
	}
	return r.askedAt.Add(pause), true
}

// assuranceOf is what an answer in a story is worth: what the plan asks for. Who
// rehearses tests the people and the quorum, and not their keys.
func assuranceOf(s incident.State) incident.Assurance {
	if plan := s.Run().Plan; plan != nil {
		return plan.Quorum.Assurance
	}
	return incident.AssuranceSlack
}

// answer casts the next answer, on the newest incident, as the engine does.
func (w *world) answer() error {
	a := w.story.Approvals[w.answered]
	w.answered++
	w.lastAnswer = w.now
	r := w.newest()
	if r == nil {
		w.refused[a.Person] = "there is nothing to answer to"
		return nil
	}
	team, _ := w.rules.TeamFor(r.state, a.Person)
	vote := incident.Vote{Person: a.Person, Team: team, Decision: a.Decision, Digest: r.state.Run().Digest,
		Assurance: assuranceOf(r.state), Roster: w.rules.Roster.Digest(), Delivery: fmt.Sprintf("answer-%d", w.answered)}
	drafts, err := engine.Cast(w.rules, r.state, vote, w.now)
	if err != nil {
		w.refused[a.Person] = err.Error()
		return nil
	}
	for _, d := range drafts {
		if err := w.write(r, d.Body, r.state.Exercise); err != nil {
			return err
		}
	}
	return nil
}
