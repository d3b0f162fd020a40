package console

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// limiter is a set of token buckets by name: bursts of burst, one more each
// every. It holds at most most of them; when more are busy, strangers share one.
type limiter struct {
	every time.Duration
	burst int
	most  int

	mu      sync.Mutex
	buckets map[string]time.Time // when the bucket will be full again
}

func newLimiter(every time.Duration, burst, most int) *limiter {
	return &limiter{every: every, burst: burst, most: most, buckets: map[string]time.Time{}}
}

// take returns 0, or how long to wait.
func (l *limiter) take(name string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.buckets[name]; !known && len(l.buckets) >= l.most {
		l.prune(now)
		if len(l.buckets) >= l.most {
			name = "" // never a name of somebody
		}
	}
	full := l.buckets[name]
	if full.Before(now) {
		full = now
	}
	full = full.Add(l.every)
	if wait := full.Sub(now) - time.Duration(l.burst)*l.every; wait > 0 {
		return wait
	}
	l.buckets[name] = full
	return 0
}

func (l *limiter) prune(now time.Time) {
	for name, full := range l.buckets {
		if !full.After(now) {
			delete(l.buckets, name)
		}
	}
}

// addressOf is who counts as one client: an IPv4 address or an IPv6 network of
// 64 bits. A proxy on this machine says who its client was; the last address of
// its header is the one that the proxy itself has seen.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if peer, err := netip.ParseAddr(host); err == nil && peer.IsLoopback() {
		all := r.Header.Values("X-Forwarded-For")
		if len(all) > 0 {
			hops := strings.Split(all[len(all)-1], ",")
			host = strings.TrimSpace(hops[len(hops)-1])
		}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	if ip = ip.Unmap(); ip.Is6() {
		if network, err := ip.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return ip.String()
}
