package submitter

import (
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
)

// Restore enters the nonces of open incidents into their lanes, before
// anything is priced: signed where bytes exist, unsigned where only the price
// is on disk. It makes no call and writes nothing. It refuses an incident that
// runs and uses a chain or an account which is not configured any more, because
// its bytes could not be watched.
func (s *Submitter) Restore(states []incident.State) error {
	for _, st := range states {
		for _, step := range st.Run().Steps {
			if len(step.Attempts) == 0 || step.State.Ended() {
				continue
			}
			err := s.restore(st, step)
			if err != nil && st.Phase().Ended() {
				// Its goal was reached without these bytes: nothing is lost but
				// the sight of them.
				s.o.Log.Error("bytes of an ended incident cannot be followed any more", "incident", st.ID, "step", step.Name, "err", err)
				continue
			}
			if err != nil {
				return fmt.Errorf("restore incident %s: %w", st.ID, err)
			}
		}
	}
	return nil
}

func (s *Submitter) restore(st incident.State, step incident.Step) error {
	j, err := s.job(st, step.Name)
	if err != nil {
		return fmt.Errorf("%w; configure it until the incident has ended", err)
	}
	last, _ := step.Last()
	if last.From != j.from {
		return fmt.Errorf("step %s uses account %s, key %s is now %s; configure the old account until the incident has ended",
			step.Name, last.From, j.key, j.from)
	}
	switch step.State {
	case incident.StepPriced, incident.StepSigned, incident.StepBroadcast, incident.StepIncluded:
	default:
		return nil // ready, reverted, preempted: no nonce is open
	}
	to := unsigned
	if len(step.Live()) > 0 {
		to = signed
	}
	if err := j.lane.hold(j.owner(last.Issue), last.Nonce, to); err != nil {
		return err
	}
	j.lane.spend(last.Nonce, last.FeeCap.Times(last.Gas))
	return nil
}

// Release gives back nonces that were priced when their facts could not be
// written. What was signed is kept: a nonce with bytes is never free.
func (s *Submitter) Release(st incident.State, steps []string) {
	jobs, errs := s.jobs(st, steps)
	for _, err := range errs {
		s.o.Log.Error("a nonce could not be given back", "incident", st.ID, "err", err)
	}
	for _, j := range jobs {
		j.lane.release(j.owner(0))
	}
}
