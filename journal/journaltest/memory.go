package journaltest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// Memory is a journal that forgets everything when its process ends. It keeps
// the contract of journal.Archive but for durability, and passes the suite.
type Memory struct {
	// OnAppend decides the fate of each append before it begins: whether it
	// takes effect, and what its caller is told. So "failed but landed" and
	// "failed and lost" are one line of a test. Nil lets all of them succeed.
	OnAppend func(entries []incident.Entry) (apply bool, err error)
	// Now is the clock of Written; time.Now when nil.
	Now func() time.Time

	mu          sync.Mutex
	facts       map[incident.Stream][]incident.Fact
	open        map[incident.Stream]bool
	claims      map[string]incident.ClaimedError
	checkpoints []journal.Checkpoint
}

var _ journal.Archive = (*Memory)(nil)

// Append implements journal.Store.
func (m *Memory) Append(ctx context.Context, entries ...incident.Entry) ([]incident.Fact, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("append: %w", context.Cause(ctx))
	}
	apply, told := true, error(nil)
	if m.OnAppend != nil {
		apply, told = m.OnAppend(entries)
	}
	if !apply {
		return nil, told
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	facts, err := m.write(entries)
	return facts, errors.Join(told, err)
}

// write works on copies and swaps them in at the end, so a refusal leaves no
// trace.
func (m *Memory) write(entries []incident.Entry) ([]incident.Fact, error) {
	if len(entries) == 0 {
		return nil, errors.New("append: no entries")
	}
	now := time.Now
	if m.Now != nil {
		now = m.Now
	}
	written := now().UTC().Truncate(time.Microsecond)
	facts, claims, open := maps.Clone(m.facts), maps.Clone(m.claims), maps.Clone(m.open)
	if facts == nil {
		facts, claims, open = map[incident.Stream][]incident.Fact{}, map[string]incident.ClaimedError{}, map[incident.Stream]bool{}
	}
	var all []incident.Fact
	c := journal.Checkpoint{N: uint64(len(m.checkpoints)) + 1, Written: written}
	if n := len(m.checkpoints); n > 0 {
		c.Prev = m.checkpoints[n-1].Hash
	}
	for _, e := range entries {
		if e.Stream == "" || len(e.Drafts) == 0 {
			return nil, errors.New("an entry needs a stream and at least one fact")
		}
		have := facts[e.Stream]
		if e.After != journal.Anywhere && e.After != uint64(len(have)) {
			return nil, fmt.Errorf("%w: %s is at %d, the writer knew %d", incident.ErrConflict, e.Stream, len(have), e.After)
		}
		for _, d := range e.Drafts {
			at := incident.Position{Stream: e.Stream, Seq: uint64(len(have)) + 1}
			if len(have) > 0 {
				at.Prev = have[len(have)-1].Hash
			}
			f, err := d.Seal(at, written)
			if err == nil {
				err = claim(claims, d.Body, f)
			}
			if err != nil {
				return nil, err
			}
			have = append(slices.Clip(have), f)
			all = append(all, f)
		}
		last := have[len(have)-1]
		facts[e.Stream], open[e.Stream] = have, e.Open
		c.Marks = append(c.Marks, journal.Mark{Stream: e.Stream, Seq: last.Seq, Hash: last.Hash})
	}
	c.Hash = c.Sum()
	m.facts, m.claims, m.open, m.checkpoints = facts, claims, open, append(m.checkpoints, c)
	return all, nil
}

func claim(claims map[string]incident.ClaimedError, body incident.Body, f incident.Fact) error {
	if claimer, ok := body.(incident.Claimer); ok {
		for _, c := range claimer.Claims(f.Stream, f.Run) {
			taken, ok := claims[c.Key]
			if ok && (taken.Owner != c.Owner || c.Owner == "") {
				return &taken
			}
			if !ok {
				claims[c.Key] = incident.ClaimedError{Claim: c, Owner: c.Owner, Stream: f.Stream, Seq: f.Seq}
			}
		}
	}
	if releaser, ok := body.(incident.Releaser); ok {
		for _, c := range releaser.Releases(f.Stream, f.Run) {
			if claims[c.Key].Owner == c.Owner {
				delete(claims, c.Key)
			}
		}
	}
	return nil
}

// Read implements journal.Store.
func (m *Memory) Read(_ context.Context, stream incident.Stream, after uint64) iter.Seq2[incident.Fact, error] {
	return func(yield func(incident.Fact, error) bool) {
		m.mu.Lock()
		facts := m.facts[stream]
		m.mu.Unlock()
		for _, f := range facts[min(after, uint64(len(facts))):] {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// Open implements journal.Store.
func (m *Memory) Open(_ context.Context, since time.Time) ([]incident.Stream, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var streams []incident.Stream
	for stream, facts := range m.facts {
		if m.open[stream] || !facts[len(facts)-1].Written.Before(since) {
			streams = append(streams, stream)
		}
	}
	return slices.Sorted(slices.Values(streams)), nil
}

// All implements journal.Archive.
func (m *Memory) All(context.Context) ([]incident.Stream, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.facts)), nil
}

// Checkpoints implements journal.Archive.
func (m *Memory) Checkpoints(_ context.Context, after uint64) iter.Seq2[journal.Checkpoint, error] {
	return func(yield func(journal.Checkpoint, error) bool) {
		m.mu.Lock()
		all := m.checkpoints
		m.mu.Unlock()
		for _, c := range all[min(after, uint64(len(all))):] {
			if !yield(c, nil) {
				return
			}
		}
	}
}
