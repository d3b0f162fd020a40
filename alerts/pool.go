package alerts

import "sync"

// pool is a bounded amount of something, such as slots or bytes of memory, and
// nobody's share of it is all. It holds an entry for those alone who have some
// of it now. It is safe for concurrent use and never makes anybody wait.
type pool struct {
	total int64 // of all together
	share int64 // of one
	// floor is what one gets however much the others have, so that no number of
	// them can starve another. Zero for strangers, of whom there is no end.
	floor int64

	mu   sync.Mutex
	used int64
	by   map[string]int64
}

func newPool(total, share, floor int64) *pool {
	return &pool{total: total, share: max(share, floor), floor: floor, by: map[string]int64{}}
}

// take takes n for who, or nothing.
func (p *pool) take(who string, n int64) bool { return p.takeUpTo(who, n, p.share) }

// takeUpTo is take for one whose share is another.
func (p *pool) takeUpTo(who string, n, share int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	mine := p.by[who] + n
	if mine > share || mine > p.floor && p.used+n > p.total {
		return false
	}
	p.used += n
	p.by[who] = mine
	return true
}

// give gives back n of what was taken.
func (p *pool) give(who string, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used -= n
	if p.by[who] -= n; p.by[who] <= 0 {
		delete(p.by, who)
	}
}
