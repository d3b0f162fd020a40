package slacktest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// What Slack shows the person when an interaction fails. The wording is ours.
const (
	noticeTimeout = "This app did not answer in time. Nothing may have been recorded."
	noticeFailed  = "This app answered with an error. Nothing may have been recorded."
	noticeTrouble = "We had trouble with the answer of this app. Try again."
)

// The two transports of deliveries.
const (
	OverHTTP   = "http"
	OverSocket = "socket"
)

// Delivery is one interaction, command or event as it went to the app, and
// what came back. One that was not acknowledged is lost: Slack sends only
// events again, and the person sees Notice.
type Delivery struct {
	Seq     int
	Kind    string // block_actions, view_submission, view_closed, slash_command, event
	User    string
	Channel string // "" from a modal
	TS      string
	ViewID  string
	Action  string // action id, command or type of event

	Transport   string      // OverHTTP or OverSocket
	Envelope    string      // interactive, slash_commands or events_api
	EnvelopeID  string      // over Socket Mode
	EventID     string      // the same for every try of an event
	Retry       int         // 0 for the first try of an event
	RetryReason string      // why it is tried again
	URL         string      // over HTTP, as the next two
	Header      http.Header // signature and timestamp as sent
	Body        []byte      // exactly as sent
	Payload     json.RawMessage
	TriggerID   string
	ResponseURL string

	Sent   bool
	At     time.Time
	Took   time.Duration
	Acked  bool // HTTP 200, or the envelope's id, within the ack limit
	Status int  // 0 when there was no answer in time, and over Socket Mode
	Reply  []byte
	Notice string // what the person is told; "" when all went well

	// ReplyDropped says that the answer over Socket Mode was larger than Slack
	// takes. Slack tells nobody.
	ReplyDropped bool

	ResponseAction string            // of a view_submission's answer
	FieldErrors    map[string]string // block id -> text, shown at the inputs

	noRetry bool // the app asked that an event not be sent again
}

// transmit sends a delivery and waits as long as Slack waits. It is the one
// way out of the fake. The lock must not be held: the app calls back.
func (s *Server) transmit(ctx context.Context, d Delivery) (Delivery, error) {
	d.At = s.cfg.Now()
	began := time.Now() // monotonic: the 3 s rule is about real time
	send := s.overHTTP
	if d.Transport == OverSocket {
		send = s.overSocket
	}
	d, err := send(ctx, d)
	d.Took = time.Since(began)
	if ctx.Err() != nil {
		return d, ctx.Err()
	}
	return d, err
}

// overHTTP POSTs a delivery.
func (s *Server) overHTTP(ctx context.Context, d Delivery) (Delivery, error) {
	limited, cancel := context.WithTimeout(ctx, s.cfg.AckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodPost, d.URL, bytes.NewReader(d.Body))
	if err != nil {
		return d, err
	}
	for name, values := range d.Header {
		req.Header[name] = slices.Clone(values)
	}
	d.Sent = true
	var header http.Header
	d.Status, header, d.Reply, err = s.exchange(req)
	d.noRetry = header.Get(noRetryHeader) == "1"
	switch {
	case err != nil && errors.Is(limited.Err(), context.DeadlineExceeded):
		d.Status, d.Reply, d.Notice = 0, nil, noticeTimeout
	case err != nil, d.Status != http.StatusOK && (d.Kind != "event" || d.Status/100 != 2):
		d.Notice = noticeFailed
	default:
		d.Acked = true
	}
	return d, nil
}

func (s *Server) exchange(req *http.Request) (int, http.Header, []byte, error) {
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read to the end below
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	return resp.StatusCode, resp.Header, body, err
}

// remember numbers and records a delivery. The caller holds mu.
func (s *Server) remember(d Delivery) Delivery {
	s.deliverySeq++
	d.Seq = s.deliverySeq
	s.deliveries = append(s.deliveries, d)
	if len(s.deliveries) > keep {
		s.deliveries = slices.Delete(s.deliveries, 0, len(s.deliveries)-keep)
	}
	s.cfg.Logger.Debug("slack delivery", "kind", d.Kind, "user", d.User, "acked", d.Acked, "status", d.Status)
	s.touch()
	return d
}

// Unacked are the deliveries that the app did not acknowledge in time, in
// order of completion.
func (s *Server) Unacked() []Delivery {
	return slices.DeleteFunc(s.Deliveries(), func(d Delivery) bool { return d.Acked })
}

// Replay sends the very same request again: same body, same headers, same
// signature, over Socket Mode the same envelope. Within five minutes its
// signature is still good. What the app answers has no effect here.
func (s *Server) Replay(ctx context.Context, d Delivery) (Delivery, error) {
	if !d.Sent {
		return d, errors.New("replay delivery: it was never sent")
	}
	again := d
	again.Acked, again.Status, again.Reply, again.Notice = false, 0, nil, ""
	again, err := s.transmit(ctx, again)
	if err != nil {
		return again, fmt.Errorf("replay delivery: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remember(again), nil
}
