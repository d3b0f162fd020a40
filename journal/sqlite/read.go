package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// page bounds how many rows one query holds in memory.
const page = 512

// factsText reads a page of a stream.
const factsText = `select seq, run, kind, happened, seen, written, exercise, body, prev, hash
	from facts where stream = ? and seq > ? order by seq limit ?`

// Read implements journal.Store. It reads in pages, so a writer is never kept
// from checkpointing the WAL by a slow reader.
func (j *Journal) Read(ctx context.Context, stream incident.Stream, after uint64) iter.Seq2[incident.Fact, error] {
	return paged(after, func(after uint64) ([]incident.Fact, error) {
		rows, err := j.facts.QueryContext(ctx, stream, after, page)
		return collect(rows, err, func(rows *sql.Rows) (incident.Fact, error) {
			f := incident.Fact{Stream: stream}
			var happened, seen, written int64
			var prev, hash []byte
			err := rows.Scan(&f.Seq, &f.Run, &f.Kind, &happened, &seen, &written, &f.Exercise, &f.Raw, &prev, &hash)
			f.Happened, f.Seen, f.Written = micro(happened), micro(seen), micro(written)
			copy(f.Prev[:], prev)
			copy(f.Hash[:], hash)
			return f, err
		})
	}, func(f incident.Fact) uint64 { return f.Seq })
}

// Checkpoints implements journal.Archive.
func (j *Journal) Checkpoints(ctx context.Context, after uint64) iter.Seq2[journal.Checkpoint, error] {
	return paged(after, func(after uint64) ([]journal.Checkpoint, error) {
		rows, err := j.read.QueryContext(ctx, `select n, written, marks, prev, hash from checkpoints
			where n > ? order by n limit ?`, after, page)
		return collect(rows, err, func(rows *sql.Rows) (journal.Checkpoint, error) {
			var c journal.Checkpoint
			var written int64
			var marks, prev, hash []byte
			if err := rows.Scan(&c.N, &written, &marks, &prev, &hash); err != nil {
				return c, err
			}
			c.Written = micro(written)
			copy(c.Prev[:], prev)
			copy(c.Hash[:], hash)
			if err := json.Unmarshal(marks, &c.Marks); err != nil {
				return c, fmt.Errorf("decode checkpoint %d: %w", c.N, err)
			}
			return c, nil
		})
	}, func(c journal.Checkpoint) uint64 { return c.N })
}

// Open implements journal.Store.
func (j *Journal) Open(ctx context.Context, since time.Time) ([]incident.Stream, error) {
	return j.streams(ctx, "where open or changed >= ?", since.UnixMicro())
}

// All implements journal.Archive.
func (j *Journal) All(ctx context.Context) ([]incident.Stream, error) {
	return j.streams(ctx, "")
}

func (j *Journal) streams(ctx context.Context, where string, args ...any) ([]incident.Stream, error) {
	rows, err := j.read.QueryContext(ctx, "select stream from streams "+where+" order by stream", args...)
	return collect(rows, err, func(rows *sql.Rows) (s incident.Stream, err error) {
		return s, rows.Scan(&s)
	})
}

// Head returns the newest checkpoint; the zero one when nothing was written.
func (j *Journal) Head(ctx context.Context) (journal.Checkpoint, error) {
	var n uint64
	err := j.read.QueryRowContext(ctx, "select coalesce(max(n), 0) from checkpoints").Scan(&n)
	if err != nil || n == 0 {
		return journal.Checkpoint{}, explain(err)
	}
	for c, err := range j.Checkpoints(ctx, n-1) {
		return c, err
	}
	return journal.Checkpoint{}, nil
}

// Claimed tells who holds a key.
func (j *Journal) Claimed(ctx context.Context, key string) (holder incident.ClaimedError, ok bool, err error) {
	holder.Claim.Key = key
	err = j.read.QueryRowContext(ctx, "select owner, stream, seq from claims where key = ?", key).
		Scan(&holder.Owner, &holder.Stream, &holder.Seq)
	if errors.Is(err, sql.ErrNoRows) {
		return holder, false, nil
	}
	return holder, err == nil, explain(err)
}

func micro(us int64) time.Time { return time.UnixMicro(us).UTC() }

// paged yields the rows of one query after the other, each starting behind the
// last key of the one before.
func paged[T any](after uint64, query func(after uint64) ([]T, error), key func(T) uint64) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			rows, err := query(after)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
				after = key(row)
			}
			if len(rows) < page {
				return
			}
		}
	}
}

func collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, explain(err)
		}
		all = append(all, row)
	}
	return all, explain(rows.Err())
}
