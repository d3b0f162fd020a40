package slacktest

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// pending is an envelope that waits for its ack. An ack counts on a
// connection that carried the envelope and on no other; whether Slack is as
// strict is unconfirmed, and an app that relies on the contrary loses clicks.
type pending struct {
	ack  chan json.RawMessage
	from map[*socket]bool
}

// overSocket sends a delivery through one connection and waits for the ack.
func (s *Server) overSocket(ctx context.Context, d Delivery) (Delivery, error) {
	if d.EnvelopeID == "" {
		d.EnvelopeID = uuid.NewString()
	}
	accepts := d.Kind == "view_submission" || d.Kind == "slash_command"
	envelope := map[string]any{
		"envelope_id": d.EnvelopeID, "type": d.Envelope, "payload": d.Payload, "accepts_response_payload": accepts,
	}
	if d.Kind == "event" {
		envelope["retry_attempt"], envelope["retry_reason"] = d.Retry, d.RetryReason
	}
	to, fault, p := s.expect(d.EnvelopeID)
	defer s.unexpect(d.EnvelopeID, p)
	for _, k := range to {
		d.Sent = k.send(envelope) == nil || d.Sent
	}
	if fault == EnvelopeThenCut {
		to[0].cut()
	}
	if !d.Sent {
		d.Notice = noticeFailed // nobody is connected, or nobody any more
		return d, nil
	}
	timer := time.NewTimer(s.cfg.AckTimeout)
	defer timer.Stop()
	select {
	case payload := <-p.ack:
		d.Acked = true
		d.Reply, d.ReplyDropped = takeAnswer(payload, accepts)
	case <-timer.C:
		d.Notice = noticeTimeout
	case <-s.closed:
		d.Notice = noticeFailed
	case <-ctx.Done():
		return d, ctx.Err()
	}
	return d, nil
}

// takeAnswer keeps what Slack keeps of the answer in an ack.
func takeAnswer(payload json.RawMessage, accepts bool) (reply []byte, dropped bool) {
	payload = bytes.TrimSpace(payload)
	switch {
	case !accepts || string(payload) == "null":
		return nil, false
	case len(payload) > maxSocketAnswer:
		return nil, true
	}
	return payload, false
}

// expect chooses who carries an envelope and opens the books for its ack.
func (s *Server) expect(id string) ([]*socket, EnvelopeFault, *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &pending{ack: make(chan json.RawMessage, 1), from: map[*socket]bool{}}
	s.pending[id] = p
	var to []*socket
	if k := s.anySocket(); k != nil {
		to = append(to, k)
	}
	var fault EnvelopeFault
	if len(to) > 0 && len(s.nextFaults) > 0 {
		fault, s.nextFaults = s.nextFaults[0], s.nextFaults[1:]
	}
	if fault == EnvelopeTwice {
		to = append(to, s.anySocket())
	}
	for _, k := range to {
		p.from[k] = true
	}
	return to, fault, p
}

// unexpect closes the books: a later ack is for nothing.
func (s *Server) unexpect(id string, p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending[id] == p {
		delete(s.pending, id)
	}
}

// acked passes an ack on to whoever waits for it. The first one counts.
func (s *Server) acked(k *socket, id string, payload json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pending[id]
	if p == nil || !p.from[k] {
		return
	}
	select {
	case p.ack <- payload:
	default:
	}
}
