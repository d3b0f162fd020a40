package pull

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/firebreak-project/firebreak/alerts"
)

// handle takes one message and tells the stream what became of it. It returns
// how long to wait where that was not now. A stream that cannot be told sends it
// again.
func (p *Puller) handle(ctx context.Context, m jetstream.Msg) time.Duration {
	at, err := m.Metadata()
	if err != nil {
		p.c.Log.Error("a message says nothing about its place in the stream; it is left there", "source", p.c.Source, "err", err)
		return time.Second
	}
	p.c.Pending(at.NumPending)
	v := p.take(ctx, alerts.Pulled{Header: header(m), Body: m.Data(), At: at.Timestamp,
		From: fmt.Sprintf("%s:%d", at.Stream, at.Sequence.Stream)})
	log := p.c.Log.With("source", p.c.Source, "stream", at.Stream, "seq", at.Sequence.Stream)
	switch {
	case v.Stored:
		err = m.Ack()
	case v.Never:
		log.Warn("a message of the stream can never be taken; it is ended there", "outcome", v.Outcome, "why", v.Detail)
		err = m.TermWithReason(string(v.Outcome))
	default:
		v.Again = max(v.Again, time.Second)
		err = m.NakWithDelay(v.Again)
	}
	if err != nil {
		log.Warn("the stream could not be told what became of a message; it sends it again", "err", err)
	}
	return v.Again
}

// patience is how long a message is held and offered again before the stream gets
// it back: a source at its rate waits a moment for each, and none is sent over and
// over. A batch is through within ackWait all the same.
const patience = 2 * time.Second

// take offers a message until it is stored, can never be, or patience ends.
func (p *Puller) take(ctx context.Context, m alerts.Pulled) alerts.Verdict {
	end := time.Now().Add(patience)
	for {
		v := p.c.Doors.Take(ctx, p.c.Source, m)
		if v.Stored || v.Never || v.Again <= 0 || time.Now().Add(v.Again).After(end) {
			return v
		}
		select {
		case <-ctx.Done():
			return v
		case <-time.After(v.Again):
		}
	}
}

// header is a message's as HTTP's are: names without case, so that one which
// comes in two spellings comes twice.
func header(m jetstream.Msg) http.Header {
	h := http.Header{}
	for name, values := range m.Headers() {
		for _, v := range values {
			h.Add(name, v)
		}
	}
	return h
}
