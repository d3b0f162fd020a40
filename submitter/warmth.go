package submitter

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// Guard is a state of the chain that playbooks can bring about: whether a
// guarded contract is paused already. It is kept warm for people to look at, and
// never decides whether anything is sent.
type Guard struct {
	Name  string // "pause vault"
	Check incident.Check
}

// Warmth is what a lane knows at this moment without asking anybody. Amounts
// are wei.
type Warmth struct {
	Chain    string // inventory name
	ChainID  uint64
	Key      string
	Account  common.Address
	Age      time.Duration // since an endpoint was read last; negative: never
	Nonce    uint64        // the next that is free
	Mined    uint64        // as agreed
	Highest  uint64        // as one endpoint alone may say
	InFlight int           // nonces with a price or bytes, not mined
	Waiting  int           // incidents that wait for nonces
	Oldest   time.Duration // how long the oldest of them has been in flight
	BaseFee  incident.Wei  // extrapolated by Age
	Tip      incident.Wei
	Balance  *incident.Wei // nil: not known
	Coded    bool          // the account has code (EIP-7702)
}

// GuardState is a guard as it was read last.
type GuardState struct {
	Guard
	Holds bool
	Age   time.Duration // since then; negative: never
}

// Warmth tells what every lane knows, by chain and key. It makes no call.
func (s *Submitter) Warmth() []Warmth {
	var all []Warmth
	for at, account := range s.keys {
		n := s.networks[at.chain]
		w := Warmth{Chain: n.Name, ChainID: n.ID, Key: at.name, Account: account, Age: n.age()}
		m, _ := n.quote()
		w.BaseFee, w.Tip = m.base, m.tip
		n.lanes[account].describe(&w)
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b Warmth) int {
		return cmp.Or(cmp.Compare(a.ChainID, b.ChainID), strings.Compare(a.Key, b.Key))
	})
	return all
}

// age is how long ago an endpoint was read; negative when none ever was.
func (n *network) age() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen.IsZero() {
		return -1
	}
	return n.now().Sub(n.seen)
}

func (l *lane) describe(w *Warmth) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.Nonce, w.Mined, w.Highest, w.Coded = l.nextLocked(), l.latest, l.highest, l.coded
	w.InFlight, w.Waiting = len(l.held), len(l.queue)
	if len(l.held) > 0 {
		w.Oldest = l.now().Sub(l.held[0].since)
	}
	if l.balance != nil {
		w.Balance = new(*l.balance)
	}
}

// Guards tells what is known of the guarded contracts. It makes no call.
func (s *Submitter) Guards() []GuardState {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []GuardState
	for _, g := range s.guards {
		state := GuardState{Guard: g.Guard, Age: -1}
		if !g.at.IsZero() {
			state.Holds, state.Age = g.holds, s.o.Now().Sub(g.at)
		}
		all = append(all, state)
	}
	return all
}

// SetGuards replaces what is read for people to look at, as playbooks change.
// What is known of a guard that stays is kept.
func (s *Submitter) SetGuards(guards []Guard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := make([]*guarded, len(guards))
	for i, g := range guards {
		next[i] = &guarded{Guard: g}
		for _, old := range s.guards {
			if reflect.DeepEqual(old.Guard, g) {
				next[i] = old
			}
		}
	}
	s.guards = next
}

// guarded is a guard as it was read last; holds and at under the submitter's mu.
type guarded struct {
	Guard
	holds bool
	at    time.Time
}

// guardsOn are the guards of a chain now.
func (s *Submitter) guardsOn(chain uint64) (list []*guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.guards {
		if g.Check.ChainID == chain {
			list = append(list, g)
		}
	}
	return list
}

// guardEvery is the least time between two readings of one guard.
const guardEvery = 2 * time.Second

// guard keeps one chain's guards fresh until ctx ends: one after the other, once
// per block, so that what is only for looking at never crowds what is sent.
func (s *Submitter) guard(ctx context.Context, n *network) {
	tick := time.NewTicker(max(n.BlockTime, guardEvery))
	defer tick.Stop()
	for {
		for _, g := range s.guardsOn(n.ID) {
			if ctx.Err() == nil {
				s.readGuard(ctx, n, g)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// readGuard reads one. What cannot be told stays as it was, and grows older.
func (s *Submitter) readGuard(ctx context.Context, n *network, g *guarded) {
	ctx, cancel := context.WithTimeout(ctx, n.Timeout)
	defer cancel()
	_, holds, err := s.o.Goals.Holds(ctx, g.Check)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g.holds, g.at = holds, s.o.Now()
}
