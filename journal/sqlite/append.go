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

// maxBatch bounds how many appends share a commit. Above it a batch takes long
// enough that its first caller would notice.
const maxBatch = 256

// request is one Append on its way through the writer.
type request struct {
	entries []incident.Entry
	facts   []incident.Fact
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
			}
			close(r.done)
		}
	}
}

// commit writes a batch. A request that cannot be written is rolled back by
// itself and keeps its own error. The returned error is about the store: after
// it nothing more is written, because after a failed sync the page cache can
// no longer be trusted. A lock held by another program is waited for first.
func (j *Journal) commit(batch []*request) error {
	ctx := context.Background() // a batch has many callers; none may cancel it
	tx, err := j.write.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback() // nothing happens after a commit
	w := &writer{ctx: ctx, tx: tx, written: j.now().UTC()}
	for _, r := range batch {
		if err := w.savepoint(r); err != nil {
			return explain(err)
		}
	}
	if err := tx.Commit(); err != nil {
		return explain(err)
	}
	return nil
}

// writer writes the requests of one transaction.
type writer struct {
	ctx     context.Context
	tx      *sql.Tx
	written time.Time
}

// savepoint writes one request or leaves no trace of it.
func (w *writer) savepoint(r *request) error {
	if _, err := w.tx.ExecContext(w.ctx, "savepoint request"); err != nil {
		return err
	}
	r.facts, r.err = w.request(r.entries)
	if r.err == nil {
		_, err := w.tx.ExecContext(w.ctx, "release request")
		return err
	}
	if isStoreError(r.err) {
		return r.err
	}
	_, err := w.tx.ExecContext(w.ctx, "rollback to request; release request")
	return err
}

// isStoreError tells an error of SQLite from a refusal of ours.
func isStoreError(err error) bool {
	e, ok := errors.AsType[*driver.Error](err)
	return ok && e.Code()&0xff != lib.SQLITE_TOOBIG
}

func (w *writer) request(entries []incident.Entry) ([]incident.Fact, error) {
	var facts []incident.Fact
	var marks []journal.Mark
	for _, e := range entries {
		written, err := w.entry(e)
		if err != nil {
			return nil, err
		}
		facts = append(facts, written...)
		last := written[len(written)-1]
		marks = append(marks, journal.Mark{Stream: last.Stream, Seq: last.Seq, Hash: last.Hash})
	}
	return facts, w.checkpoint(marks)
}

func (w *writer) entry(e incident.Entry) ([]incident.Fact, error) {
	if e.Stream == "" || len(e.Drafts) == 0 {
		return nil, errors.New("an entry needs a stream and at least one fact")
	}
	at := incident.Position{Stream: e.Stream}
	var prev []byte
	err := w.tx.QueryRowContext(w.ctx, "select seq, hash from streams where stream = ?", e.Stream).Scan(&at.Seq, &prev)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	copy(at.Prev[:], prev)
	if e.After != journal.Anywhere && e.After != at.Seq {
		return nil, fmt.Errorf("%w: %s is at %d, the writer knew %d", incident.ErrConflict, e.Stream, at.Seq, e.After)
	}
	var facts []incident.Fact
	for _, d := range e.Drafts {
		at.Seq++
		f, err := d.Seal(at, w.written)
		if err != nil {
			return nil, err
		}
		if err := w.fact(f, d); err != nil {
			return nil, err
		}
		at.Prev = f.Hash
		facts = append(facts, f)
	}
	_, err = w.tx.ExecContext(w.ctx, `insert into streams(stream, seq, hash, open, changed) values(?, ?, ?, ?, ?)
		on conflict(stream) do update set seq = excluded.seq, hash = excluded.hash, open = excluded.open, changed = excluded.changed`,
		e.Stream, at.Seq, at.Prev[:], e.Open, w.written.UnixMicro())
	return facts, err
}

func (w *writer) fact(f incident.Fact, d incident.Draft) error {
	if claimer, ok := d.Body.(incident.Claimer); ok {
		for _, c := range claimer.Claims(f.Stream, f.Run) {
			if err := w.claim(c, f); err != nil {
				return err
			}
		}
	}
	if releaser, ok := d.Body.(incident.Releaser); ok {
		for _, c := range releaser.Releases(f.Stream, f.Run) {
			if _, err := w.tx.ExecContext(w.ctx, "delete from claims where key = ? and owner = ?", c.Key, c.Owner); err != nil {
				return err
			}
		}
	}
	_, err := w.tx.ExecContext(w.ctx, `insert into facts values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		f.Stream, f.Seq, f.Run, f.Kind, f.Happened.UnixMicro(), f.Seen.UnixMicro(), f.Written.UnixMicro(),
		f.Exercise, f.Raw, f.Prev[:], f.Hash[:])
	return err
}

// claim reserves a key, or finds that its owner has it already.
func (w *writer) claim(c incident.Claim, f incident.Fact) error {
	taken := &incident.ClaimedError{Claim: c}
	err := w.tx.QueryRowContext(w.ctx, "select owner, stream, seq from claims where key = ?", c.Key).
		Scan(&taken.Owner, &taken.Stream, &taken.Seq)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = w.tx.ExecContext(w.ctx, "insert into claims values(?, ?, ?, ?)", c.Key, c.Owner, f.Stream, f.Seq)
		return err
	case err != nil:
		return err
	case taken.Owner == c.Owner && c.Owner != "":
		return nil
	}
	return taken
}

// checkpoint chains what this append made of the streams.
func (w *writer) checkpoint(marks []journal.Mark) error {
	c := journal.Checkpoint{Written: w.written.Truncate(time.Microsecond), Marks: marks}
	var prev []byte
	err := w.tx.QueryRowContext(w.ctx, "select n, hash from checkpoints order by n desc limit 1").Scan(&c.N, &prev)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	copy(c.Prev[:], prev)
	c.N++
	c.Hash = c.Sum()
	encoded, err := json.Marshal(marks)
	if err != nil {
		return fmt.Errorf("encode checkpoint: %w", err)
	}
	_, err = w.tx.ExecContext(w.ctx, "insert into checkpoints values(?, ?, ?, ?, ?)",
		c.N, c.Written.UnixMicro(), encoded, c.Prev[:], c.Hash[:])
	return err
}
