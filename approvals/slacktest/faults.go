package slacktest

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Effect is how a call goes wrong. The zero value is none and is refused.
type Effect int

// The effects that can be injected.
const (
	EffectStatus    Effect = iota + 1 // answers Fault.Status (default 503)
	EffectReset                       // the connection is reset
	EffectHang                        // no answer until the client gives up
	EffectDelay                       // answers normally after Fault.Delay
	EffectRateLimit                   // 429 with Fault.RetryAfter (default 1 s)
	EffectError                       // "ok": false with Fault.Code
)

// Fault makes calls go wrong. Landed decides what the caller cannot see:
// whether the call had taken effect when its answer was lost.
type Fault struct {
	Method  string // which method; "" is all of them
	Channel string // only calls for this channel; "" is any
	Times   int    // how many calls; 0 is every call until [Server.ClearFaults]
	Effect  Effect
	Landed  bool // the work is done first, and only the answer suffers

	Status     int           // EffectStatus
	Delay      time.Duration // EffectDelay
	RetryAfter time.Duration // EffectRateLimit
	Code       string        // EffectError, e.g. "edit_window_closed"
}

// Inject adds a fault. Faults are tried in the order they were injected and
// the first that matches a call acts on it.
func (s *Server) Inject(f Fault) error {
	switch {
	case f.Effect < EffectStatus || f.Effect > EffectError:
		return fmt.Errorf("inject fault: effect %d is unknown; use an Effect constant", f.Effect)
	case f.Times < 0:
		return errors.New("inject fault: Times is negative")
	case f.Effect == EffectError && f.Code == "":
		return errors.New("inject fault: EffectError needs a Code")
	case f.Effect == EffectDelay && f.Delay <= 0:
		return errors.New("inject fault: EffectDelay needs a Delay")
	case f.Landed && (f.Effect == EffectRateLimit || f.Effect == EffectError):
		return errors.New("inject fault: a call that Slack refuses has not landed; use EffectStatus, EffectReset or EffectHang")
	case f.Effect == EffectStatus && f.Status != 0 && (f.Status < 500 || f.Status > 599):
		return errors.New("inject fault: Status must be a 5xx")
	}
	if _, known := s.methods[f.Method]; f.Method != "" && !known {
		return fmt.Errorf("inject fault: method %q is not served here", f.Method)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
	return nil
}

// ClearFaults ends every fault that is still waiting for calls. Calls that
// hang already stay hung.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault finds the fault for a call and counts it.
func (s *Server) takeFault(name, channel string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if (f.Method != "" && f.Method != name) || (f.Channel != "" && f.Channel != channel) {
			continue
		}
		taken := *f
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
			}
		}
		return &taken
	}
	return nil
}

// misbehave waits as the fault demands and reports whether the call goes on
// as normal afterwards, which only a delay that the client outlived does.
func (s *Server) misbehave(r *http.Request, f *Fault) (goOn bool) {
	switch f.Effect {
	case EffectDelay:
		t := time.NewTimer(f.Delay)
		defer t.Stop()
		select {
		case <-t.C:
			return true
		case <-r.Context().Done():
		case <-s.closed:
		}
	case EffectHang:
		select {
		case <-r.Context().Done():
		case <-s.closed:
		}
	}
	return false
}

// fail ends the call in the way of the fault.
func (f *Fault) fail(w http.ResponseWriter) {
	switch f.Effect {
	case EffectStatus:
		// Slack's proxies answer with a page, not with JSON.
		http.Error(w, "upstream error", cmp.Or(f.Status, http.StatusServiceUnavailable))
	case EffectRateLimit:
		w.Header().Set("Retry-After", strconv.Itoa(wholeSeconds(f.RetryAfter)))
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"ok":false,"error":"ratelimited"}`))
	case EffectError:
		answerOf(nil, refuse(f.Code)).write(w)
	default:
		reset(w)
	}
}

// reset drops the connection with a TCP reset where it can, so that the
// client sees what a crashed peer looks like.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the documented way to drop a connection
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // best effort: without it the peer sees EOF
	}
	_ = conn.Close()
}

// name is what the recorder writes, for example "reset (landed)".
func (f *Fault) name() string {
	names := []string{"", "status", "reset", "hang", "delay", "rate limit", "error " + f.Code}
	switch {
	case f.Effect == EffectDelay:
		return "delay"
	case f.Landed:
		return names[f.Effect] + " (landed)"
	}
	return names[f.Effect] + " (lost)"
}
