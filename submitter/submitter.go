package submitter

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// Submitter prices, signs, broadcasts and watches the steps of incidents. Its
// methods may be called concurrently. It implements the engine's Sender and
// Watcher.
type Submitter struct {
	o        Options
	networks map[uint64]*network
	keys     map[keyOn]common.Address
	change   *signal // of any lane
	offers   sync.WaitGroup
	readers  sync.WaitGroup
	cancel   context.CancelFunc

	mu      sync.Mutex
	intents map[name]*intent
	swept   time.Time // when intents were last looked through
	guards  []*guarded
}

type keyOn struct {
	name  string
	chain uint64
}

// New checks the parts. It makes no call; Start begins to keep state warm.
func New(o Options) (*Submitter, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("make submitter: %w", err)
	}
	s := &Submitter{o: o, networks: map[uint64]*network{}, keys: map[keyOn]common.Address{},
		change: &signal{}, intents: map[name]*intent{}, cancel: func() {}}
	s.SetGuards(o.Guards)
	for _, c := range o.Chains {
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("make submitter: %w", err)
		}
		if s.networks[c.ID] != nil {
			return nil, fmt.Errorf("make submitter: chain %d is configured twice", c.ID)
		}
		s.networks[c.ID] = s.network(c)
	}
	for _, k := range o.Keys {
		n := s.networks[k.ChainID]
		at := keyOn{k.Name, k.ChainID}
		switch {
		case n == nil:
			return nil, fmt.Errorf("make submitter: key %s is for chain %d, which is not configured", k.Name, k.ChainID)
		case k.Address == common.Address{}:
			return nil, fmt.Errorf("make submitter: key %s has no address on chain %d", k.Name, k.ChainID)
		case s.keys[at] != common.Address{} || n.lanes[k.Address] != nil:
			return nil, fmt.Errorf("make submitter: key %s on chain %d is configured twice, or shares its account", k.Name, k.ChainID)
		}
		s.keys[at] = k.Address
		n.lanes[k.Address] = &lane{most: n.MaxInFlight, change: s.change, settle: 3 * n.BlockTime, now: o.Now}
	}
	return s, nil
}

func (s *Submitter) network(c Chain) *network {
	n := &network{Chain: c, lanes: map[common.Address]*lane{}, now: s.o.Now, log: s.o.Log,
		observe: s.o.Observe, views: map[string]view{}}
	for _, e := range c.Endpoints {
		one := &node{Endpoint: e, timeout: c.Timeout}
		n.nodes = append(n.nodes, one)
		if !e.SendOnly {
			n.readers = append(n.readers, one)
		}
	}
	return n
}

// Start begins to follow the chains, until ctx ends or Stop is called. It is
// called once.
func (s *Submitter) Start(ctx context.Context) {
	ctx, s.cancel = context.WithCancel(ctx)
	for _, n := range s.networks {
		n.mu.Lock()
		n.started = s.o.Now()
		n.mu.Unlock()
		for _, e := range n.readers {
			s.readers.Go(func() { n.follow(ctx, e) })
		}
		if s.o.Goals != nil {
			s.readers.Go(func() { s.guard(ctx, n) })
		}
	}
}

// Stop ends what Start began and waits for it, and for bytes that are on their
// way to an endpoint: two timeouts at most. Whoever calls the other methods is
// stopped before.
func (s *Submitter) Stop() {
	s.cancel()
	s.readers.Wait()
	s.offers.Wait()
}

// Warm tells whether nonces and fees are known on every chain: whether Price
// would be ready now. It makes no call.
func (s *Submitter) Warm() error {
	for _, n := range s.networks {
		for account, l := range n.lanes {
			if _, ok := n.quote(); !ok || !l.warm() {
				return fmt.Errorf("chain %s (%d): %w for %s", n.Name, n.ID, ErrCold, account)
			}
		}
	}
	return nil
}

// place is where a step of an incident goes.
type place struct {
	net  *network
	lane *lane
	key  string
	from common.Address
}

// place finds the lane of a call by its key.
func (s *Submitter) place(plan *incident.Plan, call incident.Call) (place, error) {
	n, key := s.networks[call.ChainID], plan.KeyOf(call)
	from := s.keys[keyOn{key, call.ChainID}]
	if n == nil || from == (common.Address{}) {
		return place{}, fmt.Errorf("step %s: key %q is not configured on chain %d (%s)", call.Step, key, call.ChainID, call.Chain)
	}
	return place{n, n.lanes[from], key, from}, nil
}

// job is one step of a state, with everything that belongs to it.
type job struct {
	place
	state  incident.State
	run    incident.Run
	call   incident.Call
	step   incident.Step
	intent *intent
}

func (j job) owner(issue int) owner { return owner{j.state.ID, j.run.Number, j.call.Step, issue} }

// job finds a step and takes in what its state says.
func (s *Submitter) job(st incident.State, step string) (job, error) {
	run := st.Run()
	j := job{state: st, run: run}
	if run.Plan == nil {
		return j, fmt.Errorf("incident %s has no plan", st.ID)
	}
	var ok bool
	if j.call, ok = run.Plan.Call(step); !ok {
		return j, fmt.Errorf("the plan of %s has no step %q", st.ID, step)
	}
	if j.step, ok = run.Step(step); !ok {
		return j, fmt.Errorf("incident %s has no step %q", st.ID, step)
	}
	var err error
	if j.place, err = s.place(run.Plan, j.call); err != nil {
		return j, err
	}
	j.intent = s.intentOf(name{st.ID, run.Number, step}, j.place)
	j.intent.learn(j.step, st.Seq, s.o.Now())
	return j, nil
}

// forgetAfter is when an intent that nobody speaks of is forgotten, and sweepEvery
// how often they are looked through. What it knew can be learned again from the
// incident's state.
const (
	forgetAfter = time.Hour
	sweepEvery  = time.Minute
)

func (s *Submitter) intentOf(key name, at place) *intent {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := s.intents[key]; in != nil {
		return in
	}
	now := s.o.Now()
	if now.Sub(s.swept) >= sweepEvery {
		s.swept = now
		s.sweepLocked(now)
	}
	in := &intent{name: key, net: at.net, lane: at.lane, heard: now}
	s.intents[key] = in
	return in
}

func (s *Submitter) sweepLocked(now time.Time) {
	for old, in := range s.intents {
		in.mu.Lock()
		if now.Sub(in.heard) > forgetAfter {
			delete(s.intents, old)
		}
		in.mu.Unlock()
	}
}

// jobs finds several steps; those that cannot be carried out are errors and
// hold up no other.
func (s *Submitter) jobs(st incident.State, steps []string) (all []job, errs []error) {
	for _, step := range steps {
		j, err := s.job(st, step)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, j)
	}
	return all, errs
}

// byLane groups jobs, keeping their order.
func byLane(all []job) [][]job {
	var groups [][]job
	at := map[*lane]int{}
	for _, j := range all {
		i, ok := at[j.lane]
		if !ok {
			i = len(groups)
			at[j.lane] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], j)
	}
	return groups
}

func byNonce(a, b job) int {
	x, _ := a.step.Last()
	y, _ := b.step.Last()
	return cmp.Compare(x.Nonce, y.Nonce)
}
