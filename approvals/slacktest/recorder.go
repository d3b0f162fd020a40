package slacktest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// keep is how many calls and deliveries are remembered; older ones are
// dropped so that a long-running demo does not grow for ever.
const keep = 10000

// Call is one Web API call, in the order in which Slack saw them.
type Call struct {
	Seq    int
	At     time.Time
	Method string
	Args   map[string]string // without the token
	Done   bool              // it took effect, whatever the client was told
	Status int               // as answered or, with a fault, as it would have been; 0 if never run
	Error  string            // Slack's error code, "" for ok
	Fault  string            // what was injected, for example "reset (landed)"
}

// record remembers a call. The caller holds mu.
func (s *Server) record(name string, a *args, out answer, f *Fault) {
	s.callSeq++
	c := Call{
		Seq: s.callSeq, At: s.cfg.Now(), Method: name, Args: maps.Clone(a.values),
		Done: out.status == 200 && out.code == "", Status: out.status, Error: out.code,
	}
	if f != nil {
		c.Fault = f.name()
	}
	s.calls = append(s.calls, c)
	if len(s.calls) > keep {
		s.calls = slices.Delete(s.calls, 0, len(s.calls)-keep)
	}
	s.cfg.Logger.Debug("slack api call", "method", name, "error", out.code, "fault", c.Fault)
	s.touch()
}

// Calls are the recorded calls of one method, or all with "".
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			c.Args = maps.Clone(c.Args)
			out = append(out, c)
		}
	}
	return out
}

// Deliveries are the interactions sent to the app, in order of completion.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deliveries)
}

// WaitMessage blocks until a live message of the channel satisfies ok, and
// returns it. It sleeps until something changes; ctx bounds the wait.
func (s *Server) WaitMessage(ctx context.Context, channel string, ok func(Message) bool) (Message, error) {
	var found Message
	err := s.await(ctx, func() bool {
		for _, m := range s.Messages(channel) {
			if ok(m) {
				found = m
				return true
			}
		}
		return false
	})
	return found, wrap("wait for a message in "+channel, err)
}

// WaitCall blocks until a recorded call of the method satisfies ok.
func (s *Server) WaitCall(ctx context.Context, method string, ok func(Call) bool) (Call, error) {
	var found Call
	err := s.await(ctx, func() bool {
		i := -1
		calls := s.Calls(method)
		if i = slices.IndexFunc(calls, ok); i >= 0 {
			found = calls[i]
		}
		return i >= 0
	})
	return found, wrap("wait for a call of "+method, err)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Overruns are the calls that were answered 429 because the app went over
// Slack's rates, in order. Injected ones are not among them: those are no
// fault of the app's.
func (s *Server) Overruns() []Call {
	var out []Call
	for _, c := range s.Calls("") {
		if c.Status == http.StatusTooManyRequests && c.Fault == "" {
			out = append(out, c)
		}
	}
	return out
}
