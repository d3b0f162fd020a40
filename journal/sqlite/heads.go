package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
)

// head is where a stream is.
type head struct {
	stream incident.Stream
	seq    uint64
	hash   incident.Digest
	open   bool
}

// maxHeads bounds how many streams' heads are remembered.
const maxHeads = 4096

// heads remembers where streams and the chain of checkpoints are. There is one
// writer, and nobody else may write the file, so what was committed last holds.
// Only the writer's goroutine uses it.
type heads struct {
	known map[incident.Stream]head
	last  journal.Checkpoint // its number and hash alone
}

func openHeads(ctx context.Context, db *sql.DB) (*heads, error) {
	h := &heads{known: map[incident.Stream]head{}}
	var hash []byte
	err := db.QueryRowContext(ctx, "select n, hash from checkpoints order by n desc limit 1").Scan(&h.last.N, &hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	copy(h.last.Hash[:], hash)
	return h, nil
}

// find looks where a stream is; a new one is nowhere yet.
func (h *heads) find(ctx context.Context, do statements, stream incident.Stream) (head, error) {
	if known, ok := h.known[stream]; ok {
		return known, nil
	}
	at := head{stream: stream}
	var hash []byte
	err := do.head.QueryRowContext(ctx, stream).Scan(&at.seq, &hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return at, err
	}
	copy(at.hash[:], hash)
	return at, nil
}

// keep remembers what a batch has made durable.
func (h *heads) keep(b *batch) {
	if len(h.known) > maxHeads {
		clear(h.known)
	}
	for stream, at := range b.moved {
		h.known[stream] = *at
	}
	h.last = journal.Checkpoint{N: b.last.N, Hash: b.last.Hash}
}

// statements are those that the writer uses for every append, compiled once.
type statements struct {
	fact, move, head, checkpoint, claim, claimed, release *sql.Stmt
}

func prepare(ctx context.Context, db *sql.DB) (s statements, err error) {
	for _, p := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&s.fact, "insert into facts values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
		{&s.move, `insert into streams(stream, seq, hash, open, changed) values(?, ?, ?, ?, ?)
			on conflict(stream) do update set seq = excluded.seq, hash = excluded.hash, open = excluded.open, changed = excluded.changed`},
		{&s.head, "select seq, hash from streams where stream = ?"},
		{&s.checkpoint, "insert into checkpoints values(?, ?, ?, ?, ?)"},
		{&s.claim, "insert into claims values(?, ?, ?, ?) on conflict(key) do nothing"},
		{&s.claimed, "select owner, stream, seq from claims where key = ?"},
		{&s.release, "delete from claims where key = ? and owner = ?"},
	} {
		if *p.to, err = db.PrepareContext(ctx, p.text); err != nil {
			return s, err
		}
	}
	return s, nil
}

// in gives the statements inside a transaction.
func (s statements) in(ctx context.Context, tx *sql.Tx) statements {
	return statements{
		fact: tx.StmtContext(ctx, s.fact), move: tx.StmtContext(ctx, s.move), head: tx.StmtContext(ctx, s.head),
		checkpoint: tx.StmtContext(ctx, s.checkpoint), claim: tx.StmtContext(ctx, s.claim),
		claimed: tx.StmtContext(ctx, s.claimed), release: tx.StmtContext(ctx, s.release),
	}
}
