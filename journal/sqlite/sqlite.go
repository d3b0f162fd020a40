// Package sqlite keeps the journal in one SQLite file: the default store, with
// nothing to set up.
//
// WAL mode, a full sync at every commit, one writer, pure-Go driver. Appends
// that wait for each other share one commit, so a storm of alerts costs one
// sync per batch and not one per alert. The file lives on a local disk and
// belongs to one process: a lock file beside it refuses a second one.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/firebreak-project/firebreak/journal"
)

// Journal is a journal.Archive in one file.
type Journal struct {
	path  string
	write *sql.DB // one connection, owned by the writer goroutine; nil when read-only
	read  *sql.DB
	facts *sql.Stmt // of read
	lock  *os.File
	queue chan *request
	now   func() time.Time

	// Of the writer.
	statements statements
	heads      *heads
	recent     recent
	pages      int // about so many were added to the WAL since it was moved

	mover *sql.DB       // one connection, of the goroutine that moves the WAL
	full  chan struct{} // tells it to
	moved chan struct{} // closed when it has left

	closing sync.Once
	done    chan struct{} // closed by Close: no more appends are taken
	stopped chan struct{} // closed by the writer when it has left
}

var _ journal.Archive = (*Journal)(nil)

// Open opens the journal at path for writing and makes it if there is none.
// It fails, saying what to do, when another process has it, when the file is
// not a journal, or when a newer version wrote it.
func Open(ctx context.Context, path string) (*Journal, error) {
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	if err := private(path); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	j, err := open(ctx, path, lock)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	go j.run()
	go j.keepMoving(j.mover)
	return j, nil
}

// private makes the file, if there is none, so that only its owner can read it:
// raw alerts and clicks are in it. SQLite gives the WAL the same mode.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open journal: %w; check the folder and its permissions", err)
	}
	return f.Close()
}

// OpenReadOnly opens a journal for reading, beside a daemon that writes it.
func OpenReadOnly(ctx context.Context, path string) (*Journal, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	read, err := connect(path, url.Values{"mode": {"ro"}}, 4)
	if err != nil {
		return nil, err
	}
	if err := checkSchema(ctx, read); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", path, explain(err)), read.Close())
	}
	facts, err := read.PrepareContext(ctx, factsText)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", path, explain(err)), read.Close())
	}
	return &Journal{path: path, read: read, facts: facts, now: time.Now, done: make(chan struct{})}, nil
}

func open(ctx context.Context, path string, lock *os.File) (*Journal, error) {
	write, err := connect(path, url.Values{"_txlock": {"immediate"}}, 1)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, write); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", path, explain(err)), write.Close())
	}
	j := &Journal{
		path: path, write: write, lock: lock, now: time.Now,
		queue: make(chan *request, maxBatch), done: make(chan struct{}), stopped: make(chan struct{}),
		full: make(chan struct{}, 1), moved: make(chan struct{}),
	}
	if j.heads, err = openHeads(ctx, write); err == nil {
		j.statements, err = prepare(ctx, write)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", path, explain(err)), write.Close())
	}
	if j.read, err = connect(path, url.Values{"mode": {"ro"}}, 4); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	if j.facts, err = j.read.PrepareContext(ctx, factsText); err == nil {
		j.mover, err = connect(path, url.Values{}, 1)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", path, explain(err)), j.read.Close(), write.Close())
	}
	return j, nil
}

// connect opens a pool. foreign_keys is off by default in SQLite, and FULL is
// what makes an acknowledged fact survive a power failure in WAL mode.
func connect(path string, values url.Values, conns int) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	values["_pragma"] = []string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		fmt.Sprintf("wal_autocheckpoint(%d)", maxPages)}
	if values.Get("mode") == "ro" {
		values["_pragma"] = []string{"busy_timeout(5000)", "query_only(1)"}
	}
	dsn := (&url.URL{Scheme: "file", Path: abs, RawQuery: values.Encode()}).String()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// Path is where the journal is.
func (j *Journal) Path() string { return j.path }

// Close finishes the appends that were taken, closes the file and lets go of
// the lock. It may be called twice.
func (j *Journal) Close() error {
	var err error
	j.closing.Do(func() {
		close(j.done)
		if j.write != nil {
			<-j.stopped
			// The writer closes last: it moves the WAL into the file then, which
			// readers may not.
			<-j.moved
			err = errors.Join(j.read.Close(), j.mover.Close(), j.write.Close(), j.lock.Close())
			return
		}
		err = j.read.Close()
	})
	return err
}

// explain puts what a person can do behind SQLite's words.
func explain(err error) error {
	e, ok := errors.AsType[*driver.Error](err)
	if !ok {
		return err
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_FULL:
		return fmt.Errorf("the disk is full; free some space and start again: %w", err)
	case lib.SQLITE_IOERR:
		return fmt.Errorf("the disk reports an error; check it and the space on it, then start again: %w", err)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fmt.Errorf("another program holds the file locked; close it and start again: %w", err)
	case lib.SQLITE_READONLY:
		return fmt.Errorf("the file or its folder is read-only; check owner and permissions: %w", err)
	case lib.SQLITE_CANTOPEN:
		return fmt.Errorf("the file cannot be opened; does its folder exist, and may this user read it?: %w", err)
	case lib.SQLITE_NOTADB, lib.SQLITE_CORRUPT:
		return fmt.Errorf("the file is damaged or is no journal; restore a backup: %w", err)
	}
	return err
}
