package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/firebreak-project/firebreak/engine"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
	"github.com/firebreak-project/firebreak/verifier"
)

// daemon is the part of the responder between a decision and the chain.
type daemon struct {
	*engine.Engine
	sub *submitter.Submitter
}

// setting is what a daemon stands on. Journal, Keys, Endpoints and BlockTime are
// required.
type setting struct {
	Journal     engine.Journal
	Keys        []*submittertest.Key
	Endpoints   []submitter.Endpoint
	BlockTime   time.Duration
	MaxInFlight int // zero: the submitter's default
	Desk        engine.Desk
	Signer      signer.Signer
	Observe     func(submitter.Event)
	Facts       engine.Observer
}

// boot starts a daemon.
func boot(ctx context.Context, s setting) (*daemon, error) {
	send := submitter.Chain{Name: chainName, ID: submittertest.ChainID, BlockTime: s.BlockTime, Endpoints: s.Endpoints, Bump: true,
		BumpAfter: 3 * s.BlockTime, MaxInFlight: s.MaxInFlight}
	read := verifier.Chain{Name: chainName, ID: submittertest.ChainID, BlockTime: s.BlockTime, Depth: 2}
	for _, e := range s.Endpoints {
		read.Endpoints = append(read.Endpoints, verifier.Endpoint{Name: e.Name, Client: e.Client})
	}
	var keys []submitter.Key
	for i, k := range s.Keys {
		keys = append(keys, submitter.Key{Name: keyName(i), ChainID: submittertest.ChainID, Address: k.Address()})
	}
	log := slog.New(slog.DiscardHandler)
	sub, err := submitter.New(submitter.Options{Chains: []submitter.Chain{send}, Keys: keys, Signer: s.Signer, Observe: s.Observe, Log: log})
	if err != nil {
		return nil, err
	}
	ver, err := verifier.New(verifier.Options{Chains: []verifier.Chain{read}, Log: log})
	if err != nil {
		return nil, err
	}
	e, err := engine.New(ctx, engine.Options{Journal: s.Journal, Playbooks: parts{}, Authority: parts{}, Desk: s.Desk,
		Sender: sub, Watcher: sub, Verifier: ver, Observe: s.Facts, Log: log})
	if err != nil {
		return nil, err
	}
	sub.Start(ctx)
	e.Start()
	return &daemon{e, sub}, nil
}

// halt ends it, and waits for bytes that are on their way.
func (d *daemon) halt() {
	d.Stop()
	d.sub.Stop()
}

// warm waits until nonces and fees are known.
func (d *daemon) warm(ctx context.Context) error {
	return until(ctx, "nonces and fees are known", func() bool { return d.sub.Warm() == nil })
}

// until waits for something, a minute at most.
func until(ctx context.Context, what string, is func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("it took a minute"))
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w", what, context.Cause(ctx))
		case <-tick.C:
		}
	}
	return nil
}

// ring is several keys behind one signer, and counts.
type ring struct {
	keys []*submittertest.Key

	mu    sync.Mutex
	calls int
}

func newRing(n int) *ring {
	r := &ring{}
	for range n {
		r.keys = append(r.keys, submittertest.NewKey())
	}
	return r
}

func (r *ring) find(name string) (*submittertest.Key, error) {
	for i, k := range r.keys {
		if keyName(i) == name {
			return k, nil
		}
	}
	return nil, fmt.Errorf("there is no key %q", name)
}

// Sign implements signer.Signer.
func (r *ring) Sign(ctx context.Context, request signer.Request) (signer.Signed, error) {
	r.mu.Lock()
	r.calls++
	r.mu.Unlock()
	k, err := r.find(request.Key)
	if err != nil {
		return signer.Signed{}, err
	}
	return k.Sign(ctx, request)
}

// Check implements signer.Signer.
func (r *ring) Check(ctx context.Context, request signer.Request) (signer.Verdict, error) {
	return signer.Verdict{Allowed: true}, ctx.Err()
}

// Key implements signer.Signer.
func (r *ring) Key(ctx context.Context, name string) (signer.KeyInfo, error) {
	k, err := r.find(name)
	if err != nil {
		return signer.KeyInfo{}, err
	}
	return k.Key(ctx, name)
}

func (r *ring) signed() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}

// slow is a desk that takes as long as a good day's Slack.
type slow struct{ parts }

const slackTakes = 300 * time.Millisecond

func (s slow) Update(ctx context.Context, st incident.State) (incident.Body, error) {
	select {
	case <-time.After(slackTakes):
	case <-ctx.Done():
	}
	return s.parts.Update(ctx, st)
}
