package app

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/playbooks"
	"github.com/firebreak-project/firebreak/signer/vault"
)

// Verdict is what came of one check. The zero value is none of them.
type Verdict string

// The verdicts. NotTold says that nobody could tell: what was asked did not
// answer, which another check has found already.
const (
	Passed  Verdict = "ok"
	Warned  Verdict = "warning"
	Failed  Verdict = "failed"
	NotTold Verdict = "not told"
)

// Finding is what one check of Doctor came to. It holds neither secrets nor
// URLs, but text that contracts and servers wrote: escape it where it is shown.
type Finding struct {
	Check   string  `json:"check"`
	Verdict Verdict `json:"verdict"`
	Found   string  `json:"found"`
	Mend    string  `json:"mend,omitempty"`
	// Playbook is whose check it is, where CheckOnline asks; empty: everybody's.
	Playbook string `json:"playbook,omitempty"`
}

// DoctorOptions are what is not configuration. The zero value is good.
type DoctorOptions struct {
	// Progress is told what is still being looked at, whenever that changes.
	// It is called by one goroutine at a time.
	Progress func(waiting []string)
}

// How long a doctor looks. Three stages build on each other; each is bounded,
// and all together leave time to say what was found within 15 seconds.
const (
	stageTime = 4 * time.Second
	wholeTime = 13 * time.Second
)

// doctor is one look at everything that a daemon of this configuration needs.
type doctor struct {
	c      Config
	set    *playbooks.Set
	inv    *playbooks.Inventory
	people approvals.Roster
	plans  []outlined
	chains map[string]*sight // by name
	keys   map[string]*keySight
	vault  *vault.Client // nil when it cannot be asked
	calls  []*trial
	slack  slackSight
	hidden []string // texts that must not be shown

	progress func([]string)
	mu       sync.Mutex // guards waiting, codeless and codes
	waiting  map[string]bool
	codeless map[string]bool      // contracts without code
	codes    map[string]codeSight // of contracts that all endpoints see alike
}

func newDoctor(o DoctorOptions) *doctor {
	return &doctor{progress: o.Progress, waiting: map[string]bool{}, codeless: map[string]bool{}, codes: map[string]codeSight{}}
}

// Doctor looks for what would fail in an incident, in the order in which a
// person would read it. It reads chains, Vault, Slack and the journal, all at
// once and none for long; it sends, signs, counts and posts nothing, and takes
// no lock, so that a daemon may run meanwhile. The error means that it could
// not look at all: there is no configuration to be read.
func Doctor(ctx context.Context, path string, o DoctorOptions) ([]Finding, error) {
	d := newDoctor(o)
	loaded := &page{}
	whole, err := d.load(path, loaded)
	if err != nil {
		return nil, err
	}
	if !whole {
		return d.read(loaded), nil
	}
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	return d.read(append([]*page{loaded}, d.look(ctx)...)...), nil
}

// look runs every probe. What needs a chain's endpoints and a key's address
// waits for these; Slack and the journal wait for nobody.
func (d *doctor) look(ctx context.Context) []*page {
	chains, contracts, calls, limits := &page{}, &page{}, &page{}, &page{}
	keys, accounts, policy := &page{}, &page{}, &page{}
	people, site, doors, streams, record, clock := &page{}, &page{}, &page{}, &page{}, &page{}, &page{}
	defer d.hangUp()
	d.open(chains)

	var aside sync.WaitGroup
	aside.Go(d.task("Slack", func() { d.askSlack(ctx, people) }))
	d.judgeConsole(site, time.Now())
	d.judgeDoors(doors, time.Now())
	aside.Go(d.task("the streams", func() { d.askStreams(ctx, streams) }))
	aside.Go(d.task("the journal", func() { d.readJournal(ctx, record) }))
	d.readChains(ctx, func(stage context.Context) { d.askVault(stage, keys) })
	d.judgeChains(chains)
	d.readAccounts(ctx, accounts, contracts, calls)
	d.judgeLimits(limits)

	stage, done := context.WithTimeout(ctx, stageTime)
	d.task("the key's policy", func() { d.askPolicy(stage, policy); d.askConsents(stage, policy); d.askExcess(stage, policy) })()
	done()
	aside.Wait()
	d.compareClocks(clock)
	return []*page{chains, contracts, calls, limits, keys, accounts, policy, people, site, doors, streams, record, clock}
}

// readChains is the first stage: every chain, and what Vault is asked for.
func (d *doctor) readChains(ctx context.Context, vault func(context.Context)) {
	ctx, done := context.WithTimeout(ctx, stageTime)
	defer done()
	var all sync.WaitGroup
	for _, name := range slices.Sorted(maps.Keys(d.chains)) {
		all.Go(d.task("chain "+name, func() { d.chains[name].look(ctx) }))
	}
	all.Go(d.task("Vault", func() { vault(ctx) }))
	all.Wait()
}

// readAccounts is the second stage: what needs the chains and the keys'
// addresses.
func (d *doctor) readAccounts(ctx context.Context, accounts, contracts, calls *page) {
	ctx, done := context.WithTimeout(ctx, stageTime)
	defer done()
	var all sync.WaitGroup
	all.Go(d.task("accounts", func() { d.lookAtAccounts(ctx, accounts) }))
	all.Go(d.task("contracts", func() {
		d.lookAtContracts(ctx, contracts)
		d.tryCalls(ctx, calls)
	}))
	all.Wait()
}

// task wraps a probe so that progress tells when it runs.
func (d *doctor) task(name string, do func()) func() {
	return func() {
		d.note(name, true)
		defer d.note(name, false)
		do()
	}
}

func (d *doctor) note(name string, begins bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waiting, name)
	if begins {
		d.waiting[name] = true
	}
	if d.progress != nil {
		d.progress(slices.Sorted(maps.Keys(d.waiting)))
	}
}

// read puts pages together and takes out what must not be seen.
func (d *doctor) read(pages ...*page) []Finding {
	var all []Finding
	for _, p := range pages {
		for _, f := range p.findings {
			f.Found, f.Mend = d.hide(f.Found), d.hide(f.Mend)
			all = append(all, f)
		}
	}
	return all
}

// page collects the findings of one probe. It is not safe for concurrent use:
// each probe has its own, so that their order never depends on who was quicker.
type page struct{ findings []Finding }

func (p *page) ok(check, format string, args ...any) {
	p.findings = append(p.findings, Finding{Check: check, Verdict: Passed, Found: fmt.Sprintf(format, args...)})
}

func (p *page) notTold(check, format string, args ...any) {
	p.findings = append(p.findings, Finding{Check: check, Verdict: NotTold, Found: fmt.Sprintf(format, args...)})
}

func (p *page) warn(check, mend, format string, args ...any) {
	p.findings = append(p.findings, Finding{Check: check, Verdict: Warned, Found: fmt.Sprintf(format, args...), Mend: mend})
}

func (p *page) fail(check, mend, format string, args ...any) {
	p.findings = append(p.findings, Finding{Check: check, Verdict: Failed, Found: fmt.Sprintf(format, args...), Mend: mend})
}

// mute is the log of parts that are built to ask them something.
func mute() *slog.Logger { return slog.New(slog.DiscardHandler) }
