package vaulttest

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
)

// Standby is another node of a Server's cluster. It starts out forwarding.
type Standby struct {
	active *Server
	http   *httptest.Server

	mu       sync.Mutex
	redirect string
	isLost   bool
	sealed   bool
	requests int
}

// Standby starts another node, without TLS. Close stops it.
func (s *Server) Standby() *Standby {
	b := &Standby{active: s}
	b.http = httptest.NewServer(b)
	return b
}

// URL is the address of the node.
func (b *Standby) URL() string { return b.http.URL }

// Close stops the node.
func (b *Standby) Close() {
	b.http.CloseClientConnections()
	b.http.Close()
}

// Redirect makes it answer 307 to an address, as a standby does that cannot
// forward. Empty stops it.
func (b *Standby) Redirect(to string) { b.set(func() { b.redirect = to }) }

// Lose makes it know no active node.
func (b *Standby) Lose(isLost bool) { b.set(func() { b.isLost = isLost }) }

// Seal seals this node alone.
func (b *Standby) Seal(sealed bool) { b.set(func() { b.sealed = sealed }) }

// Requests is how many requests arrived here, health checks aside.
func (b *Standby) Requests() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.requests
}

func (b *Standby) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

func (b *Standby) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	redirect, isLost, sealed := b.redirect, b.isLost, b.sealed
	if r.URL.Path != healthPath {
		b.requests++
	}
	b.mu.Unlock()
	switch {
	case r.URL.Path == healthPath:
		standbyHealth(w, r, sealed)
	case sealed:
		respond(w, http.StatusServiceUnavailable, failure("Vault is sealed"))
	case isLost:
		respond(w, http.StatusInternalServerError, failure(noLeader))
	case redirect != "":
		w.Header().Set("Location", redirect+r.URL.RequestURI())
		w.WriteHeader(http.StatusTemporaryRedirect)
	default:
		b.active.http.Config.Handler.ServeHTTP(w, r)
	}
}

// standbyHealth answers 429 for a standby, 503 for a sealed one, unless the
// query says otherwise.
func standbyHealth(w http.ResponseWriter, r *http.Request, sealed bool) {
	status, override := http.StatusTooManyRequests, "standbycode"
	if sealed {
		status, override = http.StatusServiceUnavailable, "sealedcode"
	}
	if code, err := strconv.Atoi(r.URL.Query().Get(override)); err == nil {
		status = code
	}
	respond(w, status, map[string]any{"initialized": true, "sealed": sealed, "standby": true, "performance_standby": false, "version": "fake"})
}
