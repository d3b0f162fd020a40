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

// Delivery is one interaction as it went to the app, and what came back. A
// delivery that was not acknowledged is lost: Slack does not retry it, and
// the person sees Notice.
type Delivery struct {
	Seq     int
	Kind    string // block_actions, view_submission, view_closed
	User    string
	Channel string // "" from a modal
	TS      string
	ViewID  string
	Action  string // action id

	URL         string
	Header      http.Header // signature and timestamp as sent
	Body        []byte      // exactly as sent
	Payload     json.RawMessage
	TriggerID   string
	ResponseURL string

	Sent   bool
	At     time.Time
	Took   time.Duration
	Acked  bool // HTTP 200 within the ack limit
	Status int  // 0 when there was no answer in time
	Reply  []byte
	Notice string // what the person is told; "" when all went well

	ResponseAction string            // of a view_submission's answer
	FieldErrors    map[string]string // block id -> text, shown at the inputs
}

// transmit POSTs a delivery and waits as long as Slack waits. It is the one
// way out of the fake. The lock must not be held: the app calls back.
func (s *Server) transmit(ctx context.Context, d Delivery) (Delivery, error) {
	limited, cancel := context.WithTimeout(ctx, s.cfg.AckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodPost, d.URL, bytes.NewReader(d.Body))
	if err != nil {
		return d, fmt.Errorf("deliver interaction: %w", err)
	}
	for name, values := range d.Header {
		req.Header[name] = slices.Clone(values)
	}
	d.At, d.Sent = s.cfg.Now(), true
	began := time.Now() // monotonic: the 3 s rule is about real time
	d.Status, d.Reply, err = s.exchange(req)
	d.Took = time.Since(began)
	if ctx.Err() != nil {
		return d, fmt.Errorf("deliver interaction: %w", ctx.Err())
	}
	switch {
	case err != nil && errors.Is(limited.Err(), context.DeadlineExceeded):
		d.Status, d.Reply, d.Notice = 0, nil, noticeTimeout
	case err != nil, d.Status != http.StatusOK:
		d.Notice = noticeFailed
	default:
		d.Acked = true
	}
	return d, nil
}

func (s *Server) exchange(req *http.Request) (int, []byte, error) {
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read to the end below
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	return resp.StatusCode, body, err
}

// remember numbers and records a delivery. The caller holds mu.
func (s *Server) remember(d Delivery) Delivery {
	s.deliverySeq++
	d.Seq = s.deliverySeq
	s.deliveries = append(s.deliveries, d)
	if len(s.deliveries) > keep {
		s.deliveries = slices.Delete(s.deliveries, 0, len(s.deliveries)-keep)
	}
	s.cfg.Logger.Debug("slack interaction", "kind", d.Kind, "user", d.User, "acked", d.Acked, "status", d.Status)
	s.touch()
	return d
}

// Replay sends the very same request again: same body, same headers, same
// signature. Within five minutes its signature is still good.
func (s *Server) Replay(ctx context.Context, d Delivery) (Delivery, error) {
	if !d.Sent {
		return d, errors.New("replay delivery: it was never sent")
	}
	again := d
	again.Acked, again.Status, again.Reply, again.Notice = false, 0, nil, ""
	again, err := s.transmit(ctx, again)
	if err != nil {
		return again, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remember(again), nil
}
