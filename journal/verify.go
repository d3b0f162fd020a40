package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
)

// Report is what Verify found in a journal that is whole.
type Report struct {
	Streams     int             `json:"streams"`
	Facts       int             `json:"facts"`
	Checkpoints int             `json:"checkpoints"`
	Head        incident.Digest `json:"head"`
}

// Verify walks the chain of checkpoints and every stream, and holds them
// against each other: each fact follows the one before it, each is covered by
// the checkpoint of its append, and no fact stands outside of them. Incidents
// are folded too, so a record that chains but could not have happened is found
// as well. The first thing wrong is returned as a *Damage.
func Verify(ctx context.Context, a Archive) (Report, error) {
	var r Report
	// covered holds, per stream, which heads the checkpoints vouch for.
	covered := map[incident.Stream][]Mark{}
	var last Checkpoint
	for c, err := range a.Checkpoints(ctx, 0) {
		if err != nil {
			return r, fmt.Errorf("read checkpoints: %w", err)
		}
		if err := follows(last, c); err != nil {
			return r, &Damage{Where: fmt.Sprintf("checkpoint %d", last.N+1), Why: err}
		}
		for _, m := range c.Marks {
			covered[m.Stream] = append(covered[m.Stream], m)
		}
		last = c
		r.Checkpoints++
	}
	r.Head = last.Hash
	streams, err := a.All(ctx)
	if err != nil {
		return r, fmt.Errorf("list streams: %w", err)
	}
	for _, stream := range streams {
		n, err := verifyStream(ctx, a, stream, covered[stream])
		if err != nil {
			return r, err
		}
		delete(covered, stream)
		r.Streams++
		r.Facts += n
	}
	for stream := range covered {
		return r, &Damage{Where: string(stream), Why: errors.New("the checkpoints know this stream, but its facts are gone")}
	}
	return r, nil
}

func follows(last, c Checkpoint) error {
	switch {
	case c.N != last.N+1:
		return fmt.Errorf("%d stands where %d belongs", c.N, last.N+1)
	case c.Prev != last.Hash:
		return errors.New("it does not follow the checkpoint before it")
	case c.Sum() != c.Hash:
		return errors.New("its content does not match its hash")
	}
	return nil
}

// verifyStream checks one chain of facts against the heads that the
// checkpoints recorded for it.
func verifyStream(ctx context.Context, a Archive, stream incident.Stream, marks []Mark) (int, error) {
	var prev incident.Digest
	var state incident.State
	var seq, vouched uint64
	_, err := incident.ParseID(string(stream))
	isIncident := err == nil
	for f, err := range a.Read(ctx, stream, 0) {
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", stream, err)
		}
		where := fmt.Sprintf("fact %d of %s", seq+1, stream)
		if f.Seq != seq+1 {
			return 0, &Damage{Where: where, Why: fmt.Errorf("it is missing; %d comes next", f.Seq)}
		}
		if err := f.Verify(prev); err != nil {
			return 0, &Damage{Where: where, Why: err}
		}
		if isIncident {
			if state, err = state.Apply(f); err != nil {
				return 0, &Damage{Where: where, Why: err}
			}
		} else if _, err := f.Body(); err != nil {
			return 0, &Damage{Where: where, Why: err}
		}
		prev, seq = f.Hash, f.Seq
		if len(marks) > 0 && marks[0].Seq == seq {
			if marks[0].Hash != f.Hash {
				return 0, &Damage{Where: where, Why: errors.New("its checkpoint recorded another fact here")}
			}
			marks, vouched = marks[1:], seq
		}
	}
	if len(marks) > 0 {
		return 0, &Damage{Where: fmt.Sprintf("fact %d of %s", seq+1, stream),
			Why: fmt.Errorf("a checkpoint recorded facts up to %d, the stream ends at %d", marks[len(marks)-1].Seq, seq)}
	}
	if vouched != seq {
		return 0, &Damage{Where: fmt.Sprintf("fact %d of %s", vouched+1, stream),
			Why: errors.New("no checkpoint covers it: it was put there afterwards")}
	}
	return int(seq), nil
}
