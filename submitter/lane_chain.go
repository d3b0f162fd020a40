package submitter

import (
	"slices"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// What the chain says of a lane: which nonces are spent, what is left to pay with.

// passed tells whether any endpoint reports that the nonce was mined.
func (l *lane) passed(nonce uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known && l.highest > nonce
}

// mined tells whether the chain, as agreed, has gone past the nonce.
func (l *lane) mined(nonce uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known && l.latest > nonce
}

// warm tells whether the chain's count is known.
func (l *lane) warm() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known
}

// observe takes what the endpoints count now. configured is how many there
// are. It tells whether one endpoint alone is ahead of what is followed. A
// count that falls is a reorganisation or a lag: it is followed once it has
// stayed low for a while.
func (l *lane) observe(counts []uint64, configured int, now time.Time) (split bool) {
	if len(counts) == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.highest = slices.Max(counts)
	count := l.agreedLocked(counts, configured)
	switch {
	case !l.known || count >= l.latest:
		l.known, l.latest, l.fell = true, count, time.Time{}
	case l.fell.IsZero():
		l.fell = now
	case now.Sub(l.fell) >= l.settle:
		l.latest, l.fell = count, time.Time{}
	}
	l.held = slices.DeleteFunc(l.held, func(r *reservation) bool { return r.nonce < l.latest })
	l.change.wake()
	return l.highest > l.latest && configured > 1
}

// agreedLocked is the highest count that two endpoints support, or that one
// reports and our own signed transactions explain. One endpoint alone is not
// followed above that: one wrong answer would open a gap.
func (l *lane) agreedLocked(counts []uint64, configured int) uint64 {
	sorted := slices.Clone(counts)
	slices.Sort(sorted)
	slices.Reverse(sorted)
	if configured == 1 || len(sorted) == 1 && !l.known {
		return sorted[0]
	}
	agreed := l.latest
	if len(sorted) > 1 {
		agreed = sorted[1]
	}
	explained := uint64(0)
	for _, r := range l.held {
		if r.stage == signed {
			explained = max(explained, r.nonce+1)
		}
	}
	if sorted[0] <= explained {
		agreed = max(agreed, sorted[0])
	}
	return agreed
}

// doubt gives no nonce before a time: the key disagrees with what is counted.
func (l *lane) doubt(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shut = until
}

// code notes whether the account has code; it tells whether that is news.
func (l *lane) code(coded bool) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	news = coded && !l.coded
	l.coded = coded
	return news
}

// fund notes the account's balance, wei.
func (l *lane) fund(balance incident.Wei) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.balance = &balance
}
