package incident

import (
	"cmp"
	"errors"
	"fmt"
)

// direct takes what the submitter or a person has to say of a transaction that
// is on its way.
func (s *Step) direct(body Body) error {
	switch b := body.(type) {
	case Stalled:
		live := s.Live()
		if len(live) == 0 || b.Attempt != live[len(live)-1].Attempt || b.Attempt == s.Stalled {
			return errors.New("it is of another bid than the newest, or was said already")
		}
		s.Stalled, s.Why, s.Mend = b.Attempt, b.Why, b.Mend
	case Hurried:
		if s.NoBump != "" || s.Reached {
			return fmt.Errorf("no higher bid can be made: %s", cmp.Or(s.NoBump, s.Why))
		}
		s.Directions++
		s.Hurried = len(s.Attempts)
	case Cancelled:
		if s.Cancelled {
			return errors.New("it was called off already")
		}
		s.Directions++
		s.Cancelled, s.Why = true, fmt.Sprintf("called off by %s: %s", b.By, b.Why)
		s.NoBump = s.Why
	}
	return nil
}
