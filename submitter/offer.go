package submitter

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/firebreak-project/firebreak/incident"
)

// stagger is how long an endpoint's next transaction waits for the answer to
// the one before: long enough that a plan's calls arrive in nonce order, short
// enough that an endpoint which hangs delays them by nothing.
const stagger = 25 * time.Millisecond

// answer is what one endpoint said to one broadcast.
type answer struct {
	incident.Outcome
	class Class
	kind  Kind
	raw   string // as it came; never leaves this process
	took  time.Duration
	blind bool // of an endpoint that cannot be asked whether it has it
}

// parcel is a bid on its way to every endpoint. It has room for all answers,
// so nobody who sends waits for somebody who reads.
type parcel struct {
	job     job
	bid     bid
	to      []*node
	answers chan answer
}

func newParcel(j job, b bid, to []*node) parcel {
	return parcel{job: j, bid: b, to: to, answers: make(chan answer, len(to))}
}

// dispatch sends parcels of one lane, in order, to every endpoint at once and
// returns immediately. The sends outlive ctx: a caller that gives up never
// stops bytes that are on disk. Each ends by its own timeouts.
func (s *Submitter) dispatch(ctx context.Context, parcels []parcel) {
	ctx = context.WithoutCancel(ctx)
	for _, p := range parcels {
		p.job.intent.offering(s.o.Now())
	}
	for _, e := range parcels[0].to {
		s.offers.Go(func() {
			for i, p := range parcels {
				sent := make(chan struct{})
				s.offers.Go(func() {
					defer close(sent)
					s.deliver(ctx, e, p)
				})
				if i == len(parcels)-1 {
					return
				}
				wait := time.NewTimer(stagger)
				select {
				case <-sent:
				case <-wait.C:
				}
				wait.Stop()
			}
		})
	}
}

// deliver offers one bid to one endpoint and takes down what it said.
func (s *Submitter) deliver(ctx context.Context, e *node, p parcel) {
	began := s.o.Now()
	b, any := p.bidFor(e)
	a := withheld(e)
	if any {
		a = p.job.net.send(ctx, e, b)
		a.took = s.o.Now().Sub(began)
		p.job.intent.note(b, a)
		s.report(p, a)
	}
	if any && b.attempt != p.bid.attempt {
		a = withheld(e)
	}
	p.answers <- a
}

func (s *Submitter) report(p parcel, a answer) {
	event := Event{What: Answered, ChainID: p.job.net.ID, Endpoint: a.Endpoint, Class: a.class, Kind: a.kind,
		Nonce: p.bid.nonce, Took: a.took}
	s.o.Observe(event)
	switch a.kind {
	case KindUnknown:
		event.What, event.Text = Unknown, a.Text
		s.o.Observe(event)
	case KindWrongHash:
		event.What, event.Text = WrongHash, a.Text
		s.o.Observe(event)
	}
	if a.class != Accepted {
		s.o.Log.Warn("an endpoint did not take a transaction", "incident", p.job.state.ID, "step", p.job.call.Step,
			"chain", p.job.net.ID, "tx", p.bid.hash, "endpoint", a.Endpoint, "kind", a.kind, "err", a.Text)
	}
}

// send offers a bid to one endpoint, and once more at once when the call may
// not have arrived.
func (n *network) send(ctx context.Context, e *node, b bid) answer {
	var a answer
	// The same bytes are idempotent, so repeating them is always safe.
	once := backoff.WithMaxRetries(&backoff.ZeroBackOff{}, 1)
	_ = backoff.Retry(func() error { // a holds what came of it, error or not
		a = n.sendOnce(ctx, e, b)
		if a.kind == KindTransport {
			return errTransport
		}
		return nil
	}, once)
	return a
}

var errTransport = errors.New("the call may not have arrived")

func (n *network) sendOnce(ctx context.Context, e *node, b bid) answer {
	ctx, cancel := context.WithTimeout(ctx, n.Timeout)
	defer cancel()
	hash, err := e.offer(ctx, b.raw)
	class, kind := Classify(err)
	a := answer{class: class, kind: kind, blind: e.SendOnly}
	switch {
	case err != nil:
		a.raw = err.Error()
	case hash != b.hash:
		a.class, a.kind, a.raw = Ambiguous, KindWrongHash, "the endpoint answered with hash "+hash.Hex()
	}
	a.Outcome = incident.Outcome{Endpoint: e.Name, Class: string(a.class), Kind: string(a.kind), Text: incident.Scrub(a.raw)}
	return a
}
