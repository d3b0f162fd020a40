package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// commit writes a batch in one transaction, under one checkpoint. A request
// that cannot be written leaves no trace and keeps its own error. The returned
// error is about the store: after it nothing more is written, because after a
// failed sync the page cache can no longer be trusted. A lock held by another
// program is waited for first.
func (j *Journal) commit(requests []*request) error {
	ctx := context.Background() // a batch has many callers; none may cancel it
	tx, err := j.write.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback() // nothing happens after a commit
	b := &batch{ctx: ctx, tx: tx, do: j.statements.in(ctx, tx), heads: j.heads, written: j.now().UTC(), moved: map[incident.Stream]*head{}}
	for _, r := range requests {
		if err := b.take(r); err != nil {
			return explain(err)
		}
	}
	if len(b.order) == 0 {
		return nil
	}
	if err := b.close(); err != nil {
		return explain(err)
	}
	if err := tx.Commit(); err != nil {
		return explain(err)
	}
	j.heads.keep(b)
	j.grown(b.facts, len(b.order))
	return nil
}

// batch writes the requests of one transaction.
type batch struct {
	ctx     context.Context
	tx      *sql.Tx
	do      statements
	heads   *heads
	written time.Time
	moved   map[incident.Stream]*head // the streams that have grown
	order   []incident.Stream         // in which they did
	facts   int
	last    journal.Checkpoint
}

// sealed is a fact and the draft that it was.
type sealed struct {
	incident.Fact
	body incident.Body
}

// take writes one request, or leaves no trace of it and says why in it.
func (b *batch) take(r *request) error {
	facts, moved, err := b.seal(r.entries)
	if err == nil {
		err = b.whole(r, facts)
	}
	if err != nil {
		r.err, r.claims = err, nil // what it had claimed is rolled back
		if taken := (*incident.ClaimedError)(nil); errors.As(err, &taken) && taken.Owner == "" {
			r.claims = []incident.ClaimedError{*taken}
		}
		if isStoreError(err) {
			return err
		}
		return nil
	}
	for i, f := range facts {
		if i == 0 {
			r.facts = make([]incident.Fact, 0, len(facts))
		}
		r.facts = append(r.facts, f.Fact)
	}
	b.facts += len(facts)
	for _, h := range moved {
		if b.moved[h.stream] == nil {
			b.order = append(b.order, h.stream)
		}
		b.moved[h.stream] = h
	}
	return nil
}

// seal makes the facts of a request, and says where its streams then are. It
// writes nothing.
func (b *batch) seal(entries []incident.Entry) (facts []sealed, moved []*head, err error) {
	for _, e := range entries {
		if e.Stream == "" || len(e.Drafts) == 0 {
			return nil, nil, errors.New("an entry needs a stream and at least one fact")
		}
		h, err := b.head(e.Stream, moved)
		if err != nil {
			return nil, nil, err
		}
		if e.After != journal.Anywhere && e.After != h.seq {
			return nil, nil, fmt.Errorf("%w: %s is at %d, the writer knew %d", incident.ErrConflict, e.Stream, h.seq, e.After)
		}
		for _, d := range e.Drafts {
			f, err := d.Seal(incident.Position{Stream: e.Stream, Seq: h.seq + 1, Prev: h.hash}, b.written)
			if err != nil {
				return nil, nil, err
			}
			h.seq, h.hash = f.Seq, f.Hash
			facts = append(facts, sealed{f, d.Body})
		}
		h.open = e.Open
		moved = append(moved, &h)
	}
	return facts, moved, nil
}

// head is where a stream is, after what this request and the ones before it
// have added.
func (b *batch) head(stream incident.Stream, moved []*head) (head, error) {
	for i := len(moved) - 1; i >= 0; i-- {
		if moved[i].stream == stream {
			return *moved[i], nil
		}
	}
	if h := b.moved[stream]; h != nil {
		return *h, nil
	}
	return b.heads.find(b.ctx, b.do, stream)
}

// plain bounds, in bytes, a body that no limit of SQLite's can turn away.
const plain = 1 << 20

// whole writes claims and facts of a request, all or none. With one claim at
// most, which comes first, there is nothing to take back.
func (b *batch) whole(r *request, facts []sealed) error {
	steps, large := 0, false
	for _, f := range facts {
		if claimer, ok := f.body.(incident.Claimer); ok {
			steps += len(claimer.Claims(f.Stream, f.Run))
		}
		if releaser, ok := f.body.(incident.Releaser); ok {
			steps += 2 * len(releaser.Releases(f.Stream, f.Run))
		}
		large = large || len(f.Raw) > plain
	}
	if steps <= 1 && !large {
		return b.put(r, facts)
	}
	if _, err := b.tx.ExecContext(b.ctx, "savepoint request"); err != nil {
		return err
	}
	end := "release request"
	failed := b.put(r, facts)
	if failed != nil {
		if isStoreError(failed) {
			return failed
		}
		end = "rollback to request; release request"
	}
	if _, err := b.tx.ExecContext(b.ctx, end); err != nil {
		return err
	}
	return failed
}

func (b *batch) put(r *request, facts []sealed) error {
	for _, f := range facts {
		if err := b.claims(r, f); err != nil {
			return err
		}
	}
	for _, f := range facts {
		_, err := b.do.fact.ExecContext(b.ctx, f.Stream, f.Seq, f.Run, f.Kind, f.Happened.UnixMicro(), f.Seen.UnixMicro(), f.Written.UnixMicro(),
			f.Exercise, f.Raw, f.Prev[:], f.Hash[:])
		if err != nil {
			return err
		}
	}
	return nil
}

// isStoreError tells an error of SQLite from a refusal of ours.
func isStoreError(err error) bool {
	e, ok := errors.AsType[*driver.Error](err)
	return ok && e.Code()&0xff != lib.SQLITE_TOOBIG
}

// close moves the streams on and chains what this batch made of them.
func (b *batch) close() error {
	c := journal.Checkpoint{N: b.heads.last.N + 1, Prev: b.heads.last.Hash, Written: b.written.Truncate(time.Microsecond)}
	for _, stream := range b.order {
		h := b.moved[stream]
		c.Marks = append(c.Marks, journal.Mark{Stream: stream, Seq: h.seq, Hash: h.hash})
		if _, err := b.do.move.ExecContext(b.ctx, stream, h.seq, h.hash[:], h.open, b.written.UnixMicro()); err != nil {
			return err
		}
	}
	c.Hash = c.Sum()
	encoded, err := json.Marshal(c.Marks)
	if err != nil {
		return fmt.Errorf("encode checkpoint: %w", err)
	}
	if _, err = b.do.checkpoint.ExecContext(b.ctx, c.N, c.Written.UnixMicro(), encoded, c.Prev[:], c.Hash[:]); err != nil {
		return err
	}
	b.last = c
	return nil
}
