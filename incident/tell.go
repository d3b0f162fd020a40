package incident

import (
	"fmt"
	"slices"
	"time"
)

// tell returns what people are owed: a card that shows the newest face, and
// one message for each end or delay.
func (s State) tell() []Effect {
	var owed []Effect
	run := s.Run()
	switch {
	case run.Deadline.IsZero() && run.Authorised == nil:
		// Nothing was asked, so there is nothing to show a card of.
	case s.Card.Version == 0:
		owed = append(owed, Effect{Do: DoPostCard, Run: run.Number, Version: s.Face})
	case s.Card.Version < s.Face:
		owed = append(owed, Effect{Do: DoUpdateCard, Run: run.Number, Version: s.Face})
	}
	if run.PreAuthorised() {
		// People hear of it at the moment at which it goes out.
		owed = s.once(owed, "pre-authorised", time.Time{})
	}
	if run.Phase.Ended() {
		owed = s.once(owed, "end", time.Time{})
	}
	owed = s.thread(s.waiting(owed))
	for i := range s.Alarms {
		if key := fmt.Sprintf("alarm/%d", i); !s.WasTold(key) {
			owed = append(owed, Effect{Do: DoTell, Run: run.Number, Key: key})
		}
	}
	if run.Phase == PhaseContained {
		for i := range run.Plan.Notify {
			owed = s.once(owed, fmt.Sprintf("notify/%d", i), time.Time{})
		}
	}
	if run.Phase == PhaseExecuting {
		owed = s.once(owed, "late", run.AuthorisedAt.Add(run.Plan.Submit))
	}
	if at, ok := run.holding(); ok {
		owed = s.once(owed, "held", at.Add(heldAfter))
	}
	if run.Phase == PhaseVerifying {
		owed = s.once(owed, "unproved", run.ExecutedAt.Add(unprovedAfter))
	}
	for _, step := range run.Steps {
		if run.Phase == PhaseContained && step.State == StepFailed && !run.excused(step.Name) {
			owed = s.once(owed, "undone/"+step.Name, time.Time{})
		}
		if step.Stalled > 0 {
			owed = s.once(owed, fmt.Sprintf("stalled/%s/%d", step.Name, step.Stalled), time.Time{})
		}
	}
	return owed
}

// waiting is what people are told while nobody has decided: those who are
// asked are reminded, and others hear of it. An objection does not wait for the
// time: somebody who disagrees is news for everybody.
func (s State) waiting(owed []Effect) []Effect {
	run := s.Run()
	if run.Phase != PhaseAsking || run.Plan == nil {
		return owed
	}
	within := run.Plan.Quorum.Within
	passed := func(percent int64) time.Time { return run.Deadline.Add(-within * time.Duration(100-percent) / 100) }
	for _, percent := range []int64{75, 90} {
		owed = s.once(owed, fmt.Sprintf("remind/%d", percent), passed(percent))
	}
	for i := range run.Plan.Quorum.Escalation() {
		at := passed(escalateAt[min(i, len(escalateAt)-1)])
		if run.objected() {
			at = time.Time{}
		}
		owed = s.once(owed, fmt.Sprintf("escalate/%d", i), at)
	}
	return owed
}

// escalateAt is after how much of its time, in percent, a request is told to
// the first, the second and the third who are told beside those who are asked.
var escalateAt = []int64{25, 50, 75}

// Escalation lists who is told beside those who are asked, in order: whom the
// playbook names for it, else whom it names for when nobody answers.
func (q Quorum) Escalation() []string {
	if len(q.Escalate) > 0 {
		return q.Escalate
	}
	if q.OnTimeout != "" {
		return []string{q.OnTimeout}
	}
	return nil
}

func (r Run) objected() bool {
	return slices.ContainsFunc(r.Votes, func(v Vote) bool { return v.Decision == Deny && v.Digest.Equal(r.Digest) })
}

// thread is one line for each event, under the card, because an update of a
// card notifies nobody. What the end says anyway is not owed any more once it
// has come: in a storm the ends go first. And nothing is said between a quorum
// and the bytes on their way: each line is a commit, and there is no time.
func (s State) thread(owed []Effect) []Effect {
	run := s.Run()
	if s.Card.Version == 0 || run.Phase.Ended() || run.Phase == PhaseExecuting && !run.allSent() {
		return owed
	}
	var lines []string
	if run.Phase == PhaseAsking && run.Plan != nil && len(run.Plan.Calls) > CallsOnCard {
		lines = append(lines, "plan")
	}
	for i := range run.Votes {
		lines = append(lines, fmt.Sprintf("vote/%d", i))
	}
	for i := range s.Signals {
		lines = append(lines, fmt.Sprintf("signal/%d", i))
	}
	switch run.Phase {
	case PhaseExecuting:
		lines = append(lines, "sent")
	case PhaseVerifying:
		lines = append(lines, "executed")
	}
	for _, line := range lines {
		if before := len(owed); len(s.once(owed, line, time.Time{})) > before {
			return s.once(owed, line, time.Time{}) // one after the other: a thread is read in order
		}
	}
	return owed
}

// CallsOnCard is how many calls a card shows in full. A plan of more is put
// under it as a file besides, and is read whole in the review.
const CallsOnCard = 6

// allSent tells whether every step has left or needs not to.
func (r Run) allSent() bool {
	return !slices.ContainsFunc(r.Steps, func(s Step) bool {
		return !s.settled() && !slices.ContainsFunc(s.Attempts, func(a Attempt) bool { return a.Sent })
	})
}

// unprovedAfter is how long what was carried out may take to be proved. No
// chain needs that long for finality: it has stopped being final, or endpoints
// cannot tell.
const unprovedAfter = time.Hour

// heldAfter is how long the end may come after every goal was seen to hold
// before people are told of that by itself: finality takes a quarter of an hour
// on some chains, and nobody should wait for the good news that long.
const heldAfter = 20 * time.Second

// holding tells since when every goal holds, while some are not final yet.
func (r Run) holding() (since time.Time, ok bool) {
	if r.Phase != PhaseVerifying {
		return since, false
	}
	for _, step := range r.Steps {
		switch {
		case step.ended():
		case !step.Held:
			return since, false
		default:
			ok = true
			if step.HeldAt.After(since) {
				since = step.HeldAt
			}
		}
	}
	return since, ok
}

func (s State) once(owed []Effect, what string, at time.Time) []Effect {
	key := fmt.Sprintf("run%d/%s", s.Run().Number, what)
	if s.WasTold(key) {
		return owed
	}
	return append(owed, Effect{Do: DoTell, Run: s.Run().Number, Key: key, At: at})
}
