package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// load is many intents at once on a few lanes: most incidents have one call,
// every wideEvery-th has wideSteps.
type load struct {
	intents, keys int
	blockTime     time.Duration
	maxInFlight   int
}

const (
	wideSteps = 22
	wideEvery = 60
)

// alerts are those whose plans have so many calls together. Each goes to the
// lane that has the fewest yet.
func (l load) alerts() []incident.Received {
	var all []incident.Received
	calls := make([]int, l.keys)
	for left := l.intents; left > 0; {
		steps, n := 1, len(all)
		if n%wideEvery == 0 && left >= wideSteps {
			steps = wideSteps
		}
		key := slices.Index(calls, slices.Min(calls))
		calls[key] += steps
		all = append(all, alert(key, steps, n))
		left -= steps
	}
	return all
}

// least is how many blocks the fullest lane takes when every block has as much
// of it as may be open at once.
func (l load) least() int {
	calls := make([]int, l.keys)
	for _, a := range l.alerts() {
		key, steps := asked(a.Alert.ID)
		calls[key] += steps
	}
	room := cmp.Or(l.maxInFlight, defaultRoom)
	return (slices.Max(calls) + room - 1) / room
}

// defaultRoom is what the submitter has in flight of an account by default: the
// largest plan.
const defaultRoom = 40

// lanes watches what is open on each account: signed bytes that reached an
// endpoint and that no block has. It is safe for concurrent use.
type lanes struct {
	mu    sync.Mutex
	sent  map[common.Address]uint64 // highest nonce seen, and one
	mined map[common.Address]uint64
	most  map[common.Address]uint64
}

func watchLanes(c *submittertest.Chain) *lanes {
	w := &lanes{sent: map[common.Address]uint64{}, mined: map[common.Address]uint64{}, most: map[common.Address]uint64{}}
	c.Set(func(r *submittertest.Rules) { r.Room = w.room })
	return w
}

var chainSigner = types.LatestSignerForChainID(big.NewInt(submittertest.ChainID))

// arrives is told of every send before a node has it.
func (w *lanes) arrives(tx *types.Transaction) error {
	from, err := types.Sender(chainSigner, tx)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent[from] = max(w.sent[from], tx.Nonce()+1)
	w.most[from] = max(w.most[from], w.sent[from]-w.mined[from])
	return nil
}

// room has room for everything, and is told of it as a block takes it.
func (w *lanes) room(tx *types.Transaction) bool {
	from, err := types.Sender(chainSigner, tx)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.mined[from] = max(w.mined[from], tx.Nonce()+1)
	}
	return err == nil
}

// deepest is the most that any lane ever had open.
func (w *lanes) deepest() (n uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, open := range w.most {
		n = max(n, open)
	}
	return n
}

// journey is when a step was decided and when a block took it.
type journey struct {
	decided, included time.Time
	from, to          int // blocks
}

// ledger takes journeys down as facts come in. It is safe for concurrent use.
type ledger struct {
	chain *submittertest.Chain

	mu        sync.Mutex
	steps     map[string]*journey
	asking    []incident.State
	contained int
	failed    []string
}

func (l *ledger) observe(s incident.State, facts []incident.Fact) {
	now, height := time.Now(), l.chain.Height()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range facts {
		switch f.Kind {
		case incident.KindAsked:
			l.asking = append(l.asking, s)
		case incident.KindAuthorised:
			for _, step := range s.Run().Steps {
				l.steps[string(s.ID)+step.Name] = &journey{decided: now, from: height}
			}
		case incident.KindIncluded:
			body, err := f.Body()
			if in, ok := body.(incident.Included); ok && err == nil {
				j := l.steps[string(s.ID)+in.Step]
				j.included, j.to = now, int(in.Block)
			}
		case incident.KindContained:
			l.contained++
		case incident.KindEscalated:
			l.failed = append(l.failed, string(s.ID)+": "+s.Run().End)
		}
	}
}

func (l *ledger) count() (asking, contained int, failed []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.asking), l.contained, l.failed
}

// outcome is what came of a load.
type outcome struct {
	incidents int
	journeys  []journey
	deepest   uint64 // most open on a lane at once
	took      time.Duration
}

// seconds and blocks from decision to inclusion, sorted.
func (o outcome) seconds() (all []time.Duration) {
	for _, j := range o.journeys {
		all = append(all, j.included.Sub(j.decided))
	}
	slices.Sort(all)
	return all
}

func (o outcome) blocks() (all []int) {
	for _, j := range o.journeys {
		all = append(all, j.to-j.from)
	}
	slices.Sort(all)
	return all
}

// field is the chain and the endpoints that a load runs on.
type field struct {
	chain     *submittertest.Chain
	scripted  []*submittertest.Endpoint
	endpoints []submitter.Endpoint // as the daemon reaches them
	ring      *ring
	journal   engine.Journal
}

// newField makes a chain whose contracts are those of the load's plans.
func newField(l load, rpcs int) field {
	c := submittertest.NewChain()
	c.Set(func(r *submittertest.Rules) {
		for _, a := range l.alerts() {
			_, steps := asked(a.Alert.ID)
			for _, step := range stepNames(steps) {
				r.Contracts[target(a.Alert.ID, step)] = submittertest.Contract{Act: pause, View: paused}
			}
		}
	})
	return field{chain: c, scripted: c.Endpoints(rpcs), ring: newRing(l.keys)}
}

// let runs a load to its end: every alert at once, and as soon as all of them
// are asked for, every approval at once. Somebody has to mine.
func (l load) let(ctx context.Context, f field) (o outcome, err error) {
	w := watchLanes(f.chain)
	for _, e := range f.scripted {
		e.Set(func(s *submittertest.Script) { s.OnSend = w.arrives })
	}
	led := &ledger{chain: f.chain, steps: map[string]*journey{}}
	d, err := boot(ctx, setting{Journal: f.journal, Keys: f.ring.keys, Signer: f.ring, Endpoints: f.endpoints, BlockTime: l.blockTime,
		MaxInFlight: l.maxInFlight, Desk: parts{}, Facts: led.observe})
	if err != nil {
		return o, err
	}
	defer d.halt()
	if err := d.warm(ctx); err != nil {
		return o, err
	}
	alerts := l.alerts()
	for _, a := range alerts {
		if _, _, err := d.Receive(ctx, a); err != nil {
			return o, err
		}
	}
	if err := patiently(ctx, func() bool { asking, _, _ := led.count(); return asking == len(alerts) }); err != nil {
		return o, fmt.Errorf("wait for the requests: %w", err)
	}
	began := time.Now()
	if err := l.approve(ctx, d, led.asking); err != nil {
		return o, err
	}
	ended := func() bool { _, contained, failed := led.count(); return contained+len(failed) == len(alerts) }
	if err := patiently(ctx, ended); err != nil {
		asking, contained, _ := led.count()
		return o, fmt.Errorf("%d of %d incidents are contained: %w", contained, asking, err)
	}
	if _, _, failed := led.count(); len(failed) > 0 {
		return o, fmt.Errorf("%d incidents failed, the first is %s", len(failed), failed[0])
	}
	o = outcome{incidents: len(alerts), deepest: w.deepest(), took: time.Since(began)}
	for _, j := range led.steps {
		o.journeys = append(o.journeys, *j)
	}
	return o, nil
}

// approve casts all votes at once.
func (l load) approve(ctx context.Context, d *daemon, asking []incident.State) error {
	var wg sync.WaitGroup
	errs := make([]error, len(asking))
	for i, s := range asking {
		wg.Go(func() { _, errs[i] = d.Vote(ctx, s.ID, approval(s)) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// patiently is until for a whole load: twenty minutes.
func patiently(ctx context.Context, is func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 20*time.Minute, errors.New("it took twenty minutes"))
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	return nil
}
