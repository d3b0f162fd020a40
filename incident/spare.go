package incident

import "cmp"

// excused tells whether a step's failure is none: it doubles, or is doubled by,
// another one that went well.
func (r Run) excused(name string) bool { return r.doubled(name, Step.well) }

// needless tells whether nothing new need be done for a step, because it
// doubles, or is doubled by, another one. What has a nonce already is let go only
// for a goal that is final: one that was read for the other's sake may be gone.
func (r Run) needless(step Step) bool {
	final := func(other Step) bool { return other.State == StepFinal }
	switch step.State {
	case StepReady:
		return r.excused(step.Name)
	case StepBroadcast:
		return !step.Reached && r.doubled(step.Name, final)
	case StepReverted, StepPreempted:
		return r.doubled(step.Name, final)
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
