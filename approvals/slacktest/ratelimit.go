package slacktest

import (
	"cmp"
	"time"
)

// Slack's tiers, in calls per minute per method.
const (
	tier2 = 20
	tier3 = 50
	tier4 = 100
)

// Limits changes the rate limits. The zero value is Slack's own: each method
// its tier, and one posted message per second and channel with a short burst.
type Limits struct {
	Off       bool           // no limit at all
	PerMinute map[string]int // per method, instead of its tier
	PostBurst int            // messages that may be posted at once in a channel; default 5
}

// bucket is a token bucket: burst tokens at most, rate tokens per second.
type bucket struct {
	tokens float64
	at     time.Time
}

// take removes one token, or says how long until there is one.
func (b *bucket) take(now time.Time, rate, burst float64) (wait time.Duration) {
	if b.at.IsZero() {
		b.tokens = burst
	} else {
		b.tokens = min(burst, b.tokens+rate*max(0, now.Sub(b.at).Seconds()))
	}
	b.at = now
	// The tolerance keeps a rounding error from refusing the caller who
	// waited exactly as told.
	if b.tokens >= 1-1e-9 {
		b.tokens--
		return 0
	}
	return time.Duration((1 - b.tokens) / rate * float64(time.Second))
}

// checkRate charges the method's bucket and, for posts, the channel's. Only
// the method that is over its limit is refused. The caller holds mu.
func (s *Server) checkRate(name string, perMinute int, a *args) *refusal {
	l := s.cfg.Limits
	if l.Off {
		return nil
	}
	if n, ok := l.PerMinute[name]; ok {
		perMinute = n
	}
	if perMinute < 1 {
		return &refusal{code: "ratelimited", wait: time.Minute}
	}
	now := s.cfg.Now()
	if w := s.bucket("method "+name).take(now, float64(perMinute)/60, float64(perMinute)); w > 0 {
		return &refusal{code: "ratelimited", wait: w}
	}
	if name != "chat.postMessage" {
		return nil
	}
	burst := float64(cmp.Or(l.PostBurst, 5))
	if w := s.bucket("channel "+a.text("channel")).take(now, 1, burst); w > 0 {
		return &refusal{code: "ratelimited", wait: w}
	}
	return nil
}

func (s *Server) bucket(key string) *bucket {
	b := s.buckets[key]
	if b == nil {
		b = &bucket{}
		s.buckets[key] = b
	}
	return b
}
