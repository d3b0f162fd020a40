package journal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

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
// the checkpoint of its commit, and no fact stands outside of them. Incidents
// are folded too, so a record that chains but could not have happened is found
// as well. The first thing wrong is returned as a *Damage. A daemon may write
// meanwhile: what it adds is covered by checkpoints that are read later.
func Verify(ctx context.Context, a Archive) (Report, error) {
	v := &verification{a: a, covered: map[incident.Stream][]Mark{}}
	if err := v.extend(ctx); err != nil {
		return v.report, err
	}
	known := slices.Sorted(maps.Keys(v.covered))
	streams, err := a.All(ctx)
	if err != nil {
		return v.report, fmt.Errorf("list streams: %w", err)
	}
	for _, stream := range streams {
		if err := v.stream(ctx, stream); err != nil {
			return v.report, err
		}
	}
	for _, stream := range known {
		if _, there := slices.BinarySearch(streams, stream); !there { // All is sorted
			return v.report, &Damage{Where: string(stream), Why: errors.New("the checkpoints know this stream, but its facts are gone")}
		}
	}
	return v.report, nil
}

// verification is one walk: the checkpoints as far as they were read, and which
// heads they vouch for in each stream.
type verification struct {
	a       Archive
	report  Report
	last    Checkpoint
	covered map[incident.Stream][]Mark
}

// extend reads the checkpoints that were not read yet.
func (v *verification) extend(ctx context.Context) error {
	for c, err := range v.a.Checkpoints(ctx, v.last.N) {
		if err != nil {
			return fmt.Errorf("read checkpoints: %w", err)
		}
		if err := follows(v.last, c); err != nil {
			return &Damage{Where: fmt.Sprintf("checkpoint %d", v.last.N+1), Why: err}
		}
		for _, m := range c.Marks {
			v.covered[m.Stream] = append(v.covered[m.Stream], m)
		}
		v.last = c
		v.report.Checkpoints++
		v.report.Head = c.Hash
	}
	return nil
}

// stream checks one chain of facts, and then the heads that the checkpoints
// recorded for it.
func (v *verification) stream(ctx context.Context, stream incident.Stream) error {
	promised := head(v.covered[stream]) // recorded before the facts were read
	hashes, err := v.facts(ctx, stream)
	if err != nil {
		return err
	}
	seq := uint64(len(hashes))
	if promised > seq {
		return &Damage{Where: factOf(stream, seq+1),
			Why: fmt.Errorf("a checkpoint recorded facts up to %d, the stream ends at %d", promised, seq)}
	}
	if promised < seq { // written meanwhile, or put there
		if err := v.extend(ctx); err != nil {
			return err
		}
	}
	var vouched uint64
	for _, m := range v.covered[stream] {
		if m.Seq == 0 || m.Seq > seq {
			continue // added after the facts were read
		}
		if m.Hash != hashes[m.Seq-1] {
			return &Damage{Where: factOf(stream, m.Seq), Why: errors.New("its checkpoint recorded another fact here")}
		}
		vouched = m.Seq
	}
	if vouched != seq {
		return &Damage{Where: factOf(stream, vouched+1), Why: errors.New("no checkpoint covers it: it was put there afterwards")}
	}
	v.report.Streams++
	v.report.Facts += len(hashes)
	return nil
}

// head is the number of the last fact that marks vouch for.
func head(marks []Mark) uint64 {
	if len(marks) == 0 {
		return 0
	}
	return marks[len(marks)-1].Seq
}

func factOf(stream incident.Stream, seq uint64) string {
	return fmt.Sprintf("fact %d of %s", seq, stream)
}

// facts checks that each fact follows the one before it and could have
// happened, and returns their hashes.
func (v *verification) facts(ctx context.Context, stream incident.Stream) ([]incident.Digest, error) {
	var hashes []incident.Digest
	var prev incident.Digest
	var state incident.State
	_, err := incident.ParseID(string(stream))
	isIncident := err == nil
	for f, err := range v.a.Read(ctx, stream, 0) {
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", stream, err)
		}
		where := factOf(stream, uint64(len(hashes))+1)
		if f.Seq != uint64(len(hashes))+1 {
			return nil, &Damage{Where: where, Why: fmt.Errorf("it is missing; %d comes next", f.Seq)}
		}
		if err := f.Verify(prev); err != nil {
			return nil, &Damage{Where: where, Why: err}
		}
		if isIncident {
			if state, err = state.Apply(f); err != nil {
				return nil, &Damage{Where: where, Why: err}
			}
		} else if _, err := f.Body(); err != nil {
			return nil, &Damage{Where: where, Why: err}
		}
		prev, hashes = f.Hash, append(hashes, f.Hash)
	}
	return hashes, nil
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
