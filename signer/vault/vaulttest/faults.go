package vaulttest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"
)

// Faults are the switches of a Server. Each counts down over the requests that
// follow; health checks are exempt, as quotas are in Vault. The zero state is a
// server without faults.
type Faults struct {
	mu         sync.Mutex
	pass       int
	lose       int
	drop       int
	limit      int
	limitAfter string
	fail       int
	failStatus int
	failBody   string
	delay      time.Duration
	sealed     bool
	noWrites   bool
	seen       int
}

func newFaults() *Faults { return &Faults{} }

// Pass lets the next n requests through before any other fault begins.
func (f *Faults) Pass(n int) { f.set(func() { f.pass = n }) }

// Lose cuts the next n requests off before they are handled: failed and lost.
func (f *Faults) Lose(n int) { f.set(func() { f.lose = n }) }

// Drop handles the next n requests and cuts the connection instead of
// answering: failed but landed.
func (f *Faults) Drop(n int) { f.set(func() { f.drop = n }) }

// Limit answers the next n requests with 429 and Retry-After in seconds, as
// Vault's rate limit quotas do.
func (f *Faults) Limit(n int, after time.Duration) {
	f.set(func() { f.limit, f.limitAfter = n, strconv.Itoa(int(after.Seconds())) })
}

// LimitUntil is Limit with Retry-After as a date, as a gateway may send it.
func (f *Faults) LimitUntil(n int, at time.Time) {
	f.set(func() { f.limit, f.limitAfter = n, at.UTC().Format(http.TimeFormat) })
}

// Fail answers the next n requests with a status, unhandled, in Vault's words
// where Vault is who sends it.
func (f *Faults) Fail(n, status int) { f.FailWith(n, status, bodyOf(status)) }

// FailWith answers the next n requests with a status and a body, unhandled.
func (f *Faults) FailWith(n, status int, body string) {
	f.set(func() { f.fail, f.failStatus, f.failBody = n, status, body })
}

// NoLeader answers the next n requests as a standby does in an election.
func (f *Faults) NoLeader(n int) {
	f.FailWith(n, http.StatusInternalServerError, string(encode(failure(noLeader))))
}

const noLeader = "local node not active but active cluster node not found"

// bodyOf is what Vault says with a status; a gateway says it in HTML.
func bodyOf(status int) string {
	words := map[int]string{
		http.StatusInternalServerError: "internal error",
		http.StatusServiceUnavailable:  "Vault is sealed",
		http.StatusPreconditionFailed:  "required index state not present",
		http.StatusForbidden:           "permission denied",
	}
	switch text, isVault := words[status]; {
	case isVault:
		return string(encode(failure(text)))
	case status >= 500:
		return "<html><body>" + http.StatusText(status) + "</body></html>"
	}
	return string(encode(failure("")))
}

// Delay holds every reply back after it was handled. Zero stops it.
func (f *Faults) Delay(d time.Duration) { f.set(func() { f.delay = d }) }

// Seal seals or unseals the server.
func (f *Faults) Seal(sealed bool) { f.set(func() { f.sealed = sealed }) }

// FailWrites makes the engine's storage refuse every write.
func (f *Faults) FailWrites(fail bool) { f.set(func() { f.noWrites = fail }) }

// Requests is how many requests arrived, health checks aside.
func (f *Faults) Requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen
}

func (f *Faults) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *Faults) writesFail() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.noWrites
}

func (f *Faults) isSealed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sealed
}

// fate is what happens to one request.
type fate struct {
	lose, drop bool
	status     int
	body       string
	after      string
	delay      time.Duration
}

func (f *Faults) next() fate {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen++
	out := fate{delay: f.delay}
	switch {
	case f.pass > 0:
		f.pass--
	case f.lose > 0:
		f.lose--
		out.lose = true
	case f.limit > 0:
		f.limit--
		out.status, out.after = http.StatusTooManyRequests, f.limitAfter
		out.body = string(encode(failure("request path \"eth/\": rate limit quota exceeded")))
	case f.fail > 0:
		f.fail--
		out.status, out.body = f.failStatus, f.failBody
	case f.drop > 0:
		f.drop--
		out.drop = true
	}
	return out
}

// wrap puts the faults of the network in front of a handler.
func (f *Faults) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == healthPath {
			next.ServeHTTP(w, r)
			return
		}
		fate := f.next()
		switch {
		case fate.lose:
			panic(http.ErrAbortHandler) // cuts the connection, unhandled
		case fate.status != 0:
			if fate.after != "" {
				w.Header().Set("Retry-After", fate.after)
			}
			w.WriteHeader(fate.status)
			_, _ = io.WriteString(w, fate.body) // the client may be gone
			return
		}
		recorder := httptest.NewRecorder()
		next.ServeHTTP(recorder, r)
		if !wait(r, fate.delay) || fate.drop {
			panic(http.ErrAbortHandler) // cuts the connection, handled
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes()) // the client may be gone
	})
}

// wait returns false when the client left before the delay was over.
func wait(r *http.Request, delay time.Duration) bool {
	if delay == 0 {
		return true
	}
	select {
	case <-r.Context().Done():
		return false
	case <-time.After(delay):
		return true
	}
}
