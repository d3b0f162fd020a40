package submitter

import (
	"fmt"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// hurry is the least time a bid stands before an answer can raise it.
const hurry = time.Second

// outbid makes the next bid at the nonce when one is due: the last has stood
// for BumpAfter without inclusion, or every endpoint that answered wants more,
// or one took it and no other has it. Only the oldest nonce of a lane is raised,
// because those above it cannot be mined before it. At the ceiling nothing is
// raised and nothing ends: the same bytes go on being offered.
func (w *watcher) outbid() (incident.Priced, bool) {
	if !w.net.Bump {
		return incident.Priced{}, false
	}
	b, why, ok := w.intent.raisable(w.s.o.Now(), w.net.BumpAfter)
	if !ok || !w.lane.oldest(b.nonce) {
		return incident.Priced{}, false
	}
	m, _ := w.net.quote() // without one the ladder alone decides
	l := w.limits()
	l.balance = w.lane.spare(b.nonce)
	if needs := w.intent.needs(); !needs.IsZero() {
		// The node named the least tip it takes: a quarter above that.
		l.floorTip = greatest(l.floorTip, rung(needs).Add(incident.NewQuantity(tipRoom-1)).Div(tipRoom))
	}
	p, ok := raise(b.price, m, l)
	if !ok {
		w.atCeiling(b)
		return incident.Priced{}, false
	}
	w.lane.spend(b.nonce, p.feeCap.Times(w.call.Gas))
	w.s.o.Observe(Event{What: Raised, ChainID: w.net.ID, Nonce: b.nonce})
	return w.priced(b.nonce, p, priced{attempt: w.intent.next(), issue: b.issue, why: fmt.Sprintf(
		"raised from cap %s, tip %s: %s", gwei(b.price.feeCap), gwei(b.price.tip), why)}), true
}

func (w *watcher) atCeiling(b bid) {
	if !w.intent.ceiling(b) {
		return
	}
	w.s.o.Observe(Event{What: AtCeiling, ChainID: w.net.ID, Nonce: b.nonce})
	w.s.o.Log.Error("a transaction waits and its approved cost, the nodes' limit or the balance allows no higher fee; it is offered again and again",
		"incident", w.state.ID, "step", w.call.Step, "chain", w.net.ID, "tx", b.hash)
}

// raisable returns the bid to outbid and why: the newest, offered, with nothing
// newer waiting for its signature, and due.
func (in *intent) raisable(now time.Time, after time.Duration) (b bid, why string, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	b, st := in.newestLocked(), in.standing
	stood := now.Sub(st.since)
	switch {
	case in.noBump != "" || b.issue != in.issue || b.attempt != in.attempts || st.since.IsZero():
		return b, "", false
	case stood >= min(hurry, after) && st.unseen:
		return b, "one endpoint accepted it and no other has it", true
	case stood >= min(hurry, after) && st.asked():
		return b, "every endpoint that answered asks for more", true
	}
	return b, "no block took it in time", stood >= after
}

// asked tells whether everybody who answered wants a higher bid.
func (st standing) asked() bool {
	for _, a := range st.answers {
		if !a.kind.raises() {
			return false
		}
	}
	return len(st.answers) > 0
}

// needs is the least tip that an endpoint named, wei per gas.
func (in *intent) needs() incident.Wei {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.standing.needs
}

// next is the number of the next attempt.
func (in *intent) next() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.attempts + 1
}

// ceiling notes that a bid cannot be raised; it tells whether that is news.
func (in *intent) ceiling(b bid) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.standing.attempt != b.attempt || in.standing.ceiling {
		return false
	}
	in.standing.ceiling = true
	return true
}

// unchecked returns an accepted bid that nobody has looked for yet.
func (in *intent) unchecked(now time.Time) (b bid, acker string, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	st := in.standing
	ok = st.fastest != "" && !st.checked && now.Sub(st.since) >= seenAfter
	return in.newestLocked(), st.fastest, ok
}

// check notes whether a bid was found at another endpoint.
func (in *intent) check(b bid, unseen bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.standing.attempt == b.attempt {
		in.standing.checked, in.standing.unseen = true, unseen
	}
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
