package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/sqlite"
)

// verifyTime bounds how long the journal is read. A large one takes longer;
// then the rest is for `firebreak journal verify`.
const verifyTime = 10 * time.Second

// The mode of access(2) that asks whether writing is allowed.
const mayWrite = 2

// readJournal proves that the journal is whole, beside a daemon that writes it.
// It takes no lock, not even for a moment: a daemon that starts just then would
// be told that somebody else has the journal.
func (d *doctor) readJournal(ctx context.Context, p *page) {
	path := d.c.Journal
	mend := fmt.Sprintf("let the daemon's user write into %s, and check the disk", filepath.Dir(path))
	if err := syscall.Access(filepath.Dir(path), mayWrite); err != nil {
		p.fail("journal", mend, "its folder cannot be written by this user: %s", err)
		return
	}
	_, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.ok("journal", "there is none yet; the daemon makes it, and its folder can be written")
		return
	case err != nil:
		p.fail("journal", mend, "it cannot be looked at: %s", err)
		return
	}
	if err := syscall.Access(path, mayWrite); err != nil {
		p.fail("journal", mend, "it cannot be written by this user: %s", err)
		return
	}
	d.verifyJournal(ctx, p, path)
	d.findHolder(p, path+".lock")
}

func (d *doctor) verifyJournal(ctx context.Context, p *page, path string) {
	ctx, cancel := context.WithTimeout(ctx, verifyTime)
	defer cancel()
	mend := "keep the file as it is, start on a restored backup, and find out what happened; firebreak journal verify says the same"
	j, err := sqlite.OpenReadOnly(ctx, path)
	if err != nil {
		p.fail("journal", mend, "%s", err)
		return
	}
	defer j.Close()
	watched := &watchedArchive{Archive: j}
	report, err := journal.Verify(ctx, watched)
	damage, damaged := errors.AsType[*journal.Damage](err)
	switch {
	case damaged:
		p.fail("journal", mend, "it is broken at %s", damage)
	case err != nil && ctx.Err() != nil:
		p.notTold("journal", "whole as far as it was read: %d of its streams in %s; firebreak journal verify reads all", watched.read.Load(), verifyTime)
	case err != nil:
		p.fail("journal", mend, "it cannot be read: %s", err)
	default:
		p.ok("journal", "whole: %d facts in %d streams, head %.12s", report.Facts, report.Streams, report.Head)
	}
}

// watchedArchive counts the streams that were read.
type watchedArchive struct {
	journal.Archive
	read atomic.Int64
}

// Read implements journal.Store.
func (w *watchedArchive) Read(ctx context.Context, stream incident.Stream, after uint64) iter.Seq2[incident.Fact, error] {
	w.read.Add(1)
	return w.Archive.Read(ctx, stream, after)
}

// findHolder says which process holds the journal's lock, where the kernel
// tells (Linux). A holder is a daemon that runs, which is as it should be.
func (d *doctor) findHolder(p *page, lock string) {
	const check = "journal lock"
	info, err := os.Stat(lock)
	stat, ok := infoInode(info)
	if errors.Is(err, fs.ErrNotExist) {
		p.ok(check, "nobody has had the journal open")
		return
	}
	table, e := os.Open("/proc/locks")
	if err != nil || !ok || e != nil {
		p.notTold(check, "this system does not tell who holds it; two daemons cannot: the second one is refused at its start")
		return
	}
	defer table.Close()
	scan := bufio.NewScanner(table)
	for scan.Scan() {
		// "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF"
		f := strings.Fields(scan.Text())
		if len(f) >= 6 && f[1] == "FLOCK" && strings.HasSuffix(f[5], fmt.Sprintf(":%d", stat)) {
			p.ok(check, "process %s holds it: a daemon runs on this journal", f[4])
			return
		}
	}
	p.ok(check, "nobody holds it: no daemon of this machine runs on this journal now")
}

func infoInode(info os.FileInfo) (uint64, bool) {
	if info == nil {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return stat.Ino, true
}
