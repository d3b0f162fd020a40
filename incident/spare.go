package incident

import "cmp"

// excused tells whether a step's failure is none: it doubles, or is doubled by,
// another one that went well.
//
// What is in a block and did not hold is excused only by what is final: that the
// goal holds is less than a playbook may have asked of both.
func (r Run) excused(name string) bool {
	if step, _ := r.Step(name); step.State == StepFailed && step.In != nil {
		return r.doubled(name, Step.final)
	}
	return r.doubled(name, Step.well)
}

// waits tells whether the run cannot end before a step. It does not wait for one
// whose goal another has brought about: its key may be out of reach for ever. What
// is in a block is read at every level, or the other was.
func (r Run) waits(step Step) bool {
	switch {
	case step.ended():
		return false
	case step.State == StepIncluded:
		return !r.doubled(step.Name, Step.final)
	}
	return !r.doubled(step.Name, Step.well)
}

func (s Step) final() bool { return s.State == StepFinal }

// needless tells whether nothing new need be done for a step, because it
// doubles, or is doubled by, another one. What has a nonce already is let go only
// for a goal that is final: one that was read for the other's sake may be gone.
func (r Run) needless(step Step) bool {
	switch step.State {
	case StepReady:
		return r.excused(step.Name)
	case StepBroadcast:
		return !step.Reached && r.doubled(step.Name, Step.final)
	case StepReverted, StepPreempted:
		return r.doubled(step.Name, Step.final)
	}
	return false
}

// doubled tells whether another step with the same call is as asked.
func (r Run) doubled(name string, as func(Step) bool) bool {
	origin := func(name string) string {
		call, _ := r.Plan.Call(name)
		return cmp.Or(call.SpareOf, name)
	}
	for _, other := range r.Steps {
		if other.Name != name && origin(other.Name) == origin(name) && as(other) {
			return true
		}
	}
	return false
}
