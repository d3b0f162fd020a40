package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// ErrNotAsking says that a vote came when none was open.
var ErrNotAsking = errors.New("no vote is open")

// Vote casts a vote. When it returns without error the vote is on disk, with
// the authority it may have completed in the same commit; the state is the one
// after it. Casting the same vote again is a success that writes nothing, so a
// voter who saw an error may simply try again. Any other error says in a
// sentence for the voter why the vote does not count; nothing was written.
func (e *Engine) Vote(ctx context.Context, id incident.ID, v incident.Vote) (incident.State, error) {
	w := e.worker(id)
	if w == nil {
		return e.late(ctx, id)
	}
	s, err := w.do(ctx, &command{decide: func(s incident.State) ([]incident.Draft, error) {
		return Cast(e.o.Authority, s, v, e.o.Now())
	}})
	if errors.Is(err, errGone) {
		return e.late(ctx, id)
	}
	return s, err
}

// late answers a vote on an incident that owes nothing any more.
func (e *Engine) late(ctx context.Context, id incident.ID) (incident.State, error) {
	s, err := e.State(ctx, id)
	if err != nil {
		return s, err
	}
	if !s.Phase().Ended() {
		return s, errors.Join(errors.New("your vote does not count yet: nobody works on this incident now; try again"), e.Err())
	}
	return s, fmt.Errorf("%w: this request is already %s", ErrNotAsking, s.Phase())
}

// Cast decides about a vote on the state as it is: the facts to write, none for
// a vote that stands already, or why it does not count. The engine calls it in
// the worker's goroutine, so nothing comes between the checks and the write.
func Cast(a Authority, s incident.State, v incident.Vote, now time.Time) ([]incident.Draft, error) {
	run := s.Run()
	if repeats(run, v) {
		return nil, nil
	}
	if run.Phase != incident.PhaseAsking {
		return nil, fmt.Errorf("%w: this request is already %s", ErrNotAsking, run.Phase)
	}
	if !now.Before(run.Deadline) {
		return nil, fmt.Errorf("%w: the deadline was %s", ErrNotAsking, run.Deadline.UTC().Format("15:04:05 MST"))
	}
	if !v.Digest.Equal(run.Digest) {
		return nil, errors.New("this request was replaced by another revision; look at the new card")
	}
	if err := a.Admit(s, v); err != nil {
		return nil, err
	}
	v.At = now.UTC()
	drafts := []incident.Draft{{Run: run.Number, Body: incident.Voted{Vote: v}, Seen: now, Exercise: s.Exercise}}
	foreseen, err := s.Foresee(drafts[0])
	if err != nil {
		return nil, err
	}
	if body := a.Decide(foreseen); body != nil {
		drafts = append(drafts, incident.Draft{Run: run.Number, Body: body, Seen: now, Exercise: s.Exercise})
	}
	return drafts, nil
}

// repeats tells whether the person's standing vote, which is the last one, says
// this already. An approval that was denied since does not stand, and a stronger
// proof of the same decision says more.
func repeats(run incident.Run, v incident.Vote) bool {
	for _, earlier := range slices.Backward(run.Votes) {
		if earlier.Person == v.Person {
			return earlier.Decision == v.Decision && earlier.Digest.Equal(v.Digest) && earlier.Assurance.Rank() >= v.Assurance.Rank()
		}
	}
	return false
}

// Note writes a remark into the case file.
func (e *Engine) Note(ctx context.Context, id incident.ID, n incident.Noted) error {
	w := e.worker(id)
	if w == nil {
		return fmt.Errorf("%w that is still open: %s", ErrUnknown, id)
	}
	_, err := w.do(ctx, &command{decide: func(s incident.State) ([]incident.Draft, error) {
		return []incident.Draft{{Run: s.Run().Number, Body: n, Seen: e.o.Now(), Exercise: s.Exercise}}, nil
	}})
	return err
}
