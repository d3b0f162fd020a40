package rehearsal

import (
	"context"
	"fmt"
	"time"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// Result is what came of one case. As JSON it is for scripts.
type Result struct {
	Playbook string        `json:"playbook"`
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Col      int           `json:"col"`
	Name     string        `json:"name"`
	OK       bool          `json:"ok"`
	Failures []Failure     `json:"failures,omitempty"`
	Came     Came          `json:"came"`
	Took     time.Duration `json:"-"` // of real time

	seen []playbooks.Reason // conditions, as they were evaluated
}

// Failure is one expectation that was not met.
type Failure struct {
	What string   `json:"what"` // the key of expect
	Want string   `json:"want"`
	Got  string   `json:"got"`
	Why  []string `json:"why,omitempty"` // what led to it, one thing a line
}

// Came is what a story came to, in the words of expect.
type Came struct {
	Match         string               `json:"match"`
	Because       []string             `json:"because,omitempty"`
	Incidents     int                  `json:"incidents"`
	Runs          int                  `json:"runs"`
	Prepares      []playbooks.Prepared `json:"prepares,omitempty"`
	Outcome       string               `json:"outcome,omitempty"`
	Why           string               `json:"why,omitempty"` // of the outcome
	Paged         []string             `json:"paged,omitempty"`
	Refused       map[string]string    `json:"refused,omitempty"`
	PreAuthorised bool                 `json:"pre_authorised"`
	Notes         []string             `json:"notes,omitempty"`

	plan     *incident.Plan
	verdicts []playbooks.Verdict
	unasked  []string // people whose answer found no request
}

// Run plays one case and holds what came of it against what is expected. Its
// error means that the story itself could not be played, which is a fault of
// ours or of the inventory, and no failed test.
func Run(ctx context.Context, set *playbooks.Set, tests *playbooks.Tests, c playbooks.Case) (Result, error) {
	began := time.Now()
	out := Result{Playbook: tests.Playbook, File: tests.File, Line: c.Line, Col: c.Col, Name: c.Name}
	w, err := newWorld(set, tests.Playbook, c)
	if err != nil {
		return out, err
	}
	if err := w.play(ctx); err != nil {
		return out, fmt.Errorf("%s:%d: %q cannot be played: %w", tests.File, c.Line, c.Name, err)
	}
	out.Came, out.seen = w.came(), w.seen()
	out.Failures = judge(c.Expect, out.Came)
	out.OK, out.Took = len(out.Failures) == 0, time.Since(began)
	return out, nil
}

// came sums a story up.
func (w *world) came() Came {
	out := Came{Match: "false", Incidents: len(w.incidents), Refused: w.refused, verdicts: w.verdicts}
	for _, v := range w.verdicts {
		switch {
		case v.Matched:
			out.Match = "true"
		case v.Failed != "" && out.Match == "false":
			out.Match = "unknown"
		}
		if reason, atom := v.Because(); reason != nil {
			out.Because = append(out.Because, because(reason, atom))
		}
	}
	for _, r := range w.incidents {
		if r.state.Run().Plan != nil {
			out.Runs++
		}
		out.Paged = appendNew(out.Paged, r.paged...)
	}
	if r := w.newest(); r != nil {
		run := r.state.Run()
		out.Outcome, out.Why, out.PreAuthorised, out.plan = outcome(run), run.End, run.PreAuthorised(), run.Plan
	}
	if out.plan != nil {
		out.Notes, out.Prepares = out.plan.Notes, prepared(out.plan)
	}
	for _, a := range w.story.Approvals[w.answered:] {
		out.unasked = append(out.unasked, a.Person)
	}
	return out
}

// because says what decided, in words.
func because(r *playbooks.Reason, a *playbooks.Atom) string {
	if a == nil {
		return r.Text
	}
	return r.What + ": " + a.Words()
}

// outcome names what became of a run, as tests do.
func outcome(r incident.Run) string {
	switch r.Phase {
	case incident.PhaseConfirming:
		return playbooks.EndConfirming
	case incident.PhaseAsking:
		return playbooks.EndWaiting
	case incident.PhaseExecuting:
		return playbooks.EndSending
	case incident.PhaseVerifying:
		return playbooks.EndVerifying
	case incident.PhaseContained:
		return playbooks.EndContained
	case incident.PhaseMoot:
		return playbooks.EndMoot
	case incident.PhaseDeclined:
		return playbooks.EndDeclined
	case incident.PhaseLapsed:
		if r.Plan == nil {
			return playbooks.EndUnconfirmed
		}
		return playbooks.EndRejected
	case incident.PhaseEscalated:
		if !r.ExecutedAt.IsZero() {
			return playbooks.EndVerifyFailed
		}
		return playbooks.EndEscalated
	}
	return string(r.Phase)
}

// seen are all conditions that were evaluated: of a match as far as the alert
// came, and of the items that a plan was made of.
func (w *world) seen() []playbooks.Reason {
	var all []playbooks.Reason
	for _, v := range w.verdicts {
		for _, r := range v.Reasons {
			if len(r.Atoms) > 0 {
				all = append(all, r)
			}
			if !r.OK {
				break
			}
		}
	}
	for _, r := range w.incidents {
		all = append(all, r.reasons...)
	}
	return all
}
