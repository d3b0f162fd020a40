package incident

import (
	"errors"
	"fmt"
	"slices"
)

// take changes s, which Foresee has made its own, by one fact.
func (s *State) take(d Draft) error {
	if len(s.Runs) == 0 {
		opened, ok := d.Body.(Opened)
		if !ok {
			return errors.New("the first fact of an incident is that it opened")
		}
		return s.open(opened, d)
	}
	if d.Run != s.Run().Number {
		return fmt.Errorf("it belongs to run %d, the present one is %d", d.Run, s.Run().Number)
	}
	switch b := d.Body.(type) {
	case Opened:
		return errors.New("the incident is open already")
	case AlertAttached:
		if slices.Contains(s.Receipts, b.Receipt) {
			return fmt.Errorf("receipt %d is attached already", b.Receipt)
		}
		s.Alerts = append(slices.Clone(s.Alerts), b.Alert)
		s.Receipts = append(slices.Clone(s.Receipts), b.Receipt)
		return nil
	case Noted:
		s.Notes = append(slices.Clone(s.Notes), b)
		return nil
	case Told:
		s.Told = append(slices.Clone(s.Told), b.Key)
		return nil
	case Alarmed:
		if len(s.Alarms) >= MaxAlarms {
			return fmt.Errorf("the incident has %d alarms already", MaxAlarms)
		}
		s.Alarms = append(slices.Clone(s.Alarms), b)
		return nil
	case SignalNoted:
		if len(s.Signals) >= MaxSignals {
			return fmt.Errorf("the incident has %d words about its signals already", MaxSignals)
		}
		s.Signals = append(slices.Clone(s.Signals), b)
		return nil
	case CardPosted:
		s.Card = Card(b)
		return nil
	case CardUpdated:
		if b.Version >= s.Card.Version {
			s.Card.Version, s.Card.Render = b.Version, b.Render
		}
		return nil
	case CardLost:
		s.Card = Card{}
		return nil
	}
	run := &s.Runs[len(s.Runs)-1]
	if p, ok := d.Body.(Planned); ok && (s.ID != "" && p.Plan.Incident != s.ID || p.Plan.Run != run.Number || p.Plan.Exercise != s.Exercise) {
		return errors.New("the plan is of another incident, another run, or no exercise where this is one")
	}
	if moved, err := run.takeRun(d); moved || err != nil {
		return err
	}
	return run.takeStep(d)
}

func (s *State) open(b Opened, d Draft) error {
	if d.Run != 0 {
		return errors.New("an incident opens with run 0")
	}
	phase := PhaseOpened
	if b.Sources > 1 {
		phase = PhaseConfirming
	}
	if err := moveRun(PhaseNone, KindOpened, phase); err != nil {
		return err
	}
	s.Opened, s.OpenedAt, s.Exercise = b, d.Seen, d.Exercise
	s.Alerts, s.Receipts = []Alert{b.Alert}, []uint64{b.Receipt}
	s.Runs = []Run{{Phase: phase}}
	return nil
}

// takeRun handles the facts of the run machine; it says false for others.
func (r *Run) takeRun(d Draft) (bool, error) {
	to, body, err := r.destination(d.Body)
	if body == nil || err != nil {
		return body != nil, err
	}
	if err := moveRun(r.Phase, body.Kind(), to); err != nil {
		return true, err
	}
	if body.Kind() == KindVoted && !r.Deadline.IsZero() && !d.Seen.Before(r.Deadline) {
		return true, errors.New("the vote came when the deadline had passed")
	}
	r.Phase = to
	if to == PhaseVerifying {
		r.ExecutedAt = d.Seen
	}
	if to.Ended() {
		r.EndedAt = d.Seen
	}
	switch b := body.(type) {
	case Planned:
		r.Plan, r.Digest = &b.Plan, b.Digest
		for _, c := range b.Plan.Calls {
			r.Steps = append(r.Steps, Step{Name: c.Step, State: StepReady})
		}
	case Asked:
		r.Deadline = b.Deadline
	case Voted:
		r.Votes = append(slices.Clone(r.Votes), b.Vote)
	case Authorised:
		r.Authorised, r.AuthorisedAt = &b, d.Seen
	case PreAuthorised:
		r.Authorised, r.AuthorisedAt = &Authorised{Digest: b.Digest, Assurance: AssurancePreAuthorised}, d.Seen
	case Moot:
		r.End = b.Why
	case Declined:
		r.End = b.Why
	case Lapsed:
		r.End = b.Why
	case Escalated:
		r.End, r.Mend = b.Why, b.Mend
	}
	return true, nil
}

// destination says where a fact of the run machine leads and whether what it
// rests on is there. A nil body is no fact of that machine.
func (r *Run) destination(body Body) (Phase, Body, error) {
	switch b := body.(type) {
	case Confirmed:
		return PhaseOpened, b, nil
	case Planned:
		return PhasePlanned, b, CheckPlan(b)
	case Moot:
		return PhaseMoot, b, nil
	case Asked:
		if !b.Digest.Equal(r.Digest) {
			return "", b, errors.New("the vote would be on another digest than the plan's")
		}
		return PhaseAsking, b, nil
	case Voted:
		return PhaseAsking, b, r.checkVote(b.Vote)
	case Authorised:
		return PhaseExecuting, b, r.checkAuthority(b)
	case PreAuthorised:
		return PhaseExecuting, b, r.checkPre(b)
	case Declined:
		return PhaseDeclined, b, nil
	case Lapsed:
		return PhaseLapsed, b, nil
	case Executed:
		return PhaseVerifying, b, r.checkSettled()
	case Contained:
		return PhaseContained, b, r.checkContained()
	case Escalated:
		return PhaseEscalated, b, r.checkNothingLive()
	}
	return "", nil, nil
}

func (r *Run) checkVote(v Vote) error {
	if !v.Digest.Equal(r.Digest) {
		return errors.New("the vote is for another digest than the plan's")
	}
	if v.Person == "" || v.Delivery == "" || (v.Decision != Approve && v.Decision != Deny) {
		return errors.New("a vote needs a person, a decision and the delivery that it came by")
	}
	for _, earlier := range r.Votes {
		if earlier.Delivery == v.Delivery {
			return errors.New("that delivery was counted already")
		}
	}
	return r.checkConsents(v)
}

// maxConsent bounds one signature in bytes, as the signer does.
const maxConsent = 16 << 10

// checkConsents holds a vote's signatures against the plan: at most one for each
// of its calls, with an approval alone. What they are worth the key says.
func (r *Run) checkConsents(v Vote) error {
	if len(v.Consents) > 0 && (v.Decision != Approve || v.Assurance.Rank() < AssurancePasskey.Rank()) {
		return errors.New("only an approval by a guardian's own key brings signatures for the signer")
	}
	seen := map[string]bool{}
	for _, c := range v.Consents {
		if _, known := r.Plan.Call(c.Step); !known || seen[c.Step] {
			return fmt.Errorf("a vote's signature is for %.80q, which is no call of the plan or has one already", c.Step)
		}
		if len(c.Approval) > maxConsent {
			return fmt.Errorf("the signature for %s is longer than %d bytes", c.Step, maxConsent)
		}
		seen[c.Step] = true
	}
	return nil
}

// checkAuthority is the last line: whatever decided, the fold itself counts
// that enough distinct people approved exactly this digest, at the plan's
// level, and did not take it back.
func (r *Run) checkAuthority(a Authorised) error {
	if r.Plan == nil || !a.Digest.Equal(r.Digest) {
		return errors.New("the authority is for another digest than the plan's")
	}
	if r.Plan.Mode != ModeLive {
		return fmt.Errorf("a plan in mode %q can never be carried out", r.Plan.Mode)
	}
	if r.Plan.Quorum.Need < 1 {
		return errors.New("a quorum of nobody can never be met")
	}
	standing := map[string]Vote{}
	for _, v := range r.Votes {
		standing[v.Person] = v
	}
	count := 0
	for _, name := range slices.Compact(slices.Sorted(slices.Values(a.By))) {
		v, ok := standing[name]
		if ok && v.Decision == Approve && v.Digest.Equal(r.Digest) &&
			v.Assurance.Rank() >= max(r.Plan.Quorum.Assurance.Rank(), 1) {
			count++
		}
	}
	if count < r.Plan.Quorum.Need {
		return fmt.Errorf("%d of the %d approvals that the plan needs stand", count, r.Plan.Quorum.Need)
	}
	return nil
}

// settled tells whether a step needs no further sending.
func (s Step) settled() bool { return s.ended() || s.State == StepIncluded }

// done tells whether a step's transaction is in a block or was not needed.
func (s Step) done() bool { return s.State == StepIncluded || s.well() }

func (r *Run) checkSettled() error {
	for _, s := range r.Steps {
		if !s.settled() && r.waits(s) {
			return fmt.Errorf("step %s is still %s", s.Name, s.State)
		}
	}
	return nil
}

// checkNothingLive refuses to give a run up over a transaction that may still
// bring about its goal, or that has and whose goal is unread.
func (r *Run) checkNothingLive() error {
	for _, s := range r.Steps {
		if r.Authorised != nil && r.waits(s) {
			return fmt.Errorf("step %s is still %s", s.Name, s.State)
		}
	}
	return nil
}

func (r *Run) checkContained() error {
	for _, s := range r.Steps {
		if r.waits(s) || !s.well() && !r.excused(s.Name) {
			return fmt.Errorf("step %s is %s", s.Name, s.State)
		}
	}
	return nil
}
