package alerts

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// Doors are the ways in, one per source. They are safe for concurrent use.
type Doors struct {
	c         Config
	mux       *http.ServeMux
	doors     map[string]*door
	slots     *pool // deliveries that are handled, by source
	bytes     *pool // of bodies whose proof held, by source
	strangers *pool // of bodies whose proof is still to come, by address
}

// door is one source's way in.
type door struct {
	source Source
	kind   trade
	bucket *bucket
	quota  *bucket
}

// The shares: one source may have a quarter of everything, and has its floor
// whatever the others do.
const (
	quarter    = 4
	slotFloor  = 4
	byStranger = 16 // the part of the strangers' pool that one address may have
	dayBytes   = 1 << 30
)

// Handler answers POST /v1/alerts/{source}, and Take for what comes another
// way. It fails on a config that would take orders from anybody.
func Handler(c Config) (*Doors, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	h := &Doors{c: c, mux: http.NewServeMux(), doors: map[string]*door{},
		slots:     newPool(int64(c.MaxConcurrent), max(1, int64(c.MaxConcurrent)/quarter), slotFloor),
		bytes:     newPool(c.MaxBytes, c.MaxBytes/quarter, c.MaxBody+chunk),
		strangers: newPool(c.MaxBytes/2, c.MaxBytes/2/byStranger, 0)}
	for _, s := range c.Sources {
		own, _ := kinds[s.Kind].bind(s) // it was checked
		s.Window = cmp.Or(s.Window, own.window)
		h.doors[s.Name] = &door{source: s, kind: own, bucket: newBucket(s.Rate, s.Burst, c.Now()),
			quota: dayOf(cmp.Or(s.Quota, dayBytes), c.Now())}
	}
	h.mux.HandleFunc("POST /v1/alerts/{source}", h.post)
	h.mux.HandleFunc("GET /v1/alerts/{source}", h.probe)
	h.mux.HandleFunc("GET /v1/alerts/schema", schema)
	return h, nil
}

// ServeHTTP implements http.Handler.
func (h *Doors) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// receipt is what a sender gets for one alert.
type receipt struct {
	Receipt   uint64 `json:"receipt"`
	ID        string `json:"id"`
	Duplicate bool   `json:"duplicate,omitempty"`
	Inert     string `json:"inert,omitempty"`
}

// post takes one delivery and answers it.
func (h *Doors) post(w http.ResponseWriter, r *http.Request) {
	from := callerOf(r, h.c.Proxies)
	d := h.doors[r.PathValue("source")]
	if d == nil {
		unknown := refusal{UnknownSource, http.StatusNotFound, "no such source is configured; check the last part of the URL", 0}
		h.note(Refusal{From: from.at.String()}, unknown)
		answer(w, unknown)
		return
	}
	receipts, sum, err := h.deliver(d, w, r, from)
	if err != nil {
		refused := h.asRefusal(d.source.Name, err)
		h.note(Refusal{Source: d.source.Name, From: from.at.String(), Body: sum}, refused)
		answer(w, refused)
		return
	}
	d.kind.answers.write(w, receipts)
}

// deliver reads a delivery, authenticates it, decodes it and stores it, in this
// order. Until its proof holds it takes nothing that others of its source need.
// sum is of the body, where one was read that is not taken.
func (h *Doors) deliver(d *door, w http.ResponseWriter, r *http.Request, from caller) (receipts []receipt, sum string, err error) {
	if err := d.admit(from); err != nil {
		return nil, "", err
	}
	b, err := h.read(d, w, r, from)
	defer b.free()
	if err != nil {
		return nil, "", err
	}
	in := delivery{source: d.source, header: r.Header, body: b.body, now: h.c.Now(), peers: from.names}
	if err := d.kind.prove(in); err != nil {
		return nil, digest(b.body), err
	}
	if !b.move(h.bytes, d.source.Name) {
		return nil, "", refusal{Busy, d.kind.answers.retry(), "this source has too much on its way; send it again", time.Second}
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.c.Timeout)
	defer cancel()
	receipts, err = h.take(ctx, d, in)
	if err != nil {
		sum = digest(b.body)
	}
	return receipts, sum, err
}

// take decodes and stores a delivery whose proof holds. Limits come first, but
// after the proof: a stranger must not be able to use up what a source has.
func (h *Doors) take(ctx context.Context, d *door, in delivery) ([]receipt, error) {
	name := d.source.Name
	if !h.slots.takeUpTo(name, 1, cmp.Or(int64(d.source.Concurrent), h.slots.share)) {
		return nil, refusal{Busy, d.kind.answers.retry(), "too many messages of this source are being handled; send it again", time.Second}
	}
	defer h.slots.give(name, 1)
	if wait, ok := d.quota.look(h.c.Now()); !ok {
		return nil, refusal{OverQuota, d.kind.answers.retry(), "what may be stored of this source in a day is used up; send it again later", wait}
	}
	if wait, ok := d.bucket.take(h.c.Now()); !ok {
		return nil, refusal{RateLimited, d.kind.answers.retry(), "this source sends faster than its limit; send it again later", wait}
	}
	in.names = h.c.Present()
	messages, err := d.kind.decode(in)
	if err != nil && d.kind.answers.refuses && !d.source.Pulled { // nobody reads an answer to what was fetched
		return nil, malformed(err)
	}
	if err != nil {
		h.c.Log.Warn("an authentic message cannot be understood; it is kept and opens nothing", "source", name, "err", err)
		messages = kept(in, in.body, err)
	}
	h.heed(d.source.Name, messages)
	d.bucket.owe(len(messages) - 1)
	late(in, messages)
	return h.store(ctx, d, in.header, messages, in.body)
}

// note counts a refusal, and tells of it where it is about what came: those for
// now alone are repeated and say nothing new.
func (h *Doors) note(what Refusal, r refusal) {
	h.c.Count(what.Source, r.outcome)
	if r.retry > 0 {
		return
	}
	what.Outcome, what.Detail = r.outcome, r.detail
	h.c.Refused(what)
}

func digest(body []byte) string { return fmt.Sprintf("%x", sha256.Sum256(body)) }

// bodyHeader names the delivery that an alert was one of several of. It is ours
// and no sender's.
const bodyHeader = "Body-SHA256"

// record is what an alert takes beside its bytes, for the quota: typed fields,
// hashes, claims.
const record = 1 << 10

// store makes every alert of a delivery durable, one after the other. When one
// fails the sender sees an error and sends the whole delivery again; those that
// are there already are then duplicates, so repeating is harmless.
func (h *Doors) store(ctx context.Context, d *door, header http.Header, messages []message, body []byte) ([]receipt, error) {
	headers := map[string]string{}
	for _, name := range d.kind.evidence() {
		if v := header.Get(name); v != "" {
			headers[name] = v
		}
	}
	if len(messages) > 1 {
		headers[bodyHeader] = digest(body)
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
		if !duplicate {
			kept = true
			d.quota.owe(len(raw) + record)
		}
		receipts = append(receipts, receipt{Receipt: seq, ID: m.alert.ID, Duplicate: duplicate, Inert: m.inert})
		h.c.Count(d.source.Name, outcome(m, duplicate))
	}
	return receipts, nil
}

func outcome(m message, duplicate bool) Outcome {
	switch {
	case m.inert == incident.InertLate, m.inert == incident.InertEarly:
		return Stale // also one that is there already: whoever replays it is no sign of life
	case duplicate:
		return Duplicate
	case strings.HasPrefix(m.inert, malformedPrefix):
		return Unreadable
	case m.inert != "":
		return Inert
	}
	return Accepted
}
