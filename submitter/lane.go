package submitter

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// owner is an intent at one nonce: the issue of a step.
type owner struct {
	incident incident.ID
	run      int
	step     string
	issue    int
}

// stage is how far a reservation is.
type stage int

const (
	tentative stage = iota // Price gave it, its fact is not known to be written
	unsigned               // its fact is on disk, the signer has not signed
	signed                 // bytes exist: the nonce is this intent's for ever
	void                   // a nonce below fell free: it is given back at the next Sign
)

// reservation is a nonce and whose it is.
type reservation struct {
	owner owner
	nonce uint64
	stage stage
	cost  incident.Wei // the most its dearest bid can cost
	heard time.Time    // when anybody last spoke of it
	since time.Time    // when it was made
}

// abandoned is how long an unsigned reservation may go unheard of. The engine
// asks for its signature every few seconds; silence means that another replica
// has the incident now, and it must not close this lane for ever.
const abandoned = 2 * time.Minute

// signal wakes everybody who waits for something to change.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}

// lane hands out the nonces of one account on one chain. The next nonce is
// derived and never counted: from what the chain has mined (latest) and from
// what is reserved above it. The most urgent incident that waits comes first,
// and several have nonces in flight at once. Two rules keep it without gaps,
// which nodes accept in silence and never mine:
//
//   - turnstile: while an incident has nonces that are not signed yet, no other
//     incident gets one, so a refusal can give nonces back from the top;
//   - when an unsigned nonce falls free, every unsigned one above it is void.
//
// Safe for concurrent use. Nothing of it is durable: Restore and the chain
// rebuild it, and the journal's claim on (chain, account, nonce) is the fence
// behind it.
type lane struct {
	most   int // in flight; one while the account is a delegated one (EIP-7702)
	change *signal
	settle time.Duration // how long latest must stay lower before it is followed down
	now    func() time.Time

	mu      sync.Mutex
	known   bool
	latest  uint64 // transactions mined, as agreed
	highest uint64 // the most that any endpoint alone reports
	fell    time.Time
	balance *incident.Wei
	held    []*reservation // by nonce
	queue   []*ticket      // who waits for nonces
	coded   bool           // the account has code
	shut    time.Time      // no nonce is given before, because the count is in doubt
}

// errHeld says that two intents claim one nonce. The journal's claims make it
// impossible but for a journal that was edited.
type errHeld struct {
	nonce uint64
	by    owner
}

func (e *errHeld) Error() string {
	return fmt.Sprintf("nonce %d is reserved by step %s of incident %s", e.nonce, e.by.step, e.by.incident)
}

// reserve gives the next nonces to as many of owners, from the first, as there
// is room for, all of one incident. None means that the lane is closed now:
// wait for a change. Asking again for an owner whose reservation is tentative
// starts afresh, because its fact was not written.
func (l *lane) reserve(owners []owner) []uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range owners {
		l.dropLocked(o, func(r *reservation) bool { return r.stage == tentative || r.stage == void })
	}
	if !l.known || l.now().Before(l.shut) || l.closedLocked(owners[0].incident) || l.overtakenLocked(owners[0].incident) {
		return nil
	}
	next := l.nextLocked()
	var nonces []uint64
	for _, o := range owners {
		if len(l.held) >= l.roomLocked() {
			break
		}
		l.held = append(l.held, &reservation{owner: o, nonce: next, heard: l.now(), since: l.now()})
		nonces = append(nonces, next)
		next++
	}
	return nonces
}

// roomLocked is how many nonces may be in flight. Nodes keep one pending
// transaction of an account that has code (EIP-7702) and drop a second one, some
// of them without a word.
func (l *lane) roomLocked() int {
	if l.coded {
		return 1
	}
	return l.most
}

// closedLocked is the turnstile. A void reservation closes the lane for its
// own incident too: the next nonce is below it.
func (l *lane) closedLocked(id incident.ID) bool {
	silent := func(r *reservation) bool { return l.now().Sub(r.heard) >= abandoned }
	l.held = slices.DeleteFunc(l.held, func(r *reservation) bool { return r.stage == void && silent(r) })
	return slices.ContainsFunc(l.held, func(r *reservation) bool {
		return r.stage == void || r.stage != signed && r.owner.incident != id && !silent(r)
	})
}

func (l *lane) nextLocked() uint64 {
	next := l.latest
	for _, r := range l.held {
		next = max(next, r.nonce+1)
	}
	return next
}

// hold enters a reservation that facts speak of, or moves it on. Stages only
// go up; a nonce that was mined needs no reservation.
func (l *lane) hold(o owner, nonce uint64, to stage) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.change.wake()
	for _, r := range l.held {
		if r.nonce != nonce {
			continue
		}
		if r.owner != o {
			return &errHeld{nonce, r.owner}
		}
		r.heard = l.now()
		if to == signed || r.stage == tentative {
			r.stage = to
		}
		return nil
	}
	if l.known && nonce < l.latest {
		return nil
	}
	l.held = append(l.held, &reservation{owner: o, nonce: nonce, stage: to, heard: l.now(), since: l.now()})
	slices.SortFunc(l.held, func(a, b *reservation) int { return cmp.Compare(a.nonce, b.nonce) })
	return nil
}

// turn tells whether a first signature at the nonce may be asked for now. It is
// wait while an unsigned nonce is below, and void when it must be given back.
func (l *lane) turn(nonce uint64) (wait, isVoid bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.held {
		switch {
		case r.nonce == nonce:
			r.heard = l.now()
			return wait, r.stage == void
		case r.nonce < nonce && r.stage != signed:
			wait = true
		}
	}
	return wait, false
}

// release gives back what a step was given and no fact speaks of, at whatever
// issue. It voids like free.
func (l *lane) release(o owner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range slices.Clone(l.held) {
		if r.owner.incident == o.incident && r.owner.run == o.run && r.owner.step == o.step {
			l.dropLocked(r.owner, func(r *reservation) bool { return r.stage == tentative || r.stage == void })
		}
	}
	l.change.wake()
}

// free gives an unsigned nonce back, and voids every unsigned one above.
func (l *lane) free(o owner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropLocked(o, func(r *reservation) bool { return r.stage != signed })
	l.change.wake()
}

func (l *lane) dropLocked(o owner, when func(*reservation) bool) {
	i := slices.IndexFunc(l.held, func(r *reservation) bool { return r.owner == o && when(r) })
	if i < 0 {
		return
	}
	nonce := l.held[i].nonce
	l.held = slices.Delete(l.held, i, i+1)
	for _, r := range l.held {
		if r.nonce > nonce && r.stage != signed {
			r.stage = void
		}
	}
}

// spend notes what the dearest bid at a nonce can cost.
func (l *lane) spend(nonce uint64, cost incident.Wei) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.held {
		if r.nonce == nonce {
			r.cost = cost
		}
	}
}

// spare is what the account can put up for the given nonce beside everything
// else in flight; nil when the balance is not known.
func (l *lane) spare(nonce uint64) *incident.Wei {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.balance == nil {
		return nil
	}
	left := *l.balance
	for _, r := range l.held {
		if r.nonce != nonce {
			left = left.Sub(r.cost)
		}
	}
	return &left
}

// oldest tells whether nothing below the nonce is waiting to be mined.
func (l *lane) oldest(nonce uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !slices.ContainsFunc(l.held, func(r *reservation) bool { return r.nonce < nonce })
}
