package alerts

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Handler answers POST /v1/alerts/{source}. It fails on a config that would
// take orders from anybody.
func Handler(c Config) (http.Handler, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	h := &handler{c: c, slots: make(chan struct{}, c.MaxConcurrent), doors: map[string]*door{}}
	for _, s := range c.Sources {
		own, _ := kinds[s.Kind].bind(s) // it was checked
		h.doors[s.Name] = &door{source: s, kind: own, bucket: newBucket(s.Rate, s.Burst, c.Now())}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/alerts/{source}", h.post)
	mux.HandleFunc("GET /v1/alerts/{source}", h.probe)
	mux.HandleFunc("GET /v1/alerts/schema", schema)
	return mux, nil
}

type handler struct {
	c     Config
	slots chan struct{}
	doors map[string]*door
}

// door is one source's way in.
type door struct {
	source Source
	kind   trade
	bucket *bucket
}

// receipt is what a sender gets for one alert.
type receipt struct {
	Receipt   uint64 `json:"receipt"`
	ID        string `json:"id"`
	Duplicate bool   `json:"duplicate,omitempty"`
	Inert     string `json:"inert,omitempty"`
}

// post takes one delivery: authenticate, decode, store, answer, in this order.
func (h *handler) post(w http.ResponseWriter, r *http.Request) {
	d := h.doors[r.PathValue("source")]
	if d == nil {
		h.refuse(w, "", refusal{UnknownSource, http.StatusNotFound, "no such source is configured; check the last part of the URL", 0})
		return
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		h.refuse(w, d.source.Name, refusal{RateLimited, http.StatusServiceUnavailable, "too many requests are being handled; send it again", time.Second})
		return
	}
	messages, body, err := h.open(d, w, r)
	if err != nil {
		h.fail(w, d.source.Name, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.c.Timeout)
	defer cancel()
	receipts, err := h.store(ctx, d, r.Header, messages, body)
	if err != nil {
		h.fail(w, d.source.Name, err)
		return
	}
	d.kind.answers.write(w, receipts)
}

// open returns the messages of a delivery whose proof holds.
func (h *handler) open(d *door, w http.ResponseWriter, r *http.Request) ([]message, []byte, error) {
	if err := d.kind.answers.form(r); err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.c.MaxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, nil, refusal{TooLarge, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", h.c.MaxBody), 0}
	}
	if err != nil {
		return nil, nil, refusal{Malformed, http.StatusBadRequest, "the body could not be read to its end", 0}
	}
	in := delivery{source: d.source, header: r.Header, body: body, now: h.c.Now()}
	if err := d.kind.prove(in); err != nil {
		return nil, nil, err
	}
	// Only now: a stranger must not be able to use up a source's rate.
	if wait, ok := d.bucket.take(h.c.Now()); !ok {
		return nil, nil, refusal{RateLimited, d.kind.answers.retry(), "this source sends faster than its limit; send it again later", wait}
	}
	in.names = h.c.Present()
	messages, err := d.kind.decode(in)
	if err != nil && d.kind.answers.refuses {
		return nil, nil, malformed(err)
	}
	if err != nil {
		h.c.Log.Warn("an authentic message cannot be understood; it is kept and opens nothing", "source", d.source.Name, "err", err)
		messages = kept(in, body, err)
	}
	h.heed(d.source.Name, messages)
	d.bucket.owe(len(messages) - 1)
	return messages, body, nil
}

// bodyHeader names the delivery that an alert was one of several of. It is ours
// and no sender's.
const bodyHeader = "Body-SHA256"

// store makes every alert of a delivery durable, one after the other. When one
// fails the sender sees an error and sends the whole delivery again; those that
// are there already are then duplicates, so repeating is harmless.
func (h *handler) store(ctx context.Context, d *door, header http.Header, messages []message, body []byte) ([]receipt, error) {
	headers := map[string]string{}
	for _, name := range d.kind.evidence() {
		if v := header.Get(name); v != "" {
			headers[name] = v
		}
	}
	if len(messages) > 1 {
		headers[bodyHeader] = fmt.Sprintf("%x", sha256.Sum256(body))
	}
	receipts := []receipt{}
	kept := false
	for _, m := range messages {
		raw := body
		if kept && m.part != nil {
			raw = m.part
		}
		seq, duplicate, err := h.c.Inbox.Receive(ctx, incident.Received{Alert: m.alert, Raw: raw, Headers: headers, Inert: m.inert})
		if err != nil {
			h.c.Log.Error("an alert could not be stored; its sender is asked to send it again", "source", d.source.Name, "err", err)
			return nil, refusal{Unavailable, http.StatusServiceUnavailable, "the alert could not be stored; send it again", time.Second}
		}
		kept = kept || !duplicate
		receipts = append(receipts, receipt{Receipt: seq, ID: m.alert.ID, Duplicate: duplicate, Inert: m.inert})
		h.c.Count(d.source.Name, outcome(m, duplicate))
	}
	return receipts, nil
}

func outcome(m message, duplicate bool) Outcome {
	switch {
	case duplicate:
		return Duplicate
	case strings.HasPrefix(m.inert, malformedPrefix):
		return Malformed
	case m.inert == incident.InertLate, m.inert == incident.InertEarly:
		return Stale
	case m.inert != "":
		return Inert
	}
	return Accepted
}
