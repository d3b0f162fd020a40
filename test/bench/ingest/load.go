package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// result is what one run of a line came to.
type result struct {
	took           time.Duration
	times          []time.Duration // of the answers, sorted
	door, load     time.Duration   // CPU
	facts, commits uint64
	peak           int64 // of the door's resident memory, bytes
}

// measure runs a line once, on a door and a journal of its own.
func measure(ctx context.Context, o options, l line, dir string) (r result, err error) {
	dir = filepath.Join(dir, "door")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	d, err := startDoor(ctx, dir, o.profile)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	n := o.alerts
	switch {
	case l.rate > 0:
		n = int(o.open.Seconds() * float64(l.rate))
	case l.clients == 1:
		n /= 3
	}
	all, err := deliveries(d.addr, n, l.repeats)
	if err != nil {
		return r, err
	}
	warm, err := deliveries(d.addr, 64, 1)
	if err != nil {
		return r, err
	}
	crowd := load{o, line{clients: l.clients}, d.addr}
	if _, err := crowd.let(ctx, warm); err != nil {
		return r, err
	}
	before, err := d.state()
	if err != nil {
		return r, err
	}
	own := cpu()
	began := time.Now()
	crowd.line = l
	if r.times, err = crowd.let(ctx, all); err != nil {
		return r, err
	}
	r.took, r.load = time.Since(began), cpu()-own
	after, err := d.state()
	if err != nil {
		return r, err
	}
	r.door, r.facts, r.commits, r.peak = after.CPU-before.CPU, after.Facts-before.Facts, after.Commits-before.Commits, after.Peak
	if want := uint64(max(1, n/l.repeats)); after.Received-before.Received != want {
		return r, fmt.Errorf("%d alerts are in the inbox, %d were acknowledged", after.Received-before.Received, want)
	}
	return r, nil
}

// load is who sends, and where to.
type load struct {
	options
	line
	addr string
}

// let sends everything: as fast as answers come, or when it is due.
func (l load) let(ctx context.Context, all []delivery) ([]time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	times := make([]time.Duration, len(all))
	var next atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range l.clients {
		s, err := newSender(l.options, l.addr)
		if err != nil {
			return nil, err
		}
		wg.Go(func() {
			defer s.Close()
			for i := int(next.Add(1)) - 1; i < len(all) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				from := time.Now()
				if l.line.rate > 0 {
					from = began.Add(time.Duration(i) * time.Second / time.Duration(l.line.rate))
					time.Sleep(time.Until(from))
				}
				status, err := s.send(&all[i])
				if err == nil && status != http.StatusAccepted {
					err = fmt.Errorf("alert %d was answered with %d", i, status)
				}
				if err != nil {
					cancel(err)
					return
				}
				times[i] = time.Since(from)
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	slices.Sort(times)
	return times, nil
}

// cpu is what this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it cannot fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
