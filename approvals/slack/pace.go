package slack

import (
	"context"
	"sync"
	"time"
)

// Pace keeps what is written into Slack below Slack's rates and lets the most
// pressing go first. One pace belongs to one token: limits are counted per
// method, workspace and app, whatever made the call. Safe for concurrent use.
//
// Rationale: over the limit Slack blocks the method for everybody, and above
// one message a second in a channel it may drop messages without a word. In a
// storm that would hit the card that tells how an incident ended as surely as
// one that nobody reads.
type Pace struct {
	mu      sync.Mutex
	waiting []*turn // in order of arrival
	buckets map[string]*bucket
	shut    map[string]time.Time // until when Slack blocks a method
	off     bool
	moved   chan struct{} // closed and replaced when somebody went or may go
}

// NewPace makes a pace that has used up nothing yet.
func NewPace() *Pace {
	return &Pace{buckets: map[string]*bucket{}, shut: map[string]time.Time{}, moved: make(chan struct{})}
}

// Unpaced waits for nothing but what Slack itself says. It is for measuring what
// lies before Slack, against a fake without limits.
func Unpaced() *Pace {
	p := NewPace()
	p.off = true
	return p
}

// allowance is what a bucket may hold and gets per second.
type allowance struct{ burst, perSecond float64 }

// allowances stay below what Slack documents. chat.update is tier 3, "50+ per
// minute": ten at once and 40 a minute are 50 in any minute. Posting is "no more
// than one message per second per channel" with short bursts.
var allowances = map[string]allowance{
	"chat.update":      {10, 40.0 / 60},
	"chat.postMessage": {10, 4},
}

var perChannel = allowance{3, 1}

type bucket struct {
	tokens float64
	at     time.Time
}

// missing is how long until the bucket has a token.
func (b *bucket) missing(now time.Time, a allowance) time.Duration {
	if b.at.IsZero() {
		b.tokens = a.burst
	} else {
		b.tokens = min(a.burst, b.tokens+a.perSecond*max(0, now.Sub(b.at).Seconds()))
	}
	b.at = now
	// The tolerance keeps a rounding error from turning back whoever waited
	// exactly as long as was needed.
	if b.tokens >= 1-1e-9 {
		return 0
	}
	return time.Duration((1-b.tokens)/a.perSecond*float64(time.Second)) + time.Microsecond
}

// turn is one call that waits to be made. rank is asked each time that somebody
// may go, because what a card shows can become more pressing while it waits:
// the lowest goes first, of equals the first that came.
type turn struct {
	method, channel string
	rank            func() int
}

// await returns when the call may be made, or with the context's error.
func (p *Pace) await(ctx context.Context, t *turn) error {
	p.mu.Lock()
	p.waiting = append(p.waiting, t)
	p.mu.Unlock()
	defer p.leave(t)
	was := false
	for {
		p.mu.Lock()
		wait, first := p.may(t, time.Now())
		if was && !first {
			p.wake() // somebody has become more pressing, and does not know of it
		}
		was = first
		moved := p.moved
		p.mu.Unlock()
		if first && wait == 0 {
			return nil
		}
		if !first {
			wait = time.Minute // whoever is first goes, or Slack opens, and then all look again
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-moved:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// may tells how long until the turn's call is allowed, and whether nobody who
// waits for the same is before it. It takes the tokens when it lets it go.
func (p *Pace) may(t *turn, now time.Time) (wait time.Duration, first bool) {
	own := t.rank()
	mine := false
	for _, other := range p.waiting {
		if other == t {
			mine = true
			continue
		}
		if !other.competes(t) {
			continue
		}
		if rank := other.rank(); rank < own || rank == own && !mine {
			return 0, false
		}
	}
	if p.off {
		return max(p.shut[t.method].Sub(now), 0), true
	}
	method, channel := p.bucket(t.method), p.bucket(t.method+" "+t.channel)
	wait = max(method.missing(now, allowances[t.method]), p.shut[t.method].Sub(now), 0)
	if t.paced() {
		wait = max(wait, channel.missing(now, perChannel))
	}
	if wait > 0 {
		return wait, true
	}
	method.tokens--
	if t.paced() {
		channel.tokens--
	}
	return 0, true
}

// competes tells whether both wait for the same tokens. Posts into another
// channel wait for their own second, so they do not hold each other up.
func (t *turn) competes(with *turn) bool {
	return t.method == with.method && (!t.paced() || t.channel == with.channel)
}

// paced tells whether the channel has a rate of its own for the method.
func (t *turn) paced() bool { return t.method == "chat.postMessage" }

func (p *Pace) bucket(name string) *bucket {
	b := p.buckets[name]
	if b == nil {
		b = &bucket{}
		p.buckets[name] = b
	}
	return b
}

// leave lets the others look again.
func (p *Pace) leave(t *turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.waiting {
		if other == t {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			break
		}
	}
	p.wake()
}

// close keeps everybody off a method for as long as Slack says.
func (p *Pace) close(method string, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(wait); until.After(p.shut[method]) {
		p.shut[method] = until
	}
	p.wake()
}

func (p *Pace) wake() {
	close(p.moved)
	p.moved = make(chan struct{})
}
