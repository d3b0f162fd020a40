// Package pull fetches alerts from a NATS JetStream stream, for sources that
// cannot post to us.
//
// A message goes through the same doors as one that is posted: its proof is
// checked, its source's limits hold, and it is acknowledged once it is durable
// and never before. What cannot be stored now stays in the stream; what can
// never be taken is ended there, counted and recorded. A lost acknowledgement
// brings the message again, which is then a duplicate.
package pull

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/firebreak-project/firebreak/alerts"
)

// Doors take what was fetched. After a verdict that says Stored the alert cannot
// be lost. It must be safe for concurrent use; alerts.Doors is it.
type Doors interface {
	Take(ctx context.Context, source string, p alerts.Pulled) alerts.Verdict
}

// Config is one source's stream. Source, URL, Stream, Consumer and Doors are
// required.
type Config struct {
	Source   string
	URL      string // one server, or several with commas between them
	Stream   string
	Consumer string // durable; made where it is missing
	Subject  string // which messages the consumer gets, where it is made
	// Login is asked before every connection, so that what is renewed in its
	// files is used. It says how to log in and which TLS to speak. Nil: neither.
	Login func() ([]nats.Option, error)
	Doors Doors
	Log   *slog.Logger
	// Pending hears how many messages wait behind the one that came. Nil: nobody.
	Pending func(n uint64)
	// Backoff is how long it waits after a failure. Zero: from 250 ms to 30 s.
	Backoff time.Duration
}

// How much is on its way at once: a batch is in memory, and workers of it are
// being stored.
const (
	batch     = 32
	workers   = 8
	fetchWait = 10 * time.Second
	heartbeat = 2 * time.Second
	// longestPause is how long a source that is over its limits is left alone
	// before it is looked at again.
	longestPause = 30 * time.Second
)

// Puller fetches for one source. Run is called once.
type Puller struct {
	c     Config
	state atomic.Pointer[error]
}

var errNotYet = errors.New("it is not connected yet")

// New checks a config. It connects to nobody.
func New(c Config) (*Puller, error) {
	if c.Source == "" || c.URL == "" || c.Stream == "" || c.Consumer == "" || c.Doors == nil {
		return nil, errors.New("pull: source, URL, stream, consumer and doors are required")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Pending == nil {
		c.Pending = func(uint64) {}
	}
	if c.Backoff <= 0 {
		c.Backoff = 250 * time.Millisecond
	}
	p := &Puller{c: c}
	p.state.Store(&errNotYet)
	return p, nil
}

// Ready says why nothing is fetched; nil while it is.
func (p *Puller) Ready() error { return *p.state.Load() }

// Run fetches until ctx ends, and connects again for ever, later each time.
func (p *Puller) Run(ctx context.Context) {
	again := backoff.NewExponentialBackOff(backoff.WithInitialInterval(p.c.Backoff),
		backoff.WithMaxInterval(max(30*time.Second, p.c.Backoff)), backoff.WithMaxElapsedTime(0))
	// Only the end of ctx ends it: a session's error is that of one connection.
	_ = backoff.RetryNotify(func() error { return p.session(ctx, again.Reset) }, backoff.WithContext(again, ctx),
		func(err error, wait time.Duration) {
			p.state.Store(&err)
			p.c.Log.Warn("alerts cannot be fetched; it is tried again", "source", p.c.Source, "stream", p.c.Stream, "err", err, "in", wait)
		})
}

// session is one connection, from the login to its first error. There is always
// one: the connection does not mend itself, so that secrets, certificates, stream
// and consumer are looked at anew.
func (p *Puller) session(ctx context.Context, began func()) error {
	conn, err := p.c.connect()
	if err != nil {
		return err
	}
	defer conn.Close()
	// At the end nothing more may be sent to us that nobody would take.
	defer context.AfterFunc(ctx, conn.Close)()
	consumer, err := p.consumer(ctx, conn)
	if err != nil {
		return err
	}
	var fine error
	p.state.Store(&fine)
	began()
	p.c.Log.Info("alerts are fetched", "source", p.c.Source, "stream", p.c.Stream, "consumer", p.c.Consumer)
	for {
		wait, err := p.fetch(ctx, consumer)
		if ctx.Err() != nil {
			return backoff.Permanent(context.Cause(ctx))
		}
		if err != nil {
			return fmt.Errorf("fetch from stream %s: %w", p.c.Stream, err)
		}
		select {
		case <-ctx.Done():
			return backoff.Permanent(context.Cause(ctx))
		case <-time.After(min(wait, longestPause)):
		}
	}
}

// connect logs in anew. Only the servers that are configured: others would be
// reached without the rule that asks for TLS.
func (c Config) connect() (*nats.Conn, error) {
	var options []nats.Option
	if c.Login != nil {
		var err error
		if options, err = c.Login(); err != nil {
			return nil, err
		}
	}
	conn, err := nats.Connect(c.URL, append(options, nats.Name("firebreak "+c.Source), nats.NoReconnect(),
		nats.Timeout(5*time.Second), nats.IgnoreDiscoveredServers())...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	return conn, nil
}

// fetch takes what is there, waiting for it a while, and says how long to wait
// before the next.
func (p *Puller) fetch(ctx context.Context, consumer jetstream.Consumer) (time.Duration, error) {
	got, err := consumer.Fetch(batch, jetstream.FetchMaxWait(fetchWait), jetstream.FetchHeartbeat(heartbeat))
	if err != nil {
		return 0, err
	}
	var all sync.WaitGroup
	var longest atomic.Int64
	for range workers {
		all.Go(func() {
			for m := range messages(ctx, got.Messages()) {
				for wait := int64(p.handle(ctx, m)); ; {
					if now := longest.Load(); wait <= now || longest.CompareAndSwap(now, wait) {
						break
					}
				}
			}
		})
	}
	all.Wait()
	return time.Duration(longest.Load()), got.Error()
}

// messages yields what comes until the channel is closed or ctx ends: what is
// left then comes again.
func messages(ctx context.Context, from <-chan jetstream.Msg) func(yield func(jetstream.Msg) bool) {
	return func(yield func(jetstream.Msg) bool) {
		for {
			select {
			case <-ctx.Done():
				return
			case m, ok := <-from:
				if !ok || ctx.Err() != nil || !yield(m) {
					return
				}
			}
		}
	}
}
