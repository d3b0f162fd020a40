package incident

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
)

// takeStep handles the facts of the step machine.
func (r *Run) takeStep(d Draft) error {
	name, ok := StepOf(d.Body)
	if !ok {
		return errors.New("no machine takes this fact")
	}
	if r.Authorised == nil || !r.Phase.moves() {
		return fmt.Errorf("a step cannot move in phase %q", r.Phase)
	}
	i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Name == name })
	if i < 0 {
		return fmt.Errorf("the plan has no step %q", name)
	}
	call, _ := r.Plan.Call(name)
	if p, ok := d.Body.(Priced); ok && p.Key != r.Plan.KeyOf(call) {
		return fmt.Errorf("step %s is priced for key %q, approved was %q", name, p.Key, r.Plan.KeyOf(call))
	}
	step := r.Steps[i]
	step.Attempts = slices.Clone(step.Attempts)
	if err := step.take(d.Body, call); err != nil {
		return fmt.Errorf("step %s: %w", name, err)
	}
	if step.Held && step.HeldAt.IsZero() {
		step.HeldAt = d.Seen
	}
	r.Steps = slices.Clone(r.Steps)
	r.Steps[i] = step
	return nil
}

// StepOf names the step that a fact is about; false for facts of no step.
func StepOf(body Body) (string, bool) {
	switch b := body.(type) {
	case Priced:
		return b.Step, true
	case Signed:
		return b.Step, true
	case Refused:
		return b.Step, true
	case Released:
		return b.Step, true
	case Broadcast:
		return b.Step, true
	case Included:
		return b.Step, true
	case Reverted:
		return b.Step, true
	case Preempted:
		return b.Step, true
	case Displaced:
		return b.Step, true
	case Held:
		return b.Step, true
	case Unheld:
		return b.Step, true
	case Final:
		return b.Step, true
	case AlreadySo:
		return b.Step, true
	case GaveUp:
		return b.Step, true
	case Stalled:
		return b.Step, true
	case Hurried:
		return b.Step, true
	case Cancelled:
		return b.Step, true
	}
	return "", false
}

func (s *Step) take(body Body, call Call) error {
	switch b := body.(type) {
	case Priced:
		return s.price(b, call)
	case Refused:
		return s.refuse(b)
	case Released:
		return s.release(b)
	}
	to, err := s.State.after(body.Kind())
	if err != nil {
		return err
	}
	switch b := body.(type) {
	case Signed:
		err = s.sign(b)
	case Broadcast:
		err = s.send(b)
	case Included:
		err = s.mustOwn(b.Hash)
		s.In, s.Revert = &b, nil
		s.unhold()
	case Reverted:
		err = s.revert(b)
	case Preempted:
		s.Why, s.Reached = b.Why, false
	case Displaced:
		// What was read before the reorganisation says nothing after it.
		s.In, s.Why, s.Reached = nil, b.Why, false
		s.unhold()
	case Held:
		err = s.hold(b)
	case Final:
		err = s.finish(b)
	case Unheld:
		s.Why, s.Seen = b.Why, b.Seen
	case AlreadySo:
		s.Reached = s.State == StepBroadcast
		s.Why, s.Seen = b.Why, b.Seen
	case GaveUp:
		s.Why = b.Why
	default:
		err = s.direct(body)
	}
	if err != nil {
		return err
	}
	s.State = to
	return nil
}

// price opens an attempt: a new nonce from ready, reverted and preempted, the
// same nonce with higher fees from broadcast; never above what was approved.
func (s *Step) price(p Priced, call Call) error {
	if err := moveStep(s.State, KindPriced, StepPriced); err != nil {
		return err
	}
	if p.Attempt != len(s.Attempts)+1 {
		return fmt.Errorf("attempt %d came where %d belongs", p.Attempt, len(s.Attempts)+1)
	}
	if p.ChainID != call.ChainID {
		return fmt.Errorf("it is priced for chain %d, the plan says %d", p.ChainID, call.ChainID)
	}
	if p.Gas != call.Gas {
		return fmt.Errorf("it is priced with %d gas, the plan says %d", p.Gas, call.Gas)
	}
	if cost := p.FeeCap.Times(p.Gas); cost.Cmp(s.Left(call)) > 0 {
		return fmt.Errorf("it may cost %s wei, approved were %s, of which %s may be spent", cost, call.MaxCost, s.Spent)
	}
	if s.Reached && s.State == StepBroadcast {
		return errors.New("its goal holds: nothing more is paid for it")
	}
	if p.Tip.Cmp(p.FeeCap) > 0 {
		return errors.New("the tip is above the fee cap")
	}
	if err := s.checkNonce(p); err != nil {
		return err
	}
	s.Issue = p.Issue
	s.Attempts = append(s.Attempts, Attempt{Priced: p})
	s.State, s.Reached = StepPriced, false
	if !s.Cancelled {
		s.NoBump = ""
	}
	return nil
}

func (s *Step) checkNonce(p Priced) error {
	last, any := s.Last()
	if s.State != StepBroadcast {
		if p.Issue != s.Issue+1 {
			return fmt.Errorf("issue %d came where %d belongs", p.Issue, s.Issue+1)
		}
		return nil
	}
	if !any || p.Issue != s.Issue || p.Nonce != last.Nonce || p.From != last.From {
		return errors.New("a fee bump keeps its nonce: another one would be a second transaction")
	}
	if p.FeeCap.Cmp(last.FeeCap) <= 0 || p.Tip.Cmp(last.Tip) < 0 {
		return errors.New("a fee bump raises the fees")
	}
	return nil
}

func (s *Step) refuse(b Refused) error {
	to := StepFailed
	if len(s.Live()) > 0 {
		to = StepBroadcast
	}
	if err := moveStep(s.State, KindRefused, to); err != nil {
		return err
	}
	last, _ := s.Last()
	if b.Slot != nil && (to == StepBroadcast || *b.Slot != last.Slot()) {
		return errors.New("it frees a nonce that is not free")
	}
	s.State, s.Why = to, b.Code+": "+b.Why
	s.Attempts[len(s.Attempts)-1].Refused = true
	if to == StepBroadcast {
		s.NoBump = s.Why
	}
	return nil
}

// revert keeps what the failed transaction may have cost: its nonce is spent,
// and another one may only use what is left of the budget.
func (s *Step) revert(b Reverted) error {
	if err := s.mustOwn(b.Hash); err != nil {
		return err
	}
	for _, a := range s.Attempts {
		if a.Signed != nil && a.Signed.Hash == b.Hash {
			s.Spent = s.Spent.Add(a.FeeCap.Times(min(b.GasUsed, a.Gas)))
		}
	}
	s.Revert, s.Why, s.Reached = &b, b.Why, false // a failure is a question about the goal
	return nil
}

// release gives an unsigned nonce back. Where anything was signed at it, it can
// never be given to another. A step that was called off gets no other nonce.
func (s *Step) release(b Released) error {
	to := StepReady
	if s.Cancelled {
		to = StepFailed
	}
	if err := moveStep(s.State, KindReleased, to); err != nil {
		return err
	}
	last, ok := s.Last()
	if !ok || last.Attempt != b.Attempt || last.Slot() != b.Slot {
		return errors.New("it releases another nonce than the last")
	}
	if len(s.Live()) > 0 {
		return errors.New("bytes with this nonce may be live: it cannot be given back")
	}
	s.State = to
	if !s.Cancelled {
		s.Why = b.Why
	}
	return nil
}

func (s *Step) sign(b Signed) error {
	last, ok := s.Last()
	if !ok || last.Attempt != b.Attempt {
		return errors.New("the signature is for another attempt than the last")
	}
	if len(b.Raw) == 0 || b.Hash == (common.Hash{}) {
		return errors.New("a signature needs its bytes and their hash")
	}
	s.Attempts[len(s.Attempts)-1].Signed = &b
	return nil
}

func (s *Step) send(b Broadcast) error {
	last, ok := s.Last()
	if !ok || last.Attempt != b.Attempt && !last.Refused {
		return errors.New("the broadcast is of another attempt than the last")
	}
	for i := range s.Attempts {
		if s.Attempts[i].Attempt == b.Attempt {
			s.Attempts[i].Sent, s.Attempts[i].Outcomes = true, b.Outcomes
		}
	}
	return nil
}

func (s *Step) mustOwn(hash common.Hash) error {
	if !slices.Contains(s.Hashes(), hash) {
		return fmt.Errorf("transaction %s is none of the step's", hash)
	}
	return nil
}
