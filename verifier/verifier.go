package verifier

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/firebreak-project/firebreak/incident"
)

// Verifier reads the chain for the engine. Its methods may be called
// concurrently, write nothing and may be repeated.
type Verifier struct {
	o      Options
	reader *Reader
}

// New checks the parts. It makes no call.
func New(o Options) (*Verifier, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("make verifier: %w", err)
	}
	reader, err := NewReader(o.Chains)
	if err != nil {
		return nil, fmt.Errorf("make verifier: %w", err)
	}
	return &Verifier{o: o, reader: reader}, nil
}

// Reader is the verifier's reader of all chains, for those who prepare.
func (v *Verifier) Reader() *Reader { return v.reader }

// job is an included step and what must hold for it.
type job struct {
	id      incident.ID
	name    string
	net     *network
	call    incident.Call
	step    incident.Step
	in      incident.Included
	own     []incident.Check // on the step's chain
	foreign []incident.Check // on others
	within  time.Duration
}

func (v *Verifier) job(s incident.State, name string) (job, error) {
	run := s.Run()
	if run.Plan == nil {
		return job{}, fmt.Errorf("incident %s has no plan", s.ID)
	}
	call, known := run.Plan.Call(name)
	step, ok := run.Step(name)
	if !known || !ok {
		return job{}, fmt.Errorf("incident %s has no step %q", s.ID, name)
	}
	n := v.reader.networks[call.ChainID]
	if n == nil {
		return job{}, fmt.Errorf("step %s: chain %d (%s) is not configured", name, call.ChainID, call.Chain)
	}
	j := job{id: s.ID, name: name, net: n, call: call, step: step, within: run.Plan.Within(name)}
	for _, c := range run.Plan.Checks(name) {
		if c.ChainID == call.ChainID && sameChain(c) {
			j.own = append(j.own, c)
			continue
		}
		j.foreign = append(j.foreign, c)
	}
	return j, nil
}

// sameChain tells whether a check is about one chain in all its parts.
func sameChain(c incident.Check) bool {
	for and := c.And; and != nil; and = and.And {
		if and.ChainID != c.ChainID {
			return false
		}
	}
	return true
}

func (v *Verifier) included(s incident.State, name string) (job, error) {
	j, err := v.job(s, name)
	if err != nil {
		return j, err
	}
	if j.step.In == nil {
		return j, fmt.Errorf("step %s of incident %s is in no block", name, s.ID)
	}
	j.in = *j.step.In
	return j, nil
}

// verdict is how a step's rounds are read.
type verdict struct {
	want reading
	// instead is used for a round in which nobody knows the tag of want.
	instead *verdict
	// early starts the time that the plan gives the checks with the first
	// round; otherwise it runs from the first round that could be read.
	early bool
	body  func(o opinion, seen []incident.Observation) incident.Body
}

// Verify reads a step's checks at a block not below the one that included it,
// from another endpoint than the one that reported the inclusion where there
// are two. It returns Held; Displaced when the block left the chain; Unheld
// when the plan's time for it passed, which runs from the call. Endpoints that
// fail are asked again. An error means the end of ctx, or a step it cannot find.
func (v *Verifier) Verify(ctx context.Context, s incident.State, step string) (incident.Body, error) {
	j, err := v.included(s, step)
	if err != nil {
		return nil, err
	}
	return v.decide(ctx, j, verdict{
		want: reading{except: j.in.Endpoint}, early: true,
		body: func(_ opinion, seen []incident.Observation) incident.Body {
			return incident.Held{Step: step, Seen: seen}
		},
	})
}

// ask makes a round, and says by which verdict it is to be read.
func (d verdict) ask(ctx context.Context, j job) (verdict, round) {
	r := j.ask(ctx, d.want)
	for d.instead != nil && r.untagged() {
		d = *d.instead
		r = j.ask(ctx, d.want)
	}
	return d, r
}

// anyone is the verdict with the word of every endpoint taken.
func (d verdict) anyone() verdict {
	d.want.except = ""
	if d.instead != nil {
		d.instead = new(d.instead.anyone())
	}
	return d
}

// displacements is how many rounds in a row must find the block gone.
const displacements = 2

// otherwise is how long another endpoint than the one before is waited for.
// After that its own word is taken: nobody else can tell, and a containment that
// is never proved helps nobody either.
const otherwise = 5 * time.Minute

// decide makes rounds until one of them settles the step.
func (v *Verifier) decide(ctx context.Context, j job, d verdict) (incident.Body, error) {
	poll := d.want.poll(j.net.BlockTime)
	silence := backoff.NewExponentialBackOff(backoff.WithInitialInterval(poll), backoff.WithMaxInterval(15*time.Second), backoff.WithMaxElapsedTime(0))
	var since time.Time
	if d.early {
		since = v.o.Now()
	}
	gone := 0
	var mute time.Time // since when nobody but the one before could tell
	for {
		now, r := d.ask(ctx, j)
		body, why := v.hold(ctx, j, now, r)
		if body != nil {
			return body, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("read step %s of incident %s: %w", j.name, j.id, context.Cause(ctx))
		}
		if gone++; !r.displaced(len(j.net.nodes)) {
			gone = 0
		}
		if gone >= displacements {
			return incident.Displaced{Step: j.name, Why: "the block that included it is no longer on the chain: " + r.words()}, nil
		}
		if since.IsZero() && (len(r.no) > 0 || r.yes != nil) {
			since = v.o.Now() // it could have held, and did not
		}
		if !since.IsZero() && v.o.Now().Sub(since) >= j.within && gone == 0 {
			return incident.Unheld{Step: j.name, Why: fmt.Sprintf("it did not hold within %s: %s", j.within, why), Seen: r.seen()}, nil
		}
		switch {
		case !r.mute():
			mute = time.Time{}
		case mute.IsZero():
			mute = v.o.Now()
		case d.want.except != "" && v.o.Now().Sub(mute) >= otherwise:
			v.o.Log.Warn("no other endpoint can tell, so the word of one is taken", "incident", j.id, "step", j.name, "chain", j.net.ID,
				"endpoint", d.want.except, "err", why)
			d = d.anyone()
		}
		pause := poll
		if r.silent() || r.untagged() {
			pause = silence.NextBackOff()
			v.o.Log.Warn("no endpoint can tell", "incident", j.id, "step", j.name, "chain", j.net.ID, "err", why)
		} else {
			silence.Reset()
		}
		wait(ctx, pause)
	}
}

// hold makes the fact when a round says that everything holds; otherwise it
// says why not.
func (v *Verifier) hold(ctx context.Context, j job, d verdict, r round) (incident.Body, string) {
	if !r.held() || r.displaced(len(j.net.nodes)) {
		return nil, r.words()
	}
	seen, why := v.elsewhere(ctx, j)
	if why != "" {
		return nil, why
	}
	return d.body(*r.yes, append(r.yes.seen, seen...)), ""
}

// seen are the observations behind a refusal.
func (r round) seen() []incident.Observation {
	var all []incident.Observation
	for _, o := range r.no {
		all = append(all, o.seen...)
	}
	if r.yes != nil {
		all = append(all, r.yes.seen...)
	}
	return all
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
