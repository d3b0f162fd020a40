package sqlite

import (
	"context"
	"database/sql"
	"time"
)

// The WAL is moved into the file beside the writer, so that no append has to
// wait for that, each time it has grown by about movePages. A writer that never
// rests lets the mover never finish; the writer itself does what is left of
// maxPages then, which is little, and begins the WAL anew.
const (
	movePages = 2048 // of 4 KiB
	maxPages  = 8192
	moveTime  = 10 * time.Second
)

// grown counts what a batch may have added to the WAL, and wakes the mover.
// Only the writer's goroutine calls it.
func (j *Journal) grown(facts, streams int) {
	j.pages += 3 + 2*facts + 2*streams
	if j.pages < movePages {
		return
	}
	j.pages = 0
	select {
	case j.full <- struct{}{}:
	default:
	}
}

// keepMoving moves the WAL until the journal is closed. A failure is met again
// by the writer, which stops for it.
func (j *Journal) keepMoving(db *sql.DB) {
	defer close(j.moved)
	for {
		select {
		case <-j.stopped:
			return
		case <-j.full:
		}
		ctx, cancel := context.WithTimeout(context.Background(), moveTime)
		db.ExecContext(ctx, "pragma wal_checkpoint(passive)")
		cancel()
	}
}
