package incident

import (
	"fmt"
	"strings"
)

// maxIssues bounds how many nonces a step may use one after the other when its
// transactions revert or are preempted. After that a person owns it.
const maxIssues = 3

// Next returns everything that is owed now, as a pure function of the state:
// the same facts owe the same effects, before a crash and after it. Order
// carries no meaning but for steps, which are in the plan's order.
func Next(s State) []Effect {
	if len(s.Runs) == 0 {
		return nil
	}
	run := s.Run()
	owed := run.next(s)
	for i := range owed {
		owed[i].Run = run.Number
	}
	return append(owed, s.tell()...)
}

// Open tells whether anything is still owed.
func (s State) Open() bool { return len(Next(s)) > 0 }

func (r Run) next(s State) []Effect {
	switch r.Phase {
	case PhaseConfirming:
		return r.confirm(s)
	case PhaseOpened:
		if s.Opened.MatchFail != "" {
			return []Effect{record(Escalated{Stage: "match",
				Why:  "the playbook's condition failed to evaluate: " + s.Opened.MatchFail,
				Mend: "look at the alert and decide by hand; nothing was prepared"})}
		}
		if s.Opened.OverLimit != "" {
			return []Effect{record(Escalated{Stage: "limit", Why: s.Opened.OverLimit,
				Mend: "look at what keeps alerting and decide by hand; nothing was prepared"})}
		}
		return []Effect{{Do: DoPlan}}
	case PhasePlanned:
		if pre, ok := r.preAuthorisation(); ok {
			return []Effect{record(pre)}
		}
		return []Effect{record(r.asking())}
	case PhaseAsking:
		lapsed := record(Lapsed{Why: fmt.Sprintf("the deadline passed without a quorum of %d", r.Plan.Quorum.Need)})
		lapsed.At = r.Deadline
		return []Effect{lapsed}
	case PhaseExecuting:
		return append(r.stepEffects(), r.conclude()...)
	case PhaseVerifying:
		return append(r.stepEffects(), r.close()...)
	case PhaseContained, PhaseEscalated:
		return r.stepEffects() // what was out when its goal held already
	}
	return nil
}

func record(b Body) Effect { return Effect{Do: DoRecord, Body: b} }

func (r Run) confirm(s State) []Effect {
	sources := s.Confirming()
	if len(sources) >= s.Opened.Sources {
		return []Effect{record(Confirmed{Sources: sources})}
	}
	lapsed := record(Lapsed{Why: fmt.Sprintf("%d of %d sources agreed in %s", len(sources), s.Opened.Sources, s.Opened.Within)})
	lapsed.At = s.OpenedAt.Add(s.Opened.Within)
	return []Effect{lapsed}
}

// stepEffects collects what the steps owe, one effect per kind where steps can
// be handled together: a plan of twenty calls is priced in one commit, signed
// in one commit and goes out in one block.
func (r Run) stepEffects() []Effect {
	var price, sign, send []string
	var single []Effect
	for _, step := range r.Steps {
		needless := r.needless(step)
		if needless {
			single = append(single, record(AlreadySo{Step: step.Name, Why: "the other key brought it about"}))
		}
		switch step.State {
		case StepReady:
			if !needless && r.unblocked(step.Name) {
				price = append(price, step.Name)
			}
		case StepPriced:
			sign = append(sign, step.Name)
		case StepSigned:
			send = append(send, step.Name)
		case StepReverted, StepPreempted:
			if !needless {
				single = append(single, step.retry())
			}
		case StepIncluded:
			do := DoVerify
			if step.Held {
				do = DoFinalise
			}
			single = append(single, Effect{Do: do, Steps: []string{step.Name}})
		}
		if step.inFlight() {
			single = append(single, Effect{Do: DoWatch, Steps: []string{step.Name}, Version: step.Directions})
		}
	}
	var owed []Effect
	for _, e := range []Effect{{Do: DoPrice, Steps: price}, {Do: DoSign, Steps: sign}, {Do: DoBroadcast, Steps: send}} {
		if len(e.Steps) > 0 {
			owed = append(owed, e)
		}
	}
	return append(owed, single...)
}

// inFlight tells whether bytes of the step have been sent and no block has
// settled them. They are watched even while a higher bid is being signed. What
// came out of its block again was sent, whoever wrote it down.
func (s Step) inFlight() bool {
	switch s.State {
	case StepPriced, StepSigned, StepBroadcast:
		for _, a := range s.Live() {
			if a.Sent || s.State == StepBroadcast {
				return true
			}
		}
	}
	return false
}

// retry asks for the goal first: a reverted pause of a contract that somebody
// else paused is a success.
func (s Step) retry() Effect {
	return Effect{Do: DoRecheck, Steps: []string{s.Name}}
}

// MayReissue tells whether the step may open another nonce.
func (s Step) MayReissue(call Call) bool { return s.Exhausted(call) == "" }

// Exhausted says why the step opens no other nonce, empty when it may: it was
// called off, was tried too often, or what is left of its budget does not pay one
// wei per gas. A nonce that was given back unsigned, because a step below it was
// refused, was no try.
func (s Step) Exhausted(call Call) string {
	signed := map[int]bool{}
	for _, a := range s.Attempts {
		if a.Signed != nil {
			signed[a.Issue] = true
		}
	}
	switch {
	case s.Cancelled:
		return "it was called off"
	case len(signed) >= maxIssues:
		return "failed too often"
	case s.Left(call).Cmp(NewQuantity(call.Gas)) < 0:
		return "what failed has used up what was approved"
	}
	return ""
}

// unblocked tells whether all that the step waits for is settled, by either of
// two keys. A step that was given up holds nobody back: half a containment is
// better than none.
func (r Run) unblocked(name string) bool {
	call, _ := r.Plan.Call(name)
	for _, before := range call.After {
		step, _ := r.Step(before)
		if !step.settled() && !r.doubled(before, Step.done) {
			return false
		}
	}
	return true
}

// conclude moves on from executing once every step is settled.
func (r Run) conclude() []Effect {
	if r.checkSettled() != nil {
		return nil
	}
	if failed := r.failures(); len(failed) == len(r.Steps) {
		return []Effect{record(r.escalation("execute", failed))}
	}
	return []Effect{record(Executed{})}
}

// close ends the run once every step has ended.
func (r Run) close() []Effect {
	if r.checkNothingLive() != nil {
		return nil
	}
	if failed := r.failures(); len(failed) > 0 {
		return []Effect{record(r.escalation("verify", failed))}
	}
	return []Effect{record(Contained{})}
}

func (r Run) failures() []string {
	var failed []string
	for _, step := range r.Steps {
		if step.State == StepFailed && !r.excused(step.Name) {
			failed = append(failed, fmt.Sprintf("%s: %s", step.Name, step.Why))
		}
	}
	return failed
}

func (r Run) escalation(stage string, failed []string) Escalated {
	return Escalated{
		Stage: stage,
		Why:   strings.Join(failed, "; "),
		Mend:  "carry out what failed by hand; the prepared calldata is in the plan",
	}
}
