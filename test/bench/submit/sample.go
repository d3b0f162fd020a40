package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/journal/sqlite"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// sample is one decision and what followed it. Counts are of what happened
// between the decision on disk and the first byte of the transaction on a
// socket; times begin at the decision.
type sample struct {
	reads, signs, commits      int
	write, accept, others, all time.Duration // others: every endpoint that does not hang
}

// book is the journal on disk, watched. It is safe for concurrent use.
type book struct {
	*sqlite.Journal
	signs func() int

	mu      sync.Mutex
	decided time.Time // when the append that holds the authority had returned
	signed  int       // calls of the signer by then
	commits []time.Time
	took    []time.Duration
}

func (b *book) Append(ctx context.Context, entries ...incident.Entry) ([]incident.Fact, error) {
	began := time.Now()
	facts, err := b.Journal.Append(ctx, entries...)
	done := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.commits, b.took = append(b.commits, done), append(b.took, done.Sub(began))
	for _, f := range facts {
		if f.Kind == incident.KindAuthorised {
			b.decided, b.signed = done, b.signs()
		}
	}
	return facts, err
}

// decision is when the authority was on disk, and how often the signer had been
// called by then.
func (b *book) decision() (at time.Time, signed int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.decided, b.signed
}

// durations is how long each commit took.
func (b *book) durations() []time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.took)
}

// since counts commits that ended after the decision's and before a time.
func (b *book) since(to time.Time) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, at := range b.commits {
		if at.After(b.decided) && at.Before(to) {
			n++
		}
	}
	return n
}

// answers is when each endpoint answered first, and when any accepted.
type answers struct {
	mu       sync.Mutex
	accepted time.Time
	by       map[string]time.Time
}

func (a *answers) observe(e submitter.Event) {
	if e.What != submitter.Answered {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	if _, known := a.by[e.Endpoint]; !known {
		a.by[e.Endpoint] = now
	}
	if e.Class == submitter.Accepted && a.accepted.IsZero() {
		a.accepted = now
	}
}

// heard tells when the first endpoint accepted, and when all the named ones had
// answered; zero: not yet.
func (a *answers) heard(names ...string) (accepted, all time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, name := range names {
		at, answered := a.by[name]
		if !answered {
			return a.accepted, time.Time{}
		}
		if at.After(all) {
			all = at
		}
	}
	return a.accepted, all
}

// stage is one world of a sample: servers, clients, journal, daemon.
type stage struct {
	line    line
	daemon  *daemon
	book    *book
	ring    *ring
	wire    *wire
	answers *answers
	names   []string       // of the endpoints; the last of several hangs
	over    chan struct{}  // closed: nobody hangs any more
	undo    []func() error // the last first
}

// newStage makes a world of its own, so that nothing of an earlier run is in it.
func newStage(ctx context.Context, l line) (s *stage, err error) {
	s = &stage{line: l, ring: newRing(1), wire: &wire{}, answers: &answers{by: map[string]time.Time{}}, over: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	dir, err := os.MkdirTemp("", "bench-submit-")
	if err != nil {
		return s, err
	}
	s.undo = append(s.undo, func() error { return os.RemoveAll(dir) })
	disk, err := sqlite.Open(ctx, filepath.Join(dir, "firebreak.db"))
	if err != nil {
		return s, err
	}
	s.undo = append(s.undo, disk.Close)
	s.book = &book{Journal: disk, signs: s.ring.signed}
	endpoints, err := s.connect(ctx)
	if err != nil {
		return s, err
	}
	s.daemon, err = boot(ctx, setting{Journal: s.book, Keys: s.ring.keys, Endpoints: endpoints, BlockTime: 12 * time.Second,
		Desk: slow{}, Signer: s.ring, Observe: s.answers.observe})
	if err != nil {
		return s, err
	}
	s.undo = append(s.undo, func() error { s.daemon.halt(); return nil })
	return s, nil
}

// connect starts the endpoints, the last of several hanging, and dials them.
func (s *stage) connect(ctx context.Context) ([]submitter.Endpoint, error) {
	var all []submitter.Endpoint
	var clients []*rpc.Client
	var transports []*http.Transport
	var servers []*httptest.Server
	s.undo = append(s.undo, func() error {
		for i := range clients {
			clients[i].Close()
			transports[i].CloseIdleConnections()
		}
		for _, server := range servers {
			server.Close()
		}
		return nil
	})
	for i, e := range submittertest.NewChain().Endpoints(s.line.endpoints) {
		n := &node{endpoint: e, latency: s.line.latency, hang: s.line.endpoints > 1 && i == s.line.endpoints-1, over: s.over}
		server := httptest.NewServer(n)
		servers = append(servers, server)
		client, transport, err := s.wire.dial(ctx, server.URL)
		if err != nil {
			return nil, err
		}
		clients, transports = append(clients, client), append(transports, transport)
		s.names = append(s.names, e.Name)
		all = append(all, submitter.Endpoint{Name: e.Name, Client: client})
	}
	return all, nil
}

// honest are the endpoints that do not hang.
func (s *stage) honest() []string { return s.names[:max(1, len(s.names)-1)] }

// close ends the world at once.
func (s *stage) close() error {
	close(s.over)
	var errs []error
	for i := len(s.undo) - 1; i >= 0; i-- {
		errs = append(errs, s.undo[i]())
	}
	return errors.Join(errs...)
}

// decide lets an alert in, waits until no read of the warm state is under way,
// and approves. The next round of reads is seconds away then, so that a read
// which is seen afterwards belongs to the sending.
func (s *stage) decide(ctx context.Context) error {
	if err := s.daemon.warm(ctx); err != nil {
		return err
	}
	if _, _, err := s.daemon.Receive(ctx, alert(0, 1, 1)); err != nil {
		return err
	}
	var st incident.State
	asking := func() bool {
		active := s.daemon.Active()
		if len(active) == 1 {
			st = active[0]
		}
		return st.Phase() == incident.PhaseAsking && st.Card.Version == st.Face
	}
	if err := until(ctx, "people are asked", asking); err != nil {
		return err
	}
	quiet := 2*s.line.latency + 50*time.Millisecond
	if err := until(ctx, "no endpoint is being read", func() bool { return time.Since(s.wire.lastRead()) > quiet }); err != nil {
		return err
	}
	_, err := s.daemon.Vote(ctx, st.ID, approval(st))
	return err
}

// take makes the counts once bytes are out and accepted, and leaves the time of
// the last answer to finish.
func (s *stage) take(ctx context.Context) (sample, error) {
	if err := s.decide(ctx); err != nil {
		return sample{}, fmt.Errorf("decide: %w", err)
	}
	if err := until(ctx, "an endpoint accepted", func() bool { accepted, _ := s.answers.heard(); return !accepted.IsZero() }); err != nil {
		return sample{}, err
	}
	accepted, _ := s.answers.heard()
	decided, signed := s.book.decision()
	wrote := s.wire.first(decided)
	return sample{reads: s.wire.between(decided, wrote), signs: s.ring.signed() - signed, commits: s.book.since(wrote),
		write: wrote.Sub(decided), accept: accepted.Sub(decided)}, nil
}

// finish waits for the last answer, fills in when it came, and ends the world.
func (s *stage) finish(ctx context.Context, into *sample) error {
	err := until(ctx, "every endpoint answered", func() bool { _, all := s.answers.heard(s.names...); return !all.IsZero() })
	_, others := s.answers.heard(s.honest()...)
	_, all := s.answers.heard(s.names...)
	decided, _ := s.book.decision()
	into.others, into.all = others.Sub(decided), all.Sub(decided)
	return errors.Join(err, s.close())
}
