package alerts

import (
	"context"
	"net/http"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// lateAfter is how long a message may have waited in a stream and still be an
// order to act. Older ones are kept for people to read.
const lateAfter = time.Hour

// Pulled is a delivery that was fetched. Its proof is in the same headers as if
// it had been posted.
type Pulled struct {
	Header http.Header
	Body   []byte
	// At is when the stream took it, by the stream's clock: what is fresh is
	// judged by it, because a message may wait while we are away.
	At time.Time
	// From says where it was, for people: stream and number.
	From string
}

// Verdict is what became of a delivery that was fetched.
type Verdict struct {
	Outcome Outcome
	Detail  string
	// Stored: every alert of it is durable, now or from before. It may be
	// forgotten there.
	Stored bool
	// Never: it can never be taken, and somebody was told.
	Never bool
	// Again is how long to wait, where it is neither, before it is tried once more.
	Again time.Duration
}

// Take takes one delivery that was fetched for a source, which must be
// configured as Pulled. It checks, limits and stores as for one that was posted.
func (h *Doors) Take(ctx context.Context, source string, p Pulled) Verdict {
	d := h.doors[source]
	if d == nil || !d.source.Pulled {
		return h.verdict(source, p, refusal{UnknownSource, http.StatusNotFound, "no such source is configured to be pulled", 0})
	}
	if int64(len(p.Body)) > h.c.MaxBody {
		return h.verdict(source, p, h.tooLarge())
	}
	now := h.c.Now()
	in := delivery{source: d.source, header: p.Header, body: p.Body, now: p.At}
	if p.At.After(now) {
		in.now = now // its clock is ahead
	}
	in.late = now.Sub(in.now) > lateAfter
	if err := d.kind.prove(in); err != nil {
		return h.verdict(source, p, err)
	}
	ctx, cancel := context.WithTimeout(ctx, h.c.Timeout)
	defer cancel()
	receipts, err := h.take(ctx, d, in)
	if err != nil {
		return h.verdict(source, p, err)
	}
	v := Verdict{Outcome: Duplicate, Stored: true}
	for _, r := range receipts {
		switch {
		case !r.Duplicate && r.Inert == "":
			v.Outcome = Accepted
		case !r.Duplicate && v.Outcome == Duplicate:
			v.Outcome = Inert
		}
	}
	return v
}

func (h *Doors) verdict(source string, p Pulled, err error) Verdict {
	r := h.asRefusal(source, err)
	h.note(Refusal{Source: source, From: p.From, Body: digest(p.Body)}, r)
	return Verdict{Outcome: r.outcome, Detail: r.detail, Never: r.retry == 0, Again: r.retry}
}

// late marks what waited too long in a stream. What was no order before stays
// what it was. It does not take the id of the same alert in time, which its
// sender may publish anew.
func late(in delivery, messages []message) {
	for i := range messages {
		if in.late && messages[i].inert == "" {
			messages[i].inert = incident.InertLate
			messages[i].alert.ID += lateID
		}
	}
}
