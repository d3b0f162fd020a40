package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// maxBatch bounds how many appends share a commit. Above it a batch takes long
// enough that its first caller would notice.
const maxBatch = 256

// request is one Append on its way through the writer.
type request struct {
	entries []incident.Entry
	facts   []incident.Fact
	claims  []incident.ClaimedError // what it found taken for ever, or took
	err     error
	done    chan struct{}
}

// Append implements journal.Store. It waits for the batch that carries it; a
// crash before the commit means that nothing was written and nobody was told,
// a crash after it that all of it was.
func (j *Journal) Append(ctx context.Context, entries ...incident.Entry) ([]incident.Fact, error) {
	if j.write == nil {
		return nil, errors.New("append: the journal is open for reading only")
	}
	if len(entries) == 0 {
		return nil, errors.New("append: no entries")
	}
	if ctx.Err() != nil { // the select below would pick either way
		return nil, fmt.Errorf("append: %w", context.Cause(ctx))
	}
	r := &request{entries: entries, done: make(chan struct{})}
	select {
	case <-j.done: // looked at first: what is closed answers nothing
		return nil, fmt.Errorf("append: the journal is closed: %w", journal.ErrBroken)
	default:
	}
	if taken := j.recent.taken(entries); taken != nil {
		return nil, taken
	}
	select {
	case <-j.done:
		return nil, fmt.Errorf("append: the journal is closed: %w", journal.ErrBroken)
	case <-ctx.Done():
		return nil, fmt.Errorf("append: %w", context.Cause(ctx))
	case j.queue <- r:
	}
	select {
	case <-r.done:
	case <-j.stopped:
		// The writer may have finished this one just before it left.
		select {
		case <-r.done:
		default:
			return nil, fmt.Errorf("append: the journal is closed: %w", journal.ErrBroken)
		}
	}
	return r.facts, r.err
}

// run is the only writer. It takes whatever waits, up to maxBatch, into one
// transaction: under load the sync is shared, alone it is not delayed.
func (j *Journal) run() {
	defer close(j.stopped)
	var broken error
	for {
		var batch []*request
		select {
		case r := <-j.queue:
			batch = append(batch, r)
		case <-j.done:
			select {
			case r := <-j.queue:
				batch = append(batch, r)
			default:
				return
			}
		}
		for len(batch) < maxBatch {
			select {
			case r := <-j.queue:
				batch = append(batch, r)
				continue
			default:
			}
			break
		}
		if broken == nil {
			broken = j.commit(batch)
		}
		for _, r := range batch {
			if broken != nil {
				r.facts, r.err = nil, fmt.Errorf("append: %w: %w", journal.ErrBroken, broken)
			} else {
				j.recent.add(r.claims)
			}
			close(r.done)
		}
	}
}
