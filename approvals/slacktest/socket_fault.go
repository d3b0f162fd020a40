package slacktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// The reasons of Slack's disconnect messages.
const (
	ReasonWarning      = "warning"           // the connection goes in about ten seconds
	ReasonRefresh      = "refresh_requested" // every few hours
	ReasonLinkDisabled = "link_disabled"     // Socket Mode was switched off
	ReasonTooMany      = "too_many_websockets"
)

// EnvelopeFault is what happens to one envelope.
type EnvelopeFault int

// The faults of envelopes.
const (
	EnvelopeTwice   EnvelopeFault = iota + 1 // it is delivered twice, the second time through any connection
	EnvelopeThenCut                          // the connection breaks once it has been sent
)

// SetSocketMode switches Socket Mode on, which stops delivery over HTTP at
// once, or off, which disconnects everybody with link_disabled.
func (s *Server) SetSocketMode(on bool) error {
	if on && s.cfg.AppToken == "" {
		return errors.New("switch socket mode on: the configuration has no AppToken")
	}
	s.mu.Lock()
	s.socketMode = on
	s.mu.Unlock()
	if !on {
		return s.Disconnect(ReasonLinkDisabled)
	}
	return nil
}

// Disconnect tells every connection to go, and closes it; a warning only
// tells. What the app does next is up to it.
func (s *Server) Disconnect(reason string) error {
	if !slices.Contains([]string{ReasonWarning, ReasonRefresh, ReasonLinkDisabled, ReasonTooMany}, reason) {
		return fmt.Errorf("disconnect: reason %q is unknown; use a Reason constant", reason)
	}
	for _, k := range s.connections() {
		if reason == ReasonWarning {
			_ = k.send(goodbye(reason)) // one that is gone needs no warning
			continue
		}
		s.dismiss(k, reason)
	}
	return nil
}

// dismiss says goodbye and closes.
func (s *Server) dismiss(k *socket, reason string) {
	s.mu.Lock()
	k.leaving = true
	s.mu.Unlock()
	_ = k.send(goodbye(reason)) // one that is gone needs no goodbye
	k.cut()
}

// CutSockets drops every connection without a word, as a broken network does.
func (s *Server) CutSockets() {
	for _, k := range s.connections() {
		k.cut()
	}
}

// FaultNextEnvelope makes the next envelope that finds a connection go wrong.
// Several faults are used up one by one, in order.
func (s *Server) FaultNextEnvelope(f EnvelopeFault) error {
	if f < EnvelopeTwice || f > EnvelopeThenCut {
		return fmt.Errorf("inject envelope fault: %d is unknown; use an Envelope constant", f)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextFaults = append(s.nextFaults, f)
	return nil
}

func (s *Server) connections() []*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sockets)
}

// Connections counts the Socket Mode connections that are open.
func (s *Server) Connections() int { return len(s.connections()) }

// WaitConnections blocks until exactly n connections are open.
func (s *Server) WaitConnections(ctx context.Context, n int) error {
	return wrap(fmt.Sprintf("wait for %d connections", n), s.await(ctx, func() bool { return s.Connections() == n }))
}
