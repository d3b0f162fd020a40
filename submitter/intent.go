package submitter

import (
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/incident"
)

// bid is one signed transaction of an intent.
type bid struct {
	attempt int
	issue   int
	nonce   uint64
	price   price
	hash    common.Hash
	raw     hexutil.Bytes
}

// bidOf is a signed attempt.
func bidOf(a incident.Attempt) bid {
	return bid{attempt: a.Attempt, issue: a.Issue, nonce: a.Nonce, price: price{a.FeeCap, a.Tip},
		hash: a.Signed.Hash, raw: a.Signed.Raw}
}

// name is a step over all its issues.
type name struct {
	incident incident.ID
	run      int
	step     string
}

// intent is what this process knows of a step: every bid ever signed for it,
// and what became of the newest. Watch may run on a state that facts have moved
// past; what it needs of the newer ones it finds here.
type intent struct {
	name name
	net  *network
	lane *lane

	mu       sync.Mutex
	seq      uint64 // of the newest state that told anything
	attempts int    // of the step, by that state
	issue    int
	nonce    uint64
	bids     []bid
	noBump   string // why no higher bid may be made
	refused  int    // the newest attempt that the signer refused, if its fact is not known yet
	pending  bool   // a newer bid is being signed
	reached  bool   // the goal holds without it
	hurried  int    // the attempt that a person wants outbid
	stalled  int    // the attempt of which people know that it waits
	mined    bool   // it was in a block, as a state or a watch told last
	standing standing
	heard    time.Time
}

// standing is how the newest bid fares. It starts afresh with every bid.
type standing struct {
	attempt int       // whose standing it is
	since   time.Time // offered first by this process; zero: not yet
	offered time.Time // offered last
	answers map[string]answer
	fastest string // the first endpoint that accepted
	checked bool   // looked for at another endpoint
	unseen  bool   // that one did not have it
	needs   incident.Wei
}

// learn takes in what a state says, which is the seq-th of its incident. States
// may come in any order: a watch begins on one that others have left behind.
func (in *intent) learn(step incident.Step, seq uint64, now time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.heard = now
	displaced := false
	if seq >= in.seq {
		// What was mined and is not any more is offered afresh: the same bytes
		// come before higher ones.
		displaced = in.mined && step.In == nil
		in.mined = step.In != nil
		in.seq, in.attempts, in.reached = seq, len(step.Attempts), step.Reached
		// What was said and could not be written is said again.
		in.stalled = step.Stalled
		last, any := step.Last()
		if known := !any || last.Attempt != in.refused || last.Refused; known {
			in.noBump = step.NoBump
			in.pending = any && last.Signed == nil && !last.Refused
		}
	}
	in.hurried = max(in.hurried, step.Hurried)
	for _, a := range step.Attempts {
		if a.Issue >= in.issue {
			in.issue, in.nonce = a.Issue, a.Nonce
		}
		if a.Signed == nil || slices.ContainsFunc(in.bids, func(b bid) bool { return b.attempt == a.Attempt }) {
			continue
		}
		in.bids = append(in.bids, bidOf(a))
	}
	slices.SortFunc(in.bids, func(a, b bid) int { return a.attempt - b.attempt })
	if newest := in.newestLocked(); newest.attempt != in.standing.attempt || displaced {
		in.standing = standing{attempt: newest.attempt, answers: map[string]answer{}}
	}
}

func (in *intent) newestLocked() bid {
	if len(in.bids) == 0 {
		return bid{}
	}
	return in.bids[len(in.bids)-1]
}

// ownHash is a hash of ours; present when it is of the nonce that the step
// stands at now.
type ownHash struct {
	hash    common.Hash
	present bool
}

// hashes are those of every issue: what was called superseded can come back in
// a reorganisation.
func (in *intent) hashes() []ownHash {
	in.mu.Lock()
	defer in.mu.Unlock()
	var all []ownHash
	for _, b := range in.bids {
		all = append(all, ownHash{b.hash, b.issue == in.issue})
	}
	return all
}

// due tells whether the newest bytes should be offered again, and notes that
// they are.
func (in *intent) due(now time.Time, every time.Duration) (bid, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.heard = now // a watch keeps it
	b := in.newestLocked()
	if b.issue != in.issue || !in.standing.offered.IsZero() && now.Sub(in.standing.offered) < every {
		return bid{}, false
	}
	in.offerLocked(now)
	return b, true
}

// offering notes that a bid's bytes leave now.
func (in *intent) offering(now time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.offerLocked(now)
}

func (in *intent) offerLocked(now time.Time) {
	in.standing.offered = now
	if in.standing.since.IsZero() {
		in.standing.since = now
	}
}

// note takes in what an endpoint answered to a bid.
func (in *intent) note(b bid, a answer) {
	in.mu.Lock()
	defer in.mu.Unlock()
	st := &in.standing
	if st.attempt != b.attempt {
		return
	}
	st.answers[a.Endpoint] = a
	if a.class == Accepted && !a.blind && st.fastest == "" {
		st.fastest = a.Endpoint
	}
	if a.kind == KindFeeLow {
		st.needs = greatest(st.needs, tipNeeded(a.raw))
	}
}

// refuseBumps notes that the signer will not raise this nonce's fees. A watch
// that began before goes on without a state that says so.
func (in *intent) refuseBumps(attempt int, why string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.noBump, in.refused, in.pending = why, attempt, false
}

// include notes that a block has it: should that block go, the same bytes come
// before higher ones.
func (in *intent) include() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.mined = true
}

// open is the nonce that waits for a block; false when nothing was signed at it.
func (in *intent) open() (uint64, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	b := in.newestLocked()
	return in.nonce, len(in.bids) > 0 && b.issue == in.issue
}

// current is the issue that the step stands at.
func (in *intent) current() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.issue
}
