package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/approvals/slack"
	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/journal/sqlite"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/signer/vault"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/verifier"
)

// Options are what is not configuration: who hears of things.
type Options struct {
	Log     *slog.Logger    // default: discard
	Observe engine.Observer // hears of every fact, after the metrics
	Version string
	// Pace is how fast is written into Slack. Default: below Slack's rates.
	Pace *slack.Pace
}

// App is one daemon. New builds it, Start lets it run, Stop ends it.
type App struct {
	c       Config
	o       Options
	life    lifecycle
	metrics *metrics
	ready   *readiness
	starts  []func() // called by Start, in order
	loops   []func() // run by Start, each until Stop
	running sync.WaitGroup

	// current is what is in force: an edition is built whole, checked, and put
	// here in one step. first is what the daemon started with, for what cannot
	// change while it runs.
	current atomic.Pointer[edition]
	first   *playbooks.Set
	slack   slack.Config // without what an edition decides
	onDisk  Config       // as its file was at the start

	journal    *sqlite.Journal
	signer     *vault.Client
	chains     map[uint64]*chain
	keys       map[string]common.Address // of the inventory's signers
	submitter  *submitter.Submitter
	reader     *verifier.Reader
	verifier   *verifier.Verifier
	engine     *engine.Engine
	watch      *watch
	door       *door // for what people ask
	porch      *door // for what alerting systems send
	pager      *pager
	slackWatch *slackWatch
	heartbeats heartbeats

	recent *recent // requests that ended lately, for the console; nil without one

	reloading            sync.Mutex // held while an edition is replaced
	addr, admin, console net.Addr

	ended context.Context // its cause says why the app cannot go on
	end   context.CancelCauseFunc
}

// errStopped is the cause after Stop.
var errStopped = errors.New("firebreak was stopped")

// New reads what the configuration names and builds every part. It reaches out
// to Vault, for the keys' addresses, and to nobody else; a failure says which
// part, why, and what to do, and leaves nothing behind.
func New(ctx context.Context, c Config, o Options) (*App, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &App{c: c, o: o, metrics: newMetrics(), ready: &readiness{keep: 2 * time.Second}}
	a.slackWatch = newSlackWatch(a)
	a.ended, a.end = context.WithCancelCause(context.Background())
	a.onDisk, _ = LoadConfig(c.place.file) // zero where it came from no file
	if err := a.setup(ctx); err != nil {
		return nil, errors.Join(err, a.Stop())
	}
	return a, nil
}

// setup is one straight line on purpose: what needs what can be read off it.
func (a *App) setup(ctx context.Context) error {
	shelf, err := a.read()
	if err != nil {
		return err
	}
	a.first = shelf.set
	if a.journal, err = sqlite.Open(ctx, a.c.Journal); err != nil {
		return err
	}
	a.life.onStop("journal", a.journal.Close)
	if err = a.openSigner(); err != nil {
		return err
	}
	if err = a.dialChains(); err != nil {
		return err
	}
	if err = a.openSender(ctx); err != nil {
		return err
	}
	if err = a.openPager(); err != nil {
		return err
	}
	if err = a.openEditions(shelf); err != nil {
		return err
	}
	if err = a.openEngine(ctx); err != nil {
		return err
	}
	if err = a.openHeartbeats(ctx); err != nil {
		return err
	}
	return a.openDoors()
}

// Start lets everything run.
func (a *App) Start() {
	for _, start := range a.starts {
		start()
	}
	for _, loop := range a.loops {
		a.running.Go(loop)
	}
	a.engine.Start()
	a.running.Go(func() {
		select {
		case <-a.engine.Done():
			a.end(cmp.Or(a.engine.Err(), errStopped))
		case <-a.ended.Done():
		}
	})
	for _, id := range slices.Sorted(maps.Keys(a.chains)) {
		c := a.chains[id]
		a.o.Log.Info("a chain is followed", "chain", c.name, "id", id, "settings", c.words())
	}
	for _, w := range a.current.Load().set.Warnings() {
		a.o.Log.Warn("somebody should look at a playbook", "file", w.File, "line", w.Line, "code", w.Code, "why", w.Message)
	}
	a.o.Log.Info("firebreak is running", "version", a.o.Version, "listen", a.addr.String(), "admin", a.admin.String(),
		"control", a.c.Control, "journal", a.journal.Path(), "playbooks", len(a.current.Load().set.Playbooks()))
}

// Stop ends everything, the last part first, and returns what could not be
// ended well. What is owed stays owed.
func (a *App) Stop() error {
	a.end(errStopped)
	err := a.life.stop()
	a.running.Wait()
	return err
}

// Addr is where alerts and Slack's clicks come in.
func (a *App) Addr() net.Addr { return a.addr }

// AdminAddr is where health and metrics are.
func (a *App) AdminAddr() net.Addr { return a.admin }

// ConsoleAddr is where the approval page is served; nil without one.
func (a *App) ConsoleAddr() net.Addr { return a.console }

// Done is closed when the daemon is stopped or cannot go on.
func (a *App) Done() <-chan struct{} { return a.ended.Done() }

// Err says why it cannot go on; nil before that, and after Stop.
func (a *App) Err() error {
	if err := context.Cause(a.ended); err != nil && !errors.Is(err, errStopped) {
		return err
	}
	return nil
}

// WaitReady waits until every check of /readyz passes, or ctx ends; then the
// error names what is missing.
func (a *App) WaitReady(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var missing []error
		for _, c := range a.ready.checks {
			if err := c.probe(ctx); err != nil {
				missing = append(missing, fmt.Errorf("%s: %w", c.name, err))
			}
		}
		if len(missing) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(append(missing, context.Cause(ctx))...)
		case <-tick.C:
		}
	}
}

// publicHandler is what alerting systems and Slack reach.
func (a *App) publicHandler(alerts, slack http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/v1/alerts/", alerts)
	if a.c.Slack.Transport != SlackSocket {
		mux.Handle("/slack/interactions", slack)
		mux.Handle("/slack/commands", clicks{&a.current, (*slackHandler).Commands})
		mux.Handle("/slack/events", clicks{&a.current, (*slackHandler).Events})
	}
	mux.HandleFunc("GET /healthz", a.healthz)
	return mux
}
