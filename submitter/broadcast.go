package submitter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/firebreak-project/firebreak/incident"
)

// grace is how long the other endpoints are waited for once one has accepted.
const grace = 200 * time.Millisecond

// Broadcast offers the newest bytes of steps, which are on disk, to every
// endpoint of their chains at once: the same bytes, in nonce order. It returns
// what each endpoint said as soon as one that can be read accepted and a moment
// has passed, or when all have answered; who has not answered by then is ambiguous, and its
// answer is still taken down. No answer frees a nonce. An error means that a
// step has no bytes or that ctx ended; what was begun goes on either way, and
// repeating it is safe.
func (s *Submitter) Broadcast(ctx context.Context, st incident.State, steps []string) ([]incident.Body, error) {
	jobs, errs := s.jobs(st, steps)
	var parcels []parcel
	for _, group := range byLane(jobs) {
		slices.SortStableFunc(group, byNonce)
		packed, failed := s.pack(group)
		errs = append(errs, failed...)
		if len(packed) == 0 {
			continue
		}
		parcels = append(parcels, packed...)
		s.dispatch(ctx, packed)
	}
	bodies := make([]incident.Body, len(parcels))
	var wg sync.WaitGroup
	for i, p := range parcels {
		wg.Go(func() { bodies[i] = s.collect(ctx, p) })
	}
	wg.Wait()
	bodies = slices.DeleteFunc(bodies, func(b incident.Body) bool { return b == nil })
	if len(bodies) < len(parcels) {
		errs = append(errs, fmt.Errorf("broadcast for incident %s: %w", st.ID, context.Cause(ctx)))
	}
	return bodies, errors.Join(errs...)
}

// pack readies the newest bytes of each step, and enters their nonces into the
// lane: after a restart nothing else may have.
func (s *Submitter) pack(jobs []job) (parcels []parcel, errs []error) {
	to := jobs[0].net.usable()
	for _, j := range jobs {
		live := j.step.Live()
		if len(live) == 0 {
			errs = append(errs, fmt.Errorf("broadcast step %s: it has no signed bytes", j.call.Step))
			continue
		}
		newest := live[len(live)-1]
		// Bytes on disk are offered whatever the lane thinks of their nonce.
		if err := j.lane.hold(j.owner(newest.Issue), newest.Nonce, signed); err != nil {
			s.o.Log.Error("two steps have bytes at one nonce", "incident", j.state.ID, "step", j.call.Step, "chain", j.net.ID, "err", err)
		}
		parcels = append(parcels, newParcel(j, bidOf(newest), to))
	}
	return parcels, errs
}

// collect makes the fact of one broadcast; nil when ctx ended before anybody
// accepted, so that the broadcast is owed again.
func (s *Submitter) collect(ctx context.Context, p parcel) incident.Body {
	outcomes := map[string]incident.Outcome{}
	want := len(p.to)
	var enough <-chan time.Time
	for len(outcomes) < want {
		select {
		case a := <-p.answers:
			outcomes[a.Endpoint] = a.Outcome
			if a.class == Accepted && !a.blind && enough == nil {
				enough = time.After(grace)
			}
			continue
		case <-enough:
			s.late(p, want-len(outcomes))
		case <-ctx.Done():
			return nil
		}
		break
	}
	return incident.Broadcast{Step: p.job.call.Step, Attempt: p.bid.attempt, Outcomes: p.job.net.outcomes(outcomes)}
}

// late waits for the answers that nobody waits for any more, to count them.
func (s *Submitter) late(p parcel, missing int) {
	s.offers.Go(func() {
		for range missing {
			a := <-p.answers
			s.o.Observe(Event{What: Late, ChainID: p.job.net.ID, Endpoint: a.Endpoint, Class: a.class, Kind: a.kind,
				Nonce: p.bid.nonce, Took: a.took})
		}
	})
}

// outcomes puts answers in the order of the configuration and says of the
// others that they are not known.
func (n *network) outcomes(got map[string]incident.Outcome) []incident.Outcome {
	var all []incident.Outcome
	for _, e := range n.nodes {
		o, ok := got[e.Name]
		switch {
		case ok:
		case e.foreign.Load():
			o = incident.Outcome{Endpoint: e.Name, Class: string(Rejected), Kind: string(KindConfig), Text: "not asked: it is an endpoint of another chain"}
		default:
			o = incident.Outcome{Endpoint: e.Name, Class: string(Ambiguous), Kind: string(KindPending), Text: "no answer yet"}
		}
		all = append(all, o)
	}
	return all
}
