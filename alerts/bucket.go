package alerts

import (
	"sync"
	"time"
)

// bucket limits one source: so many alerts at once, so many per second; or so
// many bytes. It is two numbers, however long a source misbehaves.
type bucket struct {
	mu     sync.Mutex
	rate   float64
	burst  float64
	tokens float64
	at     time.Time
}

func newBucket(rate float64, burst int, now time.Time) *bucket {
	if rate <= 0 {
		rate = 50
	}
	if burst <= 0 {
		burst = 200
	}
	return &bucket{rate: rate, burst: float64(burst), tokens: float64(burst), at: now}
}

// dayOf is a bucket of so many bytes, which takes a day to fill again.
func dayOf(bytes int64, now time.Time) *bucket {
	return &bucket{rate: float64(bytes) / (24 * 60 * 60), burst: float64(bytes), tokens: float64(bytes), at: now}
}

// take takes a token, or says how long until there is one.
func (b *bucket) take(now time.Time) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if wait := b.wait(now); wait > 0 {
		return wait, false
	}
	b.tokens--
	return 0, true
}

// look is take without taking.
func (b *bucket) look(now time.Time) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	wait = b.wait(now)
	return wait, wait == 0
}

func (b *bucket) wait(now time.Time) time.Duration {
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(b.burst, b.tokens+passed.Seconds()*b.rate)
		b.at = now
	}
	if b.tokens >= 1 {
		return 0
	}
	return max(1, time.Duration((1-b.tokens)/b.rate*float64(time.Second)))
}

// owe charges for alerts that came with one that was let in. It may go below
// nothing: a group larger than the burst is taken, and waited for afterwards.
func (b *bucket) owe(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens -= float64(n)
}
