package lab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"sync"
	"time"

	"github.com/firebreak-project/firebreak/approvals/slack/manifest"
	"github.com/firebreak-project/firebreak/approvals/slacktest"
	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/journal"
	"github.com/firebreak-project/firebreak/journal/sqlite"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
)

// Options say what a range is for. Scenario is required.
type Options struct {
	Scenario  Scenario
	BlockTime time.Duration // default 1 s
	// Dir keeps configuration, secrets and journal. Default: a temporary
	// folder that Close removes.
	Dir         string
	SlackListen string // default a free port of loopback
	Guardians   bool   // two scripted guardians approve
	Pace        int    // strikes come so many times slower, for a person who watches; default 1
	Binary      string // run this firebreak as a process; default: in this process
	// Proxies, if any, put so many endpoints with a latency before the node
	// in place of its own two.
	Proxies int
	Latency time.Duration
	// Vault is FakeVault, the default, or RealVault, which needs the server's
	// binary and the plugin's; where they are looked for without a path is said
	// by lab/vaultserver.
	Vault, VaultBinary, VaultPlugin string
	Storm                           bool          // no limits of Slack's and of the source's, for benchmarks
	SlackDelay                      time.Duration // before every answer of the fake Slack
	Socket                          bool          // clicks come over Socket Mode alone
	NoResponse                      bool          // the attack alone: no daemon, no guardians
	// Console serves the approval page; nil is none. With Signed the key counts two
	// guardians for each call, and the playbooks ask for votes by their own keys.
	Console *Console
	Signed  bool
	Log     *slog.Logger
	Say     func(format string, args ...any) // progress, for a person
}

// Range is everything that runs for one scenario.
type Range struct {
	o        Options
	dir      string
	cast     contracts.Lab
	at       contracts.Deployment
	people   *people
	chain    *Chain
	sender   *sender
	slack    *slacktest.Server
	vault    keeper
	daemon   daemon
	config   string // path of the daemon's configuration
	cfg      files
	record   *sqlite.Journal
	undo     []func() error
	proxies  []*Proxy
	onAlarm  func()
	lastFact string

	mu sync.Mutex // guards daemon, which Restart replaces
}

// Start brings a range up: chain, protocol, key, Slack, daemon. What had come
// up is taken down again when a part fails.
func Start(ctx context.Context, o Options) (*Range, error) {
	if o.BlockTime <= 0 {
		o.BlockTime = time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Say == nil {
		o.Say = func(string, ...any) {}
	}
	if o.SlackListen == "" {
		o.SlackListen = "127.0.0.1:0"
	}
	r := &Range{o: o, people: newPeople()}
	for _, step := range []func(context.Context) error{r.openDir, r.startChain, r.startProxies, r.startVault, r.deploy, r.startSlack, r.configure, r.startDaemon} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return r, nil
}

// Close takes the range down, the last part first.
func (r *Range) Close() error {
	var errs []error
	for i := len(r.undo) - 1; i >= 0; i-- {
		errs = append(errs, r.undo[i]())
	}
	r.undo = nil
	return errors.Join(errs...)
}

func (r *Range) openDir(context.Context) (err error) {
	if r.dir = r.o.Dir; r.dir != "" {
		return os.MkdirAll(r.dir, 0o700)
	}
	if r.dir, err = os.MkdirTemp("", "firebreak-lab-"); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	r.undo = append(r.undo, func() error { return os.RemoveAll(r.dir) })
	return nil
}

func (r *Range) startChain(ctx context.Context) (err error) {
	r.cast = r.people.cast()
	if r.chain, err = StartChain(ctx, r.o.BlockTime, r.people.addresses()); err != nil {
		return err
	}
	r.undo = append(r.undo, r.chain.Close)
	r.sender = newSender(r.chain, r.people)
	r.o.Say("chain      %s, a block every %s", r.chain.HTTP, r.o.BlockTime)
	return nil
}

func (r *Range) startProxies(context.Context) error {
	for range r.o.Proxies {
		p, err := NewProxy(r.chain.HTTP, r.o.Latency)
		if err != nil {
			return err
		}
		r.proxies = append(r.proxies, p)
		r.undo = append(r.undo, p.Close)
	}
	return nil
}

// endpoints are what the daemon is told to use.
func (r *Range) endpoints() []string {
	urls := []string{r.chain.HTTP, r.chain.WS}
	if len(r.proxies) > 0 {
		urls = nil
	}
	for _, p := range r.proxies {
		urls = append(urls, p.URL)
	}
	return urls
}

// startVault makes the responder's key under a policy for the contracts that
// are going to be deployed: their addresses follow from their deployers.
func (r *Range) startVault(ctx context.Context) (err error) {
	if r.vault, err = openVault(ctx, r.o); err != nil {
		return fmt.Errorf("start the secrets engine: %w", err)
	}
	r.undo = append(r.undo, r.vault.Stop)
	r.cast.Responder = r.people.person("placeholder") // Plan wants everybody; only addresses are used
	if r.at, _, err = r.cast.Plan(0, 0); err != nil {
		return fmt.Errorf("plan the protocol: %w", err)
	}
	document, err := policy(r.at, r.o)
	if err != nil {
		return err
	}
	key, err := r.vault.CreateKey(ctx, signer.NewKey{Name: keyName, Class: "containment", Policy: document, Guardians: consenttest.Guardians(keyName, consenttest.People("ana", "ben", "cleo", "dee")...)})
	if err != nil {
		return fmt.Errorf("create the key: %w", err)
	}
	r.cast.Responder = key.Address
	return nil
}

func (r *Range) deploy(ctx context.Context) error {
	at, err := r.cast.Deploy(ctx, r.sender)
	if err != nil {
		return fmt.Errorf("deploy the protocol: %w", err)
	}
	if at != r.at {
		return errors.New("deploy the protocol: it is not where the key's policy says")
	}
	if err := r.sender.pay(ctx, r.cast.Treasury, r.cast.Responder, r.gas()); err != nil {
		return err
	}
	vault, err := r.balance(ctx, r.at.Vault)
	if err != nil {
		return err
	}
	r.o.Say("protocol   vault %s holds %s of %d users", r.at.Vault, usd(vault), len(r.cast.Users))
	return nil
}

// gas is what the responder gets to spend.
func (r *Range) gas() *big.Int {
	if r.o.Storm {
		return new(big.Int).Mul(big.NewInt(1000), big.NewInt(1e18))
	}
	return big.NewInt(5e18)
}

func (r *Range) startSlack(context.Context) (err error) {
	if r.o.NoResponse {
		return nil
	}
	if r.slack, err = newSlack(r.o); err == nil && r.o.SlackDelay > 0 {
		err = r.slack.Inject(slacktest.Fault{Effect: slacktest.EffectDelay, Delay: r.o.SlackDelay})
	}
	if err != nil {
		return err
	}
	if err := r.slack.Start(r.o.SlackListen); err != nil {
		return fmt.Errorf("start the fake Slack: %w", err)
	}
	r.undo = append(r.undo, r.slack.Close)
	return nil
}

// configure writes the daemon's files, as an operator would.
func (r *Range) configure(ctx context.Context) (err error) {
	if r.o.NoResponse {
		return nil
	}
	token, err := r.vault.Token(ctx, keyName)
	if err != nil {
		return err
	}
	r.cfg = files{
		dir: r.dir, at: r.at, rpc: r.endpoints(), blockTime: r.o.BlockTime, storm: r.o.Storm,
		console: r.o.Console, signed: r.o.Signed, socket: r.o.Socket, vault: r.vault.URL(), vaultToken: token, slackAPI: r.slack.APIURL(),
		slackToken: slackToken, slackSecret: slackSecret, responder: r.cast.Responder, treasury: r.cast.Treasury,
	}
	r.config, err = r.cfg.write()
	return err
}

func (r *Range) startDaemon(ctx context.Context) error {
	if r.o.NoResponse {
		return nil
	}
	if err := r.launch(ctx); err != nil {
		return err
	}
	r.undo = append(r.undo, func() error { return r.responder().Stop() })
	if err := waitReady(ctx, r.responder()); err != nil {
		return err
	}
	r.o.Say("firebreak  http://%s, admin http://%s", r.responder().Addr(), r.responder().Admin())
	return r.openRecord(ctx)
}

// launch starts a daemon on what the last one left.
func (r *Range) launch(ctx context.Context) error {
	var d daemon
	var err error
	if r.o.Binary == "" {
		d, err = startInProcess(ctx, r.config, r.inProcess())
	} else {
		d, err = startProcess(ctx, r.o.Binary, r.config)
	}
	if err != nil {
		return fmt.Errorf("start firebreak: %w", err)
	}
	r.mu.Lock()
	r.daemon = d
	r.mu.Unlock()
	at := "http://" + d.Addr()
	r.slack.SetInteractivityURL(at + manifest.InteractionsPath)
	r.slack.SetCommandURL(at + manifest.CommandsPath)
	r.slack.SetEventsURL(at + manifest.EventsPath)
	return nil
}

// responder is the daemon of now.
func (r *Range) responder() daemon {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.daemon
}

// Kill ends the daemon's process at once, as a power cut would. It is for a
// range with a Binary.
func (r *Range) Kill() error {
	p, ok := r.responder().(*process)
	if !ok {
		return errors.New("only a process of its own can be killed")
	}
	p.Kill()
	r.lastFact = "nothing"
	states, err := journal.Incidents(context.Background(), r.record)
	if err != nil || len(states) == 0 {
		return err
	}
	facts, _, err := journal.Incident(context.Background(), r.record, states[len(states)-1].ID)
	if err != nil {
		return err
	}
	r.lastFact = string(facts[len(facts)-1].Kind)
	return nil
}

// LastFact is the kind of the newest fact of the incident when Kill struck.
func (r *Range) LastFact() string { return r.lastFact }

// Restart starts the daemon again on what is left.
func (r *Range) Restart(ctx context.Context) error { return r.launch(ctx) }

// OnAlarm calls f once, as soon as the detector has something to report and
// before its alert is acknowledged. Set it before Play.
func (r *Range) OnAlarm(f func()) { r.onAlarm = f }

// ResponderNonce is how many transactions of the responder the chain has.
func (r *Range) ResponderNonce(ctx context.Context) (uint64, error) {
	return r.sender.NonceAt(ctx, r.cast.Responder)
}
